"""Describes an invalid setting: its name, its value if that may be shown, and the valid values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

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
    if get_origin(annotation) is Annotated:
        return _types_of(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(each for member in get_args(annotation) for each in _types_of(member))
    return (annotation,)


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
    if kind in (int, float) and problem["type"] != "finite_number":
        number = "a whole number" if problem["type"].startswith("int_") else ""
        return "use " + (": ".join(filter(None, (number, _describe_range(field, problem)))) or "a number")
    if problem["type"].endswith(("too_short", "too_long")):
        return f"use {_describe_length(field, problem)}"
    # The remaining cases are rare and keep pydantic's own message, such as "String should match pattern
    # 'a+'".
    return re.sub(r"^.*? should (be|have|match) ", _use, problem["msg"], count=1)


def _use(found: re.Match[str]) -> str:
    return "use text that matches " if found[1] == "match" else "use "


def _describe_range(field: FieldInfo, problem: ErrorDetails) -> str:
    least, above, most, below = (_bound(field, problem, name) for name in ("ge", "gt", "le", "lt"))
    step = _bound(field, problem, "multiple_of")
    if least is not None and most is not None:
        limits = f"{least} to {most}"
    else:
        limits = ", ".join(
            text
            for text, limit in (
                (f"more than {above}", above),
                (f"at least {least}", least),
                (f"at most {most}", most),
                (f"less than {below}", below),
            )
            if limit is not None
        )
    return ": ".join(filter(None, ("" if step is None else f"a multiple of {step}", limits)))


def _describe_length(field: FieldInfo, problem: ErrorDetails) -> str:
    unit = "character" if problem["type"].startswith("string") else "value"
    least, most = (_bound(field, problem, name) for name in ("min_length", "max_length"))
    if least is not None and most is not None:
        return f"{least} to {most} {unit}s"
    limit = most if least is None else least
    return f"at {'most' if least is None else 'least'} {limit} {unit}{'' if limit == 1 else 's'}"


def _bound(field: FieldInfo, problem: ErrorDetails, name: str) -> object:
    """Return the constraint of this name, of the field or of its type, or None."""
    declared = next(
        (found for each in field.metadata if (found := getattr(each, name, None)) is not None), None
    )
    return problem.get("ctx", {}).get(name) if declared is None else declared


def _join(values: Sequence[str]) -> str:
    return " or ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values)
