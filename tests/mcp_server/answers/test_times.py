"""Times and days as answers show them and as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.times import clock_time, months_before, parse_range

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-11-30", "2026-11-30"),
        ("1D", "2026-11-30", "2026-11-30"),
        ("yesterday", "2026-11-29", "2026-11-29"),
        ("7d", "2026-11-23", "2026-11-30"),
        ("last 2 weeks", "2026-11-16", "2026-11-30"),
        ("3 months", "2026-08-30", "2026-11-30"),
        ("1Y", "2025-11-30", "2026-11-30"),
        ("YTD", "2026-01-01", "2026-11-30"),
        ("mtd", "2026-11-01", "2026-11-30"),
        ("QTD", "2026-10-01", "2026-11-30"),
        ("last month", "2026-10-01", "2026-10-31"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("2025", "2025-01-01", "2025-12-31"),
        ("2026-11-03", "2026-11-03", "2026-11-30"),
        ("since 3 Nov 2026", "2026-11-03", "2026-11-30"),
        ("Oct 2026", "2026-10-01", "2026-10-31"),
        ("1.10.2026 to 31.10.2026", "2026-10-01", "2026-10-31"),
        ("2026-01-01 to 2026-03-31", "2026-01-01", "2026-03-31"),
        ("2026-01-01..2026-12-31", "2026-01-01", "2026-11-30"),
    ],
)
def test_periods_and_dates_are_understood_as_people_write_them(text: str, start: str, end: str) -> None:
    found = parse_range(text, TODAY, argument="since")
    assert (found.start, found.end) == (date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    "text", ["03/04/2026", "soon", "2027-01-01", "2026-13-01", "2026-03-31 to 2026-01-01", "3"]
)
def test_other_words_and_days_in_the_future_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(AnswerError) as refused:
        parse_range(text, TODAY, argument="since")
    assert refused.value.problem
    assert refused.value.hint


def test_a_month_earlier_than_a_long_month_ends_with_the_short_one() -> None:
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 12, 31), -2) == date(2027, 2, 28)


def test_a_time_names_its_zone_and_the_day_unless_it_is_today() -> None:
    moment = datetime(2026, 11, 30, 15, 45, 13, tzinfo=UTC)
    assert clock_time(moment, moment) == "10:45:13 New York"
    assert clock_time(moment, datetime(2026, 12, 2, tzinfo=UTC)) == "2026-11-30 10:45:13 New York"
