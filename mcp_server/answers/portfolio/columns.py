"""The columns of a table of positions, by the names that people write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.availability import Availability
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.portfolio.holdings import Holding
from mcp_server.answers.portfolio.selection import KIND_NAMES
from mcp_server.answers.table import Column

Cell = Callable[[Holding], str]

_DEFAULT: Final = (
    "what",
    "account",
    "quantity",
    "avg price",
    "price",
    "currency",
    "value",
    "weight%",
    "open P&L",
    "P&L%",
    "day%",
    "day P&L",
    "notional",
    "data",
)
_FEW_ROWS: Final = 10
"""Tables of at most this many rows also show what each position cost."""

_CELLS: Final[Mapping[str, Cell]] = {
    "what": lambda each: each.name,
    "account": lambda each: each.account,
    "class": lambda each: each.position.kind,
    "quantity": lambda each: formats.quantity(each.position.quantity),
    "price": lambda each: short_price(each.position.price),
    "avg price": lambda each: short_price(each.position.average_price),
    "currency": lambda each: each.position.currency,
    "value": lambda each: _short_amount(each.value),
    "notional": lambda each: _short_amount(each.notional),
    "weight%": lambda each: formats.percent(each.weight, 1, signed=False),
    "cost": lambda each: _short_amount(each.cost),
    "open P&L": lambda each: _short_amount(each.open_pnl, signed=True),
    "P&L%": lambda each: formats.percent(each.open_pnl_percent, 1),
    "realized": lambda each: _short_amount(each.position.realized_pnl, signed=True),
    "day%": lambda each: formats.percent(each.day.percent),
    "day P&L": lambda each: _short_amount(each.day.amount, signed=True),
    "data": lambda each: str(each.day.availability),
    "conid": lambda each: str(each.position.conid or ""),
}
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "symbol": "what",
    "name": "what",
    "assetclass": "class",
    "type": "class",
    "position": "quantity",
    "shares": "quantity",
    "last": "price",
    "mark": "price",
    "averageprice": "avg price",
    "averagecost": "avg price",
    "avgcost": "avg price",
    "marketvalue": "value",
    "exposure": "notional",
    "weight": "weight%",
    "costbasis": "cost",
    "pnl": "open P&L",
    "pl": "open P&L",
    "openpnl": "open P&L",
    "openpl": "open P&L",
    "unrealized": "open P&L",
    "unrealizedpnl": "open P&L",
    "gain": "open P&L",
    "pnl%": "P&L%",
    "gain%": "P&L%",
    "openpnl%": "P&L%",
    "realizedpnl": "realized",
    "change%": "day%",
    "changepercent": "day%",
    "day": "day P&L",
    "daypnl": "day P&L",
    "daypl": "day P&L",
    "dailypnl": "day P&L",
}
_IN_BASE: Final = frozenset({"value", "notional", "cost", "open P&L", "day P&L"})
_NEEDS_QUOTES: Final = frozenset({"day%", "day P&L", "data"})


def parse_columns(names: Sequence[str] | None) -> tuple[str, ...] | None:
    """The columns of these names, `what` always first; None for the default. Raises AnswerError."""
    if not names:
        return None
    chosen = []
    for name in names:
        known = {_plain(each): each for each in _CELLS} | dict(_OTHER_NAMES)
        column = known.get(_plain(name))
        if column is None:
            raise AnswerError(f"`columns` has no column {name!r}.", f"Write some of: {', '.join(_CELLS)}.")
        chosen.append(column)
    return tuple(dict.fromkeys(("what", *chosen)))


def needs_quotes(names: Sequence[str] | None) -> bool:
    """Whether any of these columns comes from quotes."""
    return names is None or bool(_NEEDS_QUOTES & set(names))


def default_columns(
    rows: Sequence[Holding], base: str, *, by_account: bool, with_day: bool
) -> tuple[str, ...]:
    """The columns that these rows need: several accounts, currencies, and futures add some."""
    left_out = set() if by_account else {"account"}
    if {each.position.currency for each in rows} <= {base}:
        left_out.add("currency")
    if len(rows) > _FEW_ROWS:
        left_out |= {"avg price", "P&L%"}
    if not with_day:
        left_out.add("day P&L")
    if all(each.notional is None for each in rows):
        left_out.add("notional")
    if len({each.day.availability for each in rows} - {Availability.UNKNOWN}) <= 1:
        left_out.add("data")
    return tuple(each for each in _DEFAULT if each not in left_out)


def position_columns(names: Sequence[str], base: str) -> list[Column[Holding]]:
    """The columns of these names; the first one with an amount names the base currency."""
    first_amount = next((each for each in names if each in _IN_BASE), "")
    return [
        Column(f"{each} {base}".strip() if each == first_amount else each, _CELLS[each]) for each in names
    ]


def short_price(value: float | None) -> str:
    """A price with two decimals, with more only if it is small."""
    return formats.price(round(value, 2) if value is not None and abs(value) >= 10 else value)


def _short_amount(value: float | None, *, signed: bool = False) -> str:
    """An amount, without cents from 100 upwards: they would cost tokens and add nothing."""
    return formats.amount(round(value) if value is not None and abs(value) >= 100 else value, signed=signed)


def kind_name(kind: str) -> str:
    """The asset class in words."""
    return KIND_NAMES.get(kind, kind.lower() or "other")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z%]", "", name.lower().replace("&", "n").replace("percent", "%"))
