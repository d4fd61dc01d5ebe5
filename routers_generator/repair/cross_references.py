"""Repairs that need the whole document: references in a circle, defaults and examples that are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from routers_generator.document.findings import Report, pointer, under
from routers_generator.document.operations import at, resolved
from routers_generator.repair.examples import fits
from routers_generator.repair.grammar import GONE
from routers_generator.repair.schemas import coerced

NOTHING: Final[Mapping[str, Callable[[], dict[str, Any]]]] = MappingProxyType(
    {
        "schemas": dict,
        "responses": lambda: {"description": ""},
        "examples": dict,
        "requestBodies": lambda: {"content": {"application/json": {"schema": {}}}},
        "headers": lambda: {"schema": {}},
    }
)
"""What stands in place of a component of which nothing can be used, by its kind."""

_JOINED: Final = ("allOf", "anyOf", "oneOf")
_NO_MARKS: Final = 24  # characters; a hostile pattern takes for ever on longer ones


def break_cycles(content: dict[str, Any], report: Report) -> None:
    """Take away what makes a component be itself: it can be read by nobody.

    A schema with properties or items of its own kind stays: that is recursion, which is fine.
    """
    for kind, components in content["components"].items():
        if kind == "schemas":
            _break_among_schemas(components, report)
        elif kind in NOTHING:
            for name in components:
                if resolved(content, components[name]) == {} and "$ref" in components[name]:
                    components[name] = NOTHING[kind]()
                    report.repaired(
                        "component that refers to itself", pointer("components", kind, name), "Left out."
                    )


def mend_required(content: Mapping[str, Any], schema: dict[str, Any], place: str, report: Report) -> None:
    """Say what is required where a schema is joined from several, and none of them has it."""
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
        told = ", ".join(f"`{name[:60]}`" for name in extra)
        report.repaired("required names no property", under(place, "required"), f"{told}: left out.")


def mend_default(content: Mapping[str, Any], schema: dict[str, Any], place: str, report: Report) -> None:
    """Make a default one of the schema's own values, or leave it out."""
    if "default" not in schema:
        return
    value = schema["default"]
    if (value is None and schema.get("nullable")) or _default_fits(content, schema, value):
        return
    where = under(place, "default")
    other = coerced(value, schema.get("type", ""))
    if other is not GONE and _default_fits(content, schema, other):
        schema["default"] = other
        report.repaired("default that does not fit", where, f"It is {schema['type']} now.")
    else:
        del schema["default"]
        report.repaired("default that does not fit", where, "Left out.")


def mend_examples(content: Mapping[str, Any], media: dict[str, Any], place: str, report: Report) -> None:
    """Put examples that are not what their schema says under x-example and x-examples."""
    schema = media.get("schema", {})
    if "example" in media and not fits(content, schema, media["example"]):
        media["x-example"] = media.pop("example")
        report.repaired("example that does not fit", under(place, "example"), "It is under `x-example` now.")
    for name, example in list(media.get("examples", {}).items()):
        told = resolved(content, example)
        if isinstance(told, Mapping) and "value" in told and not fits(content, schema, told["value"]):
            media.setdefault("x-examples", {})
            if not isinstance(media["x-examples"], dict):
                media["x-examples"] = {}
            media["x-examples"][name] = told
            del media["examples"][name]
            where = under(place, "examples", name)
            report.repaired("example that does not fit", where, "It is under `x-examples` now.")
    if media.get("examples") == {}:
        del media["examples"]


def leave_out_unreachable(content: dict[str, Any]) -> None:
    """Leave out the components that nothing refers to, directly or through others."""
    reached: dict[str, None] = {}
    todo = list(_referred({name: each for name, each in content.items() if name != "components"}))
    while todo:
        reference = todo.pop()
        if reference not in reached:
            reached[reference] = None
            todo += _referred(at(content, reference))
    components = content["components"]
    for kind in [kind for kind in components if not kind.startswith("x-")]:
        kept = {
            name: each
            for name, each in components[kind].items()
            if pointer("components", kind, name) in reached
        }
        components[kind] = kept
        if not kept:
            del components[kind]


def _break_among_schemas(components: dict[str, Any], report: Report) -> None:
    done: set[str] = set()
    for start in components:
        if start in done:
            continue
        # Not recursive: a chain may be as long as the document.
        way: dict[str, Iterator[dict[str, Any]]] = {start: _same(components[start])}
        while way:
            name, references = next(reversed(way.items()))
            reference = next(references, None)
            if reference is None:
                done.add(name)
                del way[name]
                continue
            target = reference["$ref"].removeprefix("#/components/schemas/")
            if target in way:
                reference.clear()
                place = pointer("components", "schemas", name)
                report.repaired(
                    "component that refers to itself", place, f"Its way to `{target}` is any value now."
                )
            elif target not in done and target in components:
                way[target] = _same(components[target])


def _same(schema: Any) -> Iterator[dict[str, Any]]:
    """The references in a schema to others that the same value has to be one of."""
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("$ref"), str):
        yield schema
    for name in _JOINED:
        for each in schema.get(name, ()):
            yield from _same(each)
    yield from _same(schema.get("not"))


def _properties(content: Mapping[str, Any], schema: Any, seen: frozenset[int] = frozenset()) -> set[str]:
    """The properties that a schema says anything about, as validators gather them."""
    told = resolved(content, schema)
    if not isinstance(told, Mapping) or id(told) in seen:
        return set()
    inside = seen | {id(told)}
    found = set(told.get("properties", {}))
    for name in _JOINED:
        for each in told.get(name, ()):
            found |= _properties(content, each, inside)
    for name in ("items", "not"):
        found |= _properties(content, told.get(name), inside)
    return found


def _default_fits(content: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> bool:
    rest = {name: each for name, each in schema.items() if name != "default"}
    if isinstance(value, str):
        if "pattern" in schema and len(value) > _NO_MARKS:
            return False
        if not _of_format(value, schema.get("format")):
            return False
    if value is None and "type" not in schema:
        return False
    return "$ref" not in str(value) and fits(content, rest, value, patterns=True)


def _of_format(value: str, format_: str | None) -> bool:
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
                return False  # rare enough not to be worth a check of our own
    except ValueError:
        return False
    return True


def _referred(value: Any) -> Iterator[str]:
    """Every reference inside a value, and what a discriminator maps to."""
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
