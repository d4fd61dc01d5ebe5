"""Which bars an allocation has."""

from __future__ import annotations

import math

import pytest

from mcp_server.pictures.allocation import MOST_ROWS, Bar, select_bars
from mcp_server.pictures.charts import AllocationRow
from tests.mcp_server.pictures.charts_for_tests import allocation


def test_bars_are_sorted_and_negative_ones_are_last() -> None:
    assert [bar.value for bar in select_bars(allocation(1.0, -4.0, 9.0, -0.5).rows)] == [9.0, 1.0, -0.5, -4.0]


def test_bars_of_the_same_value_are_in_the_order_of_their_names() -> None:
    rows = [AllocationRow("b", 1.0), AllocationRow("a", 1.0)]
    assert select_bars(rows) == select_bars(rows[::-1]) == [Bar("a", 1.0), Bar("b", 1.0)]


@pytest.mark.parametrize("count", [MOST_ROWS, MOST_ROWS + 1, 60, 151])
def test_the_smallest_bars_are_added_up_and_nothing_is_lost(count: int) -> None:
    values = [float(index) * (-1) ** index for index in range(1, count + 1)]
    bars = select_bars(allocation(*values).rows)
    assert len(bars) == MOST_ROWS
    assert math.fsum(bar.value for bar in bars) == math.fsum(values)
    assert [bar.is_rest for bar in bars] == [False] * (MOST_ROWS - 1) + [count > MOST_ROWS]
    if count > MOST_ROWS:
        assert str(count - MOST_ROWS + 1) in bars[-1].name
        assert min(abs(bar.value) for bar in bars[:-1]) == count - MOST_ROWS + 2


def test_missing_values_have_no_bar() -> None:
    assert select_bars(allocation(None, math.nan, math.inf).rows) == []
