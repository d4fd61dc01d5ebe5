"""New York market holidays and early closes."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_MONDAY, _THURSDAY, _FRIDAY = 0, 3, 4


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth Monday (0) … Sunday (6) of a month, counted from 1."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


@lru_cache(maxsize=64)
def full_holidays(year: int) -> frozenset[date]:
    """The days of a year on which the New York Stock Exchange is closed."""
    last_of_may = date(year, 5, 31)
    days = {
        nth_weekday(year, 1, _MONDAY, 3),
        nth_weekday(year, 2, _MONDAY, 3),
        _easter(year) - timedelta(days=2),
        last_of_may - timedelta(days=last_of_may.weekday()),
        _observed_date(date(year, 6, 19)),
        _observed_date(date(year, 7, 4)),
        nth_weekday(year, 9, _MONDAY, 1),
        nth_weekday(year, 11, _THURSDAY, 4),
        _observed_date(date(year, 12, 25)),
    }
    new_year = date(year, 1, 1)
    if new_year.weekday() != 5:  # a New Year's Day on Saturday is not observed on Friday
        days.add(_observed_date(new_year))
    return frozenset(days)


@lru_cache(maxsize=64)
def early_closes(year: int) -> frozenset[date]:
    """The days of a year on which New York closes at 13:00."""
    candidates = {
        nth_weekday(year, 11, _THURSDAY, 4) + timedelta(days=1),
        date(year, 7, 3),
        date(year, 12, 24),
    }
    return frozenset(d for d in candidates if d.weekday() <= _FRIDAY and d not in full_holidays(year))


def _observed_date(day: date) -> date:
    """The observed date: Friday for a Saturday holiday, Monday for a Sunday holiday."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)
