"""Translation of JSON schemas to Python types."""

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
def test_a_schema_is_translated_to_a_python_type(schema: dict[str, Any], text: str) -> None:
    assert BodyModels(DOCUMENT).python_type(schema, "value").text == text


def test_a_free_form_type_has_its_own_reason() -> None:
    schemas: list[dict[str, Any]] = [
        {},
        {"type": "array"},
        {"type": "object"},
        {"type": ["object", "string"]},
        {"oneOf": [{"type": "string"}, {"type": "array"}]},
    ]
    reasons = [BodyModels(DOCUMENT).python_type(each, "value").free_form_reason for each in schemas]
    assert all(reasons)
    assert len(set(reasons)) == len(schemas)
    assert not BodyModels(DOCUMENT).python_type({"type": "string"}, "value").free_form_reason


def test_a_recursive_schema_becomes_a_recursive_model() -> None:
    models = BodyModels(DOCUMENT)
    assert models.python_type({"$ref": "#/components/schemas/node"}, "value").text == "Node"
    assert any("next: Annotated[Node | None" in line for line in models.lines)
    assert models.names == {"Node"}


def test_an_all_of_that_includes_itself_is_merged_once() -> None:
    models = BodyModels(DOCUMENT)
    assert models.python_type({"$ref": "#/components/schemas/all"}, "value").text == "All"
    assert any("a: Annotated[PlainText | None" in line for line in models.lines)


def test_schemas_below_the_depth_limit_are_free_form() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(100):
        schema = {"type": "object", "properties": {"inner": schema}}
    models = BodyModels(DOCUMENT)
    models.python_type(schema, "outer")
    source = "\n".join(models.lines)
    assert source.count("class ") == MAX_DEPTH + 1
    assert "Annotated[Any | None" in source.replace("\n        ", "")


def test_alternative_objects_are_merged_and_only_common_required_fields_stay_required() -> None:
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


def test_a_long_enum_becomes_one_alias() -> None:
    models = BodyModels(DOCUMENT)
    schema = {"type": "string", "enum": [f"value_{number}" for number in range(9)]}
    assert models.python_type(schema, "kind").text == models.python_type(schema, "other").text == "Kind"
    assert models.is_single_value("Kind")
    assert not models.is_single_value("Node")
