"""Relays the gateway's responses byte for byte.

A route calls the `Relay` and returns its response. The body is parsed and encoded again only to remove a
secret from it, or to return one part of a very large response.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import nullcontext
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.client.gateway import GatewayClient
from api_gateway.client.response import GatewayResponse
from api_gateway.operations import OperationKey, find_operation
from mcp_server.rest.conflicts import Conflict
from mcp_server.ticker.order_hold import OrderHold


class Json(Response):
    """A JSON body, returned unchanged. The return annotation of every route."""

    media_type = "application/json"


class Relay:
    """The gateway client's methods, with `Json` responses.

    `template` and `values` are the same as in `api_gateway.client.gateway.GatewayClient`; a failure is raised
    as an `api_gateway.errors.GatewayError`. Keys that the operation's row redacts are removed wherever they
    occur: session tokens and addresses that no model needs to read. `reads` marks a POST without a row as
    read-only. `only` returns that one key of an object, or the whole body if it lacks the key. `unless` is
    what must not exist; the write is sent after checking that. `hold` pauses the ticker around orders.
    `redact` lists more keys to remove, for routes of extra routers.
    """

    def __init__(self, gateway: GatewayClient, hold: OrderHold | None = None) -> None:
        self._gateway = gateway
        self._hold = hold

    async def get(
        self,
        template: str,
        *values: object,
        only: str | None = None,
        redact: Collection[str] = (),
        **query: Any,
    ) -> Json:
        reply = await self._gateway.get(template, *values, **query)
        return _to_response(reply, ("GET", template), redact, only)

    async def post(
        self,
        template: str,
        *values: object,
        body: Mapping[str, Any] | None = None,
        reads: bool = False,
        redact: Collection[str] = (),
        unless: Conflict | None = None,
        **query: Any,
    ) -> Json:
        if unless is not None:
            await unless.check(self._gateway, f"POST {template}")
        async with self._hold.around(template) if self._hold else nullcontext():
            reply = await self._gateway.post(template, *values, body=body, reads=reads, **query)
        return _to_response(reply, ("POST", template), redact)

    async def put(
        self,
        template: str,
        *values: object,
        body: Mapping[str, Any] | None = None,
        redact: Collection[str] = (),
        unless: Conflict | None = None,
        **query: Any,
    ) -> Json:
        if unless is not None:
            await unless.check(self._gateway, f"PUT {template}")
        return _to_response(
            await self._gateway.put(template, *values, body=body, **query), ("PUT", template), redact
        )

    async def delete(
        self, template: str, *values: object, redact: Collection[str] = (), **query: Any
    ) -> Json:
        return _to_response(
            await self._gateway.delete(template, *values, **query), ("DELETE", template), redact
        )

    async def tickle(self) -> Json:
        return _to_response(await self._gateway.tickle(), ("POST", "/tickle"))


async def get_relay(request: Request) -> Relay:
    """The relay of the app that handles the request; a dependency of every route.

    A coroutine although it awaits nothing, because FastAPI runs a plain function in another thread.
    """
    current: Relay = request.app.state.relay
    return current


def _to_response(
    reply: GatewayResponse, operation: OperationKey, redact: Collection[str] = (), only: str | None = None
) -> Json:
    keys = frozenset((*find_operation(operation).redact, *redact))
    if not keys and only is None:
        return Json(reply.body)
    value = reply.value
    if only is not None and isinstance(value, dict) and only in value:
        value = {only: value[only]}
    return Json(orjson.dumps(_drop_keys(value, keys)))


def _drop_keys(value: Any, keys: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _drop_keys(inner, keys) for key, inner in value.items() if key not in keys}
    if isinstance(value, list):
        return [_drop_keys(inner, keys) for inner in value]
    return value
