"""The rows of Portfolio Analyst's transactions, parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.quotes import parse_number

NO_CONTRACT = 0
"""Conid of what concerns no contract: interest, fees, commissions. A guess: IBKR does not document it."""


@dataclass(frozen=True)
class Transaction:
    """One row: a day's purchases or sales of a contract, a dividend, a tax, interest …

    `amount` is the cash that moved, in `currency`, negative if the account paid; a trade's is without the
    commission. `fx_rate` converts it to the currency of `Transactions`. `kind` is IBKR's word, such as Buy,
    Sell, Dividends.
    """

    day: date
    account: str
    conid: int
    kind: str
    description: str
    quantity: float | None
    price: float | None
    amount: float | None
    currency: str
    fx_rate: float | None


@dataclass(frozen=True)
class RealizedProfit:
    """The profit that a day's trades in a contract realized, in `currency`; `side` is the position's."""

    day: date
    account: str
    conid: int
    side: str
    amount: float | None
    currency: str
    fx_rate: float | None


def rows_by_conid(value: Any) -> dict[int, list[dict[str, Any]]]:
    """IBKR's transactions by contract; a row that names none belongs to NO_CONTRACT."""
    return _by_conid(value.get("transactions") if isinstance(value, dict) else None)


def profits_by_conid(value: Any) -> dict[int, list[dict[str, Any]]]:
    """IBKR's rows of realized profit by contract."""
    profit = value.get("rpnl") if isinstance(value, dict) else None
    return _by_conid(profit.get("data") if isinstance(profit, dict) else None)


def parse_transaction(row: Mapping[str, Any]) -> Transaction | None:
    """The transaction; None without a date, as no period could include it."""
    day = parse_day(row)
    if day is None:
        return None
    return Transaction(
        day=day,
        account=str(row.get("acctid") or ""),
        conid=_conid(row.get("conid")),
        kind=outside_name(row.get("type")),
        description=outside_name(row.get("desc")),
        quantity=parse_number(row.get("qty")),
        price=parse_number(row.get("pr")),
        amount=parse_number(row.get("amt")),
        currency=outside_name(row.get("cur"), 10),
        fx_rate=parse_number(row.get("fxRate")),
    )


def parse_profit(row: Mapping[str, Any]) -> RealizedProfit | None:
    """The realized profit; None without a date."""
    day = parse_day(row)
    if day is None:
        return None
    return RealizedProfit(
        day=day,
        account=str(row.get("acctid") or ""),
        conid=_conid(row.get("conid")),
        side=outside_name(row.get("positionSide") or {"L": "long", "S": "short"}.get(str(row.get("side")))),
        amount=parse_number(row.get("amt")),
        currency=outside_name(row.get("cur"), 10),
        fx_rate=parse_number(row.get("fxRate")),
    )


def parse_day(row: Mapping[str, Any]) -> date | None:
    """The day of a row: `rawDate` or `date` as YYYYMMDD, or `date` as Java writes it."""
    for text in (str(row.get("rawDate") or ""), str(row.get("date") or "")):
        java = re.fullmatch(r"\w{3} (\w{3} \d{1,2}) [\d:]{8} \S+ (\d{4})", text)
        for form, part in (
            ("%Y%m%d", text),
            ("%Y-%m-%d", text),
            ("%b %d %Y", " ".join(java.groups()) if java else ""),
        ):
            try:
                return datetime.strptime(part, form).date()  # noqa: DTZ007 - a calendar day
            except ValueError:
                continue
    return None


def _by_conid(rows: Any) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            found.setdefault(_conid(row.get("conid")), []).append(row)
    return found


def _conid(value: Any) -> int:
    number = parse_number(value)
    return int(number) if number is not None and number > 0 else NO_CONTRACT
