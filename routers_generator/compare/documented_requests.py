"""What an operation's requests can hold: the query and the body's members, by their way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from routers_generator.document.operations import Operation, resolve, unwrap_schema
from routers_generator.repair.parts import LIST_VALUES_KEY

MAX_DEPTH: Final = 6
"""Objects inside each other that are told apart; below, a member is what it is."""
MAX_MEMBERS: Final = 10_000
"""Members of one body; what is not looked at is the rest of a body that holds itself many times."""
ANY_TYPE: Final = "any"


@dataclass(frozen=True)
class ValueSpec:
    """One parameter or member: its type, whether it must be there, and what it may be."""

    type: str = ANY_TYPE
    required: bool = False
    allowed_values: tuple[Any, ...] = ()
    always_sent: bool = False  # sent even if its caller does not give it
    constant: bool = False  # supplied by the route, not by its caller


@dataclass(frozen=True)
class RequestSpec:
    """What the requests of one operation can hold; `path` is the same whatever its variables are called."""

    method: str
    path: str
    name: str
    parameters: Mapping[str, ValueSpec] = field(default_factory=dict)
    body: Mapping[str, ValueSpec] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


def request_from_document(document: Mapping[str, Any], operation: Operation, path: str) -> RequestSpec:
    """What the document says of one operation, whose path is `path` here."""
    parameters = {
        each.name if each.location == "query" else f"{each.location} {each.name}": ValueSpec(
            each.type, each.required, _allowed_values(unwrap_schema(document, each.schema))
        )
        for each in operation.parameters
        if each.location != "path"
    }
    members = _members(document, operation.body, "", 0) if operation.body is not None else ()
    body = dict(islice(members, MAX_MEMBERS))
    return RequestSpec(operation.method, path, operation.name, parameters, body)


def _members(
    document: Mapping[str, Any], schema: Any, prefix: str, depth: int
) -> Iterator[tuple[str, ValueSpec]]:
    """Every member of an object, and those of objects and lists in it."""
    if depth > MAX_DEPTH:
        return
    properties, required = _properties(document, schema, 0)
    for name, each in properties.items():
        member = unwrap_schema(document, each)
        here = f"{prefix}{name}"
        yield here, ValueSpec(_type(member), name in required, _allowed_values(member))
        inner, suffix = member, "."
        for _ in range(MAX_DEPTH):  # a list may be of lists like itself
            if inner.get("type") != "array":
                break
            inner, suffix = unwrap_schema(document, inner.get("items", {})), f"[]{suffix}"
        if inner is not member and not _properties(document, inner, 0)[0]:
            yield f"{here}{suffix[:-1]}", ValueSpec(_type(inner), allowed_values=_allowed_values(inner))
        yield from _members(document, inner, f"{here}{suffix}", depth + 1)


def _properties(document: Mapping[str, Any], schema: Any, depth: int) -> tuple[dict[str, Any], set[str]]:
    """The properties of a schema and of those it is joined from; what only one of several has is optional."""
    found = resolve(document, schema)
    if not isinstance(found, Mapping) or depth > MAX_DEPTH:
        return {}, set()
    properties: dict[str, Any] = {}
    required = set(found.get("required", ()))
    for kind in ("anyOf", "oneOf", "allOf"):
        for each in found.get(kind, ()):
            more, needed = _properties(document, each, depth + 1)
            properties |= more
            required |= needed if kind == "allOf" else set()
    return properties | dict(found.get("properties", {})), required


def _type(schema: Mapping[str, Any]) -> str:
    return str(schema.get("type", ANY_TYPE))


def _allowed_values(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    found = schema.get("enum") or schema.get(LIST_VALUES_KEY) or ()
    return tuple(each for each in found if each is not None)
