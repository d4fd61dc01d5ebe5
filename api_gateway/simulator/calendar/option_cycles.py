"""Option cycles: on which days the options of a class expire, and how long before that they are listed.

The days follow the exchanges' published rules; the listing periods are rounded from what is usually listed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from api_gateway.simulator.calendar.expiries import (
    business_day_before,
    is_business_day,
    is_last_of_week,
    last_business_day,
    third_friday,
    volatility_expiry,
)
from api_gateway.simulator.calendar.futures_rules import crude_oil_day

Cycle = Callable[[date], int]
_MONDAY, _WEDNESDAY, _FRIDAY = 0, 2, 4
_DAILY, _WEEKLY, _QUARTER_END = 14, 45, 280
_QUARTERLY_MONTHS = frozenset({3, 6, 9, 12})
LONGEST_LEAD = 930


def _stock_monthly(day: date) -> int:
    """Third Fridays; January expiries are listed more than two years ahead."""
    if day != third_friday(day.year, day.month):
        return 0
    return {1: LONGEST_LEAD, 6: 560, 12: 560}.get(day.month, 270 if day.month in _QUARTERLY_MONTHS else 130)


def _stock_weekly(day: date) -> int:
    return _stock_monthly(day) or (_WEEKLY if is_last_of_week(day) else 0)


def _stock_three_days(day: date) -> int:
    short = day.weekday() in (_MONDAY, _WEDNESDAY) and is_business_day(day)
    return _stock_weekly(day) or (_DAILY if short else 0)


def _fund_daily(day: date) -> int:
    if day.month in _QUARTERLY_MONTHS and day == last_business_day(day.year, day.month):
        return _QUARTER_END
    return _stock_weekly(day) or (_DAILY if is_business_day(day) else 0)


def _index_monthly(day: date) -> int:
    if day != third_friday(day.year, day.month):
        return 0
    return LONGEST_LEAD if day.month == 12 else 370


def _index_daily(day: date) -> int:
    if not is_business_day(day):
        return 0
    if day == last_business_day(day.year, day.month):
        return 370
    if day == third_friday(day.year, day.month):
        return 270
    return 100 if is_last_of_week(day) else _WEEKLY


def _volatility_monthly(day: date) -> int:
    return 200 if day == volatility_expiry(day.year, day.month) else 0


def _volatility_weekly(day: date) -> int:
    weekly = day.weekday() == _WEDNESDAY and is_business_day(day)
    return _WEEKLY if weekly and not _volatility_monthly(day) else 0


def _future_quarterly(day: date) -> int:
    return 460 if day.month in _QUARTERLY_MONTHS and day == third_friday(day.year, day.month) else 0


def _future_daily(day: date) -> int:
    if not is_business_day(day):
        return 0
    if day == last_business_day(day.year, day.month):
        return 190
    return _WEEKLY if is_last_of_week(day) else _DAILY


def _crude_monthly(day: date) -> int:
    """Three business days before the last trading day of the future."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return 365 if day == business_day_before(crude_oil_day(following.year, following.month), 3) else 0


def _gold_monthly(day: date) -> int:
    """The fourth last business day of a month, not a Friday and not the day before a holiday."""
    last = last_business_day(day.year, day.month)
    expiry = business_day_before(last, 3)
    while expiry.weekday() == _FRIDAY or not is_business_day(expiry + timedelta(days=1)):
        expiry = business_day_before(expiry)
    return 365 if day == expiry else 0


def _future_weekly(day: date) -> int:
    return 30 if is_last_of_week(day) else 0


CYCLES: Mapping[str, Cycle] = MappingProxyType(
    {
        "monthly": _stock_monthly,
        "weekly": _stock_weekly,
        "mon-wed-fri": _stock_three_days,
        "daily": _fund_daily,
        "index-monthly": _index_monthly,
        "index-daily": _index_daily,
        "vix-monthly": _volatility_monthly,
        "vix-weekly": _volatility_weekly,
        "future-quarterly": _future_quarterly,
        "future-daily": _future_daily,
        "future-weekly": _future_weekly,
        "crude-monthly": _crude_monthly,
        "gold-monthly": _gold_monthly,
    }
)
"""For each cycle, how many days before a given day the options expiring then are listed; 0 if none expire."""

SEVERAL_A_WEEK = frozenset(
    {
        "mon-wed-fri",
        "daily",
        "index-daily",
        "future-daily",
        "vix-monthly",
        "gold-monthly",
        "crude-monthly",
    }
)
"""The cycles with several expiries in some weeks, or with expiries on any day of the week."""
