"""The last trading day of a future, by the rule of its exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from api_gateway.simulator.calendar.expiries import (
    business_day_before,
    first_of_next_month,
    is_business_day,
    last_business_day,
    third_friday,
    volatility_expiry,
)
from api_gateway.simulator.calendar.holidays import nth_weekday

_WEDNESDAY, _FRIDAY = 2, 4
LastDayRule = Callable[[int, int], date]


def crude_oil_day(year: int, month: int) -> date:
    """Three business days (four if the 25th is not one) before the 25th of the month before delivery."""
    reference = date(year - (month == 1), (month - 2) % 12 + 1, 25)
    return business_day_before(reference, 3 if is_business_day(reference) else 4)


def _natural_gas_day(year: int, month: int) -> date:
    return business_day_before(date(year, month, 1), 3)


def _end_of_month_before(year: int, month: int) -> date:
    return business_day_before(date(year, month, 1))


def _third_last_business_day(year: int, month: int) -> date:
    return business_day_before(first_of_next_month(year, month), 3)


def _note_day(year: int, month: int) -> date:
    """The seventh business day before the last one of the month."""
    return business_day_before(last_business_day(year, month), 7)


def _currency_day(year: int, month: int) -> date:
    return business_day_before(nth_weekday(year, month, _WEDNESDAY, 3), 2)


def _canadian_dollar_day(year: int, month: int) -> date:
    return business_day_before(nth_weekday(year, month, _WEDNESDAY, 3))


def _grain_day(year: int, month: int) -> date:
    return business_day_before(date(year, month, 15))


def _last_friday(year: int, month: int) -> date:
    last = first_of_next_month(year, month) - timedelta(days=1)
    day = last - timedelta(days=(last.weekday() - _FRIDAY) % 7)
    return day if is_business_day(day) else business_day_before(day)


def _second_friday(year: int, month: int) -> date:
    """The business day before the second Friday, on which Tokyo settles."""
    return business_day_before(nth_weekday(year, month, _FRIDAY, 2))


def _second_last_business_day(year: int, month: int) -> date:
    return business_day_before(last_business_day(year, month))


LAST_DAY_RULES: Mapping[str, LastDayRule] = MappingProxyType(
    {
        "third friday": third_friday,
        "crude oil": crude_oil_day,
        "natural gas": _natural_gas_day,
        "end of month before": _end_of_month_before,
        "third last business day": _third_last_business_day,
        "second last business day": _second_last_business_day,
        "note": _note_day,
        "last business day": last_business_day,
        "currency": _currency_day,
        "canadian dollar": _canadian_dollar_day,
        "volatility": volatility_expiry,
        "grain": _grain_day,
        "last friday": _last_friday,
        "before second friday": _second_friday,
    }
)
"""For each rule, a function of the year and month of the contract."""
