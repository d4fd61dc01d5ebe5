"""Holidays and short days of a schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from mcp_server.answers.market_hours import Session
from mcp_server.answers.quote_list.hours import special_days

MONDAY = date(2026, 11, 23)


def session(day: date, hours: float) -> Session:
    opens = datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC)
    return Session(opens, opens + timedelta(hours=hours), regular=True, day=day)


def test_weekdays_without_a_session_and_short_days_are_named_but_not_weekends() -> None:
    days = [MONDAY + timedelta(days=n) for n in (0, 1, 2, 4, 7)]
    text = special_days([session(day, 3.5 if day == days[3] else 6.5) for day in days])
    assert "closed on Thu 2026-11-26" in text
    assert "Fri 2026-11-27, at 13:00" in text
    assert "2026-11-28" not in text
    assert "2026-11-30" in text


def test_an_ordinary_week_has_none_and_no_schedule_says_nothing() -> None:
    text = special_days([session(MONDAY + timedelta(days=n), 6.5) for n in range(5)])
    assert "2026-11-27" in text
    assert "closed on" not in text
    assert special_days([]) == ""
