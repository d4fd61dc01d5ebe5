"""Combinations: several contracts that are traded and quoted as one, written as a conidex.

`28812380;;;654/1,655/-1` buys one of contract 654 and sells one of 655. The number in front is the spread
conid of the currency, or 0 in market data; `@EXCHANGE` may follow it and each leg, and a ratio may have a
plus sign. The spread conids are IBKR's, and it documents that spreads outside the US need their exchange. The
other limits (2 to 6 legs, one currency, no common divisor) are guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import gcd
from types import MappingProxyType
from zlib import crc32

from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.instruments.universe import Universe

SPREAD_CONIDS: Mapping[str, int] = MappingProxyType(
    {
        "AUD": 61227077,
        "CAD": 61227082,
        "CHF": 61227087,
        "CNH": 136000441,
        "GBP": 58666491,
        "HKD": 61227072,
        "INR": 136000444,
        "JPY": 61227069,
        "KRW": 136000424,
        "MXN": 136000449,
        "SEK": 136000429,
        "SGD": 426116555,
        "USD": 28812380,
    }
)
QUOTE_CONID = 0
SMART = "SMART"
_MAX_LEGS = 6
_LEG_SEC_TYPES = frozenset({"STK", "OPT", "FUT", "FOP"})
_CONIDEX = re.compile(r"(\d{1,10})(?:@([A-Z0-9.]{1,16}))?;;;(\S+)", re.ASCII)
_LEG = re.compile(r"(\d{1,10})(?:@([A-Z0-9.]{1,16}))?/([+-]?\d{1,6})", re.ASCII)


class InvalidCombinationError(Exception):
    """The contracts cannot be traded as one; `str()` is the reason."""


class UnknownLegError(InvalidCombinationError):
    """A leg's conid is unknown."""


@dataclass(frozen=True)
class LegText:
    """One leg as written; `exchange` is empty if it names none."""

    conid: int
    exchange: str
    ratio: int


@dataclass(frozen=True)
class CombinationText:
    """A conidex with legs, parsed but not yet looked up; `exchange` is the one after the spread conid."""

    spread_conid: int
    exchange: str
    legs: tuple[LegText, ...]

    @property
    def route(self) -> str:
        """The exchange that the order is sent to: the spread's, or the one that its legs name."""
        return self.exchange or next((leg.exchange for leg in self.legs if leg.exchange), SMART)


@dataclass(frozen=True)
class Leg:
    """One contract of a combination; `ratio` is how many of it one unit buys, negative if it sells them."""

    instrument: Instrument
    ratio: int


@dataclass(frozen=True, kw_only=True)
class Combination(Instrument):
    """Several contracts as one instrument of type BAG; its conid is the spread conid.

    One unit costs its price times `multiplier`, which is the largest of the legs' multipliers: 100 shares
    less one call are quoted as the share's price less the call's.
    """

    legs: tuple[Leg, ...]
    route: str = SMART

    @property
    def conidex(self) -> str:
        """Its conidex as orders show it: without plus signs, and with an exchange only if it is not SMART."""
        exchange = "" if self.route == SMART else f"@{self.route}"
        legs = ",".join(f"{leg.instrument.conid}/{leg.ratio}" for leg in self.legs)
        return f"{self.conid}{exchange};;;{legs}"

    @property
    def weights(self) -> tuple[float, ...]:
        """How much of each leg's price is in the price of the combination."""
        return tuple(leg.ratio * leg.instrument.multiplier / self.multiplier for leg in self.legs)

    @property
    def ratios(self) -> dict[int, int]:
        """The ratio by conid. Combinations with the same ratios are the same, however they are written."""
        return {leg.instrument.conid: leg.ratio for leg in self.legs}

    def price_of(self, leg_prices: Iterable[float]) -> float:
        """The price of the combination at these prices of its legs."""
        exact = sum(weight * price for weight, price in zip(self.weights, leg_prices, strict=True))
        return round(round(exact / self.tick) * self.tick, self.decimals) + 0.0  # never -0.0


def parse_conidex(text: str) -> CombinationText | None:
    """Return the combination that a conidex describes, or None if it is malformed or has no legs."""
    match = _CONIDEX.fullmatch(text)
    legs = [_LEG.fullmatch(leg) for leg in match[3].split(",")] if match else []
    if match is None or None in legs:
        return None
    return CombinationText(
        int(match[1]),
        match[2] or "",
        tuple(LegText(int(leg[1]), leg[2] or "", int(leg[3])) for leg in legs if leg),
    )


def build_combination(universe: Universe, text: CombinationText) -> Combination:
    """Return the combination. Raises InvalidCombinationError if its legs cannot be traded together."""
    if not 2 <= len(text.legs) <= _MAX_LEGS:
        raise InvalidCombinationError(f"a combination has 2 to {_MAX_LEGS} legs")
    legs = []
    for leg in text.legs:
        instrument = universe.by_conid(leg.conid)
        if instrument is None:
            raise UnknownLegError(f"unknown conid {leg.conid}")
        legs.append(Leg(instrument, leg.ratio))
    _check_ratios(legs)
    currency = _check_contracts(legs)
    _check_spread_conid(text, currency)
    first = legs[0].instrument
    underlyings = {leg.instrument.underlying_conid or leg.instrument.conid for leg in legs}
    return Combination(
        conid=text.spread_conid,
        symbol=",".join(dict.fromkeys(leg.instrument.symbol for leg in legs)),
        name=first.name,
        sec_type="BAG",
        exchange=text.route,
        currency=currency,
        reference_price=0.0,
        tick=min(leg.instrument.tick for leg in legs),
        volatility=0.0,
        multiplier=max(leg.instrument.multiplier for leg in legs),
        underlying_conid=underlyings.pop() if len(underlyings) == 1 else None,
        # It ends with the leg that ends first.
        trades_until=_first(leg.instrument.trades_until for leg in legs),
        expires_at=_first(leg.instrument.expires_at for leg in legs),
        is_us=all(leg.instrument.is_us for leg in legs),
        venues=_common_venues(text, legs),
        hours=_common_hours(legs),
        legs=tuple(legs),
        route=text.route,
    )


def contracts_of(instrument: Instrument) -> tuple[Instrument, ...]:
    """The legs of a combination; of any other instrument only itself."""
    if isinstance(instrument, Combination):
        return tuple(leg.instrument for leg in instrument.legs)
    return (instrument,)


def trades_on(instrument: Instrument, exchange: str) -> bool:
    """True if an exchange trades an instrument; SMART counts for all of them."""
    return exchange == SMART or exchange in instrument.venues


def line_key(instrument: Instrument) -> int:
    """The key of an instrument's market data line: its conid; for a combination a negative number."""
    if not isinstance(instrument, Combination):
        return instrument.conid
    legs = ",".join(f"{conid}/{ratio}" for conid, ratio in sorted(instrument.ratios.items()))
    return -1 - crc32(legs.encode())


def _first(times: Iterable[float | None]) -> float | None:
    return min((at for at in times if at is not None), default=None)


def _check_ratios(legs: list[Leg]) -> None:
    if any(leg.ratio == 0 for leg in legs):
        raise InvalidCombinationError("a ratio must not be zero")
    if len({leg.instrument.conid for leg in legs}) < len(legs):
        raise InvalidCombinationError("each leg must be a different contract")
    if gcd(*(leg.ratio for leg in legs)) > 1:
        raise InvalidCombinationError("the ratios must not have a common divisor")


def _check_contracts(legs: list[Leg]) -> str:
    """Return the currency of the legs."""
    for leg in legs:
        if leg.instrument.sec_type not in _LEG_SEC_TYPES:
            raise InvalidCombinationError(f"{leg.instrument.symbol} cannot be part of a combination")
    currencies = {leg.instrument.currency for leg in legs}
    if len(currencies) > 1:
        raise InvalidCombinationError("all legs must have the same currency")
    return currencies.pop()


def _check_spread_conid(text: CombinationText, currency: str) -> None:
    if text.spread_conid == QUOTE_CONID:
        return
    if text.spread_conid != SPREAD_CONIDS.get(currency):
        raise InvalidCombinationError(f"{text.spread_conid} is not the spread conid of {currency}")
    if currency != "USD" and not text.exchange:
        raise InvalidCombinationError(f"a {currency} combination needs its exchange after the spread conid")


def _common_venues(text: CombinationText, legs: list[Leg]) -> tuple[str, ...]:
    """The exchanges that trade every leg; the exchanges that the legs name must agree."""
    first, *others = (leg.instrument.venues for leg in legs)
    venues = tuple(venue for venue in first if all(venue in other for other in others))
    if not venues:
        raise InvalidCombinationError("no exchange trades all legs")
    if len({name for name in (text.exchange, *(leg.exchange for leg in text.legs)) if name}) > 1:
        raise InvalidCombinationError("all legs must be sent to the same exchange")
    return venues


def _common_hours(legs: list[Leg]) -> str:
    """The trading hours of all legs: an option's, if stocks and options are combined."""
    hours = {leg.instrument.hours for leg in legs}
    if len(hours) == 1:
        return hours.pop()
    if hours == {"us_stock", "us_option"}:
        return "us_option"
    raise InvalidCombinationError("the legs do not trade at the same hours")
