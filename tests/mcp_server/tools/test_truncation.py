"""What is shown of an answer that is too large, and what is said about the rest."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from mcp_server.tools.truncation import narrowing_hint, truncate, truncate_body


def body_of(value: Any) -> bytes:
    return orjson.dumps(value)


ROWS = [{"t": number, "text": "é" * (number % 7)} for number in range(1000)]


def test_a_list_keeps_its_first_items_whole() -> None:
    cut = truncate_body(body_of(ROWS), 1000)
    kept = json.loads(cut.body)
    assert kept == ROWS[: len(kept)]
    assert cut.description == f"this shows the first {len(kept)} of 1,000 items of the list"
    assert 900 < len(cut.body.encode()) <= 1000


def test_the_long_list_of_an_object_is_cut_and_the_rest_stays() -> None:
    value = {"symbol": "AAPL", "data": ROWS, "points": 999}
    cut = truncate_body(body_of(value), 2000)
    kept = json.loads(cut.body)
    assert (kept["symbol"], kept["points"]) == ("AAPL", 999)
    assert kept["data"] == ROWS[: len(kept["data"])]
    assert cut.description == f"this shows the first {len(kept['data'])} of 1,000 items of `data`"
    assert 1800 < len(cut.body.encode()) <= 2000


def test_two_long_lists_share_the_room() -> None:
    cut = truncate_body(body_of({"a": ROWS, "deep": {"b": ROWS}}), 4000)
    kept = json.loads(cut.body)
    assert len(kept["a"]) > 20
    assert len(kept["deep"]["b"]) > 20
    assert "items of `a`" in cut.description
    assert "items of `deep.b`" in cut.description


def test_an_object_of_very_many_members_keeps_the_first_ones_whole() -> None:
    value = {f"SYM{number}": {"conid": number} for number in range(5000)}
    cut = truncate_body(body_of(value), 3000)
    kept = json.loads(cut.body)
    assert kept == {name: value[name] for name in list(value)[: len(kept)]}
    assert cut.description == f"this shows the first {len(kept)} of 5,000 members of the object"


def test_a_single_item_too_large_is_cut_inside() -> None:
    cut = truncate_body(body_of([{"rows": ROWS}, 2]), 1500)
    [only] = json.loads(cut.body)
    assert only["rows"] == ROWS[: len(only["rows"])]
    assert "the first 1 of 2 items of the list" in cut.description
    assert "items of `[0].rows`" in cut.description


@pytest.mark.parametrize("text", ["x" * 9000, "é" * 9000, '"\\\n' * 3000, "\x01" * 9000])
def test_a_long_text_keeps_its_beginning(text: str) -> None:
    cut = truncate_body(body_of({"error": text, "id": 5}), 2000)
    kept = json.loads(cut.body)
    assert kept["id"] == 5
    assert text.startswith(kept["error"])
    assert len(kept["error"]) > 100
    assert len(cut.body.encode()) <= 2000


def test_what_is_no_json_is_cut_as_text_and_says_so() -> None:
    cut = truncate_body("é".encode() * 3000, 1001)
    assert cut.body == "é" * 500
    assert "in the middle" in cut.description


@pytest.mark.parametrize(
    "value", [list(range(50_000)), {str(n): n for n in range(9000)}, [[[ROWS]]], "é" * 9000]
)
@pytest.mark.parametrize("limit", [2_000, 9_999])
def test_note_and_answer_are_together_never_larger_than_the_limit(value: Any, limit: int) -> None:
    note, shown = truncate(body_of(value), limit, "Ask otherwise. " * 500)
    assert len(note.encode()) + len(shown.encode()) <= limit
    json.loads(shown)


def test_a_deeply_nested_body_is_cut_too() -> None:
    note, shown = truncate(b"[" * 5000 + b"]" * 5000, 2_000, "")
    assert len(note) + len(shown) <= 2_000


def test_the_note_tells_how_much_is_shown_and_how_to_get_less() -> None:
    body = body_of(ROWS)
    note, shown = truncate(body, 2_000, "Ask for one month.")
    assert note == (
        f"CUT: this shows the first {len(json.loads(shown))} of 1,000 items of the list; "
        f"{len(shown.encode())} of {len(body):,} bytes. "
        "The rest is missing here, not at IBKR. Ask for one month."
    )


def test_the_way_to_less_is_read_from_the_arguments_of_the_tool() -> None:
    schema = {
        "properties": {
            "conids": {"type": "array", "description": "Up to 100."},
            "account_id": {"type": "string", "description": "Account id."},
            "period": {"type": "string", "description": "Length: 1d, 6m."},
            "page": {"type": "integer"},
            "page_all": {"type": "boolean"},
            "exchange": {"type": "string", "description": "Exchange."},
        },
        "required": ["conids", "account_id", "exchange"],
    }
    assert (
        narrowing_hint(schema)
        == "For less, call again with other `conids` (Up to 100), `period` (Length: 1d, 6m), `page`."
    )
    assert narrowing_hint({"properties": {}}) == "No argument of this tool makes its answer smaller."
