"""Ticks of the axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from mcp_server.pictures.charts import Moment
from mcp_server.pictures.time_axis import every_day, format_moment, place_ticks
from tests.mcp_server.pictures.charts_for_tests import instants, weekdays

LENGTHS = [1, 2, 3, 5, 10, 22, 63, 130, 252, 756, 1260, 2520, 10_000]


@pytest.mark.parametrize(
    "moments", [weekdays(length) for length in LENGTHS] + [instants(d, 5) for d in (1, 2, 9)]
)
def test_ticks_are_few_in_order_and_apart(moments: Sequence[Moment]) -> None:
    ticks = place_ticks(moments)
    indexes = [tick.index for tick in ticks]
    assert 1 <= len(ticks) <= 7
    assert len(ticks) >= min(3, len(moments))
    assert indexes == sorted(set(indexes))
    assert all(after - before >= len(moments) / 20 for before, after in pairwise(indexes))


def test_days_are_labelled_at_the_changes_of_the_month_with_the_year_once() -> None:
    days = every_day(date(2025, 11, 1), date(2026, 4, 30))
    ticks = place_ticks(days)
    assert [tick.label for tick in ticks] == ["Nov\n2025", "Dec", "Jan\n2026", "Feb", "Mar", "Apr"]
    assert [days[tick.index].day for tick in ticks] == [1] * 6


def test_a_day_of_short_bars_is_labelled_in_the_time_of_new_york() -> None:
    opening = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
    ticks = place_ticks([opening + timedelta(minutes=5 * index) for index in range(78)])
    assert [tick.label for tick in ticks] == [
        "10:00\n30 Nov", "11:00", "12:00", "13:00", "14:00", "15:00",
    ]  # fmt: skip
    assert ticks[0].index == 6


def test_no_night_takes_room_between_two_trading_days() -> None:
    moments = instants(2, 30)
    ticks = {tick.label: tick.index for tick in place_ticks(moments)}
    assert any("3 Nov" in label for label in ticks)
    assert max(ticks.values()) < len(moments)


def test_nothing_has_no_ticks() -> None:
    assert place_ticks([]) == []


def test_a_moment_is_written_with_its_year_and_in_new_york() -> None:
    assert format_moment(date(2026, 11, 5)) == "5 Nov 2026"
    assert format_moment(datetime(2026, 7, 1, 13, 30, tzinfo=UTC)) == "1 Jul 2026 09:30"
