"""Charts on their way to the process that draws them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest

from mcp_server.pictures.charts import (
    AllocationChart,
    AllocationRow,
    Chart,
    Line,
    PerformanceChart,
    Point,
    PriceBar,
    PriceHistoryChart,
)
from mcp_server.pictures.wire import decode_chart, encode_chart

DAY = date(2026, 11, 30)
INSTANT = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "chart",
    [
        PriceHistoryChart(
            "a", [PriceBar(DAY, 1.5, None, 0.1, 1.2, 3e9), PriceBar(INSTANT, 1, 2, 1, 2)], "note"
        ),
        PriceHistoryChart("贵州\n", []),
        PerformanceChart("b", [Line("c", [Point(DAY, 1.0), Point(INSTANT, None)]), Line("d", [])]),
        AllocationChart("e", [AllocationRow("f", -1.25)], unit="USD"),
    ],
)
def test_a_chart_arrives_as_it_was_sent(chart: Chart) -> None:
    assert decode_chart(encode_chart(chart)) == chart


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_arrives_as_missing(value: float) -> None:
    sent = AllocationChart("a", [AllocationRow("b", value)])
    assert decode_chart(encode_chart(sent)) == AllocationChart("a", [AllocationRow("b", None)])


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="Pie"):
        decode_chart(b'{"kind": "Pie"}')
