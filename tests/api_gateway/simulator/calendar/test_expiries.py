from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.calendar.expiries import (
    business_day_before,
    is_last_of_week,
    last_business_day,
    last_moment_of,
    month_code,
    month_letter,
    months_of_letters,
    new_york_date,
    parse_month_code,
    third_friday,
    volatility_expiry,
)


@pytest.mark.parametrize(
    ("month", "expiry"),
    [((2026, 12), date(2026, 12, 18)), ((2026, 6), date(2026, 6, 18)), ((2027, 6), date(2027, 6, 17))],
)
def test_monthly_expiry_on_a_holiday_moves_to_thursday(month: tuple[int, int], expiry: date) -> None:
    assert third_friday(*month) == expiry


def test_vix_expires_30_days_before_the_next_third_friday() -> None:
    assert [volatility_expiry(2026, month) for month in (3, 9, 12)] == [
        date(2026, 3, 18),
        date(2026, 9, 16),
        date(2026, 12, 16),
    ]


def test_business_days_skip_weekends_and_holidays() -> None:
    assert business_day_before(date(2026, 12, 1), 3) == date(2026, 11, 25)
    assert last_business_day(2027, 1) == date(2027, 1, 29)
    assert last_business_day(2026, 12) == date(2026, 12, 31)


def test_the_last_trading_day_of_the_week_is_thursday_before_a_holiday() -> None:
    assert is_last_of_week(date(2026, 12, 18))
    assert not is_last_of_week(date(2026, 12, 17))
    assert is_last_of_week(date(2026, 12, 24))
    assert not is_last_of_week(date(2026, 12, 25))


def test_month_code_is_three_letters_and_two_digits() -> None:
    assert month_code("20270115") == "JAN27"
    assert month_code("202612") == "DEC26"
    assert parse_month_code("DEC26") == "202612"


@pytest.mark.parametrize("text", ["202701", "Jan27", "JAN2027", "JAN", "XYZ27", "JAN2x", "JAN²²", ""])
def test_other_spellings_are_not_month_codes(text: str) -> None:
    assert parse_month_code(text) is None


def test_futures_months_have_letter_codes() -> None:
    assert [month_letter(month) for month in (1, 6, 12)] == ["F", "M", "Z"]
    assert months_of_letters("HMUZ") == {3, 6, 9, 12}


def test_a_day_ends_in_new_york_at_its_close() -> None:
    close = last_moment_of("20260702")
    assert datetime.fromtimestamp(close, tz=ZoneInfo("America/New_York")).hour == 16
    assert new_york_date(close + 7 * 3600) == date(2026, 7, 2)
    assert new_york_date(close + 8 * 3600) == date(2026, 7, 3)
