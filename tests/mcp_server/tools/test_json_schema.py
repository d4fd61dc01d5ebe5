"""Compaction: what is removed from a schema before it is published, and what stays."""

from __future__ import annotations

from typing import Any

from mcp_server.tools.json_schema import compact_schema

LEG = {
    "title": "Leg",
    "type": "object",
    "description": "One leg of a combination.",
    "additionalProperties": False,
    "properties": {"ratio": {"type": "integer", "title": "Ratio", "description": "How many."}},
    "required": ["ratio"],
}
COMPACT_LEG = {
    "type": "object",
    "properties": {"ratio": {"type": "integer", "description": "How many."}},
    "required": ["ratio"],
}


def with_legs(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "$defs": {"Leg": LEG}}


def test_titles_nulls_and_validated_bounds_are_removed() -> None:
    schema = {
        "title": "Search",
        "type": "object",
        "properties": {
            "title": {"title": "Title", "type": "string", "description": "What to call it."},
            "page": {"type": "integer", "minimum": 0, "pattern": "^x$", "minItems": 1},
            "n": {"type": "integer", "minimum": 2.0, "title": "N", "default": 1.0},
            "maybe": {
                "anyOf": [{"type": "string", "title": "X"}, {"type": "null"}],
                "default": None,
                "description": "d",
            },
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}], "default": None},
            "null": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "flag": {"const": {"title": "literal"}},
        },
        "required": ["null"],
    }
    assert compact_schema(schema) == {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "What to call it."},
            "page": {"type": "integer"},
            "n": {"type": "integer", "minimum": 2, "default": 1.0},
            "maybe": {"type": "string", "description": "d"},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "null": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "flag": {"const": {"title": "literal"}},
        },
        "required": ["null"],
    }
    assert compact_schema({"type": "object", "properties": {}, "required": []}) == {
        "type": "object",
        "properties": {},
    }


def test_a_definition_that_is_used_once_is_inlined() -> None:
    legs = {"type": "array", "items": {"$ref": "#/$defs/Leg"}, "description": "Legs."}
    assert compact_schema(with_legs(legs=legs)) == {
        "type": "object",
        "properties": {"legs": {"type": "array", "items": COMPACT_LEG, "description": "Legs."}},
    }


def test_an_inlined_definition_gets_the_description_of_its_reference() -> None:
    leg = {"anyOf": [{"$ref": "#/$defs/Leg"}, {"type": "null"}], "default": None, "description": "The leg."}
    assert compact_schema(with_legs(leg=leg))["properties"] == {
        "leg": {**COMPACT_LEG, "description": "The leg."}
    }


def test_a_definition_that_is_used_twice_is_published_once() -> None:
    reference = {"$ref": "#/$defs/Leg"}
    compacted = compact_schema(with_legs(one=reference, other=reference))
    assert compacted == {
        "type": "object",
        "properties": {"one": reference, "other": reference},
        "$defs": {"Leg": COMPACT_LEG},
    }


def test_a_nested_definition_is_inlined_and_an_unused_one_removed() -> None:
    schema = with_legs(order={"$ref": "#/$defs/Order"})
    schema["$defs"] |= {
        "Order": {"type": "object", "properties": {"leg": {"$ref": "#/$defs/Leg"}}, "required": ["leg"]},
        "Unused": {"type": "string"},
    }
    order = {"type": "object", "properties": {"leg": COMPACT_LEG}, "required": ["leg"]}
    assert compact_schema(schema) == {"type": "object", "properties": {"order": order}}


def test_a_recursive_definition_is_not_inlined() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/$defs/Tree"}}}
    schema = {"type": "object", "properties": {"tree": {"$ref": "#/$defs/Tree"}}, "$defs": {"Tree": tree}}
    assert compact_schema(schema) == schema


def test_an_argument_may_have_the_name_of_a_schema_keyword() -> None:
    leg = {"$ref": "#/$defs/Leg"}
    assert compact_schema(with_legs(default=leg, title={"type": "string"}))["properties"] == {
        "default": COMPACT_LEG,
        "title": {"type": "string"},
    }


def test_an_object_that_accepts_any_names_keeps_that() -> None:
    free = {"type": "object", "additionalProperties": {"type": "string"}}
    assert compact_schema({"type": "object", "properties": {"free": free}})["properties"] == {"free": free}
