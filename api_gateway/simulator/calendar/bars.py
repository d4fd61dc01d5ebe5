"""Bar intervals: how a time span is divided into bars, intraday or by day, week or month."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import ceil

from api_gateway.simulator.calendar.trading_hours import Hours, TradingSession, sessions_before

DAY, WEEK, MONTH = 86_400.0, 604_800.0, 2_592_000.0
BarWindow = tuple[TradingSession, float, float]


def bar_windows_before(
    hours: Hours, end: float, step: float, *, outside_rth: bool
) -> Iterator[list[BarWindow]]:
    """The bars that start before `end`, newest first; each has one window per trading day it covers.

    Bars shorter than a day start at multiples of `step` (seconds, UTC) or at the open. `DAY`, `WEEK` and
    `MONTH` follow the calendar.
    """
    days = _trading_windows(hours, end, outside_rth=outside_rth)
    if step < DAY:
        for session, opens, closes in days:
            for index in range(ceil(closes / step) - 1, int(opens // step) - 1, -1):
                start, until = max(opens, index * step), min(closes, (index + 1) * step)
                if start < until:
                    yield [(session, start, until)]
        return
    for _, group in groupby(days, key=lambda window: _period(window[0], step)):
        yield list(group)[::-1]


def _trading_windows(hours: Hours, end: float, *, outside_rth: bool) -> Iterator[BarWindow]:
    for session in sessions_before(hours, end):
        opens = session.start if outside_rth else session.opens
        closes = min(end, session.end if outside_rth else session.closes)
        if opens < closes:
            yield session, opens, closes


def _period(session: TradingSession, step: float) -> tuple[int, int]:
    if step == DAY:
        return (session.day.toordinal(), 0)
    if step == WEEK:
        return session.day.isocalendar()[:2]
    return (session.day.year, session.day.month)
