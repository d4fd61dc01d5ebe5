"""Which JSON values pass for which type."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.tools.argument_validation import type_errors, unknown_fields

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
def test_a_fitting_value_passes_also_when_it_is_spelled_as_text(name: str, values: list[Any]) -> None:
    for value in values:
        assert type_errors({name: value}, SCHEMA) == [], value


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("text", [True, [], ["x"], {}, NAN], "a text"),
        ("count", [True, [1], {"a": 1}, float("inf")], "a whole number"),
        ("price", [False, [1.5], NAN], "a number"),
        ("on", [[True], {}, NAN, 1.5], "true or false"),
        ("many", [[True], [None], [[1]], {}, True], "a list, each a whole number"),
        ("either", [[], NAN], "true or false or an object"),
        ("order", [[], "x", True], "an object"),
        ("orders", ["x", True], "a list, each an object"),
    ],
)
def test_a_value_of_another_type_is_named_with_what_it_should_be(
    name: str, values: list[Any], words: str
) -> None:
    for value in values:
        assert type_errors({name: value}, SCHEMA) == [f"`{name}` should be {words}"], value


def test_every_wrong_argument_is_named() -> None:
    assert len(type_errors({"text": [], "count": {}, "price": 1}, SCHEMA)) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"order": {"quantity": True}}, "`order.quantity` should be a number"),
        ({"order": {"quantity": NAN}}, "`order.quantity` should be a number"),
        ({"either": {"quantity": [1]}}, "`either.quantity` should be a number"),
        ({"orders": [{}, {"quantity": {}}]}, "`orders[1].quantity` should be a number"),
        ({"orders": [None]}, "`orders[0]` should be an object"),
        ({"orders": [{"legs": [{"ratio": False}]}]}, "`orders[0].legs[0].ratio` should be a whole number"),
    ],
)
def test_a_wrong_value_deep_inside_is_named_by_its_path(arguments: dict[str, Any], told: str) -> None:
    assert type_errors(arguments, SCHEMA) == [told]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"order": {"qty": 1}}, "`order.qty` is not known; `order` takes `quantity`, `legs`"),
        ({"orders": [{}, {"qty": 1}]}, "`orders[1].qty` is not known; `orders[1]` takes `quantity`, `legs`"),
        (
            {"orders": [{"legs": [{"ration": 1}]}]},
            "`orders[0].legs[0].ration` is not known; `orders[0].legs[0]` takes `ratio`",
        ),
        ({"either": {"qty": 1}}, "`either.qty` is not known; `either` takes `quantity`, `legs`"),
        ({"orders": {"qty": None}}, "`orders.qty` is not known; `orders` takes `quantity`, `legs`"),
    ],
)
def test_an_unknown_name_inside_is_told_with_its_path_and_the_known_ones(
    arguments: dict[str, Any], told: str
) -> None:
    assert unknown_fields(arguments, SCHEMA) == [told]


def test_names_are_free_where_the_schema_leaves_them_free() -> None:
    fine = {"order": {"quantity": 1}, "free": {"x": "y"}, "any": {"x": 1}, "many": [1], "other": {"x": 1}}
    assert unknown_fields(fine, SCHEMA) == []


def test_an_unknown_name_is_told_without_an_account_id_and_not_at_length() -> None:
    [told] = unknown_fields({"order": {"U12345678" + " x" * 100: 1}}, SCHEMA)
    assert "U12345678" not in told
    assert len(told) < 120
