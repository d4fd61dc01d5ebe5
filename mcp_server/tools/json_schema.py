"""Compacts the JSON schema of a tool's arguments without changing its meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

_LITERAL_KEYS: Final = frozenset({"enum", "const", "default", "examples", "example"})
_MAPS_OF_SCHEMAS: Final = frozenset({"properties", "$defs"})
_REFERENCE: Final = "$ref"
_DEFINITIONS: Final = "$defs"


def compact_schema(schema: Any) -> Any:
    """The same JSON schema in fewer tokens.

    Leaves out the titles that Pydantic derives from names; "or null" and null defaults, because "required"
    already says which arguments are optional; and constraints that are validated anyway, with a message:
    unknown names, patterns, empty lists, minimums of 0 or 1. A definition that is used once is inlined.
    """
    compacted = _compact(schema)
    return _inline_definitions(compacted) if isinstance(compacted, dict) else compacted


def _compact(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_compact(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    compacted: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            required = schema.get("required", ())
            compacted[key] = {
                name: _compact(each if name in required else _drop_null(each)) for name, each in value.items()
            }
        elif key == _DEFINITIONS:
            compacted[key] = {name: _compact(_drop_description(each)) for name, each in value.items()}
        elif key in _LITERAL_KEYS:
            compacted[key] = value
        elif _is_redundant(key, value):
            continue
        elif isinstance(value, float) and value.is_integer():
            compacted[key] = int(value)  # FastAPI writes the bounds of an integer as 1.0
        else:
            compacted[key] = _compact(value)
    return compacted


def _is_redundant(key: str, value: Any) -> bool:
    if key in ("title", "pattern"):
        return True
    if key in ("required", "additionalProperties"):
        return not value
    return key in ("minimum", "minItems") and value in (0, 1)


def _drop_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {
        key: value
        for key, value in schema.items()
        if key != "anyOf" and not (key == "default" and value is None)
    }
    if len(choices) == 1:
        return {**choices[0], **rest}
    return {"anyOf": choices, **rest} if choices else rest


def _drop_description(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """A model's docstring is for readers of the code; its fields have their own descriptions."""
    if "properties" not in definition:
        return definition
    return {key: value for key, value in definition.items() if key != "description"}


def _inline_definitions(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = schema.get(_DEFINITIONS)
    if not definitions:
        return schema
    uses = Counter(_references(schema))
    used_once = {
        name
        for name in definitions
        if uses[name] == 1 and name not in _reachable_definitions(name, definitions)
    }
    inlined: dict[str, Any] = _inline(
        {key: value for key, value in schema.items() if key != _DEFINITIONS}, definitions, used_once
    )
    remaining = {
        name: _inline(definition, definitions, used_once)
        for name, definition in definitions.items()
        if uses[name] and name not in used_once
    }
    return {**inlined, _DEFINITIONS: remaining} if remaining else inlined


def _inline(schema: Any, definitions: Mapping[str, Any], used_once: set[str]) -> Any:
    if isinstance(schema, list):
        return [_inline(each, definitions, used_once) for each in schema]
    if not isinstance(schema, dict):
        return schema
    name = _reference_name(schema)
    if name in used_once:
        beside = {key: value for key, value in schema.items() if key != _REFERENCE}
        return {**_inline(definitions[name], definitions, used_once), **beside}
    return {
        key: {each: _inline(inner, definitions, used_once) for each, inner in value.items()}
        if key in _MAPS_OF_SCHEMAS
        else value
        if key in _LITERAL_KEYS
        else _inline(value, definitions, used_once)
        for key, value in schema.items()
    }


def _reachable_definitions(name: str, definitions: Mapping[str, Any]) -> set[str]:
    """The definitions that a definition refers to, directly or indirectly."""
    found: set[str] = set()
    new = {name}
    while new:
        new = {each for one in new for each in _references(definitions.get(one, {}))} - found
        found |= new
    return found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _references(each)
    elif isinstance(schema, dict):
        if name := _reference_name(schema):
            yield name
        for key, value in schema.items():
            if key in _MAPS_OF_SCHEMAS:
                yield from _references(list(value.values()))
            elif key not in _LITERAL_KEYS:
                yield from _references(value)


def _reference_name(schema: Mapping[str, Any]) -> str:
    reference = schema.get(_REFERENCE)
    return reference.rpartition("/")[2] if isinstance(reference, str) else ""
