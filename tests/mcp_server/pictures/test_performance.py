"""Where the lines of a performance chart and their labels are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from mcp_server.pictures.charts import Line, Moment, Point
from mcp_server.pictures.performance import place_lines, spread_labels

FRIDAY = date(2026, 11, 27)
NOON = datetime(2026, 11, 27, 17, tzinfo=UTC)


def line(*points: tuple[Moment, float | None]) -> Line:
    return Line("a", [Point(at, percent) for at, percent in points])


def test_days_are_proportional_whatever_each_line_has() -> None:
    moments, (one, other) = place_lines(
        [
            line((FRIDAY, 1), (FRIDAY + timedelta(3), 2)),
            line((FRIDAY + timedelta(3), 5), (FRIDAY + timedelta(1), 4)),
        ]
    )
    assert len(moments) == 4
    assert (one.places, one.values) == ([0, 3], [1, 2])
    assert (other.places, other.values) == ([1, 3], [4, 5])


def test_instants_have_no_gaps_between_them() -> None:
    moments, (one, other) = place_lines(
        [line((NOON, 1), (NOON + timedelta(days=3), 2)), line((NOON + timedelta(hours=1), 3))]
    )
    assert len(moments) == 3
    assert (one.places, other.places) == ([0, 2], [1])


def test_instants_beside_days_are_days_of_new_york() -> None:
    moments, (_, other) = place_lines([line((FRIDAY, 1)), line((datetime(2026, 11, 28, 2, tzinfo=UTC), 3))])
    assert moments == [FRIDAY]
    assert other.places == [0]


def test_a_line_without_values_is_left_out() -> None:
    moments, curves = place_lines([line((FRIDAY, None)), line()])
    assert (moments, curves) == ([], [])


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ([1.0, 5.0], [1.0, 5.0]),
        ([5.0, 5.0, 5.0], [7.0, 6.0, 5.0]),
        ([9.9, 9.8], [10.0, 9.0]),
        ([-3.0, 20.0], [0.0, 10.0]),
        ([], []),
    ],
)
def test_labels_are_apart_in_the_order_of_their_lines(wanted: list[float], places: list[float]) -> None:
    assert spread_labels(wanted, 1, 0, 10) == places


def test_too_many_labels_share_the_room() -> None:
    assert spread_labels([5.0] * 5, 1, 0, 2) == [2.0, 1.5, 1.0, 0.5, 0.0]
