"""Readings: what a text can mean, before anything is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from mcp_server.instruments.dates import ContractMonth
from mcp_server.instruments.instrument import Kind, Right


@dataclass(frozen=True)
class ConidReading:
    """A conid. `label`: what is written before it, as in `AAPL #265598`."""

    conid: int
    label: str = ""


@dataclass(frozen=True)
class SecurityIdReading:
    """An ISIN or a CUSIP. `problem` says why it cannot be one."""

    security_id: str
    scheme: str
    problem: str = ""


@dataclass(frozen=True)
class PairReading:
    """A currency pair."""

    base: str
    quote: str


@dataclass(frozen=True)
class OptionReading:
    """An option on a stock, an index or a future; without a right, both are meant.

    `or_day`: the day that its date can mean as well, as in `Jan 28`.
    """

    symbol: str
    when: date | ContractMonth
    strike: Decimal
    right: Right | None
    trading_class: str = ""
    or_day: date | None = None


@dataclass(frozen=True)
class FutureReading:
    """A future; without a month, the front month. `or_day`: as of an option."""

    symbol: str
    when: date | ContractMonth | None = None
    or_day: date | None = None


@dataclass(frozen=True)
class BondReading:
    """The bonds of an issuer, or one of them."""

    issuer: str
    coupon: Decimal | None = None
    maturity: date | None = None
    year: int | None = None


@dataclass(frozen=True)
class ListingReading:
    """A symbol that is listed: `symbols` are its spellings, the likeliest first.

    `exchanges` is None for any, and empty for any in the United States. `kinds` is empty for any.
    """

    symbols: tuple[str, ...]
    exchanges: tuple[str, ...] | None = None
    currency: str = ""
    kinds: frozenset[Kind] = frozenset()


@dataclass(frozen=True)
class NameReading:
    """A company's name, or part of it. `kinds` is empty for any."""

    name: str
    kinds: frozenset[Kind] = frozenset()


Reading: TypeAlias = (
    ConidReading
    | SecurityIdReading
    | PairReading
    | OptionReading
    | FutureReading
    | BondReading
    | ListingReading
    | NameReading
)
