"""Calls of a shared server's tools with a simulator of their own, at a morning in New York."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.mcp_server.one_server import SharedServer

MORNING = datetime(2026, 11, 23, 15, 30, tzinfo=UTC).timestamp()


class SimulatedCalls:
    """The server's tools, and the requests that reached the simulator."""

    def __init__(self, server: SharedServer, simulated: httpx.AsyncBaseTransport) -> None:
        self._server = server
        self._simulated = simulated
        self.requests: list[str] = []

    async def serve(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path.removeprefix('/v1/api')}")
        response = await self._simulated.handle_async_request(request)
        return httpx.Response(response.status_code, stream=httpx.ByteStream(await response.aread()))

    async def read(self, tool: str, **arguments: Any) -> Any:
        """The result of a call, which must succeed."""
        failed, text = await self._server.call(tool, arguments)
        assert not failed, text
        return json.loads(text)

    async def refusal(self, tool: str, **arguments: Any) -> str:
        """The error of a call, which must fail."""
        failed, text = await self._server.call(tool, arguments)
        assert failed, text
        return text


@asynccontextmanager
async def simulated_calls(server: SharedServer, profile: str = "retail") -> AsyncIterator[SimulatedCalls]:
    """Calls to a simulator with this profile, whose user is logged in."""
    clock = Clock(start=MORNING, frozen=True)
    simulation = Simulation(SimulationOptions(login=True, profile=profile), clock)
    calls = SimulatedCalls(server, httpx.ASGITransport(create_app(simulation)))

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    gateway = GatewayClient(
        GatewaySettings(_env_file=None),
        policy=ALL_OPERATIONS,
        transport=httpx.MockTransport(calls.serve),
        now=clock.now,
        sleep=sleep,
    )
    async with server.use_gateway(gateway):
        yield calls
