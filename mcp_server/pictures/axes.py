"""Axes that every chart shares: round values with short labels, and times without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, NullLocator

from mcp_server.pictures.charts import Moment
from mcp_server.pictures.number_format import format_ticks
from mcp_server.pictures.time_axis import place_ticks


@dataclass(frozen=True)
class ValueScale:
    """The span of a vertical axis, and its labelled places."""

    low: float
    high: float
    places: list[float]
    labels: list[str]


def scale_values(low: float, high: float, *, suffix: str = "") -> ValueScale:
    """A scale of round values that has some room around `low` and `high`, also if they are equal."""
    room = (high - low) * 0.05
    if room <= max(abs(low), abs(high)) * 1e-9:
        room = max(abs(low), abs(high)) * 0.01 or 1.0
    low, high = low - room, high + room
    places = [
        float(tick)
        for tick in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        if low <= tick <= high
    ]
    return ValueScale(low, high, places, format_ticks(places, suffix))


def show_values(axes: Axes, scale: ValueScale) -> None:
    """Give the vertical axis this scale, with grid lines."""
    axes.set_ylim(scale.low, scale.high)
    axes.yaxis.set_major_locator(FixedLocator(scale.places))
    axes.yaxis.set_major_formatter(FixedFormatter(scale.labels))
    axes.grid(visible=True, axis="y")


def show_times(axes: Axes, moments: Sequence[Moment]) -> None:
    """Give each of the moments the same width on the horizontal axis, and label some."""
    ticks = place_ticks(moments)
    room = max(0.7, len(moments) * 0.01)
    axes.set_xlim(-room, len(moments) - 1 + room)
    axes.xaxis.set_major_locator(FixedLocator([tick.index for tick in ticks]))
    axes.xaxis.set_major_formatter(FixedFormatter([tick.label for tick in ticks]))


def hide_times(axes: Axes) -> None:
    """Leave the horizontal axis without ticks and labels: another one below it has them."""
    axes.xaxis.set_major_locator(NullLocator())
    axes.xaxis.set_major_formatter(NullFormatter())
    axes.spines.bottom.set_visible(False)
