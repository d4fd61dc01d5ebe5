"""Benchmarks over the same days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from mcp_server.answers.performance.benchmarks import Benchmark, parse_closes
from tests.mcp_server.answers.performance.bars import history

CLOSES = tuple((date(2026, 11, day), float(price)) for day, price in ((5, 90), (6, 100), (9, 110), (10, 99)))
SPY = Benchmark("SPY", "USD", CLOSES)


def test_a_benchmark_starts_with_its_last_close_on_or_before_the_start() -> None:
    assert SPY.levels(date(2026, 11, 8), date(2026, 11, 9)) == [(date(2026, 11, 9), 110 / 100)]
    assert SPY.levels(date(2026, 11, 6), date(2026, 11, 12))[-1] == (date(2026, 11, 10), 99 / 100)


def test_a_benchmark_that_begins_later_has_no_return() -> None:
    assert SPY.levels(date(2026, 11, 4), date(2026, 11, 9)) == []
    assert (
        Benchmark("SPY", "USD", ((date(2026, 11, 3), 0.0),)).levels(date(2026, 11, 4), date(2026, 11, 9))
        == []
    )


@pytest.mark.parametrize(
    ("opens", "day"),
    [
        (datetime(2026, 11, 18, 14, 30, tzinfo=UTC), 18),  # New York
        (datetime(2026, 11, 18, 8, tzinfo=UTC), 18),  # London
        (datetime(2026, 11, 18, 0, tzinfo=UTC), 18),  # Tokyo
        (datetime(2026, 11, 17, 23, tzinfo=UTC), 18),  # Sydney, and a future in Chicago
        (datetime(2026, 11, 17, 22, 15, tzinfo=UTC), 18),  # currencies
    ],
)
def test_a_bar_belongs_to_the_day_of_its_session(opens: datetime, day: int) -> None:
    assert parse_closes(history((opens, 5.0))) == [(date(2026, 11, day), 5.0)]


def test_bars_shorter_than_a_day_count_with_their_last_close() -> None:
    opens = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
    value = history((opens, 5.0), (opens.replace(hour=16), "6.5"), (opens.replace(hour=18), None))
    assert parse_closes(value) == [(date(2026, 11, 18), 6.5)]


@pytest.mark.parametrize("value", [None, [], {}, {"data": None}, {"data": [None, {}, {"t": "x", "c": 1}]}])
def test_a_response_without_bars_has_no_closes(value: object) -> None:
    assert parse_closes(value) == []
