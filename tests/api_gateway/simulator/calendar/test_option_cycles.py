from __future__ import annotations

from datetime import date, timedelta

import pytest

from api_gateway.simulator.calendar.option_cycles import CYCLES, LONGEST_LEAD, SEVERAL_A_WEEK

DECEMBER = [date(2026, 12, day) for day in range(1, 32)]


def expiries(cycle: str, days: list[date]) -> list[int]:
    return [day.day for day in days if CYCLES[cycle](day)]


@pytest.mark.parametrize(
    ("cycle", "days"),
    [
        ("monthly", [18]),
        ("weekly", [4, 11, 18, 24, 31]),
        ("mon-wed-fri", [2, 4, 7, 9, 11, 14, 16, 18, 21, 23, 24, 28, 30, 31]),
        ("daily", [day.day for day in DECEMBER if day.weekday() < 5 and day.day != 25]),
        ("index-monthly", [18]),
        ("vix-monthly", [16]),
        ("vix-weekly", [2, 9, 23, 30]),
        ("future-quarterly", [18]),
        ("crude-monthly", [16]),
        ("gold-monthly", [28]),
        ("future-weekly", [4, 11, 18, 24, 31]),
    ],
)
def test_options_expire_on_the_days_of_their_cycle(cycle: str, days: list[int]) -> None:
    assert expiries(cycle, DECEMBER) == days


@pytest.mark.parametrize("cycle", CYCLES)
def test_a_cycle_without_several_expiries_a_week_has_at_most_one(cycle: str) -> None:
    monday = date(2026, 1, 5)
    for week in range(260):
        found = [day for day in range(7) if CYCLES[cycle](monday + timedelta(weeks=week, days=day))]
        assert len(found) <= 1 or cycle in SEVERAL_A_WEEK
        assert all(day < 5 for day in found)


@pytest.mark.parametrize("cycle", CYCLES)
def test_no_option_is_listed_earlier_than_the_search_covers(cycle: str) -> None:
    assert max(CYCLES[cycle](date(2026, 1, 1) + timedelta(days=day)) for day in range(800)) <= LONGEST_LEAD


def test_january_options_on_stocks_are_listed_more_than_two_years_ahead() -> None:
    lead = CYCLES["weekly"]
    assert lead(date(2028, 1, 21)) > 2 * 365 > lead(date(2028, 3, 17)) > lead(date(2028, 3, 24)) > 0
