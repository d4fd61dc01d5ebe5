"""Builds every path: values are validated against the pattern of their parameter, and percent-encoded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import TypeAlias
from urllib.parse import quote

from api_gateway.causes import Cause, explain
from api_gateway.errors import Invalid
from api_gateway.redaction import redact, sanitize

PREFIX = "/v1/api"
MAX_URL_BYTES = 4000  # the gateway returns 414 for a request line of 4096 bytes

QueryScalar: TypeAlias = str | int | float | bool
QueryValue: TypeAlias = QueryScalar | list[str] | list[int] | tuple[str, ...] | tuple[int, ...] | None


@dataclass(frozen=True)
class PathParameter:
    """The values that a path parameter accepts: a pattern for the whole value, and a description."""

    pattern: re.Pattern[str]
    description: str


def _path_parameter(pattern: str, description: str) -> PathParameter:
    return PathParameter(re.compile(pattern, re.ASCII), description)


PATH_PARAMETERS: Mapping[str, PathParameter] = {
    "account": _path_parameter(r"[A-Z]{1,4}[0-9]{4,12}[A-Z]?", "an account ID such as U1234567"),
    "allocation": _path_parameter(
        r"[A-Za-z0-9](?:[A-Za-z0-9 ._&()+',-]{0,48}[A-Za-z0-9._&()+',-])?",
        "an account ID such as U1234567, or an allocation group's name",
    ),
    "conid": _path_parameter(r"[1-9][0-9]{0,9}", "a contract ID (a whole number, 1 or more)"),
    "order": _path_parameter(r"[1-9][0-9]{0,18}", "an order ID (a whole number, 1 or more)"),
    "page": _path_parameter(r"0|[1-9][0-9]{0,5}", "a page number (0 is the first)"),
    "alert": _path_parameter(r"[1-9][0-9]{0,18}", "an alert ID (a whole number, 1 or more)"),
    "watchlist": _path_parameter(r"[0-9]{1,19}", "a watchlist ID (digits only)"),
    "reply": _path_parameter(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "the ID of an order confirmation, such as 07a13a5a-4a48-44a5-bb25-5ab37b79186c",
    ),
    "pattern": _path_parameter(r"[A-Za-z0-9]{1,32}", "the beginning of an account ID (letters and digits)"),
    "notification": _path_parameter(r"[A-Za-z0-9][A-Za-z0-9_.:=-]{0,63}", "a notification ID"),
    "typecode": _path_parameter(r"[A-Za-z0-9]{1,8}", "the code of a notification type, such as BA"),
    "device": _path_parameter(r"([a-z]{1,16}://)?[A-Za-z0-9][A-Za-z0-9@_.:=+-]{0,199}", "a device ID"),
    # For generated routers, whose operations nobody has reviewed.
    "segment": _path_parameter(
        r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}",
        "text of letters, digits, `_`, `.` and `-` that begins with a letter, a digit or `_`",
    ),
    "number": _path_parameter(r"0|[1-9][0-9]{0,18}", "a whole number, 0 or more"),
}

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_TEMPLATE = re.compile(r"(/[A-Za-z0-9{][A-Za-z0-9{}_.~-]*)+")
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class ResolvedPath:
    """Where one request goes: `raw_path` is path and query as sent, `redacted_path` the path for messages."""

    template: str
    raw_path: str
    redacted_path: str
    account: str | None


def is_template(text: str) -> bool:
    """Whether `resolve` accepts it: fixed segments, or known path parameters in braces, between slashes."""
    pieces = _PLACEHOLDER.split(text)
    return (
        _TEMPLATE.fullmatch(text) is not None
        and not any(set(piece) & set("{}") for piece in pieces[::2])
        and all(name in PATH_PARAMETERS for name in pieces[1::2])
    )


@lru_cache(maxsize=1024)
def _parse(template: str) -> tuple[tuple[str, ...], tuple[tuple[str, PathParameter], ...]]:
    """The fixed pieces of a template, and the parameters between them."""
    if not is_template(template):
        raise ValueError(f"{template!r} is not a template")
    pieces = _PLACEHOLDER.split(template)
    return tuple(pieces[::2]), tuple((name, PATH_PARAMETERS[name]) for name in pieces[1::2])


def resolve(
    method: str, template: str, values: tuple[object, ...], query: Mapping[str, QueryValue]
) -> ResolvedPath:
    """Put checked values into a template such as `/portfolio/{account}/positions/{page}`.

    Raises `Invalid` for a value that its parameter does not accept, for a query value with control characters
    and for a URL of more than 4000 bytes. In the query, None is left out, booleans become true and false, and
    lists are joined with commas.
    """
    fixed, parameters = _parse(template)
    if len(values) != len(parameters):
        raise TypeError(f"{template} needs {len(parameters)} values, not {len(values)}")
    request = f"{method} {template}"
    raw_path = PREFIX + fixed[0]
    redacted_path = fixed[0]
    account = None
    for (name, parameter), value, rest in zip(parameters, values, fixed[1:], strict=True):
        text = _validate(request, parameter, value)
        raw_path += quote(text, safe="") + rest
        redacted_path += redact(text) + rest
        if name == "account" or (name == "allocation" and PATH_PARAMETERS["account"].pattern.fullmatch(text)):
            account = text
    separator = "?"
    for name, argument in query.items():
        if argument is None:
            continue
        value = quote(_format_query_value(request, name, argument), safe=",")
        raw_path += f"{separator}{quote(name, safe='')}={value}"
        separator = "&"
    if len(raw_path) > MAX_URL_BYTES:
        too_long = explain(Cause.URL_TOO_LONG, length=len(raw_path), limit=MAX_URL_BYTES)
        raise Invalid(request=request, **too_long.error_text)
    return ResolvedPath(template, raw_path, redacted_path, account)


def _validate(request: str, parameter: PathParameter, value: object) -> str:
    if isinstance(value, str):
        text = value
    elif isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 64:
        text = str(value)
    else:
        text = ""
    if not parameter.pattern.fullmatch(text):
        shown = _quote_for_error(value)
        invalid = explain(Cause.INVALID_PATH_VALUE, value=shown, expected=parameter.description)
        raise Invalid(request=request, **invalid.error_text)
    return text


def _format_query_value(request: str, name: str, value: QueryValue) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(_format_query_value(request, name, item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    infinite = isinstance(value, float) and not isfinite(value)
    huge = isinstance(value, int) and value.bit_length() > 64
    text = "\0" if infinite or huge else str(value)
    if _FORBIDDEN.search(text):
        invalid = explain(Cause.INVALID_QUERY_VALUE, value=_quote_for_error(value), name=name)
        raise Invalid(request=request, **invalid.error_text)
    return text


def _quote_for_error(value: object) -> str:
    """The value as an error may show it: short, sanitized, without a full account ID."""
    if isinstance(value, int) and value.bit_length() > 64:
        return "A number that large"
    return f"'{sanitize(str(value), max_length=40)}'"
