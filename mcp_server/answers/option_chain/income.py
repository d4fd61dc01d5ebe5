"""What selling an option would bring: against shares that are held, or against cash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mcp_server.answers import formats
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.option_chain.option_row import OptionRow, StrikeRow
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.quotes import parse_number
from mcp_server.answers.table import Column
from mcp_server.instruments.instrument import Instrument, Right

_WORKING: Final = frozenset({"submitted", "presubmitted", "pendingsubmit", "warnstate", "pendingcancel"})


@dataclass(frozen=True)
class Coverage:
    """Shares held, and how many are committed: to open sell orders, and to short calls."""

    held: float
    offered: float
    short_calls: float
    multiplier: float

    @property
    def free(self) -> float:
        """Shares that no order offers and no short call covers."""
        return max(0.0, self.held - self.offered - self.short_calls * self.multiplier)

    @property
    def contracts(self) -> int:
        return int(self.free // self.multiplier)

    def words(self, symbol: str) -> str:
        """`you hold 200 AAPL, 100 in open sell orders: 0 contracts would be covered`."""
        parts = [f"you hold {formats.quantity(self.held)} {symbol}"]
        if self.offered:
            parts.append(f"{formats.quantity(self.offered)} in open sell orders")
        if self.short_calls:
            parts.append(f"{formats.quantity(self.short_calls)} calls already sold")
        return f"{', '.join(parts)}: {self.contracts} contracts would be covered"


async def read_coverage(
    context: AnswerContext, account: str, underlying: Instrument, multiplier: float
) -> Coverage:
    """The shares of an account that calls can be sold against. Raises GatewayError."""
    found = await gather_partial(
        {
            "positions": context.gateway.get("/portfolio2/{account}/positions", account),
            "orders": context.gateway.get("/iserver/account/orders"),
        }
    )
    for error in found.errors.values():
        raise error
    positions = _rows(found.values["positions"].value)
    body = found.values["orders"].value
    orders = _rows(body.get("orders") if isinstance(body, dict) else None)
    options = {
        int(str(row["conid"])): row
        for row in (*positions, *orders)
        if str(row.get("assetClass") or row.get("secType")) == "OPT" and str(row.get("conid")).isdecimal()
    }
    instruments = await context.instruments.by_conids(options.keys())
    calls = {
        conid
        for conid, each in instruments.items()
        if each.right == "C" and each.underlying_conid == underlying.conid
    }
    held = sum(_number(row.get("position")) for row in positions if _is(row, {underlying.conid}))
    short = sum(min(0.0, _number(row.get("position"))) for row in positions if _is(row, calls))
    selling = [
        row
        for row in orders
        if str(row.get("side", "")).upper().startswith("S")
        and str(row.get("status", "")).lower() in _WORKING
        and row.get("acct", account) == account
    ]
    offered = sum(_number(row.get("remainingQuantity")) for row in selling if _is(row, {underlying.conid}))
    offered += multiplier * sum(_number(row.get("remainingQuantity")) for row in selling if _is(row, calls))
    return Coverage(held, offered, -short, multiplier)


async def read_cash(context: AnswerContext, account: str, currency: str) -> float | None:
    """The settled cash of an account in a currency; None if IBKR does not list it. Raises GatewayError."""
    ledger = (await context.gateway.get("/portfolio/{account}/ledger", account)).value
    row = ledger.get(currency) if isinstance(ledger, dict) else None
    return parse_number(row.get("settledcash")) if isinstance(row, dict) else None


def income_columns(side: Right, price: float, days: int) -> list[Column[StrikeRow]]:
    """Premium and yields of selling at the bid, in percent of the share's price or of a put's strike."""

    def of(row: StrikeRow) -> OptionRow | None:
        return row.options.get(side)

    def base(row: StrikeRow) -> float:
        return price if side == "C" else float(row.strike)

    def premium_yield(row: StrikeRow) -> float | None:
        option = of(row)
        return None if option is None or option.bid is None else option.bid / base(row) * 100

    def yearly(row: StrikeRow) -> str:
        value = premium_yield(row)
        return formats.percent(None if value is None else value * 365 / max(days, 1), 1)

    def if_assigned(row: StrikeRow) -> str:
        option = of(row)
        if option is None or option.bid is None:
            return ""
        gain = option.bid + (float(row.strike) - price if side == "C" else 0.0)
        return formats.percent(gain / base(row) * 100, 2)

    def distance(row: StrikeRow) -> str:
        return formats.percent((float(row.strike) / price - 1) * 100, 1)

    columns = [
        Column("strike", lambda row: formats.price(row.strike)),
        Column("vs price%", distance),
        Column("bid", lambda row: formats.price(option.bid) if (option := of(row)) else ""),
        Column("ask", lambda row: formats.price(option.ask) if (option := of(row)) else ""),
        Column("delta", lambda row: formats.ratio(option.delta) if (option := of(row)) else ""),
        Column("premium%", lambda row: formats.percent(premium_yield(row))),
        Column("annualized%", yearly),
    ]
    return [*columns, Column("if called%", if_assigned)] if side == "C" else columns


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _is(row: Mapping[str, Any], conids: Iterable[int]) -> bool:
    return str(row.get("conid")) in {str(each) for each in conids}


def _number(value: Any) -> float:
    return parse_number(value) or 0.0


def best_rows(rows: Sequence[StrikeRow], side: Right) -> list[StrikeRow]:
    """The strikes with an option of this side."""
    return [row for row in rows if side in row.options]
