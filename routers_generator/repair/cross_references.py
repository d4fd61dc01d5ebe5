"""Repairs that need the whole document: circular references, invalid defaults and examples."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from routers_generator.document.findings import Report, extend_pointer, json_pointer
from routers_generator.document.operations import resolve, value_at
from routers_generator.repair.examples import matches_schema
from routers_generator.repair.grammar import OMITTED
from routers_generator.repair.schemas import coerce

EMPTY_COMPONENTS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = MappingProxyType(
    {
        "schemas": dict,
        "responses": lambda: {"description": ""},
        "examples": dict,
        "requestBodies": lambda: {"content": {"application/json": {"schema": {}}}},
        "headers": lambda: {"schema": {}},
    }
)
"""The replacement for a component that is unusable, by kind."""

_COMBINATORS: Final = ("allOf", "anyOf", "oneOf")
_MAX_PATTERN_TEXT: Final = 24  # characters; on longer strings a hostile pattern can backtrack for ever


def break_cycles(content: dict[str, Any], report: Report) -> None:
    """Break circular references, which make a component its own definition.

    Recursion through properties or items is valid and stays.
    """
    for kind, components in content["components"].items():
        if kind == "schemas":
            _break_schema_cycles(components, report)
        elif kind in EMPTY_COMPONENTS:
            for name in components:
                if resolve(content, components[name]) == {} and "$ref" in components[name]:
                    components[name] = EMPTY_COMPONENTS[kind]()
                    report.add_repair(
                        "circular reference", json_pointer("components", kind, name), "Removed."
                    )


def repair_required(content: Mapping[str, Any], schema: dict[str, Any], pointer: str, report: Report) -> None:
    """Remove required names that no schema of an allOf defines."""
    if "allOf" not in schema or "required" not in schema:
        return
    known = set(schema.get("properties", {}))
    for each in schema["allOf"]:
        known |= _properties(content, each)
    extra = [name for name in schema["required"] if name not in known]
    if extra:
        schema["required"] = [name for name in schema["required"] if name in known]
        if not schema["required"]:
            del schema["required"]
        names = ", ".join(f"`{name[:60]}`" for name in extra)
        report.add_repair(
            "required property not defined", extend_pointer(pointer, "required"), f"Removed {names}."
        )


def repair_default(content: Mapping[str, Any], schema: dict[str, Any], pointer: str, report: Report) -> None:
    """Convert a default to the schema's type, or remove it if it is still invalid."""
    if "default" not in schema:
        return
    value = schema["default"]
    if (value is None and schema.get("nullable")) or _default_matches(content, schema, value):
        return
    where = extend_pointer(pointer, "default")
    other = coerce(value, schema.get("type", ""))
    if other is not OMITTED and _default_matches(content, schema, other):
        schema["default"] = other
        report.add_repair("invalid default", where, f"Converted to {schema['type']}.")
    else:
        del schema["default"]
        report.add_repair("invalid default", where, "Removed.")


def repair_examples(content: Mapping[str, Any], media: dict[str, Any], pointer: str, report: Report) -> None:
    """Move examples that do not match their schema to x-example and x-examples."""
    schema = media.get("schema", {})
    if "example" in media and not matches_schema(content, schema, media["example"]):
        media["x-example"] = media.pop("example")
        report.add_repair("invalid example", extend_pointer(pointer, "example"), "Moved to `x-example`.")
    for name, example in list(media.get("examples", {}).items()):
        resolved = resolve(content, example)
        if (
            isinstance(resolved, Mapping)
            and "value" in resolved
            and not matches_schema(content, schema, resolved["value"])
        ):
            media.setdefault("x-examples", {})
            if not isinstance(media["x-examples"], dict):
                media["x-examples"] = {}
            media["x-examples"][name] = resolved
            del media["examples"][name]
            where = extend_pointer(pointer, "examples", name)
            report.add_repair("invalid example", where, "Moved to `x-examples`.")
    if media.get("examples") == {}:
        del media["examples"]


def remove_unreachable(content: dict[str, Any]) -> None:
    """Remove the components that are not referenced, directly or indirectly."""
    reached: dict[str, None] = {}
    todo = list(_find_references({name: each for name, each in content.items() if name != "components"}))
    while todo:
        reference = todo.pop()
        if reference not in reached:
            reached[reference] = None
            todo += _find_references(value_at(content, reference))
    components = content["components"]
    for kind in [kind for kind in components if not kind.startswith("x-")]:
        reachable = {
            name: each
            for name, each in components[kind].items()
            if json_pointer("components", kind, name) in reached
        }
        components[kind] = reachable
        if not reachable:
            del components[kind]


def _break_schema_cycles(components: dict[str, Any], report: Report) -> None:
    done: set[str] = set()
    for start in components:
        if start in done:
            continue
        # Iterative, because a chain can be as long as the document.
        path: dict[str, Iterator[dict[str, Any]]] = {start: _combined_references(components[start])}
        while path:
            name, references = next(reversed(path.items()))
            reference = next(references, None)
            if reference is None:
                done.add(name)
                del path[name]
                continue
            target = reference["$ref"].removeprefix("#/components/schemas/")
            if target in path:
                reference.clear()
                pointer = json_pointer("components", "schemas", name)
                report.add_repair(
                    "circular reference",
                    pointer,
                    f"Replaced its reference to `{target}` with a schema of any value.",
                )
            elif target not in done and target in components:
                path[target] = _combined_references(components[target])


def _combined_references(schema: Any) -> Iterator[dict[str, Any]]:
    """The references in a schema that apply to the same value."""
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("$ref"), str):
        yield schema
    for name in _COMBINATORS:
        for each in schema.get(name, ()):
            yield from _combined_references(each)
    yield from _combined_references(schema.get("not"))


def _properties(content: Mapping[str, Any], schema: Any, seen: frozenset[int] = frozenset()) -> set[str]:
    """The properties that a schema defines, collected as validators do."""
    resolved = resolve(content, schema)
    if not isinstance(resolved, Mapping) or id(resolved) in seen:
        return set()
    inside = seen | {id(resolved)}
    found = set(resolved.get("properties", {}))
    for name in _COMBINATORS:
        for each in resolved.get(name, ()):
            found |= _properties(content, each, inside)
    for name in ("items", "not"):
        found |= _properties(content, resolved.get(name), inside)
    return found


def _default_matches(content: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> bool:
    rest = {name: each for name, each in schema.items() if name != "default"}
    if isinstance(value, str):
        if "pattern" in schema and len(value) > _MAX_PATTERN_TEXT:
            return False
        if not _has_format(value, schema.get("format")):
            return False
    if value is None and "type" not in schema:
        return False
    return "$ref" not in str(value) and matches_schema(content, rest, value, check_patterns=True)


def _has_format(value: str, format_: str | None) -> bool:
    try:
        match format_:
            case "date":
                date.fromisoformat(value)
            case "date-time":
                return bool(re.search(r"[Tt ].*([Zz]|[+-]\d\d:\d\d)$", value)) and bool(
                    datetime.fromisoformat(value)
                )
            case None | "float" | "double" | "int32" | "int64" | "password" | "byte" | "binary":
                return True
            case "uuid" | "email" | "uri" | "ipv4" | "ipv6" | "hostname" | "regex" | "time" | "duration":
                return False  # too rare to be worth a check
    except ValueError:
        return False
    return True


def _find_references(value: Any) -> Iterator[str]:
    """Every reference inside a value, including the targets of discriminator mappings."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, Mapping):
            reference = each.get("$ref")
            if isinstance(reference, str):
                yield reference
            mapping = each.get("mapping")
            if isinstance(mapping, Mapping):
                yield from (to for to in mapping.values() if isinstance(to, str) and to.startswith("#/"))
            todo += each.values()
        elif isinstance(each, list):
            todo += each
