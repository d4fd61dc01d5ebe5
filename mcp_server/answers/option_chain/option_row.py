"""One option of a chain with its quote, and the columns of the chain's tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.quotes import ASK, BID, LAST, VOLUME, Quote
from mcp_server.answers.table import Column
from mcp_server.instruments.instrument import Instrument, Right

DELTA: Final = "7308"
GAMMA: Final = "7309"
THETA: Final = "7310"
VEGA: Final = "7311"
IMPLIED_VOLATILITY: Final = "7633"
OPEN_INTEREST: Final = "7638"
UNDERLYING_VOLATILITY: Final = "7283"
OPTION_FIELDS: Final = (BID, ASK, LAST, VOLUME, DELTA, GAMMA, THETA, VEGA, IMPLIED_VOLATILITY, OPEN_INTEREST)


@dataclass(frozen=True)
class OptionRow:
    """An option that is listed; `quote` is None if IBKR has sent none."""

    option: Instrument
    quote: Quote | None

    @property
    def bid(self) -> float | None:
        return self.quote.bid if self.quote else None

    @property
    def ask(self) -> float | None:
        return self.quote.ask if self.quote else None

    @property
    def delta(self) -> float | None:
        return self.quote.number(DELTA) if self.quote else None

    @property
    def has_quote(self) -> bool:
        """Whether there is any price."""
        return self.quote is not None and any(
            each is not None for each in (self.bid, self.ask, self.quote.last)
        )

    def number(self, field: str) -> float | None:
        return self.quote.number(field) if self.quote else None


@dataclass(frozen=True)
class StrikeRow:
    """A strike with its call and its put, where they are listed."""

    strike: Decimal
    options: Mapping[Right, OptionRow]


OptionCell = tuple[str, Callable[[OptionRow], str]]

# Headings and cells of one option. Both sides in a row have the first few only.
_CELLS: Final[Sequence[OptionCell]] = (
    ("bid", lambda row: formats.price(row.bid)),
    ("ask", lambda row: formats.price(row.ask)),
    ("delta", lambda row: formats.ratio(row.delta)),
    ("theta", lambda row: formats.ratio(row.number(THETA), 3)),
    ("IV%", lambda row: formats.ratio(row.number(IMPLIED_VOLATILITY), 1)),
    ("OI", lambda row: formats.count(row.number(OPEN_INTEREST))),
)
_MORE_CELLS: Final[Sequence[OptionCell]] = (
    ("last", lambda row: formats.price(row.number(LAST))),
    ("gamma", lambda row: formats.ratio(row.number(GAMMA), 4)),
    ("vega", lambda row: formats.ratio(row.number(VEGA), 3)),
    ("volume", lambda row: formats.count(row.number(VOLUME))),
)


def chain_columns(sides: Sequence[Right]) -> list[Column[StrikeRow]]:
    """The strike, then the one side with all columns, or calls (C) and puts (P) with the first few."""
    strike = Column[StrikeRow]("strike", lambda row: formats.price(row.strike))
    if len(sides) == 1:
        [side] = sides
        return [strike, *(_column(side, cell) for cell in (*_CELLS, *_MORE_CELLS))]
    return [strike, *(_column(side, cell, f"{side} ") for side in sides for cell in _CELLS)]


def _column(side: Right, cell: OptionCell, prefix: str = "") -> Column[StrikeRow]:
    heading, text = cell

    def show(row: StrikeRow) -> str:
        option = row.options.get(side)
        return text(option) if option is not None else ""

    return Column(prefix + heading, show)
