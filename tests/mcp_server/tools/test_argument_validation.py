"""Which JSON values are accepted for which type."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.tools.argument_validation import TYPE_NAMES, type_errors, unknown_fields
from tests.mcp_server.rejections import quoted

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
        "orders": {"type": "array", "items": {"$ref": "#/$defs/Order"}},
        "free": {"type": "object", "additionalProperties": {"type": "string"}},
        "any": {},
    },
    "$defs": {
        "Order": {
            "type": "object",
            "properties": {
                "quantity": {"type": "number"},
                "legs": {"type": "array", "items": {"$ref": "#/$defs/Leg"}},
            },
        },
        "Leg": {"type": "object", "properties": {"ratio": {"type": "integer"}}},
    },
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
        ("order", [{}, {"quantity": 1.5}, {"quantity": None}, {"legs": [{"ratio": "1"}]}]),
        ("orders", [[], [{}], {"quantity": 1}, [{"legs": {"ratio": 1}}]]),
        ("any", [True, [], {}]),
        ("unknown", [True]),
    ],
)
def test_a_valid_value_is_accepted_even_as_text(name: str, values: list[Any]) -> None:
    for value in values:
        assert type_errors({name: value}, SCHEMA) == [], value


@pytest.mark.parametrize(
    ("name", "values", "types"),
    [
        ("text", [True, [], ["x"], {}, NAN], ["string"]),
        ("count", [True, [1], {"a": 1}, float("inf")], ["integer"]),
        ("price", [False, [1.5], NAN], ["number"]),
        ("on", [[True], {}, NAN, 1.5], ["boolean"]),
        ("many", [[True], [None], [[1]], {}, True], ["array", "integer"]),
        ("either", [[], NAN], ["boolean", "object"]),
        ("order", [[], "x", True], ["object"]),
        ("orders", ["x", True], ["array", "object"]),
    ],
)
def test_a_value_of_another_type_is_named_with_the_right_type(
    name: str, values: list[Any], types: list[str]
) -> None:
    for value in values:
        [error] = type_errors({name: value}, SCHEMA)
        assert quoted(error) == [name], value
        assert named_types(error) == types, value


def named_types(error: str) -> list[str]:
    """The JSON types that an error names, in order."""
    places = {error.find(f" {words}"): kind for kind, words in TYPE_NAMES.items()}
    return [places[place] for place in sorted(places) if place >= 0]


def test_every_wrong_argument_is_named() -> None:
    assert len(type_errors({"text": [], "count": {}, "price": 1}, SCHEMA)) == 2


@pytest.mark.parametrize(
    ("arguments", "path", "kind"),
    [
        ({"order": {"quantity": True}}, "order.quantity", "number"),
        ({"order": {"quantity": NAN}}, "order.quantity", "number"),
        ({"either": {"quantity": [1]}}, "either.quantity", "number"),
        ({"orders": [{}, {"quantity": {}}]}, "orders[1].quantity", "number"),
        ({"orders": [None]}, "orders[0]", "object"),
        ({"orders": [{"legs": [{"ratio": False}]}]}, "orders[0].legs[0].ratio", "integer"),
    ],
)
def test_a_nested_value_of_another_type_is_named_by_its_path(
    arguments: dict[str, Any], path: str, kind: str
) -> None:
    [error] = type_errors(arguments, SCHEMA)
    assert quoted(error) == [path]
    assert named_types(error) == [kind]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"order": {"qty": 1}}, ["order.qty", "order", "quantity", "legs"]),
        ({"orders": [{}, {"qty": 1}]}, ["orders[1].qty", "orders[1]", "quantity", "legs"]),
        (
            {"orders": [{"legs": [{"ration": 1}]}]},
            ["orders[0].legs[0].ration", "orders[0].legs[0]", "ratio"],
        ),
        ({"either": {"qty": 1}}, ["either.qty", "either", "quantity", "legs"]),
        ({"orders": {"qty": None}}, ["orders.qty", "orders", "quantity", "legs"]),
    ],
)
def test_an_unknown_nested_name_is_reported_with_its_path_and_the_valid_names(
    arguments: dict[str, Any], named: list[str]
) -> None:
    [error] = unknown_fields(arguments, SCHEMA)
    assert quoted(error) == named


def test_any_name_is_accepted_if_the_schema_does_not_restrict_names() -> None:
    valid = {"order": {"quantity": 1}, "free": {"x": "y"}, "any": {"x": 1}, "many": [1], "other": {"x": 1}}
    assert unknown_fields(valid, SCHEMA) == []


def test_an_unknown_name_is_reported_shortened_and_without_an_account_id() -> None:
    [error] = unknown_fields({"order": {"U12345678" + " x" * 100: 1}}, SCHEMA)
    assert "U12345678" not in error
    assert len(error) < 120
