"""`Instruments` at the simulator, in one process and in virtual time; counts the requests about contracts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx

from api_gateway.access_policy import READ_ONLY
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from mcp_server.facts.fact_store import FactStore
from mcp_server.instruments.resolver import Instruments
from tests.virtual_loop import run_in_virtual_time

NOON = datetime(2026, 11, 18, 17, tzinfo=UTC).timestamp()
_OTHERS = ("/iserver/accounts", "/iserver/auth", "/tickle", "/sso")


class SimulatedInstruments:
    """Instruments, their gateway client, and what it has requested about contracts."""

    def __init__(self, start: float = NOON) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()

        def wall() -> float:
            return start + loop.time() - began

        self.clock = Clock(wall_clock=wall)
        self.simulation = Simulation(SimulationOptions(login=True, opens_brokerage=True), self.clock)
        self._simulator = httpx.ASGITransport(create_app(self.simulation))
        self.requests: list[str] = []
        self.gateway = GatewayClient(
            GatewaySettings(_env_file=None),
            policy=READ_ONLY,
            transport=httpx.MockTransport(self._serve),
            now=loop.time,
            wall=self.clock.now,
        )
        self.facts = FactStore(None, now=self.now)
        self.instruments = self.another()

    def another(self) -> Instruments:
        """Instruments that share nothing with the first but the stored facts."""
        return Instruments(self.gateway, self.facts, scope=self._scope, now=self.now)

    def now(self) -> datetime:
        """The simulated time."""
        return datetime.fromtimestamp(self.clock.now(), UTC)

    async def pass_time(self, time: timedelta) -> None:
        """Advance the clock by less than the five minutes after which an idle session ends."""
        self.clock.advance(time.total_seconds())
        await self.gateway.tickle()

    async def _scope(self) -> str:
        return "simulator"

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1/api")
        if not path.startswith(_OTHERS):
            self.requests.append(path)
        response = await self._simulator.handle_async_request(request)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(await response.aread())
        )


@asynccontextmanager
async def simulated_instruments(start: float = NOON) -> AsyncIterator[SimulatedInstruments]:
    """Instruments at a simulator with an open brokerage session."""
    simulated = SimulatedInstruments(start)
    async with simulated.gateway:
        yield simulated


def run_simulated(check: Callable[[SimulatedInstruments], Awaitable[None]], *, start: float = NOON) -> None:
    """Run a check with new instruments in virtual time."""

    async def run() -> None:
        async with simulated_instruments(start) as simulated:
            await check(simulated)

    run_in_virtual_time(run())
