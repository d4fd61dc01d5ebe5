"""One request to the gateway: its operation, validated path and encoded body."""

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
    """Method, path and body of one request; `read_only` if it changes nothing at IBKR."""

    method: str
    path: ResolvedPath
    body_bytes: bytes | None
    read_only: bool
    values: tuple[object, ...] = ()
    query: Mapping[str, QueryValue] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    operation: OperationKey = field(init=False, compare=False)
    """The operation's key in `operations`."""
    row: Operation = field(init=False, compare=False, repr=False)
    """The operation's row in `operations`."""

    def __post_init__(self) -> None:
        # Looked up once: nearly every step of the pipeline needs it.
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
    """Build a request and validate its path, query and body; raises `Invalid`.

    `read_only` counts only for an operation without a row in `operations`.
    """
    query = query or {}
    path = resolve(method, template, values, query)
    body = body or {}
    content = _encode(f"{method} {path.redacted_path}", body) if method in ("POST", "PUT") else None
    if known := OPERATIONS.get((method, template)):
        read_only = known.read_only
    return GatewayRequest(method, path, content, read_only, values, query, body)


def _encode(request: str, body: Mapping[str, Any]) -> bytes:
    """The body as JSON; `{}` for an empty one, because IBKR returns 411 for a request without a length."""
    try:
        _require_finite_numbers(body)
        return orjson.dumps(body)
    except (TypeError, ValueError, RecursionError) as error:
        invalid = explain(Cause.INVALID_BODY, reason=error)
        raise Invalid(request=request, **invalid.error_text) from None


def _require_finite_numbers(value: object) -> None:
    """Raise ValueError for NaN and infinity, which would become null and so change a price's meaning."""
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a number is not finite")
    elif isinstance(value, Mapping):
        for item in value.values():
            _require_finite_numbers(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require_finite_numbers(item)
