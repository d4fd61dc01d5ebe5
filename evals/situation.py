"""A simulated situation: simulator and server in one process, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from typing import Any, Final

import fastmcp
import httpx
from mcp_types import ImageContent, TextContent

from api_gateway.access_policy import POLICIES, TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.universe_file.universe_file import OwnUniverse
from mcp_server.pictures.renderer import PictureRenderer, draw_in_child_process
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings

_PINNED: Final = ("STK", "IND", "CASH", "CRYPTO", "FUND", "FUT", "BOND")


async def _draw_in_no_time(chart: bytes) -> bytes:
    """Draw while the event loop waits, whose virtual time would run ahead of the child process."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, draw_in_child_process(chart)).result()


@cache
def _prices_at(now: float, seed: int, own_universe: OwnUniverse | None) -> Mapping[int, float]:
    """The prices of everything but options, which follow. They depend on nothing else, so they are cached."""
    simulation = Simulation(
        SimulationOptions(seed=seed, own_universe=own_universe), Clock(start=now, frozen=True)
    )
    return {
        each.conid: simulation.prices.price_at(each, now)
        for each in simulation.universe.all()
        if each.sec_type in _PINNED
    }


class Situation:
    """One login, a server that starts cold, and a frozen market.

    Prices are pinned at `now`, so that facts that are computed before a question still hold afterwards,
    however long the answer takes. Everything else follows the virtual clock, IBKR's rate limits too.
    """

    def __init__(self, profile: str, now: datetime, options: Mapping[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()

        def wall() -> float:
            return now.timestamp() + loop.time() - began

        self.simulation = Simulation(
            SimulationOptions(profile=profile, login=True, opens_brokerage=True, **options),
            Clock(wall_clock=wall),
        )
        self._pin_prices(now.timestamp())
        self.requests: list[str] = []
        self._simulator = httpx.ASGITransport(create_app(self.simulation))
        gateway = GatewayClient(
            GatewaySettings(_env_file=None),
            policy=POLICIES[TradingMode.PAPER],
            transport=httpx.MockTransport(self._serve),
            now=loop.time,
            wall=wall,
        )
        self._server = create_server(
            gateway,
            ServerSettings(_env_file=None, trading_mode=TradingMode.PAPER, ticker_url="http://127.0.0.1:9"),
            pictures=PictureRenderer(_draw_in_no_time),
        )

    def _pin_prices(self, now: float) -> None:
        found = _prices_at(now, self.simulation.options.seed, self.simulation.options.own_universe)
        for conid, price in found.items():
            self.simulation.prices.override_price(conid, price)

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path.removeprefix('/v1/api')}")
        response = await self._simulator.handle_async_request(request)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(await response.aread())
        )

    @asynccontextmanager
    async def client(self) -> AsyncIterator[fastmcp.Client[Any]]:
        """A real MCP client of the server."""
        async with fastmcp.Client(self._server) as client:
            yield client


async def call_tool(
    client: fastmcp.Client[Any], tool: str, arguments: Mapping[str, Any]
) -> tuple[str, bool, list[ImageContent]]:
    """The text of a call's result, whether it is an error, and its pictures."""
    result = await client.call_tool(tool, dict(arguments), raise_on_error=False)
    text = "\n".join(each.text for each in result.content if isinstance(each, TextContent))
    pictures = [each for each in result.content if isinstance(each, ImageContent)]
    return text, bool(result.is_error), pictures
