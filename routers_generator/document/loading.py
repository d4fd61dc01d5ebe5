"""Loading of an OpenAPI document from a file or a URL; rejects anything that is not OpenAPI 3."""

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

from routers_generator.document.findings import Finding, json_pointer
from routers_generator.document.json_values import MergedObject, from_json
from routers_generator.document.yaml_values import YamlError, from_yaml

MAX_BYTES: Final = 50_000_000  # bytes
MAX_CONTAINERS: Final = 3_000_000  # objects and lists
MAX_DEPTH: Final = 256  # nesting levels of objects and lists
TIMEOUT: Final = 60.0  # seconds, for the download and for parsing YAML, each

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class InvalidDocumentError(Exception):
    """The input is not an OpenAPI 3 document; `str()` is a sentence that says why."""


@dataclass(frozen=True)
class Document:
    """JSON values nested at most MAX_DEPTH deep, and what was changed to get them."""

    content: dict[str, Any]
    findings: tuple[Finding, ...] = ()


def load(source: str, *, client: Callable[[], httpx.Client] | None = None) -> Document:
    """Load the document from a file or, if `source` starts with http:// or https://, from that URL.

    The content decides whether it is parsed as JSON or YAML. Raises InvalidDocumentError if it is
    unreadable, larger than 50 MB, or not OpenAPI 3.
    """
    if re.match(r"https?://", source, re.IGNORECASE):
        return parse(_download(source, client or _http_client), source)
    try:
        with Path(source).open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidDocumentError(f"Cannot read {source}: {reason}.") from error
    return parse(text, source)


def parse(text: bytes, source: str = "The document") -> Document:
    """Parse a document; `source` names it in errors. Raises InvalidDocumentError."""
    if len(text) > MAX_BYTES:
        raise InvalidDocumentError(f"{source} is larger than {MAX_BYTES // 1_000_000} MB.")
    try:
        # PowerShell saves downloads as UTF-16.
        decoded = text.decode("utf-16" if text.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidDocumentError(f"{source} is not UTF-8 text.") from error
    if decoded.count("{") + decoded.count("[") > MAX_CONTAINERS:
        raise InvalidDocumentError(f"{source} contains more than {MAX_CONTAINERS:,} objects and lists.")
    try:
        # No YAML block starts like this, and JSON is parsed a hundred times as fast.
        if decoded.lstrip()[:1] in ("{", "["):
            found = from_json(decoded)
        else:
            found = from_yaml(decoded, max_depth=MAX_DEPTH, seconds=TIMEOUT)
    except YamlError as error:
        raise InvalidDocumentError(f"{source} is neither valid JSON nor valid YAML: {error}") from error
    except ValueError as error:
        raise InvalidDocumentError(f"{source} is not valid JSON: {error}.") from error
    except RecursionError as error:
        raise InvalidDocumentError(f"{source} is nested deeper than {MAX_DEPTH} levels.") from error
    content, findings = _normalize(found, source)
    return Document(_require_openapi(content, source), tuple(findings))


def _normalize(found: Any, source: str) -> tuple[Any, list[Finding]]:
    """Replace what standard JSON cannot hold; returns the values and what was changed."""
    findings: list[Finding] = []
    root = [found]
    # Iterative, because the depth is not known to be safe yet.
    todo: list[tuple[Any, Any, Any, int]] = [(root, 0, None, 0)]
    while todo:
        container, key, path, depth = todo.pop()
        value = container[key]
        if isinstance(value, str):
            if _SURROGATE.search(value):
                container[key] = _SURROGATE.sub("\ufffd", value)
                findings.append(
                    Finding(
                        "invalid Unicode", _path_pointer(path), "Replaced the invalid characters with U+FFFD."
                    )
                )
        elif isinstance(value, float):
            if not isfinite(value):
                container[key] = None
                findings.append(
                    Finding("non-finite number", _path_pointer(path), f"Replaced {value} with null.")
                )
        elif isinstance(value, dict | list):
            if depth >= MAX_DEPTH:
                raise InvalidDocumentError(f"{source} is nested deeper than {MAX_DEPTH} levels.")
            if isinstance(value, MergedObject):
                findings += [
                    Finding("duplicate key", _path_pointer((path, each)), "Merged the values.")
                    for each in value.duplicate_keys
                ]
                value = container[key] = dict(value)
            if isinstance(value, dict) and any(map(_SURROGATE.search, value)):
                findings.append(
                    Finding(
                        "invalid Unicode",
                        _path_pointer(path),
                        "Replaced the invalid characters of its keys with U+FFFD.",
                    )
                )
                value = container[key] = {
                    _SURROGATE.sub("\ufffd", name): each for name, each in value.items()
                }
            inner = value if isinstance(value, dict) else range(len(value))
            todo += [(value, each, (path, each), depth + 1) for each in inner]
    return root[0], sorted(findings)


def _path_pointer(path: Any) -> str:
    steps = []
    while path is not None:
        path, step = path
        steps.append(step)
    return json_pointer(*reversed(steps))


def _require_openapi(found: Any, source: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise InvalidDocumentError(f"{source} is not an OpenAPI document: it is not an object.")
    version = found.get("openapi")
    if "swagger" in found and version is None:
        raise InvalidDocumentError(f"{source} is a Swagger 2 document; convert it to OpenAPI 3 first.")
    if not isinstance(found.get("paths"), dict):
        raise InvalidDocumentError(f"{source} is not an OpenAPI document: it has no `paths` object.")
    if isinstance(version, str) and not version.startswith("3."):
        raise InvalidDocumentError(
            f"{source} is OpenAPI {to_printable(version)}; only 3.0 and 3.1 are supported."
        )
    return found


def to_printable(text: str, max_length: int = 60) -> str:
    """Make text of the document safe to quote in a message: truncated, with control characters escaped."""
    return ascii(text[:max_length])[1:-1]


def _http_client() -> httpx.Client:
    return httpx.Client(follow_redirects=True, max_redirects=5, timeout=TIMEOUT / 2)


def _download(url: str, client: Callable[[], httpx.Client]) -> bytes:
    deadline = time.monotonic() + TIMEOUT
    text = bytearray()
    try:
        with client() as opened, opened.stream("GET", url) as response:
            if response.status_code != httpx.codes.OK:
                raise InvalidDocumentError(f"{url} returned status {response.status_code}.")
            for piece in response.iter_bytes(65536):
                text += piece
                if len(text) > MAX_BYTES:
                    raise InvalidDocumentError(f"{url} is larger than {MAX_BYTES // 1_000_000} MB.")
                if time.monotonic() > deadline:
                    raise InvalidDocumentError(f"Downloading {url} took longer than {TIMEOUT:g} seconds.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InvalidDocumentError(f"Cannot download {url}: {type(error).__name__}.") from error
    return bytes(text)
