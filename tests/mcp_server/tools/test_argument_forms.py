"""Which forms of arguments are understood, and which are left to validation."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.tools.argument_forms import to_schema_forms

SCHEMA = {
    "type": "object",
    "required": ["text"],
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "price": {"type": "number"},
        "on": {"type": "boolean"},
        "many": {"type": "array", "items": {"type": "integer"}},
        "names": {"type": "array", "items": {"type": "string"}},
        "choice": {"enum": ["BUY", "STOP_LIMIT", ">="]},
        "number_choice": {"enum": [-1, 1, 3], "type": "integer"},
        "mixed": {"anyOf": [{"type": "number"}, {"type": "string"}]},
        "order": {"$ref": "#/$defs/Order"},
        "orders": {"type": "array", "items": {"$ref": "#/$defs/Order"}},
        "free": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "$defs": {
        "Order": {
            "type": "object",
            "properties": {"order_type": {"enum": ["LMT", "MKT"]}, "legs": {"$ref": "#/$defs/Legs"}},
        },
        "Legs": {"type": "array", "items": {"type": "integer"}},
    },
}


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("text", 700, "700"),
        ("text", 700.0, "700"),
        ("text", 0.00001, "0.00001"),
        ("text", "null", "null"),
        ("count", "null", None),
        ("order", "None", None),
        ("on", " TRUE\n", True),
        ("on", "no", False),
        ("many", '["265598"]', ["265598"]),
        ("many", "265598,8314", ["265598", "8314"]),
        ("many", 265598, [265598]),
        ("names", '["31", 84]', ["31", "84"]),
        ("names", "['AAPL', 'MSFT']", ["AAPL", "MSFT"]),
        ("names", "[AAPL, MSFT]", ["AAPL", "MSFT"]),
        ("names", "AAPL", ["AAPL"]),
        ("choice", "buy", "BUY"),
        ("choice", "stop limit", "STOP_LIMIT"),
        ("choice", " >= ", ">="),
        ("number_choice", "-1", -1),
        ("mixed", "10.5", 10.5),
        ("mixed", " high ", "high"),
        ("order", "{'orderType': 'lmt', 'legs': '1,2'}", {"order_type": "LMT", "legs": ["1", "2"]}),
        ("orders", '{"order_type": "mkt"}', [{"order_type": "MKT"}]),
        ("orders", ['{"order_type": "mkt"}'], [{"order_type": "MKT"}]),
        ("free", '{"a": "b"}', {"a": "b"}),
    ],
)
def test_another_form_of_the_right_type_is_understood(name: str, value: Any, form: Any) -> None:
    assert to_schema_forms({name: value}, SCHEMA) == {name: form}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", True),
        ("text", ["x"]),
        ("count", " 5 "),  # text for a number is the type's
        ("price", "1,000"),
        ("on", "maybe"),
        ("choice", "SELL"),
        ("number_choice", "2"),
        ("number_choice", "- 1"),
        ("order", "not an object"),
        ("order", '{"order_type": "LMT", "order_type": "MKT"}'),
        ("order", "[1, 2]"),
        ("orders", "x"),
        ("many", {"a": 1}),
        ("order", "[" * 100_000),
        ("order", "{" * 19_000),
        ("order", "{'a': " + "(" * 500),
    ],
)
def test_what_is_of_another_type_or_ambiguous_is_left_for_the_error(name: str, value: Any) -> None:
    assert to_schema_forms({name: value}, SCHEMA) == {name: value}


def test_another_spelling_of_a_name_is_understood_unless_both_are_there() -> None:
    assert to_schema_forms({"numberChoice": 1, "Number-choice": 3}, SCHEMA) == {
        "number_choice": 1,
        "Number-choice": 3,
    }
    assert to_schema_forms({"onn": 1}, SCHEMA) == {"onn": 1}
