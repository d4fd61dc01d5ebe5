"""Which days a period means, and which values it selects."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.performance.periods import parse_period, select_values
from mcp_server.answers.portfolio_analyst.account_values import AccountValues
from mcp_server.answers.portfolio_analyst.value_series import DayValue, ValueSeries

TODAY = date(2026, 11, 18)
"""A Wednesday."""


def _series(first: date, last: date, *, start: bool = True) -> ValueSeries:
    weekdays = [
        day
        for offset in range((last - first).days + 1)
        if (day := first + timedelta(days=offset)).weekday() < 5
    ]
    points = [DayValue(day, 100.0 + index, index / 100) for index, day in enumerate(weekdays)]
    return (
        ValueSeries(points[0], tuple(points[1:]), 1e-8) if start else ValueSeries(None, tuple(points), 1e-8)
    )


YEAR = _series(date(2025, 11, 17), TODAY)
WEEK = _series(date(2026, 11, 11), TODAY)
VALUES = AccountValues("A", "USD", {"1Y": YEAR, "7D": WEEK}, datetime(2026, 11, 18, tzinfo=UTC))


def _days(text: str, values: AccountValues = VALUES) -> tuple[date, date] | None:
    found = select_values(values, parse_period(text, TODAY))
    return (found.points[0].day, found.points[-1].day) if found else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1d", "1D"),
        ("today", "1D"),
        ("1w", "7D"),
        ("Last 7 days", "7D"),
        ("month-to-date", "MTD"),
        ("this year", "YTD"),
        ("12M", "1Y"),
        ("since inception", "1Y"),
    ],
)
def test_words_for_the_periods_of_ibkr_mean_them(text: str, name: str) -> None:
    assert parse_period(text, TODAY).name == name


def test_everything_is_the_last_year_and_known_to_be_more() -> None:
    assert parse_period("max", TODAY).everything
    assert not parse_period("1Y", TODAY).everything


@pytest.mark.parametrize(
    ("text", "days"),
    [
        # IBKR's own periods begin with the value before their first day.
        ("7D", (date(2026, 11, 11), TODAY)),
        # Others begin with the last value before them, even over a weekend.
        ("MTD", (date(2026, 10, 30), TODAY)),
        ("last month", (date(2026, 9, 30), date(2026, 10, 30))),
        ("2026-11-09 to 2026-11-10", (date(2026, 11, 6), date(2026, 11, 10))),
        ("2026-11-16", (date(2026, 11, 13), TODAY)),
        ("QTD", (date(2026, 9, 30), TODAY)),
        ("1D", (date(2026, 11, 17), TODAY)),
        # Days without values are replaced by the last one before them.
        ("2026-11-14 to 2026-11-15", (date(2026, 11, 12), date(2026, 11, 13))),
        # Values begin within these.
        ("2025", (date(2025, 11, 17), date(2025, 12, 31))),
        ("2024", None),
        ("2025-11-17 to 2025-11-17", None),
    ],
)
def test_a_period_starts_with_the_value_before_it(text: str, days: tuple[date, date] | None) -> None:
    assert _days(text) == days


def test_what_is_not_quite_the_wanted_days_is_known() -> None:
    late = select_values(VALUES, parse_period("2025", TODAY))
    moved = select_values(VALUES, parse_period("2026-11-14 to 2026-11-15", TODAY))
    usual = select_values(VALUES, parse_period("QTD", TODAY))
    assert late is not None
    assert moved is not None
    assert usual is not None
    assert (late.late, late.moved) == (True, False)
    assert (moved.late, moved.moved) == (False, True)
    assert (usual.late, usual.moved) == (False, False)


def test_the_shortest_series_that_covers_the_days_is_used() -> None:
    found = select_values(VALUES, parse_period("2026-11-13", TODAY))
    assert found is not None
    assert found.points[0] in WEEK.points


def test_a_period_of_ibkr_has_the_days_that_ibkr_gave_it() -> None:
    own = _series(date(2026, 10, 14), TODAY)
    values = AccountValues("A", "USD", {"1Y": YEAR, "1M": own}, VALUES.as_of)
    assert _days("1M", values) == (date(2026, 10, 14), TODAY)
    assert _days("1M") == (date(2026, 10, 16), TODAY)


@pytest.mark.parametrize(
    ("name", "today"),
    [
        ("MTD", date(2026, 12, 1)),
        ("YTD", date(2027, 1, 1)),
        ("YTD", date(2027, 1, 3)),
        ("7D", date(2027, 3, 1)),
    ],
)
def test_values_of_the_last_month_or_year_are_not_those_of_a_new_one(name: str, today: date) -> None:
    last = _series(date(2026, 1, 1), date(2026, 11, 30))
    values = AccountValues("A", "USD", {name: last, "1Y": last}, VALUES.as_of)
    found = select_values(values, parse_period(name, today))
    assert found is not None
    assert found.moved
    assert [each.day for each in found.points] == [date(2026, 11, 27), date(2026, 11, 30)]


def test_one_day_is_the_last_one_that_has_a_value() -> None:
    values = AccountValues("A", "USD", {"1D": WEEK}, VALUES.as_of)
    found = select_values(values, parse_period("1D", date(2026, 11, 21)))
    assert found is not None
    assert not found.moved


def test_a_series_without_a_start_begins_with_its_first_day() -> None:
    values = AccountValues("A", "USD", {"YTD": _series(date(2026, 3, 2), TODAY, start=False)}, VALUES.as_of)
    found = select_values(values, parse_period("YTD", TODAY))
    assert found is not None
    assert found.late
    assert found.points[0].day == date(2026, 3, 2)
    assert select_values(AccountValues("A", "USD", {}, VALUES.as_of), parse_period("YTD", TODAY)) is None


@pytest.mark.parametrize("text", ["tomorrow", "2027", "2026-11-10 to 2026-11-01", "forever and a day"])
def test_a_period_that_cannot_be_is_an_error(text: str) -> None:
    with pytest.raises(AnswerError):
        parse_period(text, TODAY)
