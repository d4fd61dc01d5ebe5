"""The chart of the returns of accounts and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from mcp_server.answers.performance.benchmarks import Benchmark
from mcp_server.answers.performance.periods import Period
from mcp_server.answers.performance.report import Total
from mcp_server.pictures.charts import Line, PerformanceChart, Point


def performance_chart(
    period: Period, results: Sequence[Total], benchmarks: Sequence[Benchmark]
) -> PerformanceChart | None:
    """Returns since the start in percent; None without daily returns."""
    own = [each for each in results if each.result.days]
    if not own:
        return None
    start, end = own[0].result.start, own[0].result.end
    lines = [_line(each.name, each.result.start, each.result.levels) for each in own]
    lines += [_line(each.name, start, levels) for each in benchmarks if (levels := each.levels(start, end))]
    names = " against ".join(filter(None, (own[0].name, ", ".join(each.name for each in lines[len(own) :]))))
    return PerformanceChart(
        f"{names}, {period.name}", lines, note="time-weighted return; benchmarks without dividends"
    )


def _line(name: str, start: date, levels: Sequence[tuple[date, float]]) -> Line:
    points = [Point(start, 0.0), *(Point(day, (level - 1) * 100) for day, level in levels)]
    return Line(name, points)
