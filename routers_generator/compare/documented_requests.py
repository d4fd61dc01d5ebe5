"""What an operation's requests can hold: the query and the body's members, by their way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from routers_generator.document.operations import Operation, meant, resolved
from routers_generator.repair.parts import LISTED

DEEPEST: Final = 6
"""Objects inside each other that are told apart; below, a member is what it is."""
MOST: Final = 10_000
"""Members of one body; what is not looked at is the rest of a body that holds itself many times."""
ANY: Final = "any"


@dataclass(frozen=True)
class Value:
    """One parameter or member: its type, whether it must be there, and what it may be."""

    type: str = ANY
    required: bool = False
    values: tuple[Any, ...] = ()
    always: bool = False  # sent even if its caller does not give it
    constant: bool = False  # supplied by the route, not by its caller


@dataclass(frozen=True)
class Request:
    """What the requests of one operation can hold; `path` is the same whatever its variables are called."""

    method: str
    path: str
    name: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    body: Mapping[str, Value] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


def documented(document: Mapping[str, Any], operation: Operation, path: str) -> Request:
    """What the document says of one operation, whose path is `path` here."""
    parameters = {
        each.name if each.where == "query" else f"{each.where} {each.name}": Value(
            each.type, each.required, _values(meant(document, each.schema))
        )
        for each in operation.parameters
        if each.where != "path"
    }
    members = _members(document, operation.body, "", 0) if operation.body is not None else ()
    body = dict(islice(members, MOST))
    return Request(operation.method, path, operation.name, parameters, body)


def _members(document: Mapping[str, Any], schema: Any, way: str, depth: int) -> Iterator[tuple[str, Value]]:
    """Every member of an object, and those of objects and lists in it."""
    if depth > DEEPEST:
        return
    properties, required = _properties(document, schema, 0)
    for name, each in properties.items():
        told = meant(document, each)
        here = f"{way}{name}"
        yield here, Value(_type(told), name in required, _values(told))
        inner, suffix = told, "."
        for _ in range(DEEPEST):  # a list may be of lists like itself
            if inner.get("type") != "array":
                break
            inner, suffix = meant(document, inner.get("items", {})), f"[]{suffix}"
        if inner is not told and not _properties(document, inner, 0)[0]:
            yield f"{here}{suffix[:-1]}", Value(_type(inner), values=_values(inner))
        yield from _members(document, inner, f"{here}{suffix}", depth + 1)


def _properties(document: Mapping[str, Any], schema: Any, depth: int) -> tuple[dict[str, Any], set[str]]:
    """The properties of a schema and of those it is joined from; what only one of several has is optional."""
    told = resolved(document, schema)
    if not isinstance(told, Mapping) or depth > DEEPEST:
        return {}, set()
    properties: dict[str, Any] = {}
    required = set(told.get("required", ()))
    for kind in ("anyOf", "oneOf", "allOf"):
        for each in told.get(kind, ()):
            more, needed = _properties(document, each, depth + 1)
            properties |= more
            required |= needed if kind == "allOf" else set()
    return properties | dict(told.get("properties", {})), required


def _type(told: Mapping[str, Any]) -> str:
    return str(told.get("type", ANY))


def _values(told: Mapping[str, Any]) -> tuple[Any, ...]:
    found = told.get("enum") or told.get(LISTED) or ()
    return tuple(each for each in found if each is not None)
