"""Repair of schemas, and their conversion to OpenAPI 3.0."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from routers_generator.document.findings import extend_pointer
from routers_generator.document.references import References
from routers_generator.repair.grammar import OMITTED, Grammar, Member, ReadValue, parse_number

TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
MAX_DEPTH: Final = 12
"""Nesting levels of inline schemas; validators and code generators process them recursively."""

_OBJECT_KEYWORDS: Final = frozenset({"properties", "additionalProperties", "minProperties", "maxProperties"})
# Keywords of OpenAPI 3.1 that 3.0 expresses differently or not at all.
_KEYWORDS_OF_3_1: Final = frozenset(
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
    """Reads schemas and collects them; defaults are checked once all schemas are read."""

    def __init__(self, grammar: Grammar, references: References, *, siblings: bool = False) -> None:
        """Changes are added to the grammar's report; `siblings`: keywords beside `$ref` apply, as in 3.1."""
        self._siblings = siblings
        self.schemas_read: list[tuple[dict[str, Any], str]] = []
        self._grammar = grammar
        self._report = grammar.report
        self._references = references
        self._depth = 0
        text, boolean, number, count = grammar.text, grammar.boolean, grammar.number, grammar.count
        schema_list = grammar.list_of(self.read)
        documentation = grammar.object_of(
            {"description": Member(text), "url": Member(text, None)}, "an object"
        )
        xml = {"name": text, "namespace": text, "prefix": text, "attribute": boolean, "wrapped": boolean}
        readers = {
            **dict.fromkeys(("title", "description", "format"), text),
            **dict.fromkeys(("maximum", "minimum", "multipleOf"), number),
            **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems"), count),
            **dict.fromkeys(("maxProperties", "minProperties"), count),
            **dict.fromkeys(("uniqueItems", "nullable", "readOnly", "writeOnly", "deprecated"), boolean),
            **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), boolean),
            **dict.fromkeys(("allOf", "oneOf", "anyOf"), schema_list),
            **dict.fromkeys(("default", "example"), grammar.anything),
            "pattern": self._read_pattern,
            "required": grammar.list_of(text, unique=True),
            "enum": grammar.list_of(grammar.anything),
            "type": self._read_type,
            "not": self.read,
            "items": self.read,
            "properties": grammar.map_of(self.read),
            "additionalProperties": self._read_additional_properties,
            "discriminator": self._read_discriminator,
            "externalDocs": documentation,
            "xml": grammar.object_of({name: Member(read) for name, read in xml.items()}, "an object"),
        }
        self._members = {name: Member(read) for name, read in readers.items()}

    def read(self, value: Any, pointer: str) -> ReadValue:
        """Read a schema or a reference to one; anything else becomes the schema of any value."""
        if isinstance(value, bool):
            self._report.add_repair("OpenAPI 3.1 schema", pointer, "Converted to OpenAPI 3.0.")
            return {} if value else {"not": {}}
        if not isinstance(value, Mapping):
            self._grammar.reject(value, pointer, "a schema")
            return {}
        if "$ref" in value and not isinstance(value["$ref"], Mapping):
            return self._read_reference(value, pointer)
        if self._depth >= MAX_DEPTH and not _is_flat(value):
            return self._references.extract_schema(value, pointer)
        return self._read_inline(value, pointer)

    def read_component(self, value: Any, pointer: str) -> ReadValue:
        """Read a schema component, in which nesting is counted from zero."""
        before, self._depth = self._depth, 0
        try:
            return self.read(value, pointer)
        finally:
            self._depth = before

    def _read_reference(self, value: Mapping[str, Any], pointer: str) -> ReadValue:
        if self._siblings and len(value) > 1:
            return self._read_reference_with_siblings(value, pointer)
        found = self._references.rewrite("schemas", value, pointer)
        if found is None:
            return self._read_inline({name: each for name, each in value.items() if name != "$ref"}, pointer)
        if len(value) > 1:
            others = ", ".join(f"`{name[:40]}`" for name in value if name != "$ref")
            self._report.add_repair(
                "reference with siblings", pointer, f"Removed {others}, which OpenAPI 3.0 ignores."
            )
        return {**found}

    def _read_reference_with_siblings(self, value: Mapping[str, Any], pointer: str) -> ReadValue:
        """Convert a reference with sibling keywords to OpenAPI 3.0: an allOf."""
        if self._depth >= MAX_DEPTH and not _is_flat(value):
            return self._references.extract_schema(value, pointer)
        rest = {name: each for name, each in value.items() if name != "$ref"}
        parts = rest.get("allOf")
        rest["allOf"] = [{"$ref": value["$ref"]}, *(parts if isinstance(parts, list) else ())]
        self._report.add_repair("OpenAPI 3.1 schema", pointer, "Converted to OpenAPI 3.0: `$ref`.")
        return self._read_inline(rest, pointer)

    def _read_inline(self, value: Mapping[str, Any], pointer: str) -> ReadValue:
        self._depth += 1
        try:
            found = self._grammar.read_members(self._members, self._convert_to_3_0(value, pointer), pointer)
        finally:
            self._depth -= 1
        self._repair_array(found, pointer)
        self._repair_enum(found, pointer)
        self._repair_type(found, pointer)
        self._repair_required(found, pointer)
        self._repair_bounds(found, pointer)
        self.schemas_read.append((found, pointer))
        return found

    def _convert_to_3_0(self, value: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        """Convert the keywords of OpenAPI 3.1 and of JSON Schema to OpenAPI 3.0."""
        found = dict(value)
        converted = []
        self._move_boolean_required(found, pointer)
        converted += _remove_null_alternatives(found)
        if isinstance(found.get("type"), list):
            converted.append("type")
            types = [each for each in found["type"] if isinstance(each, str) and each != "null"]
            if "null" in found["type"]:
                found["nullable"] = True
            del found["type"]
            if len(types) == 1:
                found["type"] = types[0]
            elif types and not found.get("anyOf"):
                found["anyOf"] = [{"type": each} for each in types]
        elif found.get("type") == "null":
            converted.append("type")
            del found["type"]
            found["nullable"] = True
        if "const" in found:
            found.setdefault("enum", [found["const"]])
        if isinstance(found.get("examples"), list) and found["examples"]:
            found.setdefault("example", found["examples"][0])
        for bound, exclusive in (("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum")):
            if isinstance(found.get(exclusive), int | float) and not isinstance(found[exclusive], bool):
                converted.append(exclusive)
                found[bound], found[exclusive] = found[exclusive], True
        converted += [name for name in found if name in _KEYWORDS_OF_3_1]
        if converted:
            names = ", ".join(f"`{name}`" for name in converted)
            self._report.add_repair("OpenAPI 3.1 schema", pointer, f"Converted to OpenAPI 3.0: {names}.")
        return {name: each for name, each in found.items() if name not in _KEYWORDS_OF_3_1}

    def _move_boolean_required(self, found: dict[str, Any], pointer: str) -> None:
        """Move `required: true` of a property to the `required` list of its object."""
        if isinstance(found.get("required"), bool):
            del found["required"]
            self._report.add_repair(
                "required as a boolean", extend_pointer(pointer, "required"), "Moved to the object."
            )
        properties = found.get("properties")
        if isinstance(properties, Mapping):
            required_by_themselves = [
                name for name, each in properties.items()
                if isinstance(each, Mapping) and each.get("required") is True
            ]  # fmt: skip
            others = found.get("required") if isinstance(found.get("required"), list) else []
            if required_by_themselves:
                found["required"] = [
                    *(others or []),
                    *(name for name in required_by_themselves if name not in (others or [])),
                ]

    def _repair_array(self, found: dict[str, Any], pointer: str) -> None:
        if found.get("type") != "array":
            return
        if "properties" in found:
            inner = {name: found.pop(name) for name in ("properties", "required") if name in found}
            if "items" not in found or found["items"] == {}:
                found["items"] = {"type": "object", **inner}
                self._repair_required(found["items"], pointer)
                self.schemas_read.append((found["items"], pointer))
            self._report.add_repair("array with properties", pointer, "Moved to its items.")
        elif "items" not in found:
            found["items"] = {}
            self._report.add_repair("array without items", pointer, "Added items of any type.")

    def _repair_enum(self, found: dict[str, Any], pointer: str) -> None:
        if "enum" not in found:
            return
        if None in found["enum"] and "type" in found and not found.get("nullable"):
            found["nullable"] = True
            self._report.add_repair("null in an enum", pointer, "Changed the schema to nullable.")
        found["enum"] = remove_duplicates(found["enum"])
        values = [each for each in found["enum"] if each is not None]
        if not found["enum"]:
            del found["enum"]
            self._report.add_repair("empty enum", pointer, "Removed.")
        elif found.get("type") in _SCALAR_TYPES and not all(has_type(each, found["type"]) for each in values):
            as_typed = [coerce(each, found["type"]) for each in values]
            inferred = common_type(values)
            if OMITTED not in as_typed:
                nulls = [None] if None in found["enum"] else []
                found["enum"] = [*remove_duplicates(as_typed), *nulls]
                self._report.add_repair(
                    "enum values of the wrong type", pointer, f"Converted the values to {found['type']}."
                )
            elif inferred:
                self._report.add_repair(
                    "enum values of the wrong type", pointer, f"Changed the type to {inferred}."
                )
                found["type"] = inferred
            else:
                del found["type"]
                self._report.add_repair("enum values of the wrong type", pointer, "Removed the type.")

    def _repair_type(self, found: dict[str, Any], pointer: str) -> None:
        """Infer a missing type where the other keywords leave no doubt."""
        if "type" not in found:
            inferred = "object" if _OBJECT_KEYWORDS & found.keys() else common_type(found.get("enum", []))
            if not inferred and "items" in found:
                inferred = "array"
            combined = {"allOf", "anyOf", "oneOf", "not"} & found.keys()
            if inferred and not combined:
                found["type"] = inferred
                self._report.add_repair("schema without type", pointer, f"Set to {inferred}.")
            elif found.get("nullable") and not combined:
                del found["nullable"]
                self._report.add_repair(
                    "nullable without type", pointer, "Removed: without a type, any value may be null."
                )
        if found.get("type") == "integer" and found.get("format") == "int32":
            del found["format"]
            self._report.add_repair("int32 format for large values", pointer, "Removed the format.")
        if found.get("format") == "jwt":
            del found["format"]
            self._report.add_repair("jwt format", pointer, "Removed: it is not a format.")

    def _repair_required(self, found: dict[str, Any], pointer: str) -> None:
        if "required" not in found:
            return
        properties = found.get("properties")
        if properties is not None and not {"allOf", "anyOf", "oneOf"} & found.keys():
            valid: list[str] = []
            for name in found["required"]:
                if name in properties:
                    valid.append(name)
                    continue
                candidates = [each for each in properties if each.casefold() == name.casefold()]
                named = candidates[0] if len(candidates) == 1 else None
                self._report.add_repair(
                    "required property not defined",
                    extend_pointer(pointer, "required"),
                    f"Renamed `{name[:60]}` to `{named[:60]}`." if named else f"Removed `{name[:60]}`.",
                )
                valid += [named] if named else []
            found["required"] = list(dict.fromkeys(valid))
        if not found["required"]:
            del found["required"]

    def _repair_bounds(self, found: dict[str, Any], pointer: str) -> None:
        for name in ("allOf", "anyOf", "oneOf"):
            if name in found and not found[name]:
                del found[name]
                self._report.add_repair("empty combination", extend_pointer(pointer, name), "Removed.")
        if found.get("multipleOf", 1) <= 0:
            del found["multipleOf"]
            self._report.add_repair("value out of range", extend_pointer(pointer, "multipleOf"), "Removed.")
        if found.get("readOnly") and found.get("writeOnly"):
            del found["writeOnly"]
            self._report.add_repair(
                "both readOnly and writeOnly", extend_pointer(pointer, "writeOnly"), "Removed."
            )

    def _read_type(self, value: Any, pointer: str) -> ReadValue:
        if value in TYPES:
            return value
        known = _TYPE_SYNONYMS.get(value.strip().lower()) if isinstance(value, str) else None
        if known == "any":
            self._report.add_repair("unknown type", pointer, "Removed: it means any type.")
            return OMITTED
        if known:
            self._report.add_repair("unknown type", pointer, f"Changed to {known}.")
            return known
        return self._grammar.reject(value, pointer, "an OpenAPI type")

    def _read_pattern(self, value: Any, pointer: str) -> ReadValue:
        if not isinstance(value, str):
            return self._grammar.reject(value, pointer, "a regular expression")
        try:
            re.compile(value)
        except (re.error, OverflowError, RecursionError):
            return self._grammar.reject(value, pointer, "a valid regular expression")
        return value

    def _read_additional_properties(self, value: Any, pointer: str) -> ReadValue:
        return value if isinstance(value, bool) else self.read(value, pointer)

    def _read_discriminator(self, value: Any, pointer: str) -> ReadValue:
        if not isinstance(value, Mapping) or not isinstance(value.get("propertyName"), str):
            return self._grammar.reject(value, pointer, "a discriminator")
        found: dict[str, Any] = {"propertyName": value["propertyName"]}
        if isinstance(value.get("mapping"), Mapping):
            targets = {}
            for name, each in value["mapping"].items():
                where = extend_pointer(pointer, "mapping", name)
                reference = {"$ref": each if str(each).startswith("#") else f"#/components/schemas/{each}"}
                target = self._references.rewrite("schemas", reference, where)
                if target and name != "$ref":
                    targets[name] = target["$ref"]
            found["mapping"] = targets
        return found


_SCALAR_TYPES: Final = ("string", "integer", "number", "boolean")
_TYPE_SYNONYMS: Final = {
    **dict.fromkeys(("str", "text", "char", "date", "datetime", "uuid", "file", "enum"), "string"),
    **dict.fromkeys(("int", "int32", "int64", "long", "short"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "bignumber"), "number"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("list", "tuple", "set"), "array"),
    **dict.fromkeys(("map", "dict", "hash", "json"), "object"),
    **dict.fromkeys(("any", "mixed"), "any"),
    **{name: name for name in TYPES},
}


def has_type(value: Any, type_: str) -> bool:
    """Whether a value has an OpenAPI type."""
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


def coerce(value: Any, type_: str) -> ReadValue:
    """Convert a value to a scalar type if that is unambiguous, else return OMITTED."""
    if has_type(value, type_):
        return value
    match type_, value:
        case "string", bool():
            return str(value).lower()
        case "string", int() | float():
            return str(value)
        case "boolean", str() if value.lower() in ("true", "false"):
            return value.lower() == "true"
        case "integer" | "number", str():
            found = parse_number(value)
            return (
                OMITTED if found is None or (type_ == "integer" and not has_type(found, "integer")) else found
            )
        case "integer", float() if value.is_integer():
            return int(value)
    return OMITTED


def common_type(values: Iterable[Any]) -> str | None:
    """The scalar type that all values have; None if there is none, or there are no values."""
    each_one = list(values)
    return next(
        (name for name in _SCALAR_TYPES if each_one and all(has_type(each, name) for each in each_one)), None
    )


def remove_duplicates(values: list[Any]) -> list[Any]:
    """Remove duplicates, keeping the order; 1 and true are different."""
    found: dict[str, Any] = {}
    for each in values:
        found.setdefault(json.dumps(each, sort_keys=True), each)
    return list(found.values())


def _remove_null_alternatives(found: dict[str, Any]) -> list[str]:
    """Replace null alternatives with `nullable`; returns the keywords that were changed."""
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
    """Whether a schema contains no other schemas."""
    inner = ("properties", "items", "additionalProperties", "allOf", "anyOf", "oneOf", "not")
    return not any(isinstance(value.get(name), Mapping | list) for name in inner)
