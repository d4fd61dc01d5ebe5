"""Periods and bar sizes as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.price_history.windows import Window, choose_bar, parse_window

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("written", "period", "bar"),
    [
        ("3m", "3m", "1d"),
        ("3 months", "3m", "1d"),
        ("1 year", "1y", "1d"),
        ("past year", "1y", "1d"),
        ("last 6 months", "6m", "1d"),
        ("6-month", "6m", "1d"),
        ("2 hours", "2h", "5min"),
        ("last hour", "1h", "1min"),
        ("45 minutes", "1h", "1min"),
        ("12 hours", "1d", "15min"),
        ("5d", "5d", "1d"),
        ("2W", "2w", "1d"),
        ("quarter", "3m", "1d"),
        ("5y", "5y", "1w"),
        ("2000d", "286w", "1w"),
        ("max", "15y", "1w"),
        ("99 years", "15y", "1w"),
    ],
)
def test_a_period_up_to_now_is_ibkrs_with_a_bar_that_needs_at_most_1000(
    written: str, period: str, bar: str
) -> None:
    window = parse_window(written, TODAY)
    assert (window.period, choose_bar(window, None)) == (period, bar)
    assert (window.end, window.first_day) == (None, None)


@pytest.mark.parametrize(
    ("written", "first", "last", "from_close_before"),
    [
        ("YTD", "2026-01-01", None, True),
        ("mtd", "2026-11-01", None, True),
        ("last month", "2026-10-01", "2026-10-31", True),
        ("Oct 2026", "2026-10-01", "2026-10-31", True),
        ("2025", "2025-01-01", "2025-12-31", True),
        ("yesterday", "2026-11-17", "2026-11-17", True),
        ("since 2026-01-05", "2026-01-05", None, False),
        ("2026-01-05", "2026-01-05", None, False),
        ("2026-01-05 to 2026-03-31", "2026-01-05", "2026-03-31", False),
        ("2026-01-05..2026-12-31", "2026-01-05", None, False),
    ],
)
def test_days_are_covered_and_calendar_periods_count_from_the_close_before(
    written: str, first: str, last: str | None, from_close_before: bool
) -> None:
    window = parse_window(written, TODAY)
    assert str(window.first_day) == first
    assert window.last_day == (date.fromisoformat(last) if last else None)
    assert window.base_before is from_close_before
    end = date.fromisoformat(last) if last else TODAY
    spare = 5 if from_close_before else 0  # a long weekend
    assert window.minutes >= ((end - date.fromisoformat(first)).days + spare) * 1440


def test_today_is_counted_from_the_close_before() -> None:
    window = parse_window("today", TODAY)
    assert window == parse_window("1D", TODAY)
    assert window.latest_session
    assert window.base_before


@pytest.mark.parametrize("written", ["soon", "2027", "2027-01-01", "03/04/2026", "1900 to 1901", "", "m3"])
def test_other_words_and_the_future_are_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(AnswerError) as refused:
        parse_window(written, TODAY)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("written", "period", "bar"),
    [
        ("5 min", "1d", "5min"),
        ("5-minute", "1d", "5min"),
        ("hourly", "1m", "1h"),
        ("daily", "1y", "1d"),
        ("1 day", "1y", "1d"),
        ("weekly bars", "1y", "1w"),
        ("1m", "5d", "1min"),
        ("1m", "1y", "1m"),
        ("monthly", "5y", "1m"),
    ],
)
def test_a_bar_size_is_understood_as_people_write_it(written: str, period: str, bar: str) -> None:
    assert choose_bar(Window(period, period), written) == bar


@pytest.mark.parametrize("written", ["1min", "7min", "tick", "1y"])
def test_a_bar_size_that_ibkr_would_replace_is_refused_with_the_possible_ones(written: str) -> None:
    with pytest.raises(AnswerError) as refused:
        choose_bar(Window("1y", "1y"), written)
    assert "1d, 1w" in refused.value.hint
