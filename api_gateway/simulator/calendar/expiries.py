"""Expiry dates of derivatives, relative to a given day."""

from __future__ import annotations

from datetime import date, timedelta

from api_gateway.simulator.calendar.holidays import full_holidays, nth_weekday

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_FRIDAY = 4


def month_code(expiry: str) -> str:
    """IBKR's code for the month of a date: `JAN27` for `20270115`."""
    return f"{_MONTHS[int(expiry[4:6]) - 1]}{expiry[2:4]}"


def is_month_code(text: str) -> bool:
    """True for `JAN27`; false for `202701`, `Jan27` and anything else."""
    return len(text) == 5 and text[:3] in _MONTHS and text[3:].isdecimal()


def third_friday(year: int, month: int) -> date:
    """The monthly expiry: the third Friday, or the Thursday before if that is a holiday."""
    day = nth_weekday(year, month, _FRIDAY, 3)
    return day - timedelta(days=1) if day in full_holidays(year) else day


def next_monthly_expiries(today: date, count: int) -> list[date]:
    """The next `count` monthly expiries, including today."""
    return _next_expiries(today, count, month_interval=1)


def next_quarterly_expiries(today: date, count: int) -> list[date]:
    """The next `count` expiries in March, June, September and December, including today."""
    return _next_expiries(today, count, month_interval=3)


def next_crude_oil_expiries(today: date, count: int) -> list[date]:
    """The next crude oil expiries: three business days before the 25th of the month before delivery."""
    found: list[date] = []
    year, month = today.year, today.month
    while len(found) < count:
        day = date(year, month, 25)
        back = 0
        while back < 3:
            day -= timedelta(days=1)
            if day.weekday() <= _FRIDAY and day not in full_holidays(day.year):
                back += 1
        if day >= today:
            found.append(day)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def _next_expiries(today: date, count: int, *, month_interval: int) -> list[date]:
    found: list[date] = []
    year, month = today.year, today.month
    while len(found) < count:
        if month % month_interval == 0:
            day = third_friday(year, month)
            if day >= today:
                found.append(day)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found
