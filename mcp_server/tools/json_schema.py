"""The JSON schema of a tool's arguments, in as few words as say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

_LITERAL: Final = frozenset({"enum", "const", "default", "examples", "example"})
_NAMED: Final = frozenset({"properties", "$defs"})
_REFERENCE: Final = "$ref"
_DEFINITIONS: Final = "$defs"


def slim(schema: Any) -> Any:
    """The same JSON schema in fewer words.

    Without the titles that Pydantic makes out of names; without saying twice, by "or null" and by not being
    required, that an argument may be left out; without what is refused anyway, and in words: unknown names,
    texts of another pattern, a list of nothing, numbers below 0 or 1; and with a definition that is used once
    in the place of its reference.
    """
    thin = _slim(schema)
    return _with_definitions_in_place(thin) if isinstance(thin, dict) else thin


def _slim(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_slim(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    thin: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            needed = schema.get("required", ())
            thin[key] = {
                name: _slim(each if name in needed else _without_null(each)) for name, each in value.items()
            }
        elif key == _DEFINITIONS:
            thin[key] = {name: _slim(_without_docstring(each)) for name, each in value.items()}
        elif key in _LITERAL:
            thin[key] = value
        elif _needless(key, value):
            continue
        elif isinstance(value, float) and value.is_integer():
            thin[key] = int(value)  # FastAPI writes the bounds of an integer as 1.0
        else:
            thin[key] = _slim(value)
    return thin


def _needless(key: str, value: Any) -> bool:
    if key in ("title", "pattern"):
        return True
    if key in ("required", "additionalProperties"):
        return not value
    return key in ("minimum", "minItems") and value in (0, 1)


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {
        key: value
        for key, value in schema.items()
        if key != "anyOf" and not (key == "default" and value is None)
    }
    if len(choices) == 1:
        return {**choices[0], **rest}
    return {"anyOf": choices, **rest} if choices else rest


def _without_docstring(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """A model's docstring is for readers of the code; what its fields mean is said at the fields."""
    if "properties" not in definition:
        return definition
    return {key: value for key, value in definition.items() if key != "description"}


def _with_definitions_in_place(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = schema.get(_DEFINITIONS)
    if not definitions:
        return schema
    uses = Counter(_references(schema))
    once = {name for name in definitions if uses[name] == 1 and name not in _reached(name, definitions)}
    placed: dict[str, Any] = _placed(
        {key: value for key, value in schema.items() if key != _DEFINITIONS}, definitions, once
    )
    kept = {
        name: _placed(definition, definitions, once)
        for name, definition in definitions.items()
        if uses[name] and name not in once
    }
    return {**placed, _DEFINITIONS: kept} if kept else placed


def _placed(schema: Any, definitions: Mapping[str, Any], once: set[str]) -> Any:
    if isinstance(schema, list):
        return [_placed(each, definitions, once) for each in schema]
    if not isinstance(schema, dict):
        return schema
    name = _name(schema)
    if name in once:
        beside = {key: value for key, value in schema.items() if key != _REFERENCE}
        return {**_placed(definitions[name], definitions, once), **beside}
    return {
        key: {each: _placed(inner, definitions, once) for each, inner in value.items()}
        if key in _NAMED
        else value
        if key in _LITERAL
        else _placed(value, definitions, once)
        for key, value in schema.items()
    }


def _reached(name: str, definitions: Mapping[str, Any]) -> set[str]:
    """The definitions that a definition refers to, also by way of others."""
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
        if name := _name(schema):
            yield name
        for key, value in schema.items():
            if key in _NAMED:
                yield from _references(list(value.values()))
            elif key not in _LITERAL:
                yield from _references(value)


def _name(schema: Mapping[str, Any]) -> str:
    reference = schema.get(_REFERENCE)
    return reference.rpartition("/")[2] if isinstance(reference, str) else ""
