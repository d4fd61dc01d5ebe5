"""Simulator, ticker and server in one process and in virtual time, without a port."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import fastmcp
import httpx

from api_gateway.access_policy import POLICIES, TICKER, TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.session.maintenance import Region
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app as create_simulator
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from mcp_server.ticker.client import TickerClient
from ticker_service.app import create_app as create_ticker
from ticker_service.backoff import Backoff
from ticker_service.heartbeat import Rules
from ticker_service.metrics import Metrics
from ticker_service.session_keeper import SessionKeeper
from ticker_service.settings import Compete

PROTOCOLS = ["legacy", "2026-07-28"]
LOGIN = "https://login.example:5055"
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC).timestamp()


class InProcessStack:
    """Simulator, ticker and server, whose gateway can be down or hang, with or without the ticker."""

    def __init__(
        self,
        *,
        login: bool = True,
        mode: TradingMode = TradingMode.PAPER,
        compete: Compete = Compete.YIELD,
        ticker: bool = True,
        prefetch: bool = True,
    ) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()

        def wall() -> float:
            return NOON + loop.time() - began

        self.clock = Clock(wall_clock=wall)
        self.simulation = Simulation(SimulationOptions(login=login, opens_brokerage=True), self.clock)
        self.gateway_requests: list[str] = []
        self.hold_requests: list[str] = []
        self.gateway_down = False
        self.gate = asyncio.Event()
        self.gate.set()
        self._simulator = httpx.ASGITransport(create_simulator(self.simulation))
        settings = GatewaySettings(_env_file=None, gateway_login_url=LOGIN)
        self.transport = transport = httpx.MockTransport(self._serve_gateway)
        self.gateway = GatewayClient(
            settings, policy=POLICIES[mode], transport=transport, now=loop.time, wall=wall
        )
        self._ticker_gateway = GatewayClient(
            settings, policy=TICKER, transport=transport, now=loop.time, wall=wall
        )
        rules = Rules(compete, Region.AMERICA, LOGIN, random.Random(1))  # noqa: S311
        self.keeper = SessionKeeper(
            self._ticker_gateway,
            Backoff(healthy=60, unhealthy=5),
            rules,
            stuck_after=60,
            metrics=Metrics(),
            now=loop.time,
            wall=wall,
        )
        self._ticker = httpx.ASGITransport(create_ticker(self.keeper))
        self.with_ticker = ticker
        self.ticker = TickerClient("http://ticker:5056", transport=httpx.MockTransport(self._serve_ticker))
        self.server = create_server(
            self.gateway,
            ServerSettings(_env_file=None, trading_mode=mode, mcp_server_prefetch=prefetch),
            ticker=self.ticker,
        )

    async def _serve_gateway(self, request: httpx.Request) -> httpx.Response:
        self.gateway_requests.append(f"{request.method} {request.url.path.removeprefix('/v1/api')}")
        await self.gate.wait()
        if self.gateway_down:
            raise httpx.ConnectError("refused", request=request)
        response = await self._simulator.handle_async_request(request)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(await response.aread())
        )

    async def _serve_ticker(self, request: httpx.Request) -> httpx.Response:
        if not self.with_ticker:
            raise httpx.ConnectError("refused", request=request)
        if request.url.path.startswith("/hold"):
            self.hold_requests.append(request.method)
        response = await self._ticker.handle_async_request(request)
        return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the ticker meanwhile."""
        heartbeats = asyncio.create_task(self.keeper.run())
        try:
            await asyncio.sleep(1)
            yield
        finally:
            heartbeats.cancel()
            await asyncio.gather(heartbeats, return_exceptions=True)
            await self._ticker_gateway.aclose()

    @asynccontextmanager
    async def client(self, era: str = "legacy", **values: Any) -> AsyncIterator[Any]:
        """A client of the server, while the ticker runs."""
        async with self.running(), fastmcp.Client(self.server, mode=era, **values) as client:
            yield client

    def log_in(self) -> None:
        """Log a user in, and wait until the brokerage session is open."""
        self.simulation.session.login()
        self.clock.advance(5)


async def call_json(client: Any, tool: str, **arguments: Any) -> dict[str, Any]:
    """The JSON result of a call, which must succeed."""
    result = await client.call_tool(tool, arguments, raise_on_error=False)
    [content] = result.content
    assert not result.is_error, content.text
    reply: dict[str, Any] = json.loads(content.text)
    return reply


async def raise_order_question(client: Any) -> dict[str, Any]:
    """Place an order 10 % below the market, and return the confirmation question about it."""
    quotes = await client.call_tool("get_market_snapshot", {"conids": [265598], "fields": ["31"]})
    last = float(json.loads(quotes.content[0].text)[0]["31"].lstrip("CH"))
    order = {
        "conid": 265598,
        "side": "BUY",
        "quantity": 1,
        "order_type": "LMT",
        "price": round(last * 0.9, 2),
        "tif": "DAY",
    }
    placed = await client.call_tool(
        "place_orders", {"account_id": "DU1234567", "orders": [order]}, raise_on_error=False
    )
    assert not placed.is_error, placed.content
    [question] = json.loads(placed.content[0].text)
    assert "message" in question
    return dict(question)
