"""Price path, refined top-down: a day's open, high, low and close are split into half hours, those into
minutes, and those into half-second steps.

The parts together reach exactly the high and low of the whole. So bars of any length agree with the quotes,
and the price at any time is computed without simulating the time before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import islice, pairwise
from math import exp, sqrt

from api_gateway.simulator.calendar.trading_hours import PRICE_STEP, Hours, TradingSession, session_on
from api_gateway.simulator.prices.seeded_noise import fractal_noise, hash_keys, normal, random_stream, uniform

_BLOCK, _MINUTE = 1800.0, 60.0
_STEPS = int(_MINUTE / PRICE_STEP)


@dataclass(frozen=True, slots=True)
class TickRange:
    """Open, high, low and close of a period, in ticks."""

    open: int
    high: int
    low: int
    close: int

    def merge(self, other: TickRange) -> TickRange:
        """This period and the following one, merged."""
        return TickRange(self.open, max(self.high, other.high), min(self.low, other.low), other.close)


@dataclass(frozen=True)
class SessionPart:
    """One part of a session: before, during or after liquid hours."""

    key: int
    start: float
    length: float
    range: TickRange


def split_range(key: int, whole: TickRange, count: int) -> tuple[TickRange, ...]:
    """Split `whole` into `count` consecutive ranges with the same open, close, high and low overall."""
    points = _random_bridge(key, whole, count)
    spare = (whole.high - whole.low) / sqrt(count) * 0.35
    parts = []
    for (first, last), noise in zip(pairwise(points), random_stream(hash_keys(key, 0)), strict=False):
        upper, lower = (first, last) if first > last else (last, first)
        high = min(whole.high, upper + int(spare * (noise >> 48) / 65536))
        low = max(whole.low, lower - int(spare * (noise >> 32 & 0xFFFF) / 65536))
        parts.append(TickRange(first, high, low, last))
    highest = max(range(count), key=[part.high for part in parts].__getitem__)
    parts[highest] = replace(parts[highest], high=whole.high)
    lowest = min(range(count), key=[part.low for part in parts].__getitem__)
    parts[lowest] = replace(parts[lowest], low=whole.low)
    return tuple(parts)


def step_prices(key: int, whole: TickRange, count: int) -> tuple[int, ...]:
    """`count` + 1 prices from open to close that reach the high and the low."""
    points = _random_bridge(key, whole, count)
    inner = range(1, count)
    highest = max(inner, key=points.__getitem__)
    lowest = min((i for i in inner if i != highest), key=points.__getitem__)
    points[highest], points[lowest] = whole.high, whole.low
    return tuple(points)


def _random_bridge(key: int, whole: TickRange, count: int) -> list[int]:
    """A random bridge from open to close that uses most of the range and is reflected at its edges."""
    place, walked = 0, [0]
    for noise in islice(random_stream(key), count):
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


class PricePath:
    """The price path of one instrument, in ticks. `reference` is about its price on `reference_date`.

    From the start of each session on, prices are multiplied by the `factor` of its day: 1 without it.
    """

    def __init__(
        self,
        *,
        key: int,
        hours: Hours,
        reference: float,
        volatility: float,
        reference_date: date,
        max_ticks: int = 0,
        factor: Callable[[date], float] | None = None,
    ) -> None:
        self._key = key
        self._hours = hours
        self._reference = reference
        self._daily_volatility = volatility / sqrt(365)
        self._origin = fractal_noise(key, reference_date.toordinal() - 0.5)
        self._max_ticks = max_ticks or 1 << 60
        self._factor = factor
        self._session_parts = lru_cache(maxsize=4096)(self._build_session_parts)
        self._blocks = lru_cache(maxsize=128)(self._build_blocks)
        self._minutes = lru_cache(maxsize=128)(self._build_minutes)
        self._steps = lru_cache(maxsize=64)(self._build_steps)

    def ticks_at(self, session: TradingSession, epoch: float) -> int:
        """The price at a time between the session's start and end, both included."""
        for session_part in reversed(self._session_parts(session)):
            if epoch >= session_part.start:
                return self._ticks_within(session_part, min(epoch - session_part.start, session_part.length))
        raise ValueError(f"{epoch} is before the session of {session.day}")

    def range_between(self, session: TradingSession, since: float, until: float) -> TickRange:
        """Open, high, low and close between two times of one session, both included."""
        total: TickRange | None = None
        for session_part in self._session_parts(session):
            left = max(since, session_part.start) - session_part.start
            right = min(until, session_part.start + session_part.length) - session_part.start
            if left < right or (left == right and since == until):
                part = self._range_within(session_part, left, right)
                total = part if total is None else total.merge(part)
        if total is None:
            raise ValueError(f"{since} to {until} is outside the session of {session.day}")
        return total

    def _ticks_within(self, session_part: SessionPart, offset: float) -> int:
        if offset >= session_part.length:
            return session_part.range.close
        if offset <= 0:
            return session_part.range.open
        block, inside = divmod(offset, _BLOCK)
        minute, rest = divmod(inside, _MINUTE)
        return self._steps(session_part, int(block), int(minute))[int(rest / PRICE_STEP)]

    def _range_within(self, session_part: SessionPart, left: float, right: float) -> TickRange:
        if left <= 0 and right >= session_part.length:
            return session_part.range
        price = self._ticks_within(session_part, left)
        total = TickRange(price, price, price, price)
        place = left
        while place < right:
            block, inside = divmod(place, _BLOCK)
            part, place = self._largest_part(session_part, int(block), inside, place, right)
            total = total.merge(part)
        return total

    def _largest_part(
        self, session_part: SessionPart, block: int, inside: float, place: float, right: float
    ) -> tuple[TickRange, float]:
        """The largest precomputed part that starts at `place` and ends by `right`, and its end."""
        blocks = self._blocks(session_part)
        block_end = min((block + 1) * _BLOCK, session_part.length)
        if inside == 0 and block_end <= right:
            return blocks[block], block_end
        minute, rest = divmod(inside, _MINUTE)
        minute_end = place - rest + _MINUTE
        if rest == 0 and minute_end <= right:
            return self._minutes(session_part, block)[int(minute)], minute_end
        end = min(minute_end, right)
        first, last = int(rest / PRICE_STEP), int((rest + end - place) / PRICE_STEP)
        prices = self._steps(session_part, block, int(minute))[first : last + 1]
        return TickRange(prices[0], max(prices), min(prices), prices[-1]), end

    def _build_session_parts(self, session: TradingSession) -> tuple[SessionPart, ...]:
        """The session's parts: before, during and after liquid hours."""
        key = hash_keys(self._key, session.day.toordinal())
        close = self._closing_ticks(session.day)
        before = self._closing_ticks(self._previous_trading_day(session.day), session.day)
        width = self._daily_volatility * close
        gap = round(width * 0.35 * normal(key, 1))
        opening = self._clamp(before + gap)
        high = max(opening, close) + round(width * 0.5 * abs(normal(key, 2)))
        low = min(opening, close) - round(width * 0.5 * abs(normal(key, 3)))
        found = []
        opens, closes = session.liquid_opens, session.liquid_closes
        if session.start < opens:
            found.append(self._extended_hours_part(key, 4, session.start, opens, before, opening, width))
        whole = TickRange(opening, self._clamp(high), self._clamp(low), close)
        found.append(SessionPart(hash_keys(key, 0), opens, closes - opens, whole))
        if session.end > closes:
            found.append(self._extended_hours_part(key, 5, closes, session.end, close, close, width))
        return tuple(found)

    def _extended_hours_part(
        self, key: int, index: int, start: float, end: float, first: int, last: int, width: float
    ) -> SessionPart:
        """A part outside liquid hours: prices move little and end at the close of the day."""
        reach = width * 0.25
        high = self._clamp(max(first, last) + round(reach * uniform(key, 10 + index)))
        low = self._clamp(min(first, last) - round(reach * uniform(key, 20 + index)))
        return SessionPart(hash_keys(key, index), start, end - start, TickRange(first, high, low, last))

    def unadjusted_close_before(self, day: date) -> float:
        """The close of the trading day before, in ticks, without the factor."""
        return self._unadjusted_close(self._previous_trading_day(day))

    def _closing_ticks(self, day: date, factor_day: date | None = None) -> int:
        """The close of a day, with that day's factor or a later day's."""
        factor = 1.0 if self._factor is None else self._factor(factor_day or day)
        return self._clamp(round(self._unadjusted_close(day) * factor))

    def _unadjusted_close(self, day: date) -> float:
        moved = (fractal_noise(self._key, day.toordinal()) - self._origin) * self._daily_volatility
        return self._reference * exp(moved)

    def _previous_trading_day(self, day: date) -> date:
        ordinal = day.toordinal() - 1
        while session_on(self._hours, date.fromordinal(ordinal)) is None:
            ordinal -= 1
        return date.fromordinal(ordinal)

    def _clamp(self, ticks: int) -> int:
        return max(1, min(self._max_ticks, ticks))

    def _build_blocks(self, session_part: SessionPart) -> tuple[TickRange, ...]:
        return split_range(session_part.key, session_part.range, -int(-session_part.length // _BLOCK))

    def _build_minutes(self, session_part: SessionPart, block: int) -> tuple[TickRange, ...]:
        length = min(_BLOCK, session_part.length - block * _BLOCK)
        return split_range(
            hash_keys(session_part.key, block), self._blocks(session_part)[block], -int(-length // _MINUTE)
        )

    def _build_steps(self, session_part: SessionPart, block: int, minute: int) -> tuple[int, ...]:
        key = hash_keys(hash_keys(session_part.key, block), minute)
        return step_prices(key, self._minutes(session_part, block)[minute], _STEPS)
