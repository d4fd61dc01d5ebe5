"""Holidays and short days of a schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from mcp_server.answers.market_hours import Session
from mcp_server.answers.quote_list.hours import regular_today, special_days
from mcp_server.answers.quote_list.quote_row import QuoteRow
from mcp_server.instruments.instrument import Instrument

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


def test_the_hours_are_those_of_the_session_that_is_on_or_next_in_the_exchange_s_own_day() -> None:
    opens = datetime(2026, 11, 24, 1, tzinfo=UTC)  # 20:00 on Monday in New York, 10:00 on Tuesday in Tokyo
    sessions = tuple(
        Session(start, start + timedelta(hours=6), regular=True, day=MONDAY + timedelta(days=n))
        for n, start in ((0, opens - timedelta(days=1)), (1, opens))
    )

    def hours(now: datetime) -> str:
        toyota = Instrument(conid=1, text="7203", symbol="7203", name="", kind="STK")
        return regular_today(QuoteRow(toyota, "7203", None, "JPY", now, sessions=sessions))

    assert hours(opens + timedelta(minutes=30)) == hours(opens - timedelta(minutes=30)) == "20:00-02:00"
    assert hours(opens - timedelta(hours=20)) == "Sun 20:00-02:00"
