"""The description of a picture: what it shows, in one sentence, for those who cannot see it."""

from __future__ import annotations

from api_gateway.outside_text import clean_line
from mcp_server.pictures.charts import AllocationChart, Chart, PerformanceChart, PriceHistoryChart
from mcp_server.pictures.number_format import finite, format_amounts, format_percent, format_price
from mcp_server.pictures.time_axis import format_moment

_MOST_TITLE = 80
_MOST_NAMES = 6


def describe(chart: Chart) -> str:
    """The kind of chart, its title in quotation marks, and its most important numbers."""
    if isinstance(chart, PriceHistoryChart):
        return f"Price chart {_quote(chart.title)}: {_describe_prices(chart)}."
    if isinstance(chart, PerformanceChart):
        return f"Line chart of returns {_quote(chart.title)}: {_describe_lines(chart)}."
    return f"Bar chart {_quote(chart.title)}: {_describe_bars(chart)}."


def _quote(text: str) -> str:
    clean = clean_line(text).replace('"', "'")
    return f'"{clean[: _MOST_TITLE - 1]}…"' if len(clean) > _MOST_TITLE else f'"{clean}"'


def _describe_prices(chart: PriceHistoryChart) -> str:
    closes = [(bar.at, close) for bar in chart.bars if (close := finite(bar.close)) is not None]
    if not closes:
        return "no data"
    (since, first), (until, last) = closes[0], closes[-1]
    text = f"{len(closes)} closes from {format_moment(since)} to {format_moment(until)}"
    text += f", first {format_price(first)}, last {format_price(last)}"
    if first > 0:
        text += f" ({format_percent((last / first - 1) * 100)})"
    low, high = min(close for _, close in closes), max(close for _, close in closes)
    return f"{text}, lowest {format_price(low)}, highest {format_price(high)}"


def _describe_lines(chart: PerformanceChart) -> str:
    parts = []
    for line in chart.lines:
        known = [value for point in line.points if (value := finite(point.percent)) is not None]
        parts.append(f"{_quote(line.name)} {format_percent(known[-1]) if known else 'no data'}")
    return _list(parts)


def _describe_bars(chart: AllocationChart) -> str:
    known = [(row.name, value) for row in chart.rows if (value := finite(row.value)) is not None]
    known.sort(key=lambda pair: -pair[1])
    values = format_amounts([value for _, value in known], chart.unit)
    unit = "" if chart.unit == "%" else f" {chart.unit}"
    return _list([f"{_quote(name)} {value}{unit}" for (name, _), value in zip(known, values, strict=True)])


def _list(parts: list[str]) -> str:
    more = len(parts) - _MOST_NAMES
    shown = parts[:_MOST_NAMES] + ([f"and {more} more"] if more > 0 else [])
    return ", ".join(shown) or "no data"
