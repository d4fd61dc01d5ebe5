"""The command `compare`: differences between IBKR's document and the hand-written routes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from routers_generator.compare.documented_requests import (
    ANY_TYPE,
    RequestSpec,
    ValueSpec,
    request_from_document,
)
from routers_generator.document.findings import DroppedOperation
from routers_generator.document.names import normalize_path
from routers_generator.document.operations import operations
from routers_generator.repair.repair import RepairResult

KNOWN_REQUESTS_FILE: Final = "known_requests.json"
ACCEPTED_FILE: Final = "accepted.toml"
MAX_VALUES_NAMED: Final = 8
"""Values listed per difference; the rest are only counted."""


@dataclass(frozen=True, order=True)
class Difference:
    """A difference: the operation, the kind, and a text that describes both sides."""

    operation: str
    kind: str
    text: str

    def __str__(self) -> str:
        """The line that accepts this difference in accepted.toml."""
        return f"{self.operation}: {self.text}"


@dataclass(frozen=True)
class AcceptedDifference:
    """An accepted difference: its line, equal to `str(difference)`, and the source that justifies it."""

    line: str
    source: str


@dataclass(frozen=True)
class Comparison:
    """The differences, the accepted ones, and the stale entries of accepted.toml."""

    shared_operations: int  # in the document and in the routes
    differences: Sequence[Difference]
    accepted: Sequence[tuple[Difference, str]]
    stale: Sequence[AcceptedDifference]
    unusable_operations: Sequence[DroppedOperation]

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to review."""
        return not self.differences and not self.stale and not self.unusable_operations


def known_requests() -> tuple[RequestSpec, ...]:
    """Load the requests that the hand-written routes can send."""
    rows = json.loads(files(__package__).joinpath(KNOWN_REQUESTS_FILE).read_bytes())
    return tuple(
        RequestSpec(
            method=row["method"],
            path=normalize_path(row["template"]),
            name=row["name"],
            parameters={name: _parse_value(each) for name, each in row["query"].items()},
            body={name: _parse_value(each) for name, each in (row["body"] or {}).items()},
        )
        for row in rows
    )


def accepted_differences() -> tuple[AcceptedDifference, ...]:
    """Load the accepted differences."""
    groups = tomllib.loads(files(__package__).joinpath(ACCEPTED_FILE).read_text(encoding="utf-8"))["accepted"]
    return tuple(
        AcceptedDifference(line, group["source"]) for group in groups for line in group["differences"]
    )


def compare(
    repaired: RepairResult,
    route_requests: Sequence[RequestSpec],
    accepted: Sequence[AcceptedDifference] | None = None,
) -> Comparison:
    """Compare the document, repaired for the gateway, with the requests that the routes can send."""
    unusable_operations = [each for each in repaired.dropped if each.unusable]
    return compare_requests(document_requests(repaired), route_requests, accepted, unusable_operations)


def document_requests(repaired: RepairResult) -> list[RequestSpec]:
    """Extract the request of every operation of a document that was repaired for the gateway."""
    return [
        request_from_document(repaired.content, each, normalize_path(each.path))
        for each in operations(repaired.content)
    ]


def compare_requests(
    documented: Sequence[RequestSpec],
    route_requests: Sequence[RequestSpec],
    accepted: Sequence[AcceptedDifference] | None = None,
    unusable_operations: Sequence[DroppedOperation] = (),
) -> Comparison:
    """Compare documented requests with those that the routes can send; `accepted` overrides accepted.toml."""
    found = sorted(set(_differences(documented, route_requests)))
    sources = {each.line: each for each in (accepted_differences() if accepted is None else accepted)}
    present = {str(each) for each in found}
    return Comparison(
        shared_operations=len(
            {each.operation for each in documented} & {each.operation for each in route_requests}
        ),
        differences=[each for each in found if str(each) not in sources],
        accepted=[(each, sources[str(each)].source) for each in found if str(each) in sources],
        stale=[each for line, each in sources.items() if line not in present],
        unusable_operations=unusable_operations,
    )


def _parse_value(row: Mapping[str, Any]) -> ValueSpec:
    return ValueSpec(
        type=row["type"],
        required=row.get("required", False),
        allowed_values=tuple(row.get("enum") or row.get("list_of") or ()),
        always_sent=row.get("always", False),
        constant=row.get("constant", False),
    )


def _differences(
    documented: Sequence[RequestSpec], route_requests: Sequence[RequestSpec]
) -> Iterator[Difference]:
    in_routes = {each.operation: each for each in route_requests}
    in_document = {each.operation: each for each in documented}
    for operation, one in in_document.items():
        if operation in in_routes:
            yield from _request_differences(one, in_routes[operation])
        else:
            yield _one_sided_difference(one, route_requests, "document", "routes")
    for operation, one in in_routes.items():
        if operation not in in_document:
            yield _one_sided_difference(one, documented, "routes", "document")


def _one_sided_difference(
    one: RequestSpec, others: Sequence[RequestSpec], here: str, there: str
) -> Difference:
    methods = sorted({each.method for each in others if each.path == one.path})
    if methods:
        text = f"only in the {here}; {', '.join(methods)} in the {there}"
        return Difference(one.operation, "different method", text)
    return Difference(one.operation, f"only in the {here}", f"only in the {here}")


def _request_differences(document_request: RequestSpec, route_request: RequestSpec) -> Iterator[Difference]:
    for what, document_values, route_values in (
        ("parameter", document_request.parameters, route_request.parameters),
        ("member", document_request.body, route_request.body),
    ):
        for name in sorted({*document_values, *route_values}):
            label = f"{what} `{name}`"
            if name not in route_values:
                if document_values[name].type == ANY_TYPE and name.endswith("[]"):
                    yield Difference(
                        document_request.operation,
                        "items of any type",
                        f"{label} has no type in the document",
                    )
                elif not _is_inside_missing(name, document_values, route_values):
                    kind = f"{what} only in the document"
                    yield Difference(document_request.operation, kind, f"{label} only in the document")
            elif name not in document_values:
                if not _is_inside_missing(name, route_values, document_values) and not _is_in_untyped_list(
                    name, document_values
                ):
                    yield Difference(
                        document_request.operation,
                        f"{what} only in the routes",
                        f"{label} only in the routes",
                    )
            else:
                for kind, text in _value_differences(document_values[name], route_values[name]):
                    yield Difference(document_request.operation, f"{kind} of a {what}", f"{label} {text}")


def _is_inside_missing(name: str, here: Mapping[str, ValueSpec], there: Mapping[str, ValueSpec]) -> bool:
    """Whether it is inside a member that the other side lacks, which is already reported."""
    return any(
        name.startswith((f"{each}.", f"{each}[]")) and each != name and each not in there for each in here
    )


def _is_in_untyped_list(name: str, document_values: Mapping[str, ValueSpec]) -> bool:
    """Whether it is inside a list without item type in the document, which is already reported."""
    return any(
        name.startswith(each) and each.endswith("[]") and value.type == ANY_TYPE
        for each, value in document_values.items()
    )


def _value_differences(document_value: ValueSpec, route_value: ValueSpec) -> Iterator[tuple[str, str]]:
    if document_value.type != route_value.type and ANY_TYPE not in (document_value.type, route_value.type):
        yield "type", f"is {document_value.type} in the document, {route_value.type} in the routes"
    if document_value.required != route_value.required and not (
        route_value.constant or route_value.always_sent
    ):
        yield "requirement", f"is required only in the {'document' if document_value.required else 'routes'}"
    if route_value.constant:
        return
    if document_value.allowed_values and not route_value.allowed_values:
        yield "values", f"has an enum only in the document: {_join_limited(document_value.allowed_values)}"
    elif route_value.allowed_values and not document_value.allowed_values:
        yield "values", f"has an enum only in the routes: {_join_limited(route_value.allowed_values)}"
    else:
        more, fewer = (
            _extra_values(document_value.allowed_values, route_value.allowed_values),
            _extra_values(route_value.allowed_values, document_value.allowed_values),
        )
        if more:
            yield "values", f"has extra values in the document: {_join_limited(more)}"
        if fewer:
            yield "values", f"has extra values in the routes: {_join_limited(fewer)}"


def _extra_values(values: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
    known = {str(each) for each in others}
    return tuple(each for each in values if str(each) not in known)


def _join_limited(values: Sequence[Any]) -> str:
    named = [ascii(str(each)[:40])[1:-1] for each in values[:MAX_VALUES_NAMED]]
    rest = len(values) - MAX_VALUES_NAMED
    return ", ".join(named) + (f" and {rest} more" if rest > 0 else "")
