"""The requests of an operation: query parameters and body members by path, such as `orders[].conid`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from routers_generator.document.operations import Operation, resolve, unwrap_schema
from routers_generator.repair.parts import LIST_VALUES_KEY

MAX_DEPTH: Final = 6
"""Nesting levels of objects whose members are listed."""
MAX_MEMBERS: Final = 10_000
"""Members listed per body, which bounds recursive schemas."""
ANY_TYPE: Final = "any"


@dataclass(frozen=True)
class ValueSpec:
    """A parameter or member: type, whether it is required, and its allowed values."""

    type: str = ANY_TYPE
    required: bool = False
    allowed_values: tuple[Any, ...] = ()
    always_sent: bool = False  # sent even if the caller omits it
    constant: bool = False  # set by the route, not by the caller


@dataclass(frozen=True)
class RequestSpec:
    """The parameters and body members of an operation; `path` is normalized."""

    method: str
    path: str
    name: str
    parameters: Mapping[str, ValueSpec] = field(default_factory=dict)
    body: Mapping[str, ValueSpec] = field(default_factory=dict)

    @property
    def operation(self) -> str:
        """Method and normalized path."""
        return f"{self.method} {self.path}"


def request_from_document(document: Mapping[str, Any], operation: Operation, path: str) -> RequestSpec:
    """Extract an operation's request from the document; `path` is the normalized one."""
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
    """Yield every member of an object, including those of nested objects and lists."""
    if depth > MAX_DEPTH:
        return
    properties, required = _properties(document, schema, 0)
    for name, each in properties.items():
        member = unwrap_schema(document, each)
        here = f"{prefix}{name}"
        yield here, ValueSpec(_type(member), name in required, _allowed_values(member))
        inner, suffix = member, "."
        for _ in range(MAX_DEPTH):  # a list can be recursive
            if inner.get("type") != "array":
                break
            inner, suffix = unwrap_schema(document, inner.get("items", {})), f"[]{suffix}"
        if inner is not member and not _properties(document, inner, 0)[0]:
            yield f"{here}{suffix[:-1]}", ValueSpec(_type(inner), allowed_values=_allowed_values(inner))
        yield from _members(document, inner, f"{here}{suffix}", depth + 1)


def _properties(document: Mapping[str, Any], schema: Any, depth: int) -> tuple[dict[str, Any], set[str]]:
    """The properties of a schema and the schemas it combines; those of one alternative only are optional."""
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
