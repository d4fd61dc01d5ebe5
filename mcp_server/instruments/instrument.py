"""Instruments, and the three results of looking one up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, Literal, Self, TypeAlias

Kind: TypeAlias = Literal[
    "STK", "IND", "CASH", "CRYPTO", "FUT", "OPT", "FOP", "BOND", "FUND", "CFD", "WAR", "EC", "OTHER"
]
Right: TypeAlias = Literal["C", "P"]

# IBKR's names of types, including those that its endpoints spell differently.
_KINDS: Final[dict[str, Kind]] = {
    "STK": "STK",
    "IND": "IND",
    "CASH": "CASH",
    "SWP": "CASH",
    "CRYPTO": "CRYPTO",
    "FUT": "FUT",
    "CONTFUT": "FUT",
    "OPT": "OPT",
    "FOP": "FOP",
    "BOND": "BOND",
    "BND": "BOND",
    "BILL": "BOND",
    "FUND": "FUND",
    "FND": "FUND",
    "CFD": "CFD",
    "WAR": "WAR",
    "IOPT": "WAR",
    "EC": "EC",
}
MAX_CHOICES: Final = 10
DERIVATIVES: Final[frozenset[Kind]] = frozenset({"FUT", "OPT", "FOP"})
OPTIONS: Final[frozenset[Kind]] = frozenset({"OPT", "FOP"})
KIND_NAMES: Final[dict[Kind, str]] = {
    "STK": "stock or ETF",
    "IND": "index",
    "CASH": "currency pair",
    "CRYPTO": "crypto",
    "FUT": "future",
    "OPT": "option",
    "FOP": "option on a future",
    "BOND": "bond",
    "FUND": "mutual fund",
    "CFD": "CFD",
    "WAR": "warrant",
    "EC": "event contract",
    "OTHER": "other",
}


def to_kind(text: object) -> Kind:
    """The kind that IBKR's type means; OTHER for one that is not listed here."""
    return _KINDS.get(str(text or "").upper(), "OTHER")


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One contract. `text` is how we print it, and understood when written back.

    `exchange` is where it is listed; SMART for options. `expiry` is the last day of a derivative, or a bond's
    maturity; `contract_month` is yyyymm, which for some futures is not the month of the expiry.
    `underlying_conid` is what IBKR lists as the underlying: of a future, the product's index. `multiplier` is
    1 where IBKR reports none. `stock_type` is ETF, COMMON, ADR and others; empty if IBKR does not say.
    """

    conid: int
    text: str
    symbol: str
    name: str
    kind: Kind
    exchange: str = ""
    currency: str = ""
    expiry: date | None = None
    strike: Decimal | None = None
    right: Right | None = None
    multiplier: Decimal = Decimal(1)
    trading_class: str = ""
    contract_month: str = ""
    underlying_conid: int | None = None
    is_us: bool = False
    sector: str = ""
    stock_type: str = ""

    def printed_as(self, text: str) -> Self:
        """The same instrument with another text."""
        return replace(self, text=text)


@dataclass(frozen=True)
class Choice:
    """A row of the table of choices: what to write, and what it would be."""

    write: str
    name: str
    exchange: str
    currency: str
    kind: str


@dataclass(frozen=True)
class Found:
    """The instrument, or the few that people mean alike. `also`: others with that name, not meant."""

    instruments: tuple[Instrument, ...]
    also: tuple[Instrument, ...] = ()

    @property
    def only(self) -> Instrument | None:
        """The instrument, if exactly one is meant."""
        return self.instruments[0] if len(self.instruments) == 1 else None


@dataclass(frozen=True)
class Choices:
    """Several instruments that the text can mean, or the nearest ones that exist."""

    query: str
    rows: tuple[Choice, ...]
    reason: str


@dataclass(frozen=True)
class Unknown:
    """Nothing found; `reason` says why, and what to write instead."""

    query: str
    reason: str


Resolution: TypeAlias = Found | Choices | Unknown


def choice_of(instrument: Instrument) -> Choice:
    """The row of an instrument that is already known."""
    return Choice(
        instrument.text,
        instrument.name,
        instrument.exchange,
        instrument.currency,
        KIND_NAMES[instrument.kind],
    )


def make_choices(query: str, instruments: Sequence[Instrument], reason: str) -> Choices:
    """The choices between instruments that are already known, the first ten."""
    return Choices(query, tuple(choice_of(each) for each in instruments[:MAX_CHOICES]), reason)


def kinds_in_both(one: Collection[Kind], other: Collection[Kind]) -> Collection[Kind]:
    """The kinds that both allow; an empty collection allows all."""
    everything = frozenset(KIND_NAMES)
    return (frozenset(one) or everything) & (frozenset(other) or everything)
