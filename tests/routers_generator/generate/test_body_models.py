"""JSON schemas as Python types."""

from __future__ import annotations

from typing import Any

import pytest

from routers_generator.generate.body_models import MAX_DEPTH, BodyModels

DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/node"}}},
            "loop": {"$ref": "#/components/schemas/loop"},
            "all": {
                "allOf": [{"$ref": "#/components/schemas/all"}, {"properties": {"a": {"type": "string"}}}]
            },
        }
    }
}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string"}, "PlainText"),
        ({"type": "integer", "minimum": 1}, "int"),
        ({"type": "number"}, "Number"),
        ({"type": "string", "enum": ["a", "b"]}, 'Literal["a", "b"]'),
        ({"type": "integer", "enum": [0, 1]}, "Literal[0, 1]"),
        ({"type": "boolean", "enum": [True]}, "bool"),
        ({"const": "x"}, 'Literal["x"]'),
        ({"type": ["string", "null"]}, "PlainText"),
        ({"type": ["integer", "string"]}, "int | PlainText"),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, "PlainText"),
        (
            {"anyOf": [{"enum": ["a"], "type": "string"}, {"enum": ["b"], "type": "string"}]},
            'Literal["a", "b"]',
        ),
        ({"type": "array", "items": {"type": "integer", "minimum": 1}}, "list[Annotated[int, Field(ge=1)]]"),
        ({"type": "array"}, "list[Any]"),
        ({"type": "object"}, "dict[str, Any]"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "dict[str, Number]"),
        ({"type": "object", "properties": {"PLACEHOLDER": {"type": "string"}}}, "dict[str, Any]"),
        ({}, "Any"),
        ({"$ref": "#/components/schemas/loop"}, "Any"),
        ({"$ref": "#/nowhere"}, "Any"),
    ],
)
def test_a_schema_has_a_type(schema: dict[str, Any], text: str) -> None:
    assert BodyModels(DOCUMENT).python_type(schema, "value").text == text


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({}, "the document does not say its type"),
        ({"type": "array"}, "the document does not say what its items are"),
        ({"type": "object"}, "the document does not say what is in it"),
        ({"type": ["object", "string"]}, "the document has several types for it"),
        ({"oneOf": [{"type": "string"}, {"type": "array"}]}, "the document has several shapes for it"),
    ],
)
def test_what_is_free_form_says_why(schema: dict[str, Any], why: str) -> None:
    assert BodyModels(DOCUMENT).python_type(schema, "value").free_form_reason == why


def test_a_model_can_hold_itself() -> None:
    models = BodyModels(DOCUMENT)
    assert models.python_type({"$ref": "#/components/schemas/node"}, "value").text == "Node"
    assert any("next: Annotated[Node | None" in line for line in models.lines)
    assert models.names == {"Node"}


def test_all_of_itself_and_more_is_what_is_more() -> None:
    models = BodyModels(DOCUMENT)
    assert models.python_type({"$ref": "#/components/schemas/all"}, "value").text == "All"
    assert any("a: Annotated[PlainText | None" in line for line in models.lines)


def test_what_is_very_deep_becomes_free_form() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(100):
        schema = {"type": "object", "properties": {"inner": schema}}
    models = BodyModels(DOCUMENT)
    models.python_type(schema, "outer")
    assert f"more than {MAX_DEPTH} levels deep" in " ".join(" ".join(models.lines).split()).replace('" "', "")


def test_objects_of_several_shapes_become_one_that_needs_what_all_need() -> None:
    first = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "required": ["a", "b"],
    }
    second = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    models = BodyModels(DOCUMENT)
    models.python_type({"oneOf": [first, second]}, "either")
    text = "\n".join(models.lines)
    assert "a: Annotated[int | PlainText, Field(" in text
    assert "b: Annotated[PlainText | None, Field(" in text


def test_a_long_choice_is_an_alias_and_is_written_once() -> None:
    models = BodyModels(DOCUMENT)
    schema = {"type": "string", "enum": [f"value_{number}" for number in range(9)]}
    assert models.python_type(schema, "kind").text == models.python_type(schema, "other").text == "Kind"
    assert models.is_single_value("Kind")
    assert not models.is_single_value("Node")
