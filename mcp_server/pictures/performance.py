"""Returns of an account and its benchmarks over time, with a label at the end of each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from matplotlib.axes import Axes

from mcp_server.pictures import style
from mcp_server.pictures.axes import scale_values, show_times, show_values
from mcp_server.pictures.canvas import FOOTER, HEADER, MARGIN, Canvas
from mcp_server.pictures.charts import Line, Moment, PerformanceChart
from mcp_server.pictures.number_format import finite, format_percent
from mcp_server.pictures.time_axis import NEW_YORK, every_day

MOST_NAME = 1.5
LABEL_GAP = 0.34
"""Inches between the middles of two labels of two lines."""


@dataclass(frozen=True)
class Curve:
    """A line to draw: its places on the time axis, and its values."""

    name: str
    places: list[int]
    values: list[float]


def place_lines(lines: Sequence[Line]) -> tuple[list[Moment], list[Curve]]:
    """The moments of the time axis and the lines on it.

    Days are proportional, so a weekend is two days wide. Instants all have the same width: a night is no gap.
    """
    known = [(line.name, _known_points(line)) for line in lines]
    intraday = all(isinstance(at, datetime) for _, points in known for at, _ in points)
    by_moment = [
        (name, {(at if intraday else _day(at)): value for at, value in points}) for name, points in known
    ]
    used = sorted({at for _, points in by_moment for at in points})
    moments: list[Moment] = used if intraday or not used else [*every_day(used[0], used[-1])]
    place = {at: index for index, at in enumerate(moments)}
    curves = []
    for name, points in by_moment:
        if ordered := sorted(points):
            curves.append(Curve(name, [place[at] for at in ordered], [points[at] for at in ordered]))
    return moments, curves


def _known_points(line: Line) -> list[tuple[Moment, float]]:
    known = ((point.at, finite(point.percent)) for point in line.points)
    return [(at, value) for at, value in known if value is not None]


def _day(at: Moment) -> date:
    return at.astimezone(NEW_YORK).date() if isinstance(at, datetime) else at


def spread_labels(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places for labels near the wanted ones, at least `gap` apart unless the limits are too narrow."""
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], -index))
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    places = [0.0] * len(wanted)
    floor = low
    for index in order:
        places[index] = floor = max(wanted[index], floor)
        floor += gap
    ceiling = high
    for index in reversed(order):
        places[index] = ceiling = min(places[index], ceiling)
        ceiling -= gap
    return places


def draw_performance(chart: PerformanceChart) -> bytes:
    """A PNG image of the returns; lines after the sixth are counted in the footer instead."""
    shown = chart.lines[: len(style.LINE_STYLES)]
    moments, curves = place_lines(shown)
    canvas = Canvas(chart.title, chart.note, _footer(len(chart.lines) - len(shown), moments))
    if not curves:
        canvas.write_no_data()
        return canvas.to_png()
    labels = [
        (canvas.fit(each.name, MOST_NAME, bold=True), format_percent(each.values[-1])) for each in curves
    ]
    values = [value for curve in curves for value in curve.values]
    scale = scale_values(min(*values, 0.0), max(*values, 0.0), suffix=" %")
    room = max(
        canvas.measure_all((name for name, _ in labels), bold=True),
        canvas.measure_all(end for _, end in labels),
    )
    left = MARGIN + 0.08 + canvas.measure_all(scale.labels)
    right, top = canvas.width - MARGIN - room - 0.3, canvas.height - HEADER
    axes = canvas.add_axes(left, FOOTER, right, top)
    for curve, look in reversed([*zip(curves, style.LINE_STYLES, strict=False)]):
        _draw_curve(axes, curve, look)
    show_values(axes, scale)
    show_times(axes, moments)
    axes.axhline(0, color=style.ZERO_LINE, linewidth=1.0, zorder=1.5)
    inches = (top - FOOTER) / (scale.high - scale.low)
    ends = [FOOTER + (curve.values[-1] - scale.low) * inches for curve in curves]
    places = spread_labels(ends, LABEL_GAP, FOOTER + 0.1, top - 0.1)
    for curve, (name, value), place, end, look in zip(
        curves, labels, places, ends, style.LINE_STYLES, strict=False
    ):
        height = top - FOOTER
        _connect(axes, curve.places[-1], (end - FOOTER) / height, (place - FOOTER) / height, look)
        canvas.write(name, right + 0.25, place + 0.075, width=room, color=look.color, bold=True)
        canvas.write(value, right + 0.25, place - 0.085, width=room, color=look.color)
    return canvas.to_png()


def _footer(more: int, moments: Sequence[Moment]) -> str:
    parts = [f"{more} more {'line is' if more == 1 else 'lines are'} not drawn."] if more else []
    if moments and isinstance(moments[0], datetime):
        parts.append("New York time.")
    return " ".join(parts)


def _draw_curve(axes: Axes, curve: Curve, look: style.LineStyle) -> None:
    # Dashes would turn a line of a few points into separate pieces, and one point into nothing.
    marker = "o" if len(curve.values) < 3 else ""
    (line,) = axes.plot(
        curve.places, curve.values, color=look.color, linewidth=look.width, marker=marker, markersize=5
    )
    if look.dashes:
        line.set_dashes(look.dashes)


def _connect(axes: Axes, last: int, end: float, place: float, look: style.LineStyle) -> None:
    """A thin line from the end of a curve to its label; heights are fractions of the axes.

    A curve that ends early is not continued: that would look like data.
    """
    first_shown, last_shown = axes.get_xlim()
    start = max((last - first_shown) / (last_shown - first_shown), 0.9)
    axes.plot(
        [start, 1.02, 1.045],
        [end, end, place],
        transform=axes.transAxes,
        color=look.color,
        linewidth=0.9,
        clip_on=False,
    )
