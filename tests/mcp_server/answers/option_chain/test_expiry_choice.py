"""Expiries as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.option_chain.expiry_choice import parse_near

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (None, "2026-11-19"),
        ("nearest", "2026-11-18"),
        ("30", "2026-12-18"),
        ("45 days", "2027-01-02"),
        ("in 2 weeks", "2026-12-02"),
        ("3 months", "2027-02-18"),
        ("Jan 2027", "2027-01-15"),
        ("JAN27", "2027-01-15"),
        ("January", "2027-01-15"),
        ("2027-01-22", "2027-01-22"),
        ("tomorrow", "2026-11-19"),
        ("Friday", "2026-11-20"),
        ("this friday", "2026-11-20"),
        ("next Wednesday", "2026-11-25"),
        ("next month", "2026-12-18"),
        ("15Jan27", "2027-01-15"),
    ],
)
def test_dates_months_and_days_are_understood(text: str | None, day: str) -> None:
    assert parse_near(text, TODAY, default_days=1).day == date.fromisoformat(day)


@pytest.mark.parametrize("text", ["2020-01-01", "Oct 2026", "01/02/2027", "soon enough", "Smarch"])
def test_days_that_are_over_and_other_words_are_refused(text: str) -> None:
    with pytest.raises(AnswerError) as refused:
        parse_near(text, TODAY, default_days=1)
    assert refused.value.hint
