"""The one place that speaks HTTP to the gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from api_gateway.errors import Failed, LoginRequired, OutcomeUnknown, Refused, Unreachable
from api_gateway.paths import Address, QueryValue, address
from api_gateway.reply import Reply
from api_gateway.settings import GatewaySettings

NOTHING: Mapping[str, Any] = {}


class Gateway:
    """IBKR's Web API as the gateway offers it."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def get(self, template: str, /, *values: object, **query: QueryValue) -> Reply:
        return await self._send("GET", address("GET", template, values, query), None, True)

    async def post(
        self,
        template: str,
        /,
        *values: object,
        body: Mapping[str, Any] | None = None,
        reads: bool = False,
        **query: QueryValue,
    ) -> Reply:
        return await self._send("POST", address("POST", template, values, query), body or NOTHING, reads)

    async def put(
        self,
        template: str,
        /,
        *values: object,
        body: Mapping[str, Any] | None = None,
        **query: QueryValue,
    ) -> Reply:
        return await self._send("PUT", address("PUT", template, values, query), body or NOTHING, False)

    async def delete(self, template: str, /, *values: object, **query: QueryValue) -> Reply:
        return await self._send("DELETE", address("DELETE", template, values, query), None, False)

    async def tickle(self) -> Reply:
        return await self.post("/tickle", reads=True)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _send(self, method: str, to: Address, body: Mapping[str, Any] | None, reads: bool) -> Reply:
        if self._client is None:
            self._client = httpx.AsyncClient(transport=self._transport, trust_env=False)
        content = None if body is None else orjson.dumps(body)
        asked = f"{method} {to.shown}"
        headers = {"User-Agent": self.settings.gateway_user_agent, "Content-Type": "application/json"}
        try:
            response = await self._client.request(
                method, self.settings.gateway_url + to.target, content=content, headers=headers
            )
        except httpx.ConnectError as error:
            raise Unreachable(asked=asked, happened=str(error), hint="Start the gateway.") from error
        except httpx.HTTPError as error:
            kind = Failed if reads else OutcomeUnknown
            raise kind(asked=asked, happened=str(error), hint="") from error
        if response.status_code in (302, 401):
            hint = f"Open {self.settings.gateway_login_url} in a browser and log in."
            raise LoginRequired(asked=asked, happened="Nobody is logged in.", hint=hint)
        if response.status_code >= 400:
            raise Refused(asked=asked, happened=f"Status {response.status_code}.", hint="")
        return Reply(response.status_code, response.content or b"null")
