"""Whether an argument has the JSON type its schema asks for, before it becomes part of an address.

In an address everything is text: there a list would count as its last element, an object and true as their
spelling, and NaN as "null". Numbers and booleans spelled as text are fine, as models write them that way, and
so is one value in the place of a list of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

Schema = Mapping[str, Any]

_WORDS: Final[Mapping[str, str]] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def wrong_types(arguments: Mapping[str, Any], schema: Schema) -> list[str]:
    """A sentence's part for each argument whose type is wrong, such as "`conid` should be a whole number".

    `schema` is that of an object; `$defs` beside it are followed. A null is an argument left out.
    """
    named = schema.get("properties", {})
    return [
        f"`{name}` should be {_told(named[name])}"
        for name, value in arguments.items()
        if value is not None and name in named and not _fits(value, named[name], schema.get("$defs", {}))
    ]


def _fits(value: Any, schema: Schema, definitions: Mapping[str, Schema]) -> bool:
    if "$ref" in schema:
        schema = definitions.get(schema["$ref"].rpartition("/")[2], {})
    if choices := schema.get("anyOf"):
        return any(_fits(value, each, definitions) for each in choices)
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
                each is not None and _fits(each, items, definitions)
                for each in (value if isinstance(value, list) else [value])
            )
        case "object":
            named = schema.get("properties", {})
            return isinstance(value, dict) and all(
                _fits(each, named[name], definitions)
                for name, each in value.items()
                if each is not None and name in named
            )
    return True


def _told(schema: Schema) -> str:
    kind = schema.get("type", "")
    if kind == "array":
        return f"a list, each {_told(schema.get('items', {}))}"
    return _WORDS.get(kind, "as its schema says")
