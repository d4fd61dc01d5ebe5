"""Schemas: what stands there as one that OpenAPI 3.0 has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from routers_generator.document.findings import under
from routers_generator.document.references import References
from routers_generator.repair.grammar import GONE, Grammar, Member, Read, number_in

TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
DEEPEST: Final = 12
"""Schemas inside each other; validators and code generators walk them by recursion."""

_OBJECTS: Final = frozenset({"properties", "additionalProperties", "minProperties", "maxProperties"})
# OpenAPI 3.1 has these, 3.0 says the same in other words or not at all.
_OF_3_1: Final = frozenset(
    {
        *("$schema", "$id", "$anchor", "$comment", "$defs", "$dynamicRef", "$dynamicAnchor", "$vocabulary"),
        *("const", "examples", "contains", "minContains", "maxContains", "prefixItems", "propertyNames"),
        *("patternProperties", "dependentRequired", "dependentSchemas", "if", "then", "else", "definitions"),
        *(
            "unevaluatedItems",
            "unevaluatedProperties",
            "contentEncoding",
            "contentMediaType",
            "contentSchema",
        ),
    }
)


class Schemas:
    """Reads schemas, and keeps which it made: defaults are looked at when all are there."""

    def __init__(self, grammar: Grammar, references: References, *, siblings: bool = False) -> None:
        """What is changed is told to the grammar's report; `siblings`: what stands beside `$ref` counts."""
        self._siblings = siblings
        self.made: list[tuple[dict[str, Any], str]] = []
        self._grammar = grammar
        self._report = grammar.report
        self._references = references
        self._depth = 0
        text, truth, number, count = grammar.text, grammar.truth, grammar.number, grammar.count
        several = grammar.items(self.read)
        documentation = grammar.record({"description": Member(text), "url": Member(text, None)}, "an object")
        xml = {"name": text, "namespace": text, "prefix": text, "attribute": truth, "wrapped": truth}
        readers = {
            **dict.fromkeys(("title", "description", "format"), text),
            **dict.fromkeys(("maximum", "minimum", "multipleOf"), number),
            **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems"), count),
            **dict.fromkeys(("maxProperties", "minProperties"), count),
            **dict.fromkeys(("uniqueItems", "nullable", "readOnly", "writeOnly", "deprecated"), truth),
            **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), truth),
            **dict.fromkeys(("allOf", "oneOf", "anyOf"), several),
            **dict.fromkeys(("default", "example"), grammar.anything),
            "pattern": self._pattern,
            "required": grammar.items(text, unique=True),
            "enum": grammar.items(grammar.anything),
            "type": self._type,
            "not": self.read,
            "items": self.read,
            "properties": grammar.entries(self.read),
            "additionalProperties": self._additional,
            "discriminator": self._discriminator,
            "externalDocs": documentation,
            "xml": grammar.record({name: Member(read) for name, read in xml.items()}, "an object"),
        }
        self._members = {name: Member(read) for name, read in readers.items()}

    def read(self, value: Any, place: str) -> Read:
        """A schema or a reference to one; what cannot be either becomes the schema of any value."""
        if isinstance(value, bool):
            self._report.repaired("schema of OpenAPI 3.1", place, "Written as 3.0 has it.")
            return {} if value else {"not": {}}
        if not isinstance(value, Mapping):
            self._grammar.wrong(value, place, "a schema")
            return {}
        if "$ref" in value and not isinstance(value["$ref"], Mapping):
            return self._reference(value, place)
        if self._depth >= DEEPEST and not _is_flat(value):
            return self._references.lift(value, place)
        return self._inline(value, place)

    def top(self, value: Any, place: str) -> Read:
        """The same for a component: what stands in it is as deep as what stands nowhere."""
        before, self._depth = self._depth, 0
        try:
            return self.read(value, place)
        finally:
            self._depth = before

    def _reference(self, value: Mapping[str, Any], place: str) -> Read:
        if self._siblings and len(value) > 1:
            return self._beside(value, place)
        found = self._references.target("schemas", value, place)
        if found is None:
            return self._inline({name: each for name, each in value.items() if name != "$ref"}, place)
        if len(value) > 1:
            others = ", ".join(f"`{name[:40]}`" for name in value if name != "$ref")
            self._report.repaired(
                "reference with siblings", place, f"Left out, as OpenAPI 3.0 ignores them: {others}."
            )
        return {**found}

    def _beside(self, value: Mapping[str, Any], place: str) -> Read:
        """A reference whose siblings count, in OpenAPI 3.0's words."""
        if self._depth >= DEEPEST and not _is_flat(value):
            return self._references.lift(value, place)
        rest = {name: each for name, each in value.items() if name != "$ref"}
        parts = rest.get("allOf")
        rest["allOf"] = [{"$ref": value["$ref"]}, *(parts if isinstance(parts, list) else ())]
        self._report.repaired("schema of OpenAPI 3.1", place, "Written as 3.0 has it: `$ref`.")
        return self._inline(rest, place)

    def _inline(self, value: Mapping[str, Any], place: str) -> Read:
        self._depth += 1
        try:
            found = self._grammar.members(self._members, self._of_3_0(value, place), place)
        finally:
            self._depth -= 1
        self._mend_array(found, place)
        self._mend_enum(found, place)
        self._mend_type(found, place)
        self._mend_required(found, place)
        self._mend_bounds(found, place)
        self.made.append((found, place))
        return found

    def _of_3_0(self, value: Mapping[str, Any], place: str) -> dict[str, Any]:
        """The same in OpenAPI 3.0's words."""
        found = dict(value)
        said = []
        self._mend_required_truths(found, place)
        said += _without_null(found)
        if isinstance(found.get("type"), list):
            said.append("type")
            types = [each for each in found["type"] if isinstance(each, str) and each != "null"]
            if "null" in found["type"]:
                found["nullable"] = True
            del found["type"]
            if len(types) == 1:
                found["type"] = types[0]
            elif types and not found.get("anyOf"):
                found["anyOf"] = [{"type": each} for each in types]
        elif found.get("type") == "null":
            said.append("type")
            del found["type"]
            found["nullable"] = True
        if "const" in found:
            found.setdefault("enum", [found["const"]])
        if isinstance(found.get("examples"), list) and found["examples"]:
            found.setdefault("example", found["examples"][0])
        for bound, exclusive in (("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum")):
            if isinstance(found.get(exclusive), int | float) and not isinstance(found[exclusive], bool):
                said.append(exclusive)
                found[bound], found[exclusive] = found[exclusive], True
        said += [name for name in found if name in _OF_3_1]
        if said:
            names = ", ".join(f"`{name}`" for name in said)
            self._report.repaired("schema of OpenAPI 3.1", place, f"Written as 3.0 has it: {names}.")
        return {name: each for name, each in found.items() if name not in _OF_3_1}

    def _mend_required_truths(self, found: dict[str, Any], place: str) -> None:
        """A property that says of itself that it is required: its object says so in OpenAPI 3."""
        if isinstance(found.get("required"), bool):
            del found["required"]
            self._report.repaired("required as a boolean", under(place, "required"), "Said by the object.")
        properties = found.get("properties")
        if isinstance(properties, Mapping):
            said = [
                name for name, each in properties.items()
                if isinstance(each, Mapping) and each.get("required") is True
            ]  # fmt: skip
            others = found.get("required") if isinstance(found.get("required"), list) else []
            if said:
                found["required"] = [*(others or []), *(name for name in said if name not in (others or []))]

    def _mend_array(self, found: dict[str, Any], place: str) -> None:
        if found.get("type") != "array":
            return
        if "properties" in found:
            inner = {name: found.pop(name) for name in ("properties", "required") if name in found}
            if "items" not in found or found["items"] == {}:
                found["items"] = {"type": "object", **inner}
                self._mend_required(found["items"], place)
                self.made.append((found["items"], place))
            self._report.repaired("array with properties", place, "They are those of its items now.")
        elif "items" not in found:
            found["items"] = {}
            self._report.repaired("array without items", place, "Its items may be anything.")

    def _mend_enum(self, found: dict[str, Any], place: str) -> None:
        if "enum" not in found:
            return
        if None in found["enum"] and "type" in found and not found.get("nullable"):
            found["nullable"] = True
            self._report.repaired("null in an enum", place, "The schema is nullable now.")
        found["enum"] = without_doubles(found["enum"])
        values = [each for each in found["enum"] if each is not None]
        if not found["enum"]:
            del found["enum"]
            self._report.repaired("enum without values", place, "Left out.")
        elif found.get("type") in _PLAIN and not all(is_of(each, found["type"]) for each in values):
            as_typed = [coerced(each, found["type"]) for each in values]
            inferred = type_of_all(values)
            if GONE not in as_typed:
                nulls = [None] if None in found["enum"] else []
                found["enum"] = [*without_doubles(as_typed), *nulls]
                self._report.repaired("enum of the wrong type", place, f"Its values are {found['type']} now.")
            elif inferred:
                self._report.repaired("enum of the wrong type", place, f"The type is {inferred} now.")
                found["type"] = inferred
            else:
                del found["type"]
                self._report.repaired("enum of the wrong type", place, "The type was left out.")

    def _mend_type(self, found: dict[str, Any], place: str) -> None:
        """Say the type where the rest leaves no doubt about it."""
        if "type" not in found:
            inferred = "object" if _OBJECTS & found.keys() else type_of_all(found.get("enum", []))
            if not inferred and "items" in found:
                inferred = "array"
            combined = {"allOf", "anyOf", "oneOf", "not"} & found.keys()
            if inferred and not combined:
                found["type"] = inferred
                self._report.repaired("schema without type", place, f"It is {inferred}.")
            elif found.get("nullable") and not combined:
                del found["nullable"]
                self._report.repaired("nullable without type", place, "Left out: any value may be null.")
        if found.get("type") == "integer" and found.get("format") == "int32":
            del found["format"]
            self._report.repaired("int32 for what may be larger", place, "The format was left out.")
        if found.get("format") == "jwt":
            del found["format"]
            self._report.repaired("jwt as a format", place, "Left out: it is no format.")

    def _mend_required(self, found: dict[str, Any], place: str) -> None:
        if "required" not in found:
            return
        properties = found.get("properties")
        if properties is not None and not {"allOf", "anyOf", "oneOf"} & found.keys():
            kept: list[str] = []
            for name in found["required"]:
                if name in properties:
                    kept.append(name)
                    continue
                alike = [each for each in properties if each.casefold() == name.casefold()]
                named = alike[0] if len(alike) == 1 else None
                self._report.repaired(
                    "required names no property",
                    under(place, "required"),
                    f"`{name[:60]}` is `{named[:60]}` now." if named else f"`{name[:60]}` was left out.",
                )
                kept += [named] if named else []
            found["required"] = list(dict.fromkeys(kept))
        if not found["required"]:
            del found["required"]

    def _mend_bounds(self, found: dict[str, Any], place: str) -> None:
        for name in ("allOf", "anyOf", "oneOf"):
            if name in found and not found[name]:
                del found[name]
                self._report.repaired("combination of nothing", under(place, name), "Left out.")
        if found.get("multipleOf", 1) <= 0:
            del found["multipleOf"]
            self._report.repaired("value out of range", under(place, "multipleOf"), "Left out.")
        if found.get("readOnly") and found.get("writeOnly"):
            del found["writeOnly"]
            self._report.repaired("read only and write only", under(place, "writeOnly"), "Left out.")

    def _type(self, value: Any, place: str) -> Read:
        if value in TYPES:
            return value
        known = _OTHER_WORDS.get(value.strip().lower()) if isinstance(value, str) else None
        if known == "any":
            self._report.repaired("type that OpenAPI does not have", place, "Left out: it is any.")
            return GONE
        if known:
            self._report.repaired("type that OpenAPI does not have", place, f"It is {known}.")
            return known
        return self._grammar.wrong(value, place, "a type of OpenAPI's")

    def _pattern(self, value: Any, place: str) -> Read:
        if not isinstance(value, str):
            return self._grammar.wrong(value, place, "a regular expression")
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError):
            return self._grammar.wrong(value, place, "a regular expression that can be read")
        return value

    def _additional(self, value: Any, place: str) -> Read:
        return value if isinstance(value, bool) else self.read(value, place)

    def _discriminator(self, value: Any, place: str) -> Read:
        if not isinstance(value, Mapping) or not isinstance(value.get("propertyName"), str):
            return self._grammar.wrong(value, place, "a discriminator")
        found: dict[str, Any] = {"propertyName": value["propertyName"]}
        if isinstance(value.get("mapping"), Mapping):
            targets = {}
            for name, each in value["mapping"].items():
                where = under(place, "mapping", name)
                reference = {"$ref": each if str(each).startswith("#") else f"#/components/schemas/{each}"}
                target = self._references.target("schemas", reference, where)
                if target and name != "$ref":
                    targets[name] = target["$ref"]
            found["mapping"] = targets
        return found


_PLAIN: Final = ("string", "integer", "number", "boolean")
_OTHER_WORDS: Final = {
    **dict.fromkeys(("str", "text", "char", "date", "datetime", "uuid", "file", "enum"), "string"),
    **dict.fromkeys(("int", "int32", "int64", "long", "short"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "bignumber"), "number"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("list", "tuple", "set"), "array"),
    **dict.fromkeys(("map", "dict", "hash", "json"), "object"),
    **dict.fromkeys(("any", "mixed"), "any"),
    **{name: name for name in TYPES},
}


def is_of(value: Any, type_: str) -> bool:
    """Whether a value is of one of OpenAPI's types."""
    match type_:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "array":
            return isinstance(value, list)
    return isinstance(value, Mapping)


def coerced(value: Any, type_: str) -> Read:
    """The same value as one of a plain type, where there is no doubt; else `GONE`."""
    if is_of(value, type_):
        return value
    match type_, value:
        case "string", bool():
            return str(value).lower()
        case "string", int() | float():
            return str(value)
        case "boolean", str() if value.lower() in ("true", "false"):
            return value.lower() == "true"
        case "integer" | "number", str():
            found = number_in(value)
            return GONE if found is None or (type_ == "integer" and not is_of(found, "integer")) else found
        case "integer", float() if value.is_integer():
            return int(value)
    return GONE


def type_of_all(values: Iterable[Any]) -> str | None:
    """The plain type that all values have; None if there is none, or no value."""
    each_one = list(values)
    return next((name for name in _PLAIN if each_one and all(is_of(each, name) for each in each_one)), None)


def without_doubles(values: list[Any]) -> list[Any]:
    """The values in their order, each once; 1 and true are two."""
    found: dict[str, Any] = {}
    for each in values:
        found.setdefault(json.dumps(each, sort_keys=True), each)
    return list(found.values())


def _without_null(found: dict[str, Any]) -> list[str]:
    """Take null out of the alternatives of a schema, which is nullable instead; the members that changed."""
    changed = []
    for name in ("anyOf", "oneOf"):
        parts = found.get(name)
        others = [each for each in parts if not _is_null(each)] if isinstance(parts, list) else []
        if isinstance(parts, list) and 0 < len(others) < len(parts):
            changed.append(name)
            del found[name]
            only = others[0]
            if len(others) == 1 and isinstance(only, Mapping) and not {*only} & {"$ref", "nullable", *found}:
                found.update(only)
            else:
                found[name] = others
            found["nullable"] = True
    return changed


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") in ("null", ["null"])


def _is_flat(value: Mapping[str, Any]) -> bool:
    """Whether there are no schemas inside this one."""
    inner = ("properties", "items", "additionalProperties", "allOf", "anyOf", "oneOf", "not")
    return not any(isinstance(value.get(name), Mapping | list) for name in inner)
