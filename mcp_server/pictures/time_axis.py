"""Ticks of an axis on which every bar has the same width, so that nights and weekends leave no gaps."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from mcp_server.pictures.charts import Moment

NEW_YORK = ZoneInfo("America/New_York")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
"""Not strftime's, which depend on the locale."""

_FEWEST = 3


@dataclass(frozen=True)
class Tick:
    """A labelled place of the axis: the index of a moment, and one or two lines of text."""

    index: int
    label: str


@dataclass(frozen=True)
class _Level:
    """One density of ticks: there is one wherever `unit` changes. `label` and `above` are its two lines."""

    unit: Callable[[Any], Hashable]
    label: Callable[[Any], str]
    above: Callable[[Any], str]


def _minutes(count: int) -> _Level:
    return _Level(
        lambda at: (at.date(), (at.hour * 60 + at.minute) // count),
        lambda at: f"{at.hour:02}:{at.minute:02}",
        format_day,
    )


def _years(count: int) -> _Level:
    return _Level(lambda at: at.year // count, lambda at: f"{at.year}", lambda _: "")


def _months(count: int) -> _Level:
    return _Level(
        lambda at: (at.year, (at.month - 1) // count),
        lambda at: MONTHS[at.month - 1],
        lambda at: f"{at.year}",
    )


def format_day(at: Moment) -> str:
    """A day without its year: 5 Nov."""
    return f"{at.day} {MONTHS[at.month - 1]}"


def format_moment(at: Moment) -> str:
    """A day, or a time of day in New York, with its year: 5 Nov 2026 09:30."""
    local = in_new_york(at)
    day = f"{format_day(local)} {local.year}"
    return f"{day} {local.hour:02}:{local.minute:02}" if isinstance(local, datetime) else day


def in_new_york(at: Moment) -> Moment:
    """An instant in New York's time; a day stays as it is."""
    return at.astimezone(NEW_YORK) if isinstance(at, datetime) else at


_INTRADAY = tuple(_minutes(count) for count in (1, 2, 5, 10, 15, 30, 60, 120, 240))
_DAYS = (
    _Level(lambda at: (at.year, at.month, at.day), format_day, lambda at: f"{at.year}"),
    _Level(lambda at: at.isocalendar()[:2], format_day, lambda at: f"{at.year}"),
    *(_months(count) for count in (1, 2, 3, 6)),
    *(_years(count) for count in (1, 2, 5, 10, 20)),
)


def place_ticks(moments: Sequence[Moment], most: int = 7) -> list[Tick]:
    """At most `most` ticks for moments in order: at the finest unit of time that is not too dense."""
    local = [in_new_york(at) for at in moments]
    levels = (*_INTRADAY, *_DAYS) if local and isinstance(local[0], datetime) else _DAYS
    level, places = _choose_level(levels, local, most)
    ticks, above = [], ""
    for index in places:
        second = level.above(local[index])
        ticks.append(Tick(index, level.label(local[index]) + (f"\n{second}" if second != above else "")))
        above = second
    return ticks


def _choose_level(
    levels: Sequence[_Level], local: Sequence[Moment], most: int
) -> tuple[_Level, Sequence[int]]:
    """The level, and the places of its ticks: those of a finer level, thinned, if there would be too few."""
    finer: tuple[_Level, Sequence[int]] | None = None
    for level in levels:
        units = [level.unit(at) for at in local]
        changes = [index for index, unit in enumerate(units) if index == 0 or unit != units[index - 1]]
        places = _drop_crowded(changes, len(local), most)
        if len(places) <= most:
            return (level, places) if finer is None or len(places) >= _FEWEST else finer
        finer = level, places[:: -(-len(places) // most)]
    return finer or (levels[-1], [])


def _drop_crowded(places: list[int], length: int, most: int) -> list[int]:
    """Without ticks that would touch a neighbour: mostly the first, where the data begins inside a unit."""
    if len(places) < 2:
        return places
    gaps = [after - before for before, after in pairwise(places)]
    near = min(0.6 * statistics.median(gaps), length / most)
    if gaps[0] < near:
        places = places[1:]
    placed: list[int] = []
    for index in places:
        if not placed or index - placed[-1] >= near:
            placed.append(index)
    return placed


def every_day(first: date, last: date) -> list[date]:
    """All calendar days of a span, for an axis on which days are proportional."""
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]
