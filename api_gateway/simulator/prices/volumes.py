"""Cumulative volume during a session, with most trading at the open and at the close."""

from __future__ import annotations

from math import pi, sin

from api_gateway.simulator.calendar.trading_hours import TradingSession
from api_gateway.simulator.prices.seeded_noise import hash_keys, uniform

_PRE_MARKET_SHARE, _AFTER_HOURS_SHARE = (
    0.02,
    0.03,
)  # fractions of the daily volume traded before and after regular hours


def volume_until(key: int, average: int, session: TradingSession, epoch: float) -> int:
    """The volume from the session's start until `epoch`; it never decreases."""
    day = hash_keys(key, session.day.toordinal())
    before = _PRE_MARKET_SHARE if session.start < session.opens else 0.0
    after = _AFTER_HOURS_SHARE if session.end > session.closes else 0.0
    part = before * _volume_share(hash_keys(day, 1), session.start, session.opens, epoch)
    part += (1 - before - after) * _u_shaped(
        _volume_share(hash_keys(day, 2), session.opens, session.closes, epoch)
    )
    part += after * _volume_share(hash_keys(day, 3), session.closes, session.end, epoch)
    return int(average * (0.7 + 0.6 * uniform(day, 0)) * part)


def _volume_share(key: int, start: float, end: float, epoch: float) -> float:
    """The fraction (0 to 1) of a period's volume traded so far, with noise from minute to minute."""
    if epoch <= start or start >= end:
        return 0.0
    if epoch >= end:
        return 1.0
    count = (end - start) / 60
    minute, rest = divmod((epoch - start) / 60, 1)
    here = _share_at_minute(key, int(minute), count)
    return here + (_share_at_minute(key, int(minute) + 1, count) - here) * rest


def _share_at_minute(key: int, minute: int, count: float) -> float:
    if minute == 0 or minute >= count:
        return float(minute > 0)
    return (minute + 0.9 * uniform(key, minute)) / count


def _u_shaped(share: float) -> float:
    """Maps even progress to a U-shaped day: its ends are four times as busy as its middle."""
    return share + 0.6 * sin(2 * pi * share) / (2 * pi)
