"""Matching of a value against a schema, limited in depth and time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized
from typing import Any, Final

from routers_generator.document.operations import resolve
from routers_generator.repair.schemas import has_type, remove_duplicates

MAX_DEPTH: Final = 40
"""Nesting levels that are compared; below, everything matches."""
MAX_COMPARISONS: Final = 20_000
"""Comparisons, after which everything matches: nested combinations can grow exponentially."""


def matches_schema(
    document: Mapping[str, Any], schema: Any, value: Any, *, check_patterns: bool = False
) -> bool:
    """Whether the value matches the schema: type, enum, required members, sizes and combinations.

    Patterns are checked only if `check_patterns`: a hostile one can backtrack for ever on a long string.
    """
    return _SchemaMatcher(document, check_patterns=check_patterns).matches(schema, value, 0)


class _SchemaMatcher:
    """Compares one value with one schema."""

    def __init__(self, document: Mapping[str, Any], *, check_patterns: bool) -> None:
        self._document = document
        self._check_patterns = check_patterns
        self._comparisons_left = MAX_COMPARISONS

    def matches(self, schema: Any, value: Any, depth: int) -> bool:
        self._comparisons_left -= 1
        resolved_schema = resolve(self._document, schema)
        if not isinstance(resolved_schema, Mapping) or depth > MAX_DEPTH or self._comparisons_left < 0:
            return True
        if value is None:
            return bool(resolved_schema.get("nullable")) or (
                "type" not in resolved_schema and self._combinations_match(resolved_schema, value, depth)
            )
        type_ = resolved_schema.get("type")
        if type_ and not has_type(value, type_):
            return False
        if "enum" in resolved_schema and not any(_is_equal(value, each) for each in resolved_schema["enum"]):
            return False
        return (
            self._is_in_bounds(resolved_schema, value)
            and self._members_match(resolved_schema, value, depth)
            and self._combinations_match(resolved_schema, value, depth)
        )

    def _is_in_bounds(self, schema: Mapping[str, Any], value: Any) -> bool:
        if has_type(value, "number"):
            low, high = schema.get("minimum", value), schema.get("maximum", value)
            above = value > low or (
                value == low and not ("minimum" in schema and schema.get("exclusiveMinimum"))
            )
            below = value < high or (
                value == high and not ("maximum" in schema and schema.get("exclusiveMaximum"))
            )
            factor = schema.get("multipleOf")
            return above and below and (factor is None or float(value / factor).is_integer())
        if isinstance(value, str):
            if self._check_patterns and "pattern" in schema and not re.search(schema["pattern"], value):
                return False
            return _is_size_allowed(schema, value, "Length")
        if isinstance(value, list):
            has_duplicates = schema.get("uniqueItems") and len(remove_duplicates(value)) < len(value)
            return not has_duplicates and _is_size_allowed(schema, value, "Items")
        return not isinstance(value, Mapping) or _is_size_allowed(schema, value, "Properties")

    def _members_match(self, schema: Mapping[str, Any], value: Any, depth: int) -> bool:
        if isinstance(value, list):
            return all(self.matches(schema.get("items", {}), each, depth + 1) for each in value)
        if not isinstance(value, Mapping):
            return True
        if any(name not in value for name in schema.get("required", ())):
            return False
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name, each in value.items():
            if name in properties:
                if not self.matches(properties[name], each, depth + 1):
                    return False
            elif others is False or (others is not True and not self.matches(others, each, depth + 1)):
                return False
        return True

    def _combinations_match(self, schema: Mapping[str, Any], value: Any, depth: int) -> bool:
        def matches_of(name: str) -> list[bool]:
            return [self.matches(each, value, depth + 1) for each in schema.get(name, ())]

        return (
            all(matches_of("allOf"))
            and ("anyOf" not in schema or any(matches_of("anyOf")))
            and ("oneOf" not in schema or sum(matches_of("oneOf")) == 1)
            and ("not" not in schema or not self.matches(schema["not"], value, depth + 1))
        )


def _is_size_allowed(schema: Mapping[str, Any], value: Sized, what: str) -> bool:
    size = len(value)
    return bool(schema.get(f"min{what}", 0) <= size <= schema.get(f"max{what}", size))


def _is_equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
