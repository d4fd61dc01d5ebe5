"""Argument forms: what callers write in another form becomes the form of the schema, before validation.

Some hosts send every argument as text, some models write single values for lists, IBKR's spelling of a name,
or lower case. One function understands all of it for every operation, from its schema. Text for a number is
left to the argument's type, because an order's amounts accept only one spelling. What is not understood is
left as it is, so that the error names it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from mcp_server.plain_numbers import is_plain_number
from mcp_server.tools.argument_validation import Schema, alternatives
from mcp_server.tools.read_forms import NO_FORM, ReadForm

_NULL_TEXTS: Final = frozenset({"null", "None"})
_BOOLEANS: Final = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(
    ("false", "no", "off", "0"), False
)
_MAX_NUMBER_LENGTH: Final = 32
_SEPARATORS: Final = re.compile(r"[\s_-]+")
# Python's parser may exhaust its stack on more.
_MAX_LITERAL_LENGTH: Final = 20_000
_MAX_LITERAL_DEPTH: Final = 30


def to_schema_forms(
    arguments: Mapping[str, Any], schema: Schema, read_form: ReadForm = NO_FORM
) -> dict[str, Any]:
    """The arguments, each value in the form that the object schema defines, if it is unambiguous."""
    return _object_form(arguments, schema, schema.get("$defs", {}), read_form)


def _object_form(
    values: Mapping[str, Any], schema: Schema, definitions: Mapping[str, Schema], read_form: ReadForm
) -> dict[str, Any]:
    fields = schema.get("properties", {})
    required = schema.get("required", ())
    found: dict[str, Any] = {}
    for name, value in _known_names(read_form.to_arguments(values, fields), fields).items():
        if name not in fields:
            found[name] = value
        elif name not in required and isinstance(value, str) and value.strip() in _NULL_TEXTS:
            found[name] = None
        else:
            found[name] = _form(value, fields[name], definitions, read_form.rows.get(name, NO_FORM))
    return found


def _known_names(values: Mapping[str, Any], fields: Mapping[str, Schema]) -> Mapping[str, Any]:
    """The values under the schema's names: `orderType` becomes `order_type`, unless both are there."""
    if values.keys() <= fields.keys():
        return values
    names: dict[str, list[str]] = {}
    for field in fields:
        names.setdefault(_fold(field), []).append(field)
    found: dict[str, Any] = {}
    for name, value in values.items():
        meant = names.get(_fold(str(name)), []) if name not in fields else []
        right = meant[0] if len(meant) == 1 and meant[0] not in {*values, *found} else name
        found[right] = value
    return found


def _fold(text: str) -> str:
    return _SEPARATORS.sub("", text).lower()


def _form(
    value: Any, schema: Schema, definitions: Mapping[str, Schema], read_form: ReadForm = NO_FORM
) -> Any:
    """The value in the form of the schema; unchanged if that is impossible or ambiguous."""
    if value is None:
        return None
    possible = [each for each in alternatives(schema, definitions) if each.get("type") != "null"]
    if len(possible) == 1:
        return _single_form(value, possible[0], definitions, read_form)
    if isinstance(value, str):
        kinds = {each.get("type") for each in possible}
        if kinds & {"number", "integer"} and _is_short_number(value.strip()):
            return json.loads(value.strip())
        for each in possible:
            formed = _single_form(value, each, definitions, read_form)
            if formed != value:
                return formed
    return value


def _is_short_number(text: str) -> bool:
    return len(text) <= _MAX_NUMBER_LENGTH and is_plain_number(text)


def _single_form(value: Any, schema: Schema, definitions: Mapping[str, Schema], read_form: ReadForm) -> Any:
    if "enum" in schema or "const" in schema:
        return _choice(value, schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "string":
            return _text(value)
        case "boolean":
            return _BOOLEANS.get(value.strip().lower(), value) if isinstance(value, str) else value
        case "array":
            items = schema.get("items", {})
            listed = _list(value, items, definitions)
            if listed is None:
                return value
            return [_form(each, items, definitions, read_form) for each in listed]
        case "object":
            parsed = _parse(value) if isinstance(value, str) else value
            return _object_form(parsed, schema, definitions, read_form) if isinstance(parsed, dict) else value
    return value


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return value
    # Without an exponent; 700.0 is how some hosts write 700.
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")


def _choice(value: Any, choices: list[Any]) -> Any:
    """The choice that is meant, whatever its case, blanks and type."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return value
    written = str(_text(value))
    same = [each for each in choices if str(each) == written]
    alike = [each for each in choices if isinstance(each, str) and _fold(each) == _fold(written)]
    return next((found[0] for found in (same, alike) if len(found) == 1), value)


def _list(value: Any, items: Schema, definitions: Mapping[str, Schema]) -> list[Any] | None:
    """The items of a list, of its text, or of a single value; None if it cannot be a list."""
    if isinstance(value, list):
        return value
    kinds = {each.get("type") for each in alternatives(items, definitions)}
    if isinstance(value, dict):
        return [value] if "object" in kinds else None
    if not isinstance(value, str):
        return [value]
    text = value.strip()
    parsed = _parse(text)
    if isinstance(parsed, list):
        return parsed
    if "object" in kinds:
        return [parsed] if isinstance(parsed, dict) else None
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    return [part for each in inner.split(",") if (part := each.strip().strip("\"'"))]


def _parse(text: str) -> Any:
    """The list or object that a text spells as JSON or as Python prints it; None if it spells neither."""
    text = text.strip()
    if text[:1] not in ("[", "{"):
        return None
    try:
        return json.loads(text, object_pairs_hook=_unique_members)
    except _AmbiguousObject:
        return None
    except (ValueError, RecursionError):
        pass
    if len(text) > _MAX_LITERAL_LENGTH or sum(map(text.count, "[{(")) > _MAX_LITERAL_DEPTH * 20:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


class _AmbiguousObject(Exception):
    """An object has a name twice."""


def _unique_members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise _AmbiguousObject
    return found
