"""Trigger search: the first time at which a price meets a condition, without checking every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.prices.prices import PriceRange, Prices

_PIECE_SIZES = (1800.0, 60.0, PRICE_STEP)


def first_matching_step(
    prices: Prices,
    instrument: Instrument,
    since: float,
    until: float,
    *,
    may_match: Callable[[PriceRange], bool],
    matches: Callable[[float], bool],
) -> float | None:
    """The first half-second step from `since` to `until` (both such steps) for which `matches` is true.

    `may_match` is true for a range of steps that must be searched; it may also be true for others, because
    price ranges are slightly too wide. Both are called in chronological order.
    """
    if not may_match(prices.range_between(instrument, since, until)):
        return None
    return _search(prices, instrument, since, until, 0, may_match, matches)


def _search(
    prices: Prices,
    instrument: Instrument,
    since: float,
    until: float,
    level: int,
    may_match: Callable[[PriceRange], bool],
    matches: Callable[[float], bool],
) -> float | None:
    size = _PIECE_SIZES[level]
    for left, last in _split_interval(since, until, size):
        if size == PRICE_STEP:
            if matches(left):
                return left
            continue
        # Up to the start of the next piece: ranges of whole pieces are known without computing their steps.
        if may_match(prices.range_between(instrument, left, min(until, last + PRICE_STEP))):
            found = _search(prices, instrument, left, last, level + 1, may_match, matches)
            if found is not None:
                return found
    return None


def _split_interval(since: float, until: float, size: float) -> Iterator[tuple[float, float]]:
    """First and last steps of every piece of `size` seconds, split at whole multiples of `size`."""
    left = since
    while left <= until:
        following = left // size * size + size
        yield left, min(until, following - PRICE_STEP)
        left = following
