"""Argument validation: each argument must have its schema's JSON type before it becomes part of a request.

In a URL everything is text: a list would count as its last element, an object and true as their spelling,
and NaN as "null". In a body, true would count as 1, NaN as a missing value, and a misspelled name would be
rejected without the valid ones. `argument_forms` has understood other forms of the right type before; numbers
spelled as text are left to the argument's own type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, Final

from api_gateway.redaction import sanitize

Schema = Mapping[str, Any]

TYPE_NAMES: Final[Mapping[str, str]] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
_FALLBACK_TYPE: Final = "what its schema defines"
_MAX_NAME_LENGTH: Final = 40


def type_errors(arguments: Mapping[str, Any], schema: Schema) -> list[str]:
    """A clause for each value of the wrong type, such as "`orders[0].conid` should be a whole number".

    `schema` is an object schema; references to its `$defs` are resolved. A null counts as omitted.
    """
    definitions = schema.get("$defs", {})
    return [
        f"`{path}` should be {words}"
        for name, value, field in _known_fields(arguments, schema)
        for path, words in _type_errors(value, field, name, definitions)
    ]


def unknown_fields(arguments: Mapping[str, Any], schema: Schema) -> list[str]:
    """A clause for each unknown name inside an argument, with the valid ones."""
    definitions = schema.get("$defs", {})
    return [
        f"`{path}` is unknown; `{path.rpartition('.')[0]}` accepts "
        + ", ".join(f"`{each}`" for each in known)
        for name, value, field in _known_fields(arguments, schema)
        for path, known in _unknown_fields(value, field, name, definitions)
    ]


def _known_fields(values: Mapping[str, Any], schema: Schema) -> Iterator[tuple[str, Any, Schema]]:
    fields = schema.get("properties", {})
    for name, value in values.items():
        if value is not None and name in fields:
            yield name, value, fields[name]


def _type_errors(
    value: Any, schema: Schema, path: str, definitions: Mapping[str, Schema]
) -> Iterator[tuple[str, str]]:
    shape = _object_schema(value, schema, definitions)
    if shape is not None:
        for name, inner, field in _known_fields(value, shape):
            yield from _type_errors(inner, field, f"{path}.{name}", definitions)
        return
    items = _item_schema(value, schema, definitions)
    if items is not None:
        for index, each in enumerate(value if isinstance(value, list) else [value]):
            item_path = f"{path}[{index}]" if isinstance(value, list) else path
            yield from _type_errors(each, items, item_path, definitions)
    elif not _conforms(value, schema, definitions):
        yield path, _describe_types(schema, definitions)


def _unknown_fields(
    value: Any, schema: Schema, path: str, definitions: Mapping[str, Schema]
) -> Iterator[tuple[str, list[str]]]:
    items = _item_schema(value, schema, definitions)
    if items is not None:
        for index, each in enumerate(value if isinstance(value, list) else [value]):
            item_path = f"{path}[{index}]" if isinstance(value, list) else path
            yield from _unknown_fields(each, items, item_path, definitions)
        return
    shape = _object_schema(value, schema, definitions)
    if shape is None or shape.get("additionalProperties"):
        return
    fields = shape["properties"]
    for name in value:
        if name not in fields:
            yield f"{path}.{sanitize(str(name), max_length=_MAX_NAME_LENGTH)}", list(fields)
    for name, inner, field in _known_fields(value, shape):
        yield from _unknown_fields(inner, field, f"{path}.{name}", definitions)


def _object_schema(value: Any, schema: Schema, definitions: Mapping[str, Schema]) -> Schema | None:
    """The schema of the object, if only one schema with named fields is possible."""
    if not isinstance(value, dict):
        return None
    shapes = [each for each in alternatives(schema, definitions) if "properties" in each]
    return shapes[0] if len(shapes) == 1 else None


def _item_schema(value: Any, schema: Schema, definitions: Mapping[str, Schema]) -> Schema | None:
    """The schema of the items, if the value should be a list of objects or lists, or is one such item."""
    if not isinstance(value, (list, dict)):
        return None
    for each in alternatives(schema, definitions):
        items = each.get("items", {})
        if each.get("type") == "array" and any(
            inner.get("type") in {"object", "array"} for inner in alternatives(items, definitions)
        ):
            found: Schema = items
            return found
    return None


def alternatives(schema: Schema, definitions: Mapping[str, Schema]) -> Iterator[Schema]:
    """The schemas that a value may match, with references resolved."""
    schema = _resolve_reference(schema, definitions)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if not choices:
        yield schema
        return
    for each in choices:
        yield from alternatives(each, definitions)


def _resolve_reference(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    while "$ref" in schema:
        schema = definitions.get(schema["$ref"].rpartition("/")[2], {})
    return schema


def _conforms(value: Any, schema: Schema, definitions: Mapping[str, Schema]) -> bool:
    schema = _resolve_reference(schema, definitions)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return any(_conforms(value, each, definitions) for each in choices)
    if isinstance(value, float) and not isfinite(value):
        return False
    match schema.get("type"):
        case "string" | "integer" | "number":
            return isinstance(value, (str, int, float)) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, (str, int))
        case "null":
            return value is None
        case "array":
            items = schema.get("items", {})
            return all(
                each is not None and _conforms(each, items, definitions)
                for each in (value if isinstance(value, list) else [value])
            )
        case "object":
            return isinstance(value, dict) and all(
                _conforms(inner, field, definitions) for _, inner, field in _known_fields(value, schema)
            )
    return True


def _describe_types(schema: Schema, definitions: Mapping[str, Schema]) -> str:
    kinds = [each for each in alternatives(schema, definitions) if each.get("type") != "null"]
    return " or ".join(dict.fromkeys(_describe_type(each, definitions) for each in kinds)) or _FALLBACK_TYPE


def _describe_type(schema: Schema, definitions: Mapping[str, Schema]) -> str:
    kind = schema.get("type", "")
    if kind == "array":
        return f"a list, each item {_describe_types(schema.get('items', {}), definitions)}"
    return TYPE_NAMES.get(kind, _FALLBACK_TYPE)
