"""Fifty callers and one ticker with the simulator, in virtual time: a lost session is reopened once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api_gateway.access_policy import ALL_OPERATIONS, TICKER, AccessPolicy
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError, RateLimited, SessionLost
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.ticker_service.virtual import INIT, SocketLikeTransport, rules
from tests.virtual_loop import run_in_virtual_time
from ticker_service.backoff import Backoff
from ticker_service.metrics import Metrics
from ticker_service.session_keeper import SessionKeeper

NOON = datetime(2026, 3, 3, 17, tzinfo=UTC).timestamp()  # in New York
ACCOUNT = "DU1234567"
CALLERS = 50
EVERY = 10.0
"""Seconds after which a caller retries a failed request."""
REQUESTS: list[tuple[str, tuple[object, ...], dict[str, Any]]] = [
    ("/iserver/account/orders", (), {}),
    ("/iserver/account/trades", (), {}),
    ("/iserver/account/{account}/summary", (ACCOUNT,), {}),
    ("/iserver/marketdata/snapshot", (), {"conids": 265598, "fields": "31,84"}),
    ("/iserver/marketdata/history", (), {"conid": 265598, "period": "1d", "bar": "1h"}),
    ("/iserver/account/pnl/partitioned", (), {}),
    ("/portfolio/{account}/positions/{page}", (ACCOUNT, 0), {}),
    ("/portfolio/{account}/ledger", (ACCOUNT,), {}),
]


@dataclass
class Crowd:
    """The simulator, a running session keeper, and the client that all callers share."""

    simulation: Simulation
    callers: GatewayClient
    sent: list[str]
    responses: list[str]
    """Paths of the requests with a response that is not empty."""

    async def caller(self, number: int) -> list[type[GatewayError]]:
        """Retry a request until it succeeds; returns the errors before that."""
        template, values, query = REQUESTS[number % len(REQUESTS)]
        errors: list[type[GatewayError]] = []
        while True:
            try:
                await self.callers.get(template, *values, **query)
            except GatewayError as error:
                errors.append(type(error))
                await asyncio.sleep(error.seconds if isinstance(error, RateLimited) else EVERY)
            else:
                return errors


@asynccontextmanager
async def crowd() -> AsyncIterator[Crowd]:
    now = asyncio.get_running_loop().time
    clock = Clock(start=NOON, wall_clock=now)
    simulation = Simulation(SimulationOptions(login=True), clock)
    app = httpx.ASGITransport(app=create_app(simulation))
    sent: list[str] = []
    responses: list[str] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        await asyncio.sleep(0.05)
        response = await app.handle_async_request(request)
        body = await response.aread()
        if response.status_code == 200 and body not in (b"{}", b"[]", b""):
            responses.append(request.url.path)
        return response

    def client(policy: AccessPolicy) -> GatewayClient:
        settings = GatewaySettings(_env_file=None)
        return GatewayClient(
            settings, policy=policy, transport=SocketLikeTransport(respond), now=now, wall=clock.now
        )

    async with client(TICKER) as tickers, client(ALL_OPERATIONS) as callers:
        keeper = SessionKeeper(
            tickers,
            Backoff(healthy=60, unhealthy=5),
            rules(),
            stuck_after=60,
            metrics=Metrics(),
            now=now,
            wall=clock.now,
        )
        heartbeats = asyncio.create_task(keeper.run())
        try:
            yield Crowd(simulation, callers, sent, responses)
        finally:
            heartbeats.cancel()
            await asyncio.gather(heartbeats, return_exceptions=True)


async def errors_of_fifty(crowd: Crowd) -> list[list[type[GatewayError]]]:
    return await asyncio.gather(*(crowd.caller(number) for number in range(CALLERS)))


@pytest.mark.parametrize(
    "beaten", [1.0, 30.0, 58.0], ids=lambda seconds: f"{seconds:.0f} s after a heartbeat"
)
def test_a_session_lost_under_fifty_callers_is_reopened_once(beaten: float) -> None:
    async def story() -> None:
        async with crowd() as all_:
            await errors_of_fifty(all_)
            await asyncio.sleep(60 - (asyncio.get_running_loop().time() % 60) + beaten)
            all_.sent.clear()
            all_.responses.clear()
            all_.simulation.session.drop()
            lost = asyncio.get_running_loop().time()

            errors = await errors_of_fifty(all_)

            assert asyncio.get_running_loop().time() - lost < 120
            assert {kind for each in errors for kind in each} <= {SessionLost, RateLimited}
            assert SessionLost in {kind for each in errors for kind in each}
            assert all_.sent.count(INIT) == 1
            # Requests while the session is opening get an empty response and don't count.
            after = all_.responses[all_.responses.index(INIT) :]
            assert after.count("/v1/api/iserver/accounts") == 1
            assert after.count("/v1/api/portfolio/accounts") <= 1
            assert all_.simulation.rate_limits.penalty_seconds_left == 0

    run_in_virtual_time(story())


def test_fifty_identical_requests_are_sent_once() -> None:
    async def story() -> None:
        async with crowd() as all_:
            ledger = ("/portfolio/{account}/ledger", ACCOUNT)
            await asyncio.gather(*(all_.callers.get(*ledger) for _ in range(CALLERS)))
            assert all_.sent.count(f"/v1/api/portfolio/{ACCOUNT}/ledger") == 1
            assert all_.sent.count("/v1/api/portfolio/accounts") == 1

    run_in_virtual_time(story())
