"""Truncation: which part of a large result is shown, and how the rest is described."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from mcp_server.tools.truncation import narrowing_hint, truncate, truncate_body
from tests.mcp_server.rejections import quoted


def body_of(value: Any) -> bytes:
    return orjson.dumps(value)


ROWS = [{"n": number, "text": "é" * (number % 7)} for number in range(1000)]


def test_a_list_is_truncated_after_whole_items() -> None:
    truncated = truncate_body(body_of(ROWS), 1000)
    shown = json.loads(truncated.body)
    assert shown == ROWS[: len(shown)]
    assert f"the first {len(shown)} of 1,000 items" in truncated.description
    assert 900 < len(truncated.body.encode()) <= 1000


def test_the_long_list_of_an_object_is_truncated_and_its_other_members_are_complete() -> None:
    value = {"symbol": "AAPL", "data": ROWS, "points": 999}
    truncated = truncate_body(body_of(value), 2000)
    shown = json.loads(truncated.body)
    assert (shown["symbol"], shown["points"]) == ("AAPL", 999)
    assert shown["data"] == ROWS[: len(shown["data"])]
    assert f"the first {len(shown['data'])} of 1,000 items of `data`" in truncated.description
    assert 1800 < len(truncated.body.encode()) <= 2000


def test_two_long_lists_share_the_size_limit() -> None:
    truncated = truncate_body(body_of({"a": ROWS, "deep": {"b": ROWS}}), 4000)
    shown = json.loads(truncated.body)
    assert len(shown["a"]) > 20
    assert len(shown["deep"]["b"]) > 20
    assert quoted(truncated.description) == ["a", "deep.b"]


def test_an_object_with_very_many_members_is_truncated_after_whole_members() -> None:
    value = {f"SYM{number}": {"conid": number} for number in range(5000)}
    truncated = truncate_body(body_of(value), 3000)
    shown = json.loads(truncated.body)
    assert shown == {name: value[name] for name in list(value)[: len(shown)]}
    assert f"the first {len(shown)} of 5,000 members" in truncated.description


def test_a_single_item_that_is_too_large_is_truncated_inside() -> None:
    truncated = truncate_body(body_of([{"rows": ROWS}, 2]), 1500)
    [only] = json.loads(truncated.body)
    assert only["rows"] == ROWS[: len(only["rows"])]
    assert "the first 1 of 2 items" in truncated.description
    assert quoted(truncated.description) == ["[0].rows"]


@pytest.mark.parametrize("text", ["x" * 9000, "é" * 9000, '"\\\n' * 3000, "\x01" * 9000])
def test_a_long_text_is_truncated_at_its_end(text: str) -> None:
    truncated = truncate_body(body_of({"error": text, "id": 5}), 2000)
    shown = json.loads(truncated.body)
    assert shown["id"] == 5
    assert text.startswith(shown["error"])
    assert len(shown["error"]) > 100
    assert len(truncated.body.encode()) <= 2000


def test_a_body_that_is_not_json_is_truncated_as_text_and_described_differently() -> None:
    truncated = truncate_body("é".encode() * 3000, 1001)
    assert truncated.body == "é" * 500
    assert truncated.description != truncate_body(body_of(["é" * 3000]), 1001).description


@pytest.mark.parametrize(
    "value", [list(range(50_000)), {str(n): n for n in range(9000)}, [[[ROWS]]], "é" * 9000]
)
@pytest.mark.parametrize("limit", [2_000, 9_999])
def test_note_and_body_together_never_exceed_the_limit(value: Any, limit: int) -> None:
    note, shown = truncate(body_of(value), limit, "Use `limit`. " * 500)
    assert len(note.encode()) + len(shown.encode()) <= limit
    json.loads(shown)


def test_a_deeply_nested_body_is_truncated() -> None:
    note, shown = truncate(b"[" * 5000 + b"]" * 5000, 2_000, "")
    assert len(note) + len(shown) <= 2_000


def test_the_note_says_how_much_is_shown_and_ends_with_the_hint() -> None:
    body = body_of(ROWS)
    note, shown = truncate(body, 2_000, "Pass one `month`.")
    assert f" {len(json.loads(shown))} of 1,000 items" in note
    assert f" {len(shown.encode())} of {len(body):,} bytes" in note
    assert note.endswith(" Pass one `month`.")


def test_the_hint_lists_the_arguments_that_narrow_a_result() -> None:
    schema = {
        "properties": {
            "conids": {"type": "array", "description": "Up to 100."},
            "account_id": {"type": "string", "description": "Account ID."},
            "period": {"type": "string", "description": "Length: 1d, 6m."},
            "page": {"type": "integer"},
            "page_all": {"type": "boolean"},
            "exchange": {"type": "string", "description": "Exchange."},
        },
        "required": ["conids", "account_id", "exchange"],
    }
    hint = narrowing_hint(schema)
    assert "`conids` (Up to 100), `period` (Length: 1d, 6m), `page`." in hint
    assert quoted(hint) == ["conids", "period", "page"]
    none = narrowing_hint({"properties": {}})
    assert none
    assert quoted(none) == []
