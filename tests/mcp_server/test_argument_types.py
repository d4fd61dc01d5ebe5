"""Which JSON values pass for which type."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.argument_types import wrong_types

SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "price": {"type": "number"},
        "on": {"type": "boolean"},
        "many": {"type": "array", "items": {"type": "integer"}},
        "either": {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/Order"}]},
        "order": {"$ref": "#/$defs/Order"},
        "any": {},
    },
    "$defs": {"Order": {"type": "object", "properties": {"quantity": {"type": "number"}}}},
}
NAN = float("nan")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("text", ["", "x", 700, 1.5, None]),
        ("count", [0, -1, 2**70, 3.0, "3", None]),
        ("price", [1, 1.5, "1.5"]),
        ("on", [True, False, "yes", 1]),
        ("many", [[], [1, "2"], 3, "4"]),
        ("either", [True, {"quantity": 1}, {"unknown": []}]),
        ("order", [{}, {"quantity": 1.5}, {"quantity": None}]),
        ("any", [True, [], {}]),
        ("unknown", [True]),
    ],
)
def test_a_fitting_value_passes_also_when_it_is_spelled_as_text(name: str, values: list[Any]) -> None:
    for value in values:
        assert wrong_types({name: value}, SCHEMA) == [], value


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("text", [True, [], ["x"], {}, NAN], "a text"),
        ("count", [True, [1], {"a": 1}, float("inf")], "a whole number"),
        ("price", [False, [1.5], NAN], "a number"),
        ("on", [[True], {}, NAN, 1.5], "true or false"),
        ("many", [[True], [None], [[1]], {}, True], "a list, each a whole number"),
        ("either", [[], {"quantity": True}], "as its schema says"),
        ("order", [[], "x", {"quantity": True}, {"quantity": NAN}], "as its schema says"),
    ],
)
def test_a_value_of_another_type_is_named_with_what_it_should_be(
    name: str, values: list[Any], words: str
) -> None:
    for value in values:
        assert wrong_types({name: value}, SCHEMA) == [f"`{name}` should be {words}"], value


def test_every_wrong_argument_is_named() -> None:
    assert len(wrong_types({"text": [], "count": {}, "price": 1}, SCHEMA)) == 2
