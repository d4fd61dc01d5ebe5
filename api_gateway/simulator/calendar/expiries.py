"""Business days and monthly expiries, and IBKR's names for months.

All exchanges use the New York Stock Exchange's business days: other exchanges' holidays are not modelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from api_gateway.simulator.calendar.holidays import full_holidays, nth_weekday

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH_LETTERS = "FGHJKMNQUVXZ"
_FRIDAY = 4
_NEW_YORK = ZoneInfo("US/Eastern")


def month_code(expiry: str) -> str:
    """IBKR's code for a month (yyyymm) or for the month of a date: `JAN27` for `20270115`."""
    return f"{_MONTHS[int(expiry[4:6]) - 1]}{expiry[2:4]}"


def parse_month_code(text: str) -> str | None:
    """The month (yyyymm) of `JAN27`; None for `202701`, `Jan27` and anything else."""
    if len(text) != 5 or text[:3] not in _MONTHS or not (text[3:].isascii() and text[3:].isdigit()):
        return None
    return f"20{text[3:]}{_MONTHS.index(text[:3]) + 1:02d}"


def month_letter(month: int) -> str:
    """The letter of a month in the names of futures: `F` for January, `Z` for December."""
    return _MONTH_LETTERS[month - 1]


def months_of_letters(letters: str) -> frozenset[int]:
    """The months of `HMUZ`: 3, 6, 9 and 12. Raises ValueError for any other letter."""
    return frozenset(_MONTH_LETTERS.index(letter) + 1 for letter in letters)


def new_york_date(epoch: float) -> date:
    """The date in New York at a time in seconds since 1970."""
    return datetime.fromtimestamp(epoch, tz=_NEW_YORK).date()


def is_business_day(day: date) -> bool:
    """True if New York trades on that day."""
    return day.weekday() <= _FRIDAY and day not in full_holidays(day.year)


def business_days_before(day: date) -> Iterator[date]:
    """The business days before `day`, the latest first."""
    while True:
        day -= timedelta(days=1)
        if is_business_day(day):
            yield day


def business_day_before(day: date, count: int = 1) -> date:
    """The `count`th business day before `day`."""
    return next(islice(business_days_before(day), count - 1, None))


@lru_cache(maxsize=1024)
def last_business_day(year: int, month: int) -> date:
    """The last business day of a month."""
    return business_day_before(first_of_next_month(year, month))


def first_of_next_month(year: int, month: int) -> date:
    """The first day of the following month."""
    return date(year + month // 12, month % 12 + 1, 1)


@lru_cache(maxsize=1024)
def third_friday(year: int, month: int) -> date:
    """The monthly expiry: the third Friday, or the Thursday before if that is a holiday."""
    day = nth_weekday(year, month, _FRIDAY, 3)
    return day if is_business_day(day) else business_day_before(day)


@lru_cache(maxsize=1024)
def volatility_expiry(year: int, month: int) -> date:
    """The monthly expiry of VIX: 30 days before the third Friday of the next month, usually a Wednesday."""
    following = first_of_next_month(year, month)
    day = nth_weekday(following.year, following.month, _FRIDAY, 3)
    if not is_business_day(day):
        day = business_day_before(day)
    day -= timedelta(days=30)
    return day if is_business_day(day) else business_day_before(day)


def last_moment_of(expiry: str) -> float:
    """The close of New York on a day (yyyymmdd), in seconds since 1970."""
    day = datetime.strptime(expiry, "%Y%m%d").replace(tzinfo=_NEW_YORK)
    return (day + timedelta(hours=16)).timestamp()


def is_last_of_week(day: date) -> bool:
    """True for a Friday, and for the Thursday before a Friday without trading."""
    rest = (day + timedelta(days=offset) for offset in range(1, _FRIDAY - day.weekday() + 1))
    return is_business_day(day) and not any(is_business_day(later) for later in rest)
