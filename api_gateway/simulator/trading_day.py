"""When the account's day begins: profits "of today" and finished orders are counted from there."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
_OPENING = time(9, 30)
_SATURDAY = 5


def trading_day_start(now: float) -> float:
    """Midnight in New York (seconds since 1970) of the last weekday on which trading has begun."""
    return weekday_at(now, 0, time(0, 0))


def weekday_at(now: float, back: int, when: time) -> float:
    """The time `when` in New York, `back` weekdays before the last one on which trading has begun."""
    moment = datetime.fromtimestamp(now, tz=NEW_YORK)
    day = moment.date() if moment.time() >= _OPENING else moment.date() - timedelta(days=1)
    while True:
        if day.weekday() < _SATURDAY:
            if back == 0:
                return datetime.combine(day, when, tzinfo=NEW_YORK).timestamp()
            back -= 1
        day -= timedelta(days=1)
