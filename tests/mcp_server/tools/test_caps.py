"""Results that reach IBKR's caps."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mcp_server.tools.caps import CAPS, cap_note


def result(tool: str, count: int) -> bytes:
    rows = [{"conid": number} for number in range(count)]
    key = CAPS[tool].key
    return orjson.dumps({key: rows} if key else rows)


@pytest.mark.parametrize("tool", CAPS)
def test_a_result_has_a_note_exactly_if_it_reaches_the_cap(tool: str) -> None:
    assert cap_note(tool, {}, result(tool, CAPS[tool].count - 1)) is None
    assert cap_note(tool, {}, result(tool, CAPS[tool].count))


@pytest.mark.parametrize(("page", "named"), [(None, "page 1"), ("1", "page 2"), (4, "page 5")])
def test_the_next_page_is_named(page: Any, named: str) -> None:
    assert named in str(cap_note("list_positions", {"page": page}, result("list_positions", 100)))


@pytest.mark.parametrize("days", [7, "7", "7 days"])
def test_trades_of_seven_days_are_all_there_are(days: Any) -> None:
    assert cap_note("list_trades", {"days": days}, b"[]")
    assert cap_note("list_trades", {"days": 6}, b"[]") is None


def test_a_result_of_another_shape_has_no_note() -> None:
    assert cap_note("run_scanner", {}, b'{"error":' + b" " * 99 + b"1}") is None
    assert cap_note("list_positions", {}, b'{"a":' + b" " * 99 + b"1}") is None
