"""Fixtures of the server's tests: a stub gateway, a gateway client for it, settings, an HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from fastmcp import FastMCP

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from mcp_server.http.serving import listen, uvicorn_config
from mcp_server.settings import ServerSettings

StubResponse = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class StubGateway:
    """A transport for the gateway client: returns responses by path and records the requests."""

    answers: dict[str, StubResponse] = field(default_factory=dict)
    otherwise: StubResponse = field(default_factory=lambda: httpx.Response(200, json=[]))
    requests: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.get(request.url.path.removeprefix("/v1/api"), self.otherwise)
        if isinstance(answer, Exception):
            raise answer
        response = answer(request) if callable(answer) else answer
        return httpx.Response(
            response.status_code, headers=response.headers, stream=UnreadStream(response.content)
        )


class UnreadStream(httpx.AsyncByteStream):
    """A body that has not been read yet, as from a socket."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


@pytest.fixture(autouse=True)
def no_ticker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set TICKER_URL to an unused port, so that no test reaches a ticker running on this machine."""
    monkeypatch.setenv("TICKER_URL", "http://127.0.0.1:9")


@pytest.fixture
def stub_gateway() -> StubGateway:
    return StubGateway()


@pytest.fixture
def gateway(stub_gateway: StubGateway) -> GatewayClient:
    settings = GatewaySettings(_env_file=None, gateway_login_url="https://login.example:5055")
    return GatewayClient(settings, policy=ALL_OPERATIONS, transport=httpx.MockTransport(stub_gateway))


@pytest.fixture
def settings() -> ServerSettings:
    return ServerSettings(_env_file=None)


@asynccontextmanager
async def serving(server: FastMCP[Any], settings: ServerSettings) -> AsyncIterator[str]:
    """Serve on a free port of this process; yields the address, without a path."""
    listening = listen("127.0.0.1", 0)
    running = uvicorn.Server(uvicorn_config(server, settings))
    task = asyncio.create_task(running.serve(sockets=listening))
    try:
        async with asyncio.timeout(30):
            while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        await task


@pytest.fixture
def over_http() -> Callable[[FastMCP[Any], ServerSettings], Any]:
    return serving
