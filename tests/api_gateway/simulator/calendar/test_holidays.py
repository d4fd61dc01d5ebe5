from __future__ import annotations

from datetime import date

import pytest

from api_gateway.simulator.calendar.holidays import early_closes, full_holidays, nth_weekday


def test_holidays_of_2026_match_the_exchange() -> None:
    assert full_holidays(2026) == {
        date(2026, 1, 1),
        date(2026, 1, 19),
        date(2026, 2, 16),
        date(2026, 4, 3),
        date(2026, 5, 25),
        date(2026, 6, 19),
        date(2026, 7, 3),
        date(2026, 9, 7),
        date(2026, 11, 26),
        date(2026, 12, 25),
    }


def test_new_years_day_on_saturday_is_not_observed_on_friday() -> None:
    assert date(2021, 12, 31) not in full_holidays(2021) | full_holidays(2022)
    assert len(full_holidays(2022)) == 9


def test_early_closes_are_after_thanksgiving_and_on_christmas_eve() -> None:
    assert early_closes(2026) == {date(2026, 11, 27), date(2026, 12, 24)}
    assert date(2025, 7, 3) in early_closes(2025)


@pytest.mark.parametrize(
    ("year", "good_friday"), [(2024, date(2024, 3, 29)), (2025, date(2025, 4, 18)), (2027, date(2027, 3, 26))]
)
def test_good_friday_follows_easter(year: int, good_friday: date) -> None:
    assert good_friday in full_holidays(year)


def test_nth_weekday_counts_from_1() -> None:
    assert nth_weekday(2026, 6, 0, 1) == date(2026, 6, 1)
    assert nth_weekday(2026, 6, 0, 3) == date(2026, 6, 15)
