"""An OpenAPI document from a file or an address, as JSON values; whatever cannot be one is refused."""

from __future__ import annotations

import re
import time
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

import httpx

from routers_generator.document.findings import Finding, pointer
from routers_generator.document.json_values import Joined, from_json
from routers_generator.document.yaml_values import YamlError, from_yaml

LARGEST: Final = 50_000_000  # bytes
MOST: Final = 3_000_000  # objects and lists
DEEPEST: Final = 256  # arrays and objects inside each other
LONGEST: Final = 60.0  # seconds, for the download and for reading YAML, each

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class UnusableError(Exception):
    """What was given is no OpenAPI 3 document; `str()` is a sentence that says what it is instead."""


@dataclass(frozen=True)
class Document:
    """What was read: JSON values nested at most `DEEPEST` deep, and what had to be decided for that."""

    content: dict[str, Any]
    findings: tuple[Finding, ...] = ()


def load(source: str, *, client: Callable[[], httpx.Client] | None = None) -> Document:
    """Read the document in a file or, if `source` begins with http:// or https://, at that address.

    JSON and YAML are told apart by the text. The network is used for an address only. Raises
    `UnusableError` for what cannot be read, is larger than 50 MB or is not OpenAPI 3.
    """
    if re.match(r"https?://", source, re.IGNORECASE):
        return parse(_downloaded(source, client or _client), source)
    try:
        with Path(source).open("rb") as file:
            text = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnusableError(f"{source} cannot be read: {reason}.") from error
    return parse(text, source)


def parse(text: bytes, source: str = "The document") -> Document:
    """The document in these bytes, which came from `source`; raises `UnusableError`."""
    if len(text) > LARGEST:
        raise UnusableError(f"{source} is larger than {LARGEST // 1_000_000} MB.")
    try:
        # PowerShell writes what it fetches in UTF-16.
        decoded = text.decode("utf-16" if text.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableError(f"{source} is not text in UTF-8.") from error
    if decoded.count("{") + decoded.count("[") > MOST:
        raise UnusableError(f"{source} has more than {MOST:,} objects and lists.")
    try:
        # No block of YAML begins like that, and JSON is read a hundred times as fast.
        if decoded.lstrip()[:1] in ("{", "["):
            found = from_json(decoded)
        else:
            found = from_yaml(decoded, deepest=DEEPEST, seconds=LONGEST)
    except YamlError as error:
        raise UnusableError(f"{source} is neither JSON nor YAML that can be read: {error}") from error
    except ValueError as error:
        raise UnusableError(f"{source} is not JSON: {error}.") from error
    except RecursionError as error:
        raise UnusableError(f"{source} is nested deeper than {DEEPEST} levels.") from error
    content, findings = _plain(found, source)
    return Document(_openapi(content, source), tuple(findings))


def _plain(found: Any, source: str) -> tuple[Any, list[Finding]]:
    """The same as values that any JSON writer takes, and what had to be changed for that."""
    findings: list[Finding] = []
    whole = [found]
    # Not recursive: the depth is what is found out here.
    todo: list[tuple[Any, Any, Any, int]] = [(whole, 0, None, 0)]
    while todo:
        container, key, way, depth = todo.pop()
        value = container[key]
        if isinstance(value, str):
            if _SURROGATE.search(value):
                container[key] = _SURROGATE.sub("\ufffd", value)
                findings.append(Finding("text that is not Unicode", _place(way), "Replaced by U+FFFD."))
        elif isinstance(value, float):
            if not isfinite(value):
                container[key] = None
                findings.append(Finding("number without a value", _place(way), f"Left out: {value}."))
        elif isinstance(value, dict | list):
            if depth >= DEEPEST:
                raise UnusableError(f"{source} is nested deeper than {DEEPEST} levels.")
            if isinstance(value, Joined):
                findings += [
                    Finding("key twice", _place((way, each)), "Both values were joined.")
                    for each in value.twice
                ]
                value = container[key] = dict(value)
            if isinstance(value, dict) and any(map(_SURROGATE.search, value)):
                findings.append(Finding("text that is not Unicode", _place(way), "Keys were changed."))
                value = container[key] = {
                    _SURROGATE.sub("\ufffd", name): each for name, each in value.items()
                }
            inner = value if isinstance(value, dict) else range(len(value))
            todo += [(value, each, (way, each), depth + 1) for each in inner]
    return whole[0], sorted(findings)


def _place(way: Any) -> str:
    steps = []
    while way is not None:
        way, step = way
        steps.append(step)
    return pointer(*reversed(steps))


def _openapi(found: Any, source: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise UnusableError(f"{source} is not an OpenAPI document: it is no object.")
    version = found.get("openapi")
    if "swagger" in found and version is None:
        raise UnusableError(f"{source} is of Swagger 2; convert it to OpenAPI 3 first.")
    if not isinstance(found.get("paths"), dict):
        raise UnusableError(f"{source} is not an OpenAPI document: it has no object `paths`.")
    if isinstance(version, str) and not version.startswith("3."):
        raise UnusableError(f"{source} is of OpenAPI {shown(version)}; 3.0 and 3.1 can be read.")
    return found


def shown(text: str, longest: int = 60) -> str:
    """A text of the document as a sentence may quote it: short, and without control characters."""
    return ascii(text[:longest])[1:-1]


def _client() -> httpx.Client:
    return httpx.Client(follow_redirects=True, max_redirects=5, timeout=LONGEST / 2)


def _downloaded(address: str, client: Callable[[], httpx.Client]) -> bytes:
    until = time.monotonic() + LONGEST
    text = bytearray()
    try:
        with client() as opened, opened.stream("GET", address) as reply:
            if reply.status_code != httpx.codes.OK:
                raise UnusableError(f"{address} answers with status {reply.status_code}.")
            for piece in reply.iter_bytes(65536):
                text += piece
                if len(text) > LARGEST:
                    raise UnusableError(f"{address} is larger than {LARGEST // 1_000_000} MB.")
                if time.monotonic() > until:
                    raise UnusableError(f"{address} takes longer than {LONGEST:g} seconds.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnusableError(f"{address} cannot be fetched: {type(error).__name__}.") from error
    return bytes(text)
