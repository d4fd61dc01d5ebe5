"""Whether a value is what a schema asks for, as far as plain rules tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized
from typing import Any, Final

from routers_generator.document.operations import resolved
from routers_generator.repair.schemas import is_of, without_doubles

DEEPEST: Final = 40
"""Values and combinations inside each other that are looked at; below, everything fits."""
MOST: Final = 20_000
"""Comparisons; after these, everything fits: combinations of combinations can be made to last for ever."""


def fits(document: Mapping[str, Any], schema: Any, value: Any, *, patterns: bool = False) -> bool:
    """Whether the value is one of the schema's: type, enum, required members, sizes and combinations.

    Patterns are looked at only if `patterns`: a hostile one takes for ever on a long text.
    """
    return _Comparison(document, patterns=patterns).fits(schema, value, 0)


class _Comparison:
    """One comparison of a value with a schema."""

    def __init__(self, document: Mapping[str, Any], *, patterns: bool) -> None:
        self._document = document
        self._patterns = patterns
        self._left = MOST

    def fits(self, schema: Any, value: Any, depth: int) -> bool:
        self._left -= 1
        told = resolved(self._document, schema)
        if not isinstance(told, Mapping) or depth > DEEPEST or self._left < 0:
            return True
        if value is None:
            return bool(told.get("nullable")) or ("type" not in told and self._combined(told, value, depth))
        type_ = told.get("type")
        if type_ and not is_of(value, type_):
            return False
        if "enum" in told and not any(_same(value, each) for each in told["enum"]):
            return False
        return (
            self._in_bounds(told, value)
            and self._members(told, value, depth)
            and self._combined(told, value, depth)
        )

    def _in_bounds(self, told: Mapping[str, Any], value: Any) -> bool:
        if is_of(value, "number"):
            low, high = told.get("minimum", value), told.get("maximum", value)
            above = value > low or (value == low and not ("minimum" in told and told.get("exclusiveMinimum")))
            below = value < high or (
                value == high and not ("maximum" in told and told.get("exclusiveMaximum"))
            )
            factor = told.get("multipleOf")
            return above and below and (factor is None or float(value / factor).is_integer())
        if isinstance(value, str):
            if self._patterns and "pattern" in told and not re.search(told["pattern"], value):
                return False
            return _in_size(told, value, "Length")
        if isinstance(value, list):
            doubles = told.get("uniqueItems") and len(without_doubles(value)) < len(value)
            return not doubles and _in_size(told, value, "Items")
        return not isinstance(value, Mapping) or _in_size(told, value, "Properties")

    def _members(self, told: Mapping[str, Any], value: Any, depth: int) -> bool:
        if isinstance(value, list):
            return all(self.fits(told.get("items", {}), each, depth + 1) for each in value)
        if not isinstance(value, Mapping):
            return True
        if any(name not in value for name in told.get("required", ())):
            return False
        properties = told.get("properties", {})
        others = told.get("additionalProperties", True)
        for name, each in value.items():
            if name in properties:
                if not self.fits(properties[name], each, depth + 1):
                    return False
            elif others is False or (others is not True and not self.fits(others, each, depth + 1)):
                return False
        return True

    def _combined(self, told: Mapping[str, Any], value: Any, depth: int) -> bool:
        def fitting(name: str) -> list[bool]:
            return [self.fits(each, value, depth + 1) for each in told.get(name, ())]

        return (
            all(fitting("allOf"))
            and ("anyOf" not in told or any(fitting("anyOf")))
            and ("oneOf" not in told or sum(fitting("oneOf")) == 1)
            and ("not" not in told or not self.fits(told["not"], value, depth + 1))
        )


def _in_size(told: Mapping[str, Any], value: Sized, what: str) -> bool:
    size = len(value)
    return bool(told.get(f"min{what}", 0) <= size <= told.get(f"max{what}", size))


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
