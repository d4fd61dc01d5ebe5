"""Positions as IBKR lists them, from either of its two lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.quotes import parse_number

FUTURES: Final = "FUT"
SETTLED_DAILY: Final = frozenset({FUTURES, "CFD"})
"""Kinds that are not paid for: what an account has of them is their profit, not their contract value."""

CURRENCY_PAIRS: Final = "CASH"
OPTIONS: Final = frozenset({"OPT", "FOP", "WAR", "IOPT"})

_LONGEST_CODE: Final = 8
QUOTED_IN_HUNDREDTHS: Final = frozenset({"GBP", "ZAR", "ILS"})


@dataclass(frozen=True)
class Position:
    """One row of one account, in the contract's currency. `market_value` includes the multiplier.

    A quantity of 0 was closed today.
    """

    account: str
    conid: int | None
    description: str
    kind: str
    currency: str
    quantity: float
    price: float | None
    market_value: float | None
    average_price: float | None
    cost: float | None
    open_pnl: float | None
    realized_pnl: float | None
    sector: str

    @property
    def is_settled_daily(self) -> bool:
        return self.kind in SETTLED_DAILY

    @property
    def is_currency_pair(self) -> bool:
        return self.kind == CURRENCY_PAIRS

    @property
    def multiplier(self) -> float:
        """How many units one contract stands for: 100 for most options."""
        if self.price and self.market_value and self.quantity:
            return _rounded(self.market_value / self.price / self.quantity)
        if self.average_price and self.cost and self.quantity:
            return _rounded(self.cost / self.average_price / self.quantity)
        return 1.0


def parse_positions(account: str, rows: Iterable[Any]) -> list[Position]:
    """The positions in rows of /portfolio2/…/positions or /portfolio/…/positions/{page}.

    Several rows of one contract, such as one for each model, become one position.
    """
    found: dict[object, Position] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            continue
        position = _parse_position(account, row)
        key = position.conid if position.conid is not None else f"row {number}"
        found[key] = merge_positions(found[key], position) if key in found else position
    return list(found.values())


def merge_positions(first: Position, second: Position) -> Position:
    """Both as one; `account` is that of the first. An amount that one of them lacks is not known."""
    quantity = first.quantity + second.quantity
    cost = _sum(_cost(first), _cost(second))
    units = quantity * (first.multiplier if first.quantity else second.multiplier)
    return Position(
        account=first.account,
        conid=first.conid,
        description=first.description or second.description,
        kind=first.kind or second.kind,
        currency=first.currency or second.currency,
        quantity=quantity,
        price=first.price if first.price is not None else second.price,
        market_value=_sum(_value(first), _value(second)),
        average_price=cost / units if cost is not None and units else None,
        cost=cost,
        open_pnl=_sum(first.open_pnl, second.open_pnl),
        realized_pnl=_sum(first.realized_pnl, second.realized_pnl),
        sector=first.sector or second.sector,
    )


def _parse_position(account: str, row: Mapping[str, Any]) -> Position:
    quantity = parse_number(row.get("position")) or 0.0
    price = _first(row, "marketPrice", "mktPrice")
    market_value = _first(row, "marketValue", "mktValue")
    average_price, average_cost = _first(row, "avgPrice"), _first(row, "avgCost")
    cost = average_cost * quantity if average_cost is not None else None
    open_pnl = _first(row, "unrealizedPnl")
    if open_pnl is None and market_value is not None and cost is not None:
        open_pnl = market_value - cost
    conid = str(row.get("conid") or "")
    position = Position(
        account=account,
        conid=int(conid) if conid.isdecimal() else None,
        description=str(row.get("description") or row.get("contractDesc") or row.get("ticker") or conid),
        kind=_code(row, "assetClass", "secType"),
        currency=_code(row, "currency"),
        quantity=quantity,
        price=_without_pence(row, price, quantity, market_value),
        market_value=market_value,
        average_price=_without_pence(row, average_price, quantity, cost),
        cost=cost,
        open_pnl=open_pnl,
        realized_pnl=_first(row, "realizedPnl"),
        sector=str(row.get("sector") or ""),
    )
    if position.average_price is None and cost is not None and quantity:
        return replace(position, average_price=cost / quantity / position.multiplier)
    return position


def _without_pence(
    row: Mapping[str, Any], price: float | None, quantity: float, value: float | None
) -> float | None:
    """The price in the unit of the value, for a share whose price is in pence and whose value in pounds."""
    if row.get("currency") not in QUOTED_IN_HUNDREDTHS or not price or not quantity or not value:
        return price
    return price / 100 if abs(value / price / quantity - 0.01) < 0.001 else price


def _code(row: Mapping[str, Any], *names: str) -> str:
    return outside_name(next((row[name] for name in names if row.get(name)), ""), _LONGEST_CODE).upper()


def _first(row: Mapping[str, Any], *names: str) -> float | None:
    return next((number for name in names if (number := parse_number(row.get(name))) is not None), None)


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second


def _value(position: Position) -> float | None:
    return position.market_value if position.quantity else 0.0


def _cost(position: Position) -> float | None:
    return position.cost if position.quantity else 0.0


def _rounded(ratio: float) -> float:
    # Prices and values are rounded, multipliers are whole numbers; a bond's price is in percent of its face.
    return float(round(ratio)) if abs(ratio) >= 0.5 else ratio
