"""Describes an invalid setting: its name, its value if that may be shown, and the valid values."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from api_gateway.redaction import redact

MAX_SHOWN_VALUE = 60
"""Characters. A longer value would hide the rest of the sentence."""


def describe_invalid_setting(name: str, value: str | None, field: FieldInfo, problem: ErrorDetails) -> str:
    """Return a sentence such as `TICKLE_INTERVAL=900 is invalid: use 5 to 240.`

    It leaves out the value of a secret, and any value that could contain one.
    """
    types = _types_of(field.annotation)
    shown = f"{name}={value}" if value and SecretStr not in types and _is_presentable(value) else name
    return f"{shown} is invalid: {_describe_valid_values(types, field, problem)}."


def _is_presentable(value: str) -> bool:
    """Whether a value is short, printable, and free of account IDs, tokens and a URL's `user:password@`."""
    return (
        len(value) <= MAX_SHOWN_VALUE and value.isprintable() and "@" not in value and redact(value) == value
    )


def _types_of(annotation: object) -> tuple[object, ...]:
    """Return the types of a union, or the one type of any other annotation."""
    if get_origin(annotation) is Literal:
        return (annotation,)
    return get_args(annotation) or (annotation,)


def _describe_valid_values(types: Sequence[object], field: FieldInfo, problem: ErrorDetails) -> str:
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    kind = types[0]
    if kind is bool:
        return "use true or false"
    if get_origin(kind) is Literal:
        return f"use {_join([str(each) for each in get_args(kind)])}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"use {_join([str(each.value) for each in kind])}"
    if kind in (int, float):
        number = "a whole number" if problem["type"].startswith("int_") else ""
        return "use " + (": ".join(filter(None, (number, _describe_range(field)))) or "a number")
    return problem["msg"][:1].lower() + problem["msg"][1:]


def _describe_range(field: FieldInfo) -> str:
    least, above, most = (_bound(field, name) for name in ("ge", "gt", "le"))
    if above is not None:
        return f"more than {above}" if most is None else f"more than {above}, at most {most}"
    if least is not None:
        return f"{least} or more" if most is None else f"{least} to {most}"
    return "" if most is None else f"{most} or less"


def _bound(field: FieldInfo, name: str) -> object:
    """Return the constraint of this name that was passed to `Field`, or None."""
    return next((found for each in field.metadata if (found := getattr(each, name, None)) is not None), None)


def _join(values: Sequence[str]) -> str:
    return " or ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values)
