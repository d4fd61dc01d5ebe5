from __future__ import annotations

from datetime import date

import pytest

from api_gateway.simulator.calendar.expiries import (
    is_month_code,
    month_code,
    next_crude_oil_expiries,
    next_monthly_expiries,
    next_quarterly_expiries,
    third_friday,
)


def test_monthly_expiries_include_today_and_cross_the_year_end() -> None:
    found = next_monthly_expiries(date(2026, 11, 20), 4)
    assert found == [date(2026, 11, 20), date(2026, 12, 18), date(2027, 1, 15), date(2027, 2, 19)]
    assert next_monthly_expiries(date(2026, 11, 21), 1) == [date(2026, 12, 18)]


def test_quarterly_expiries_are_in_march_june_september_and_december() -> None:
    assert [day.month for day in next_quarterly_expiries(date(2026, 11, 23), 5)] == [12, 3, 6, 9, 12]


def test_monthly_expiry_on_a_holiday_moves_to_thursday() -> None:
    assert third_friday(2027, 6) == date(2027, 6, 17)


def test_crude_oil_expires_three_business_days_before_the_25th() -> None:
    assert next_crude_oil_expiries(date(2026, 11, 23), 2) == [date(2026, 12, 22), date(2027, 1, 20)]


def test_month_code_is_three_letters_and_two_digits() -> None:
    assert month_code("20270115") == "JAN27"
    assert month_code("20261218") == "DEC26"


@pytest.mark.parametrize("text", ["202701", "Jan27", "JAN2027", "JAN", "XYZ27", "JAN2x", ""])
def test_other_spellings_are_not_month_codes(text: str) -> None:
    assert is_month_code("JAN27")
    assert not is_month_code(text)
