"""What a schema loses before it is published, and what it keeps."""

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
THIN_LEG = {
    "type": "object",
    "properties": {"ratio": {"type": "integer", "description": "How many."}},
    "required": ["ratio"],
}


def with_legs(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "$defs": {"Leg": LEG}}


def test_a_schema_loses_what_a_model_need_not_read() -> None:
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
            "flag": {"const": {"title": "kept"}},
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
            "flag": {"const": {"title": "kept"}},
        },
        "required": ["null"],
    }
    assert compact_schema({"type": "object", "properties": {}, "required": []}) == {
        "type": "object",
        "properties": {},
    }


def test_a_definition_that_is_used_once_stands_where_it_is_used() -> None:
    legs = {"type": "array", "items": {"$ref": "#/$defs/Leg"}, "description": "Legs."}
    assert compact_schema(with_legs(legs=legs)) == {
        "type": "object",
        "properties": {"legs": {"type": "array", "items": THIN_LEG, "description": "Legs."}},
    }


def test_what_is_said_beside_a_reference_stays_with_it() -> None:
    leg = {"anyOf": [{"$ref": "#/$defs/Leg"}, {"type": "null"}], "default": None, "description": "The leg."}
    assert compact_schema(with_legs(leg=leg))["properties"] == {
        "leg": {**THIN_LEG, "description": "The leg."}
    }


def test_a_definition_that_is_used_twice_is_published_once() -> None:
    reference = {"$ref": "#/$defs/Leg"}
    thin = compact_schema(with_legs(one=reference, other=reference))
    assert thin == {
        "type": "object",
        "properties": {"one": reference, "other": reference},
        "$defs": {"Leg": THIN_LEG},
    }


def test_a_definition_inside_another_is_placed_too_and_one_of_no_use_is_gone() -> None:
    schema = with_legs(order={"$ref": "#/$defs/Order"})
    schema["$defs"] |= {
        "Order": {"type": "object", "properties": {"leg": {"$ref": "#/$defs/Leg"}}, "required": ["leg"]},
        "Unused": {"type": "string"},
    }
    order = {"type": "object", "properties": {"leg": THIN_LEG}, "required": ["leg"]}
    assert compact_schema(schema) == {"type": "object", "properties": {"order": order}}


def test_a_definition_that_leads_back_to_itself_is_kept() -> None:
    tree = {"type": "object", "properties": {"child": {"$ref": "#/$defs/Tree"}}}
    schema = {"type": "object", "properties": {"tree": {"$ref": "#/$defs/Tree"}}, "$defs": {"Tree": tree}}
    assert compact_schema(schema) == schema


def test_an_argument_may_be_called_like_a_word_of_the_schema() -> None:
    leg = {"$ref": "#/$defs/Leg"}
    assert compact_schema(with_legs(default=leg, title={"type": "string"}))["properties"] == {
        "default": THIN_LEG,
        "title": {"type": "string"},
    }


def test_an_object_that_takes_any_names_says_so() -> None:
    free = {"type": "object", "additionalProperties": {"type": "string"}}
    assert compact_schema({"type": "object", "properties": {"free": free}})["properties"] == {"free": free}
