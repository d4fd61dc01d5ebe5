"""The sentence that describes a picture."""

from __future__ import annotations

from datetime import date

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
from mcp_server.pictures.description import describe
from tests.mcp_server.pictures.charts_for_tests import DIFFICULT, USUAL

FIRST, LAST = date(2026, 9, 1), date(2026, 11, 30)


@pytest.mark.parametrize(
    ("chart", "facts"),
    [
        (
            PriceHistoryChart("SPY", [PriceBar(FIRST, 1, 1, 1, 200.0), PriceBar(LAST, 1, 1, 1, 250.0)]),
            ['"SPY"', "2 closes", "1 Sep 2026", "30 Nov 2026", "200", "250", "+25.0 %"],
        ),
        (PriceHistoryChart("x", [PriceBar(FIRST, 1, 1, 1, None)]), ["no data"]),
        (
            PerformanceChart("y", [Line("SPY", [Point(LAST, 8.02)]), Line("b", [])]),
            ['"SPY" +8.02 %', "no data"],
        ),
        (
            AllocationChart("z", [AllocationRow("small", 1.0), AllocationRow("big", 9.0)], unit="USD"),
            ['"big" 9.00 USD, "small" 1.00 USD'],
        ),
    ],
)
def test_a_description_has_the_numbers(chart: Chart, facts: list[str]) -> None:
    assert [fact for fact in facts if fact not in describe(chart)] == []


@pytest.mark.parametrize("name", [*USUAL, *DIFFICULT])
def test_a_description_is_one_short_line_with_the_title_in_quotation_marks(name: str) -> None:
    chart = (USUAL | DIFFICULT)[name]
    text = describe(chart)
    assert text.isprintable()
    assert len(text) < 900
    assert text.count('"') >= 2


def test_a_title_cannot_end_its_quotation_marks() -> None:
    assert describe(AllocationChart('a" b', [])).count('"') == 2
