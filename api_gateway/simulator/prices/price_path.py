"""The path of one price, found top-down: a day's open, high, low and close are split into half hours,
those into minutes, those into steps of half a second. Each part touches what the whole promised, so the
bars of any length agree with the quotes, and any moment is found without walking to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import islice, pairwise
from math import exp, sqrt

from api_gateway.simulator.calendar.trading_hours import STEP, Hours, Session, session_on
from api_gateway.simulator.prices.seeded_noise import mix, normal, stream, uniform, wander

_BLOCK, _MINUTE = 1800.0, 60.0
_STEPS = int(_MINUTE / STEP)


@dataclass(frozen=True, slots=True)
class Range:
    """What a price did over a while, in ticks."""

    open: int
    high: int
    low: int
    close: int

    def then(self, other: Range) -> Range:
        """This while and the one after it as one."""
        return Range(self.open, max(self.high, other.high), min(self.low, other.low), other.close)


@dataclass(frozen=True)
class Stretch:
    """A part of a day, from its start on: before, in or after the liquid hours."""

    key: int
    start: float
    length: float
    range: Range


def split(key: int, whole: Range, count: int) -> tuple[Range, ...]:
    """`count` ranges that follow each other and together are `whole`: same ends, same extremes."""
    points = _bridge(key, whole, count)
    spare = (whole.high - whole.low) / sqrt(count) * 0.35
    parts = []
    for (first, last), noise in zip(pairwise(points), stream(mix(key, 0)), strict=False):
        upper, lower = (first, last) if first > last else (last, first)
        high = min(whole.high, upper + int(spare * (noise >> 48) / 65536))
        low = max(whole.low, lower - int(spare * (noise >> 32 & 0xFFFF) / 65536))
        parts.append(Range(first, high, low, last))
    highest = max(range(count), key=[part.high for part in parts].__getitem__)
    parts[highest] = replace(parts[highest], high=whole.high)
    lowest = min(range(count), key=[part.low for part in parts].__getitem__)
    parts[lowest] = replace(parts[lowest], low=whole.low)
    return tuple(parts)


def steps(key: int, whole: Range, count: int) -> tuple[int, ...]:
    """`count` + 1 prices from open to close that touch the high and the low."""
    points = _bridge(key, whole, count)
    inner = range(1, count)
    highest = max(inner, key=points.__getitem__)
    lowest = min((i for i in inner if i != highest), key=points.__getitem__)
    points[highest], points[lowest] = whole.high, whole.low
    return tuple(points)


def _bridge(key: int, whole: Range, count: int) -> list[int]:
    """A random path from open to close that fills most of the range and is turned back at its edges."""
    place, walked = 0, [0]
    for noise in islice(stream(key), count):
        place += (noise >> 48) + (noise >> 32 & 0xFFFF) + (noise >> 16 & 0xFFFF) - 98304
        walked.append(place)
    drift = place / count
    bent = [w - drift * i for i, w in enumerate(walked)]
    spread = max(bent) - min(bent)
    scale = 0.9 * (whole.high - whole.low) / spread if spread else 0.0
    slope = (whole.close - whole.open) / count
    low, high = whole.low, whole.high
    inside = []
    for i, b in enumerate(bent):
        price = round(whole.open + slope * i + scale * b)
        if price > high:
            price = max(low, 2 * high - price)
        elif price < low:
            price = min(high, 2 * low - price)
        inside.append(price)
    inside[0], inside[-1] = whole.open, whole.close
    return inside


class Walk:
    """One instrument's own price in ticks. `reference` is about its price on `anchor`."""

    def __init__(
        self, *, key: int, hours: Hours, reference: float, volatility: float, anchor: date, ceiling: int = 0
    ) -> None:
        self._key = key
        self._hours = hours
        self._reference = reference
        self._daily = volatility / sqrt(365)
        self._origin = wander(key, anchor.toordinal() - 0.5)
        self._ceiling = ceiling or 1 << 60
        self._stretches = lru_cache(maxsize=4096)(self._stretches_of)
        self._blocks = lru_cache(maxsize=128)(self._blocks_of)
        self._minutes = lru_cache(maxsize=128)(self._minutes_of)
        self._steps = lru_cache(maxsize=64)(self._steps_of)

    def at(self, session: Session, epoch: float) -> int:
        """The price at a moment between the session's start and end, the end included."""
        for stretch in reversed(self._stretches(session)):
            if epoch >= stretch.start:
                return self._at(stretch, min(epoch - stretch.start, stretch.length))
        raise ValueError(f"{epoch} is before the session of {session.day}")

    def span(self, session: Session, since: float, until: float) -> Range:
        """What the price did between two moments of one session, both included."""
        total: Range | None = None
        for stretch in self._stretches(session):
            left = max(since, stretch.start) - stretch.start
            right = min(until, stretch.start + stretch.length) - stretch.start
            if left < right or (left == right and since == until):
                part = self._within(stretch, left, right)
                total = part if total is None else total.then(part)
        if total is None:
            raise ValueError(f"{since} to {until} is outside the session of {session.day}")
        return total

    def _at(self, stretch: Stretch, offset: float) -> int:
        if offset >= stretch.length:
            return stretch.range.close
        if offset <= 0:
            return stretch.range.open
        block, inside = divmod(offset, _BLOCK)
        minute, rest = divmod(inside, _MINUTE)
        return self._steps(stretch, int(block), int(minute))[int(rest / STEP)]

    def _within(self, stretch: Stretch, left: float, right: float) -> Range:
        if left <= 0 and right >= stretch.length:
            return stretch.range
        price = self._at(stretch, left)
        total = Range(price, price, price, price)
        place = left
        while place < right:
            block, inside = divmod(place, _BLOCK)
            part, place = self._part(stretch, int(block), inside, place, right)
            total = total.then(part)
        return total

    def _part(
        self, stretch: Stretch, block: int, inside: float, place: float, right: float
    ) -> tuple[Range, float]:
        """The largest part that starts at `place`, is stored whole and ends by `right`; and its end."""
        blocks = self._blocks(stretch)
        block_end = min((block + 1) * _BLOCK, stretch.length)
        if inside == 0 and block_end <= right:
            return blocks[block], block_end
        minute, rest = divmod(inside, _MINUTE)
        minute_end = place - rest + _MINUTE
        if rest == 0 and minute_end <= right:
            return self._minutes(stretch, block)[int(minute)], minute_end
        end = min(minute_end, right)
        first, last = int(rest / STEP), int((rest + end - place) / STEP)
        prices = self._steps(stretch, block, int(minute))[first : last + 1]
        return Range(prices[0], max(prices), min(prices), prices[-1]), end

    def _stretches_of(self, session: Session) -> tuple[Stretch, ...]:
        """The session's stretches: before, in and after the hours in which most is traded."""
        key = mix(self._key, session.day.toordinal())
        close = self._close(session.day)
        before = self._close(self._previous(session.day))
        width = self._daily * close
        gap = round(width * 0.35 * normal(key, 1))
        opening = self._bounded(before + gap)
        high = max(opening, close) + round(width * 0.5 * abs(normal(key, 2)))
        low = min(opening, close) - round(width * 0.5 * abs(normal(key, 3)))
        found = []
        opens, closes = session.liquid_opens, session.liquid_closes
        if session.start < opens:
            found.append(self._quiet(key, 4, session.start, opens, before, opening, width))
        whole = Range(opening, self._bounded(high), self._bounded(low), close)
        found.append(Stretch(mix(key, 0), opens, closes - opens, whole))
        if session.end > closes:
            found.append(self._quiet(key, 5, closes, session.end, close, close, width))
        return tuple(found)

    def _quiet(
        self, key: int, index: int, start: float, end: float, first: int, last: int, width: float
    ) -> Stretch:
        """Trading outside liquid hours: it moves little, and ends where the day closed."""
        reach = width * 0.25
        high = self._bounded(max(first, last) + round(reach * uniform(key, 10 + index)))
        low = self._bounded(min(first, last) - round(reach * uniform(key, 20 + index)))
        return Stretch(mix(key, index), start, end - start, Range(first, high, low, last))

    def _close(self, day: date) -> int:
        moved = (wander(self._key, day.toordinal()) - self._origin) * self._daily
        return self._bounded(round(self._reference * exp(moved)))

    def _previous(self, day: date) -> date:
        ordinal = day.toordinal() - 1
        while session_on(self._hours, date.fromordinal(ordinal)) is None:
            ordinal -= 1
        return date.fromordinal(ordinal)

    def _bounded(self, ticks: int) -> int:
        return max(1, min(self._ceiling, ticks))

    def _blocks_of(self, stretch: Stretch) -> tuple[Range, ...]:
        return split(stretch.key, stretch.range, -int(-stretch.length // _BLOCK))

    def _minutes_of(self, stretch: Stretch, block: int) -> tuple[Range, ...]:
        length = min(_BLOCK, stretch.length - block * _BLOCK)
        return split(mix(stretch.key, block), self._blocks(stretch)[block], -int(-length // _MINUTE))

    def _steps_of(self, stretch: Stretch, block: int, minute: int) -> tuple[int, ...]:
        key = mix(mix(stretch.key, block), minute)
        return steps(key, self._minutes(stretch, block)[minute], _STEPS)
