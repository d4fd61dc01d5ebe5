"""The one place where addresses are made: values are checked against the pattern of their kind and quoted."""

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
MAX_URL_BYTES = 4000  # bytes; the gateway answers 414 to a request line of 4096

QueryScalar: TypeAlias = str | int | float | bool
QueryValue: TypeAlias = QueryScalar | list[str] | list[int] | tuple[str, ...] | tuple[int, ...] | None


@dataclass(frozen=True)
class PathParameter:
    """What a value in a path may look like, as a pattern it must match from end to end, and in words."""

    pattern: re.Pattern[str]
    description: str


def _path_parameter(pattern: str, words: str) -> PathParameter:
    return PathParameter(re.compile(pattern, re.ASCII), words)


PATH_PARAMETERS: Mapping[str, PathParameter] = {
    "account": _path_parameter(r"[A-Z]{1,4}[0-9]{4,12}[A-Z]?", "an account id such as U1234567"),
    "allocation": _path_parameter(
        r"[A-Za-z0-9](?:[A-Za-z0-9 ._&()+',-]{0,48}[A-Za-z0-9._&()+',-])?",
        "an account id such as U1234567, or an allocation group's name",
    ),
    "conid": _path_parameter(r"[1-9][0-9]{0,9}", "a contract id, a whole number from 1"),
    "order": _path_parameter(r"[1-9][0-9]{0,18}", "an order id, a whole number from 1"),
    "page": _path_parameter(r"0|[1-9][0-9]{0,5}", "a page number, from 0"),
    "alert": _path_parameter(r"[1-9][0-9]{0,18}", "an alert id, a whole number from 1"),
    "watchlist": _path_parameter(r"[0-9]{1,19}", "a watchlist id, digits only"),
    "reply": _path_parameter(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "the id of a question, such as 07a13a5a-4a48-44a5-bb25-5ab37b79186c",
    ),
    "pattern": _path_parameter(r"[A-Za-z0-9]{1,32}", "the beginning of an account id, letters and digits"),
    "notification": _path_parameter(r"[A-Za-z0-9][A-Za-z0-9_.:=-]{0,63}", "a notification id"),
    "typecode": _path_parameter(r"[A-Za-z0-9]{1,8}", "the code of a notification type, such as BA"),
    "device": _path_parameter(r"([a-z]{1,16}://)?[A-Za-z0-9][A-Za-z0-9@_.:=+-]{0,199}", "a device id"),
    # For operations that nobody has looked at: those of generated routers.
    "segment": _path_parameter(
        r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", "letters, digits and _ - . without a sign before them"
    ),
    "number": _path_parameter(r"0|[1-9][0-9]{0,18}", "a whole number from 0"),
}

_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_TEMPLATE = re.compile(r"(/[A-Za-z0-9{][A-Za-z0-9{}_.~-]*)+")
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class ResolvedPath:
    """Where one request goes: `target` is path and query as sent, `shown` the path without account ids."""

    template: str
    raw_path: str
    redacted_path: str
    account: str | None


def is_template(text: str) -> bool:
    """Whether `address` takes it: words, and values of known kinds in braces, between slashes."""
    pieces = _PLACEHOLDER.split(text)
    return (
        _TEMPLATE.fullmatch(text) is not None
        and not any(set(piece) & set("{}") for piece in pieces[::2])
        and all(name in PATH_PARAMETERS for name in pieces[1::2])
    )


@lru_cache(maxsize=1024)
def _parse(template: str) -> tuple[tuple[str, ...], tuple[tuple[str, PathParameter], ...]]:
    """The fixed pieces of a template, and the kinds between them."""
    if not is_template(template):
        raise ValueError(f"{template!r} is not a template")
    pieces = _PLACEHOLDER.split(template)
    return tuple(pieces[::2]), tuple((name, PATH_PARAMETERS[name]) for name in pieces[1::2])


def resolve(
    method: str, template: str, values: tuple[object, ...], query: Mapping[str, QueryValue]
) -> ResolvedPath:
    """Put checked values into a template such as `/portfolio/{account}/positions/{page}`.

    A value that does not look like its kind, a query value with control characters and an address of more
    than 4000 bytes raise `Invalid`. In the query, None is dropped, booleans become true and false, lists
    are joined with commas.
    """
    fixed, kinds = _parse(template)
    if len(values) != len(kinds):
        raise TypeError(f"{template} takes {len(kinds)} values, not {len(values)}")
    asked = f"{method} {template}"
    target = PREFIX + fixed[0]
    shown = fixed[0]
    account = None
    for (name, kind), value, rest in zip(kinds, values, fixed[1:], strict=True):
        text = _validate(asked, kind, value)
        target += quote(text, safe="") + rest
        shown += redact(text) + rest
        if name == "account" or (name == "allocation" and PATH_PARAMETERS["account"].pattern.fullmatch(text)):
            account = text
    separator = "?"
    for name, parameter in query.items():
        if parameter is None:
            continue
        value = quote(_format_query_value(asked, name, parameter), safe=",")
        target += f"{separator}{quote(name, safe='')}={value}"
        separator = "&"
    if len(target) > MAX_URL_BYTES:
        too_long = explain(Cause.URL_TOO_LONG, length=len(target), limit=MAX_URL_BYTES)
        raise Invalid(request=asked, **too_long.error_text)
    return ResolvedPath(template, target, shown, account)


def _validate(asked: str, kind: PathParameter, value: object) -> str:
    if isinstance(value, str):
        text = value
    elif isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 64:
        text = str(value)
    else:
        text = ""
    if not kind.pattern.fullmatch(text):
        shown = _quote_for_error(value)
        invalid = explain(Cause.INVALID_PATH_VALUE, value=shown, expected=kind.description)
        raise Invalid(request=asked, **invalid.error_text)
    return text


def _format_query_value(asked: str, name: str, value: QueryValue) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(_format_query_value(asked, name, item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    endless = isinstance(value, float) and not isfinite(value)
    huge = isinstance(value, int) and value.bit_length() > 64
    text = "\0" if endless or huge else str(value)
    if _FORBIDDEN.search(text):
        invalid = explain(Cause.INVALID_QUERY_VALUE, value=_quote_for_error(value), name=name)
        raise Invalid(request=asked, **invalid.error_text)
    return text


def _quote_for_error(value: object) -> str:
    """The value as an error may show it: short, harmless, without a whole account id."""
    if isinstance(value, int) and value.bit_length() > 64:
        return "A number that large"
    return f"'{sanitize(str(value), max_length=40)}'"
