"""What a picture shows: plain data, without the plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

Moment = date | datetime
"""A day (daily and longer bars), or an instant with its time zone (shorter bars)."""


@dataclass(frozen=True)
class PriceBar:
    """One bar. A missing open, high or low is drawn as its close; a bar without a close is left out."""

    at: Moment
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None = None


@dataclass(frozen=True)
class PriceHistoryChart:
    """The bars of one instrument. `note` is the line below the title, such as "USD, daily bars"."""

    title: str
    bars: Sequence[PriceBar]
    note: str = ""


@dataclass(frozen=True)
class Point:
    """The return in percent (12.5 is 12.5 %) up to a moment."""

    at: Moment
    percent: float | None


@dataclass(frozen=True)
class Line:
    """The returns of one account or instrument."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True)
class PerformanceChart:
    """Returns on one scale; the first line is drawn strongest."""

    title: str
    lines: Sequence[Line]
    note: str = ""


@dataclass(frozen=True)
class AllocationRow:
    """One bar: a position, sector, currency or account, and its value in the chart's unit."""

    name: str
    value: float | None


@dataclass(frozen=True)
class AllocationChart:
    """Bars in any order: the chart sorts them and adds up the smallest. `unit` is "%" or a currency."""

    title: str
    rows: Sequence[AllocationRow]
    note: str = ""
    unit: str = "%"


Chart = PriceHistoryChart | PerformanceChart | AllocationChart


def check_moments(chart: Chart) -> None:
    """Raise ValueError if an instant has no time zone: it could not be shown in New York's time."""
    if isinstance(chart, PriceHistoryChart):
        moments = [bar.at for bar in chart.bars]
    elif isinstance(chart, PerformanceChart):
        moments = [point.at for line in chart.lines for point in line.points]
    else:
        return
    for at in moments:
        if isinstance(at, datetime) and at.tzinfo is None:
            raise ValueError(f"{at.isoformat()} has no time zone: pass a datetime with tzinfo, or a date")
