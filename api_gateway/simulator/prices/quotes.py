"""Quotes, bars and price ranges: the forms in which prices are reported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quote:
    """The top of the book and the figures of the day; prices are in the instrument's currency.

    `market_open` means regular hours, `extended_hours` trading before or after them. Once regular hours have
    begun, open, high and low cover regular hours only. While the market is closed, the last values remain.
    """

    last: float
    bid: float
    ask: float
    open: float
    high: float
    low: float
    prior_close: float
    bid_size: int
    ask_size: int
    last_size: int
    volume: int
    market_open: bool
    halted: bool
    extended_hours: bool = False


@dataclass(frozen=True)
class Bar:
    """One interval of trading; `start` is in seconds since 1970."""

    start: float
    open: float
    high: float
    low: float
    close: float
    volume: int


@dataclass(frozen=True)
class PriceRange:
    """Open, high, low and close between two times, both included."""

    open: float
    high: float
    low: float
    close: float

    def scale(self, ratio: float) -> PriceRange:
        """This range with all prices multiplied by a ratio."""
        if ratio == 1.0:
            return self
        return PriceRange(self.open * ratio, self.high * ratio, self.low * ratio, self.close * ratio)

    def merge(self, other: PriceRange) -> PriceRange:
        """This range and the following one, merged."""
        return PriceRange(self.open, max(self.high, other.high), min(self.low, other.low), other.close)
