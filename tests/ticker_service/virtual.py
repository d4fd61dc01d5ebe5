"""The simulator and a keeper in one time that only their sleeping moves."""

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
from ticker_service.backoff import Rhythm
from ticker_service.heartbeat import Rules
from ticker_service.metrics import Metrics
from ticker_service.session_keeper import Keeper
from ticker_service.settings import Compete

LOGIN_URL = "https://localhost:5055"
MINUTE, HOUR = 60.0, 3600.0
TICKLE, INIT = "/v1/api/tickle", "/v1/api/iserver/auth/ssodh/init"


def rules(compete: Compete = Compete.YIELD, region: Region = Region.AMERICA, seed: int = 1) -> Rules:
    return Rules(compete, region, LOGIN_URL, random.Random(seed))  # noqa: S311


class TimeIsUpError(Exception):
    """The time that a test looks at is over."""


class World:
    """The simulator and a keeper in one time that only their sleeping moves."""

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
        self.opened: list[float] = []
        self.states: list[tuple[float, str]] = []
        self.simulated: list[tuple[float, Simulated]] = []
        self.plan: list[tuple[float, Callable[[], Any]]] = []
        self.up = True
        self.silent = False
        self.gate: asyncio.Event | None = None
        self.skew = 0.0
        self.slept = 0.0
        self._end = float("inf")
        self._inner = httpx.ASGITransport(app=create_app(self.simulation))
        self.gateway = GatewayClient(
            GatewaySettings.model_construct(),
            policy=TICKER,
            transport=Transport(self._answer),
            now=self.now,
            sleep=self.sleep,
        )
        self._rules = rules(compete, region, seed)
        self.keeper = self._new_keeper()

    def _new_keeper(self) -> Keeper:
        return Keeper(
            self.gateway,
            Rhythm(fair=60, foul=5),
            self._rules,
            overdue=60,
            metrics=Metrics(),
            now=self.now,
            wall=self.wall,
            sleep=self.sleep,
        )

    def now(self) -> float:
        """The seconds of the ticker's machine, which does not count those in which it sleeps."""
        return self.clock.now() - self.slept

    def wall(self) -> float:
        """The time of day of the ticker's machine, which somebody may set."""
        return self.clock.now() + self.skew

    def fall_asleep(self, hours: float, *, counted: bool = False) -> None:
        """The laptop is shut for so many hours, counted or not; IBKR's end of the world goes on."""
        self.clock.advance(hours * HOUR)
        self.slept += 0 if counted else hours * HOUR

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.gate:
            await self.gate.wait()
        if not self.up:
            raise httpx.ConnectError("refused", request=request)
        path = request.url.path
        self.requests.append((self.clock.now(), path))
        if self.silent and path != "/":
            self.clock.advance(TICKLE_DEADLINE)
            raise TimeoutError
        response = await self._inner.handle_async_request(request)
        if path == INIT and response.status_code == 200:
            self.opened.append(self.clock.now())
        return response

    @property
    def inits(self) -> list[float]:
        """When the ticker asked for a brokerage session."""
        return [moment for moment, path in self.requests if path == INIT]

    @property
    def tickles(self) -> list[float]:
        return [moment for moment, path in self.requests if path == TICKLE]

    def at(self, hours: float, do: Callable[[], Any]) -> None:
        """Do something so many hours from now."""
        self.plan.append((self.clock.now() + hours * HOUR, do))
        self.plan.sort(key=lambda planned: planned[0])

    def when(self, moment: datetime, do: Callable[[], Any]) -> None:
        """Do something at this time."""
        self.at((moment.astimezone(UTC).timestamp() - self.clock.now()) / HOUR, do)

    async def sleep(self, seconds: float) -> None:
        state = self.keeper.state
        if not self.states or self.states[-1][1] != state:
            self.states.append((self.clock.now(), state))
        wake = self.clock.now() + seconds
        while self.plan and self.plan[0][0] <= wake:
            moment, do = self.plan.pop(0)
            self.clock.advance(max(0.0, moment - self.clock.now()))
            self._note()
            done = do()
            if isawaitable(done):
                await done
            for _ in range(3):  # whoever was woken by that gets the word before the clock goes on
                await asyncio.sleep(0)
        self.clock.advance(max(0.0, wake - self.clock.now()))
        self._note()
        if self.clock.now() >= self._end:
            raise TimeIsUpError

    def _note(self) -> None:
        state = self.simulation.session.state
        if not self.simulated or self.simulated[-1][1] is not state:
            self.simulated.append((self.clock.now(), state))

    def closed(self) -> list[float]:
        """When the simulator was first seen to have closed the brokerage session and kept the login."""
        return [moment for moment, state in self.simulated if state is Simulated.SSO]

    async def run(self, hours: float) -> None:
        self._end = self.clock.now() + hours * HOUR
        with pytest.raises(TimeIsUpError):
            await self.keeper.run()

    def set_up(self, up: bool) -> None:
        """Start or stop the gateway."""
        self.up = up

    def set_silent(self, silent: bool) -> None:
        """Let nothing come back from IBKR, or all of it again."""
        self.silent = silent

    def requested(self, path: str) -> int:
        """How often this was asked for."""
        return sum(1 for _, asked in self.requests if asked == path)

    def restart(self) -> None:
        """Another ticker in the place of the present one."""
        self.keeper = self._new_keeper()

    def left_established(self, after: float) -> float:
        """When the ticker first said anything but established after this moment."""
        return next(moment for moment, state in self.states if moment >= after and state != "established")

    def seen(self) -> list[str]:
        return [state for _, state in self.states]


class Transport(httpx.AsyncBaseTransport):
    def __init__(self, answer: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> None:
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._answer(request)
        if response.is_stream_consumed:  # as from a socket, where a body is read once
            return httpx.Response(
                response.status_code, headers=response.headers, stream=httpx.ByteStream(response.content)
            )
        return response
