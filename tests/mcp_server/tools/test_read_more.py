"""Reading on in a truncated result, until nothing is left out."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson
import pytest
from fastmcp.tools.base import ToolResult
from mcp_types import TextContent

from mcp_server.tools.read_more import MAX_BYTES, TTL, ReadMoreTool, RestStore
from mcp_server.tools.truncation import truncate

BARS = {"symbol": "AAPL", "data": [{"t": number, "c": 1.5} for number in range(1000)]}


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def texts(result: ToolResult) -> list[str]:
    return [each.text for each in result.content if isinstance(each, TextContent)]


def cursor_in(note: str) -> str:
    [cursor] = re.findall('cursor "(r[0-9]+)"', note)
    return str(cursor)


async def read_all(value: Any, limit: int) -> list[Any]:
    """Every part of a value that is read on to its end."""
    store = RestStore(Clock())
    tool = ReadMoreTool(store, limit)
    note, shown = truncate(orjson.dumps(value), limit, "", store.store)
    parts = [json.loads(shown)]
    while note:
        *notes, shown = texts(await tool.run({"cursor": cursor_in(note)}))
        parts.append(json.loads(shown))
        note = notes[0] if notes else ""
    return parts


async def test_bars_are_read_on_from_the_newest_to_the_oldest() -> None:
    first, *others = await read_all(BARS, 5_000)
    assert len(others) > 2
    assert first["symbol"] == "AAPL"
    read = [bar for part in reversed([first, *others]) for bar in part["data"]]
    assert read == BARS["data"]


async def test_a_list_is_read_on_from_its_first_to_its_last_item() -> None:
    rows = [{"conid": number} for number in range(2000)]
    parts = await read_all(rows, 5_000)
    assert [row for part in parts for row in part] == rows


async def test_series_are_read_on_with_their_dates() -> None:
    dates = [f"2026{month:02}{day:02}" for month in range(1, 13) for day in range(1, 29)]
    value = {"nav": {"data": [{"navs": list(range(len(dates)))}], "dates": dates}, "rc": 0}
    parts = await read_all(value, 2_500)
    pairs = [
        pair
        for part in reversed(parts)
        for pair in zip(part["nav"]["dates"], part["nav"]["data"][0]["navs"], strict=True)
    ]
    assert pairs == list(zip(dates, range(len(dates)), strict=True))


@pytest.mark.parametrize(
    "value",
    [
        {"a": [{"x": "y" * 50}] * 200, "deep": {"b": list(range(5000))}},
        {f"SYM{number}": {"conid": number} for number in range(2000)},
        [{"rows": [[1, 2, "é" * 30]] * 500}, 2, 3],
        {"error": "x" * 20_000},
        "text " * 4000,
    ],
    ids=lambda value: type(value).__name__,
)
async def test_every_part_of_any_value_is_read_in_a_limited_number_of_calls(value: Any) -> None:
    parts = await read_all(value, 3_000)
    assert 1 < len(parts) < 40
    joined = sum(len(orjson.dumps(part)) for part in parts)
    assert joined >= len(orjson.dumps(value)) * 0.95


async def test_an_unknown_or_expired_cursor_is_an_error() -> None:
    clock = Clock()
    store = RestStore(clock)
    tool = ReadMoreTool(store, 1_000)
    cursor = str(store.store(b"[1]"))
    assert texts(await tool.run({"cursor": f' "{cursor.upper()}" '})) == ["[1]"]
    clock.time = TTL + 1
    for each in (cursor, "r99", "", None, 5):
        result = await tool.run({"cursor": each})
        assert result.is_error


def test_the_oldest_rests_make_room_and_one_that_is_too_large_has_no_cursor() -> None:
    store = RestStore(Clock())
    assert store.store(b"x" * (MAX_BYTES + 1)) is None
    assert store.store(b"") is None
    first = str(store.store(b"a" * (MAX_BYTES - 1)))
    second = str(store.store(b"bb"))
    assert store.load(first) is None
    assert store.load(second) == b"bb"


async def test_no_rest_outlives_the_session() -> None:
    store = RestStore(Clock())
    cursor = str(store.store(b"[1]"))
    store.clear()
    assert store.load(cursor) is None
