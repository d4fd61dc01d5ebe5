"""When a stored response is as good as a new one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from mcp_server.answers.portfolio_analyst.freshness import is_final

RECEIVED = datetime(2026, 11, 18, 17, tzinfo=UTC)


def test_a_response_is_as_good_as_a_new_one_while_no_new_one_is_allowed() -> None:
    assert is_final(RECEIVED.date(), RECEIVED, RECEIVED + timedelta(minutes=14))
    assert not is_final(RECEIVED.date(), RECEIVED, RECEIVED + timedelta(minutes=16))


def test_days_that_were_over_need_no_new_response() -> None:
    later = RECEIVED + timedelta(days=3)
    assert is_final(date(2026, 11, 16), RECEIVED, later)
    assert not is_final(date(2026, 11, 17), RECEIVED, later)


def test_a_response_from_the_future_is_no_use() -> None:
    assert not is_final(RECEIVED.date(), RECEIVED, RECEIVED - timedelta(minutes=5))
