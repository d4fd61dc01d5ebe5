"""When a price first does what an order waits for, found without looking at every moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from api_gateway.simulator.calendar.trading_hours import STEP
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.prices.prices import Prices, Span

_PIECES = (1800.0, 60.0, STEP)


def first_moment(
    prices: Prices,
    instrument: Instrument,
    since: float,
    until: float,
    *,
    may: Callable[[Span], bool],
    holds: Callable[[float], bool],
) -> float | None:
    """The first half-second step from `since` to `until`, both on such steps, at which `holds`.

    `may` says of a while whether a step in it has to be looked at; it may say yes too often, as what a
    price did in a while is known a little too widely. Both are asked in the order of time.
    """
    if not may(prices.span(instrument, since, until)):
        return None
    return _first(prices, instrument, since, until, 0, may, holds)


def _first(
    prices: Prices,
    instrument: Instrument,
    since: float,
    until: float,
    level: int,
    may: Callable[[Span], bool],
    holds: Callable[[float], bool],
) -> float | None:
    size = _PIECES[level]
    for left, last in _pieces(since, until, size):
        if size == STEP:
            if holds(left):
                return left
            continue
        # Up to the start of the next piece, as whole pieces are known without looking into them.
        if may(prices.span(instrument, left, min(until, last + STEP))):
            found = _first(prices, instrument, left, last, level + 1, may, holds)
            if found is not None:
                return found
    return None


def _pieces(since: float, until: float, size: float) -> Iterator[tuple[float, float]]:
    """First and last steps of every piece of `size` seconds, cut at its whole multiples."""
    left = since
    while left <= until:
        following = left // size * size + size
        yield left, min(until, following - STEP)
        left = following
