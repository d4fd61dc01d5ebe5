"""A simulated situation: simulator and server in one process, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import fastmcp
import httpx
from mcp_types import ImageContent, TextContent

from api_gateway.access_policy import POLICIES, TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings


class Situation:
    """One login with its books. Everything starts cold; nothing is stored on disk."""

    def __init__(self, profile: str, now: datetime, options: Mapping[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()

        def wall() -> float:
            return now.timestamp() + loop.time() - began

        simulated = SimulationOptions(profile=profile, login=True, opens_brokerage=True, **options)
        self.clock = Clock(wall_clock=wall)
        self.simulation = Simulation(simulated, self.clock)
        self.requests: list[str] = []
        self._simulator = httpx.ASGITransport(create_app(self.simulation))
        # The same simulation again, without IBKR's limits: reading the books must not disturb the session.
        self.twin = Simulation(replace(simulated, rate_limits=False, strict=False), self.clock)
        self._books = httpx.ASGITransport(create_app(self.twin))
        self.gateway = GatewayClient(
            GatewaySettings(_env_file=None),
            policy=POLICIES[TradingMode.PAPER],
            transport=httpx.MockTransport(self._serve),
            now=loop.time,
            wall=wall,
        )
        self.server = create_server(
            self.gateway,
            ServerSettings(_env_file=None, trading_mode=TradingMode.PAPER, ticker_url="http://127.0.0.1:9"),
        )

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path.removeprefix('/v1/api')}")
        response = await self._simulator.handle_async_request(request)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(await response.aread())
        )

    async def book(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """The rows of the twin: the books from which facts are computed, without our code."""
        return await _request(self._books, method, path, body)

    async def act(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Do something at IBKR before the question, e.g. place an order, in both simulations."""
        await _request(self._simulator, method, path, body)
        return await _request(self._books, method, path, body)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[fastmcp.Client[Any]]:
        """A real MCP client of the server."""
        async with fastmcp.Client(self.server) as client:
            yield client


async def _request(transport: httpx.AsyncBaseTransport, method: str, path: str, body: Any) -> Any:
    async with httpx.AsyncClient(
        transport=transport, base_url="https://gateway/v1/api", headers={"User-Agent": "evals"}
    ) as client:
        response = await client.request(method, path, json=body)
    if response.status_code >= 400:
        raise RuntimeError(f"{method} {path}: {response.status_code} {response.text[:200]}")
    return response.json()


async def call_text(
    client: fastmcp.Client[Any], tool: str, arguments: Mapping[str, Any]
) -> tuple[str, bool, int]:
    """The text of a call's result, whether it is an error, and how many pictures it has."""
    result = await client.call_tool(tool, dict(arguments), raise_on_error=False)
    text = "\n".join(each.text for each in result.content if isinstance(each, TextContent))
    pictures = sum(isinstance(each, ImageContent) for each in result.content)
    return text, bool(result.is_error), pictures
