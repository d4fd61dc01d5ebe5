"""The simulator and a session keeper in virtual time, which advances only when they sleep."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from inspect import isawaitable
from typing import Any

import httpx
import pytest

from api_gateway.access_policy import TICKER
from api_gateway.client.gateway import TICKLE_DEADLINE, GatewayClient
from api_gateway.session.maintenance import Region
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.session.session import LoginState as Simulated
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from ticker_service.backoff import Backoff
from ticker_service.heartbeat import Rules
from ticker_service.metrics import Metrics
from ticker_service.session_keeper import SessionKeeper
from ticker_service.settings import Compete

LOGIN_URL = "https://localhost:5055"
MINUTE, HOUR = 60.0, 3600.0
TICKLE, INIT = "/v1/api/tickle", "/v1/api/iserver/auth/ssodh/init"


def rules(compete: Compete = Compete.YIELD, region: Region = Region.AMERICA, seed: int = 1) -> Rules:
    return Rules(compete, region, LOGIN_URL, random.Random(seed))  # noqa: S311


class TimeIsUpError(Exception):
    """The time span of a test is over."""


class TickerEnvironment:
    """The simulator and a session keeper in virtual time, which advances only when they sleep."""

    def __init__(
        self,
        start: datetime,
        *,
        login: bool = True,
        compete: Compete = Compete.YIELD,
        region: Region = Region.AMERICA,
        seed: int = 1,
    ) -> None:
        self.clock = Clock(start=start.timestamp(), frozen=True)
        self.simulation = Simulation(SimulationOptions(login=login), self.clock)
        self.requests: list[tuple[float, str]] = []
        self.opened_at: list[float] = []
        self.ticker_states: list[tuple[float, str]] = []
        self.simulator_states: list[tuple[float, Simulated]] = []
        self.scheduled: list[tuple[float, Callable[[], Any]]] = []
        self.gateway_up = True
        self.silent = False
        self.gate: asyncio.Event | None = None
        self.clock_skew = 0.0
        self.seconds_asleep = 0.0
        self._end = float("inf")
        self._inner = httpx.ASGITransport(app=create_app(self.simulation))
        self.gateway = GatewayClient(
            GatewaySettings.model_construct(),
            policy=TICKER,
            transport=SocketLikeTransport(self._answer),
            now=self.now,
            sleep=self.sleep,
        )
        self._rules = rules(compete, region, seed)
        self.keeper = self._new_keeper()

    def _new_keeper(self) -> SessionKeeper:
        return SessionKeeper(
            self.gateway,
            Backoff(healthy=60, unhealthy=5),
            self._rules,
            stuck_after=60,
            metrics=Metrics(),
            now=self.now,
            wall=self.wall,
            sleep=self.sleep,
        )

    def now(self) -> float:
        """Return the monotonic clock of the ticker's machine, which stops while it is suspended."""
        return self.clock.now() - self.seconds_asleep

    def wall(self) -> float:
        """Return the wall clock of the ticker's machine, which a test may set."""
        return self.clock.now() + self.clock_skew

    def suspend(self, hours: float, *, counted: bool = False) -> None:
        """Suspend the ticker's machine; with `counted` its monotonic clock goes on. IBKR's time goes on."""
        self.clock.advance(hours * HOUR)
        self.seconds_asleep += 0 if counted else hours * HOUR

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.gate:
            await self.gate.wait()
        if not self.gateway_up:
            raise httpx.ConnectError("refused", request=request)
        path = request.url.path
        self.requests.append((self.clock.now(), path))
        if self.silent and path != "/":
            self.clock.advance(TICKLE_DEADLINE)
            raise TimeoutError
        response = await self._inner.handle_async_request(request)
        if path == INIT and response.status_code == 200:
            self.opened_at.append(self.clock.now())
        return response

    @property
    def openings(self) -> list[float]:
        """When the ticker tried to open the brokerage session."""
        return [moment for moment, path in self.requests if path == INIT]

    @property
    def tickles(self) -> list[float]:
        return [moment for moment, path in self.requests if path == TICKLE]

    def schedule_in(self, hours: float, action: Callable[[], Any]) -> None:
        """Run an action in `hours` from now."""
        self.scheduled.append((self.clock.now() + hours * HOUR, action))
        self.scheduled.sort(key=lambda planned: planned[0])

    def schedule_at(self, moment: datetime, action: Callable[[], Any]) -> None:
        """Run an action at this time."""
        self.schedule_in((moment.astimezone(UTC).timestamp() - self.clock.now()) / HOUR, action)

    async def sleep(self, seconds: float) -> None:
        state = self.keeper.state
        if not self.ticker_states or self.ticker_states[-1][1] != state:
            self.ticker_states.append((self.clock.now(), state))
        wake = self.clock.now() + seconds
        while self.scheduled and self.scheduled[0][0] <= wake:
            moment, action = self.scheduled.pop(0)
            self.clock.advance(max(0.0, moment - self.clock.now()))
            self._record_simulator_state()
            result = action()
            if isawaitable(result):
                await result
            for _ in range(3):  # tasks woken by the action run before the clock goes on
                await asyncio.sleep(0)
        self.clock.advance(max(0.0, wake - self.clock.now()))
        self._record_simulator_state()
        if self.clock.now() >= self._end:
            raise TimeIsUpError

    def _record_simulator_state(self) -> None:
        state = self.simulation.session.state
        if not self.simulator_states or self.simulator_states[-1][1] is not state:
            self.simulator_states.append((self.clock.now(), state))

    def closed_at(self) -> list[float]:
        """Return when the simulator closed the brokerage session but kept the login."""
        return [moment for moment, state in self.simulator_states if state is Simulated.SSO]

    async def run(self, hours: float) -> None:
        self._end = self.clock.now() + hours * HOUR
        with pytest.raises(TimeIsUpError):
            await self.keeper.run()

    def set_gateway_up(self, up: bool) -> None:
        """Start or stop the gateway."""
        self.gateway_up = up

    def set_silent(self, silent: bool) -> None:
        """Make IBKR stop responding, or resume."""
        self.silent = silent

    def request_count(self, path: str) -> int:
        """Return the number of requests for this path."""
        return sum(1 for _, requested in self.requests if requested == path)

    def restart_ticker(self) -> None:
        """Replace the ticker by a new one."""
        self.keeper = self._new_keeper()

    def first_loss_after(self, after: float) -> float:
        """Return when the ticker first reported a state other than established after this time."""
        return next(
            moment for moment, state in self.ticker_states if moment >= after and state != "established"
        )

    def state_names(self) -> list[str]:
        return [state for _, state in self.ticker_states]


class SocketLikeTransport(httpx.AsyncBaseTransport):
    def __init__(self, respond: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> None:
        self._answer = respond

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._answer(request)
        if response.is_stream_consumed:  # as from a socket, where a body is read once
            return httpx.Response(
                response.status_code, headers=response.headers, stream=httpx.ByteStream(response.content)
            )
        return response
