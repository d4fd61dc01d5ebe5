"""Periods and bar sizes as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.price_history.windows import Window, choose_bar, parse_window
from mcp_server.models.market_data import bars_for

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("written", "period", "bar"),
    [
        ("2 hours", "2h", "5min"),
        ("last hour", "1h", "1min"),
        ("45 minutes", "1h", "1min"),
        ("12 hours", "1d", "15min"),
        ("max", "15y", "1w"),
    ],
)
def test_hours_up_to_now_are_ibkrs_own_periods(written: str, period: str, bar: str) -> None:
    window = parse_window(written, TODAY)
    assert (window.period, choose_bar(window, None)) == (period, bar)
    assert (window.end, window.first_day, window.needs_base("1d")) == (None, None, False)


@pytest.mark.parametrize(
    ("written", "first", "last", "bar"),
    [
        ("3m", "2026-08-18", None, "1d"),
        ("3 months", "2026-08-18", None, "1d"),
        ("1 year", "2025-11-18", None, "1d"),
        ("past year", "2025-11-18", None, "1d"),
        ("the last 6 months", "2026-05-18", None, "1d"),
        ("6-month", "2026-05-18", None, "1d"),
        ("7d", "2026-11-12", None, "1d"),
        ("2W", "2026-11-04", None, "1d"),
        ("quarter", "2026-08-18", None, "1d"),
        ("5y", "2021-11-18", None, "1w"),
        ("2000d", "2021-05-28", None, "1w"),
        ("99 years", "2011-11-18", None, "1w"),
        ("YTD", "2026-01-01", None, "1d"),
        ("mtd", "2026-11-01", None, "1d"),
        ("last month", "2026-10-01", "2026-10-31", "1d"),
        ("Oct 2026", "2026-10-01", "2026-10-31", "1d"),
        ("2025", "2025-01-01", "2025-12-31", "1d"),
        ("yesterday", "2026-11-17", "2026-11-17", "1d"),
        ("since 2026-01-05", "2026-01-05", None, "1d"),
        ("2026-01-05", "2026-01-05", None, "1d"),
        ("2026-01-05 to 2026-03-31", "2026-01-05", "2026-03-31", "1d"),
        ("2026-01-05..2026-12-31", "2026-01-05", None, "1d"),
    ],
)
def test_days_are_covered_with_the_close_before_by_bars_that_need_at_most_1000(
    written: str, first: str, last: str | None, bar: str
) -> None:
    window = parse_window(written, TODAY)
    assert str(window.first_day) == first
    assert window.last_day == (date.fromisoformat(last) if last else None)
    assert choose_bar(window, None) == bar
    end = date.fromisoformat(last) if last else TODAY
    longest = 15 * 525_600
    assert window.minutes >= min(((end - date.fromisoformat(first)).days + 6) * 1440, longest)


def test_small_bars_of_a_long_window_are_possible_and_its_base_is_requested_by_itself() -> None:
    window = parse_window("5d", TODAY)
    small = choose_bar(window, "5min")
    assert small == "5min"
    assert small not in bars_for(window.period)
    assert small in bars_for(window.period_for(small))
    assert window.needs_base(small)
    assert not window.needs_base(choose_bar(window, "1d"))
    assert window.needs_base(choose_bar(window, "1w"))


def test_today_is_counted_from_the_close_before() -> None:
    window = parse_window("today", TODAY)
    assert window == parse_window("1D", TODAY)
    assert window.latest_session


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
