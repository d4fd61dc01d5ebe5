"""Compare a reply with the JSON types that were recorded on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.ibkr_facts import wire_types

_DATA_KEYS = {
    "<account>": re.compile(r"[A-Z]{1,4}\d{4,12}[A-Z]?"),
    "<yyyymmdd>": re.compile(r"\d{8}"),
    "<number>": re.compile(r"-?\d+(\.\d+)?"),
}


def type_mismatches(endpoint: str, reply: Any, status: str = "200") -> list[str]:
    """The parts of `reply` that are missing or have another type than recorded.

    Where only null was recorded, every type is allowed. `endpoint` is a key of tests/data/wire_types.json,
    such as `GET /portfolio/{accountId}/allocation`.
    """
    seen = wire_types()[endpoint][status]
    found: dict[str, set[str]] = {}
    for path, kind in _types(reply, "", seen):
        found.setdefault(path or "$", set()).add(kind)
    wrong = []
    for path, kinds in seen.items():
        allowed = set(kinds.split("|"))
        if path not in found:
            if _has_parent(path, found):
                wrong.append(f"{path} is missing")
        elif allowed != {"null"} and not found[path] <= allowed:
            wrong.append(f"{path} is {'|'.join(sorted(found[path]))}, not {kinds}")
    return wrong


def _types(value: Any, path: str, seen: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield path, _json_type(value)
    if isinstance(value, list):
        for item in value:
            yield from _types(item, f"{path}[]", seen)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _types(item, _child_path(path, key, seen), seen)


def _child_path(path: str, key: str, seen: dict[str, str]) -> str:
    prefix = f"{path}." if path else ""
    if prefix + key not in seen:
        for name, pattern in _DATA_KEYS.items():
            if prefix + name in seen and pattern.fullmatch(key):
                return prefix + name
    return prefix + key


def _has_parent(path: str, found: dict[str, set[str]]) -> bool:
    parent = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0] or "$"
    if path.endswith("[]"):
        return False
    return bool(found.get(parent, set()) & {"object"})


def _json_type(value: Any) -> str:
    names = ((bool, "bool"), (int, "int"), (float, "float"), (str, "string"), (list, "array"))
    if value is None:
        return "null"
    return next((name for kind, name in names if isinstance(value, kind)), "object")
