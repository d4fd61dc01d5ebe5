"""One request as its caller means it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import orjson

from api_gateway.causes import Cause, explain
from api_gateway.client.paths import QueryValue, ResolvedPath, resolve
from api_gateway.errors import Invalid
from api_gateway.operations import OPERATIONS, Operation, OperationKey, find_operation


@dataclass(frozen=True)
class GatewayRequest:
    """Method, path and body of one request; `read_only`: sending it changes nothing at IBKR."""

    method: str
    path: ResolvedPath
    body_bytes: bytes | None
    read_only: bool
    values: tuple[object, ...] = ()
    query: Mapping[str, QueryValue] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    operation: OperationKey = field(init=False, compare=False)
    """The key of the operation."""
    row: Operation = field(init=False, compare=False, repr=False)
    """What is known about the operation."""

    def __post_init__(self) -> None:
        # Looked up once: nearly every step of the pipeline wants it.
        object.__setattr__(self, "operation", (self.method, self.path.template))
        object.__setattr__(self, "row", find_operation(self.operation))

    @property
    def description(self) -> str:
        """The request as errors show it."""
        return f"{self.method} {self.path.redacted_path}"


def build_request(
    method: str,
    template: str,
    values: tuple[object, ...] = (),
    query: Mapping[str, QueryValue] | None = None,
    body: Mapping[str, Any] | None = None,
    *,
    read_only: bool,
) -> GatewayRequest:
    """Check everything that can be checked before sending; raises `Invalid`.

    `read_only` counts for an operation without a row in `operations`; the others say so themselves.
    """
    query = query or {}
    to = resolve(method, template, values, query)
    body = body or {}
    content = _encode(f"{method} {to.redacted_path}", body) if method in ("POST", "PUT") else None
    if known := OPERATIONS.get((method, template)):
        read_only = known.read_only
    return GatewayRequest(method, to, content, read_only, values, query, body)


def _encode(asked: str, body: Mapping[str, Any]) -> bytes:
    """The body as JSON; `{}` for an empty one, as IBKR answers 411 to a request without a length."""
    try:
        _require_finite_numbers(body)
        return orjson.dumps(body)
    except (TypeError, ValueError, RecursionError) as error:
        invalid = explain(Cause.INVALID_BODY, reason=error)
        raise Invalid(request=asked, **invalid.error_text) from None


def _require_finite_numbers(value: object) -> None:
    """NaN and infinity would silently become null, which at a price means something else."""
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a number is not finite")
    elif isinstance(value, Mapping):
        for item in value.values():
            _require_finite_numbers(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require_finite_numbers(item)
