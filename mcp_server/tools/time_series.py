"""Time series in results: a caller misses the newest values most, and parallel lists belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

# When something happened. Not the keys of expiries and schedules: there, the first is the nearest.
_TIME_KEYS: Final = ("t", "trade_time_r", "lastExecutionTime_r", "rawDate", "D", "timestamp", "order_time")
_DIGITS: Final = re.compile("[0-9]{1,17}")
_DATE: Final = re.compile("[0-9]{6}([0-9]{2})?")
_DATES: Final = "dates"


@dataclass(frozen=True)
class NewestDates:
    """A value with the newest dates of each series, the older ones by path, and what is shown of each."""

    shown: Any
    rest: Mapping[str, Any]
    descriptions: list[str]


def is_oldest_first(items: list[Any]) -> bool:
    """Whether the items are in order of time, the newest last."""
    if len(items) < 2:
        return False
    first, last = _moment(items[0]), _moment(items[-1])
    return first is not None and last is not None and first < last


def newest_dates(value: Any, max_bytes: int) -> NewestDates | None:
    """The value in at most `max_bytes`, with the same number of newest dates in each of its series.

    A series is an object with a list of `dates` and parallel lists of as many values, at any depth in it.
    Returns None if the value has no series or does not fit with one date of each.
    """
    longest = max((len(each[_DATES]) for _, each in _series(value, "")), default=0)
    fits, too_many = 0, longest
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(orjson.dumps(_cut(value, middle))) <= max_bytes:
            fits = middle
        else:
            too_many = middle
    if fits == 0:
        return None
    longer = {path: each for path, each in _series(value, "") if len(each[_DATES]) > fits}
    return NewestDates(
        _cut(value, fits),
        {path: _slice(each, len(each[_DATES]), slice(None, -fits)) for path, each in longer.items()},
        [
            f"the newest {fits:,} of {len(each[_DATES]):,} dates" + (f" of `{path}`" if path else "")
            for path, each in longer.items()
        ],
    )


def _moment(item: Any) -> int | None:
    """When an item is from: a number that grows with time."""
    if isinstance(item, dict):
        values = (item[key] for key in _TIME_KEYS if key in item)
        return next((found for each in values if (found := _to_number(each)) is not None), None)
    return int(item) if isinstance(item, str) and _DATE.fullmatch(item) else None


def _to_number(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else None


def _series(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        dates = value.get(_DATES)
        if isinstance(dates, list) and is_oldest_first(dates):
            yield path, value
            return
        for name, inner in value.items():
            yield from _series(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _series(each, f"{path}[{index}]")


def _cut(value: Any, count: int) -> Any:
    """The value with only the last `count` dates of each series."""
    if isinstance(value, dict):
        dates = value.get(_DATES)
        if isinstance(dates, list) and is_oldest_first(dates):
            return _slice(value, len(dates), slice(-count, None)) if len(dates) > count else value
        return {name: _cut(inner, count) for name, inner in value.items()}
    return [_cut(each, count) for each in value] if isinstance(value, list) else value


def _slice(value: Any, length: int, part: slice) -> Any:
    """The value with this part of each list of plain values that is `length` long."""
    if isinstance(value, dict):
        return {name: _slice(inner, length, part) for name, inner in value.items()}
    if isinstance(value, list):
        if len(value) == length and not any(isinstance(each, (dict, list)) for each in value):
            return value[part]
        return [_slice(each, length, part) for each in value]
    return value
