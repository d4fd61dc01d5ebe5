"""Shares of a whole as horizontal bars, the largest first; negative ones go to the left and are hatched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mcp_server.pictures import style
from mcp_server.pictures.canvas import HEADER, MARGIN, Canvas
from mcp_server.pictures.charts import AllocationChart, AllocationRow
from mcp_server.pictures.number_format import finite, format_amounts

MOST_ROWS = 14
ROW_HEIGHT = 0.24
FOOTER = 0.18
MOST_NAME = 2.1


@dataclass(frozen=True)
class Bar:
    """A bar to draw; `is_rest` marks the sum of those that are too small to show."""

    name: str
    value: float
    is_rest: bool = False


def select_bars(rows: Sequence[AllocationRow], most: int = MOST_ROWS) -> list[Bar]:
    """The bars with the largest values, negative ones by their size, in order; then the sum of all others."""
    known = [(row.name, value) for row in rows if (value := finite(row.value)) is not None]
    known.sort(key=lambda pair: (-abs(pair[1]), pair[0]))
    shown, rest = (known, []) if len(known) <= most else (known[: most - 1], known[most - 1 :])
    bars = [Bar(*pair) for pair in sorted(shown, key=lambda pair: (-pair[1], pair[0]))]
    if rest:
        bars.append(Bar(f"other ({len(rest)})", math.fsum(value for _, value in rest), is_rest=True))
    return bars


def draw_allocation(chart: AllocationChart) -> bytes:
    """A PNG image of the bars, as high as they need."""
    bars = select_bars(chart.rows)
    height = HEADER + max(len(bars), 4) * ROW_HEIGHT + FOOTER
    named = chart.unit == "%" or chart.unit in chart.note
    canvas = Canvas(chart.title, chart.note if named else f"{chart.unit} {chart.note}", height=height)
    if not bars:
        canvas.write_no_data()
        return canvas.to_png()
    values = format_amounts([bar.value for bar in bars], chart.unit)
    names = [canvas.fit(bar.name, MOST_NAME) for bar in bars]
    left = MARGIN + max(canvas.measure(name) for name in names) + 0.12
    number = max(canvas.measure(value) for value in values) + 0.1
    low, high = min(0.0, *(bar.value for bar in bars)), max(0.0, *(bar.value for bar in bars))
    # Negative bars have their numbers on their left side, between the names and the bars.
    start = left + (number if low < 0 else 0)
    end = canvas.width - MARGIN - (number if high > 0 or low == 0 else 0)
    inches = (end - start) / ((high - low) or 1.0)
    zero = start - low * inches
    top, bottom = canvas.height - HEADER, canvas.height - HEADER - len(bars) * ROW_HEIGHT
    axes = canvas.add_axes(start, bottom, end, top)
    axes.set_xlim(low, low + (end - start) / inches)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.axis("off")
    for index, (bar, name, value) in enumerate(zip(bars, names, values, strict=True)):
        middle, color = top - (index + 0.5) * ROW_HEIGHT, _color(bar)
        hatch = "////" if bar.value < 0 else ""
        axes.barh(
            index,
            bar.value,
            0.66,
            color=style.BACKGROUND if hatch else color,
            edgecolor=color,
            hatch=hatch,
            linewidth=1.0,
        )
        canvas.write(name, left - 0.12, middle, width=MOST_NAME, ha="right")
        side = -1 if bar.value < 0 else 1
        canvas.write(
            value,
            zero + bar.value * inches + side * 0.07,
            middle,
            width=2,
            ha="right" if side < 0 else "left",
        )
    axes.axvline(0, color=style.ZERO_LINE, linewidth=1.0)
    return canvas.to_png()


def _color(bar: Bar) -> str:
    if bar.is_rest:
        return style.VOLUME
    return style.ORANGE if bar.value < 0 else style.BLUE
