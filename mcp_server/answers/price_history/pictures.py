"""The picture of a price history: candles of one instrument, returns of several."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_server.answers.price_history.bars import Bar, History
from mcp_server.answers.price_history.reading import Series
from mcp_server.answers.price_history.statistics import Summary
from mcp_server.pictures.charts import (
    Chart,
    Line,
    Moment,
    PerformanceChart,
    Point,
    PriceBar,
    PriceHistoryChart,
)


def chart_of(series: Sequence[Series], summaries: Sequence[Summary], title: str, bars: str) -> Chart:
    """The chart; `bars` says which bars, such as `daily`."""
    if len(series) == 1:
        only = series[0]
        points = [
            PriceBar(_moment(bar, only.history), bar.open, bar.high, bar.low, bar.close, bar.volume)
            for bar in only.history.bars
        ]
        return PriceHistoryChart(f"{only.instrument.text}, {title}", points, f"{only.unit}, {bars} bars")
    lines = [
        Line(each.instrument.text, _returns(each.history, summary))
        for each, summary in zip(series, summaries, strict=True)
    ]
    names = ", ".join(each.instrument.text for each in series)
    return PerformanceChart(f"{names}, {title}", lines, f"return in %, {bars} bars, without dividends")


def _returns(history: History, summary: Summary) -> list[Point]:
    bars = [*([history.before] if history.before else []), *history.bars]
    if summary.base <= 0:
        return [Point(_moment(bar, history), None) for bar in bars]
    return [Point(_moment(bar, history), (bar.close / summary.base - 1) * 100) for bar in bars]


def _moment(bar: Bar, history: History) -> Moment:
    return bar.at if history.intraday else bar.day
