"""Fakes for the tests of the gateway client: a clock, servers that misbehave, and pipeline handlers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from api_gateway.client.paths import QueryValue
from api_gateway.client.rate_limiter import Reservation, WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.client.transport import RawResponse

ConnectionHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class FakeTime:
    """A clock that advances only during a sleep; `sleeps` are their durations."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


class RawServer:
    """A TCP server on a free port; `connections` counts the connections to it."""

    def __init__(self, serve: ConnectionHandler) -> None:
        self.connections = 0
        self.port = 0
        self._serve = serve
        self._connected = asyncio.Condition()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        async with self._connected:
            self._connected.notify_all()
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    async def wait_for_connections(self, count: int) -> None:
        """Wait until there have been that many connections; raises TimeoutError after 10 s."""
        async with asyncio.timeout(10), self._connected:
            await self._connected.wait_for(lambda: self.connections >= count)

    @asynccontextmanager
    async def running(self, context: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
        server = await asyncio.start_server(self.accept, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for writer in self._writers:
                try:
                    await writer.wait_closed()
                except (OSError, ssl.SSLError):
                    continue


class FakeGateway:
    """Returns prepared responses by path, in order, then the last one again; `requests` are the paths."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.responses: dict[str, list[Any]] = {}
        self.gate: asyncio.Event | None = None

    def respond(self, path: str, *responses: Any) -> FakeGateway:
        """Prepare the responses for `path` (without its query); an exception is raised."""
        self.responses[path] = list(responses)
        return self

    async def send(self, request: GatewayRequest, _: WaitBudget) -> GatewayResponse:
        path = request.path.raw_path.removeprefix("/v1/api")
        self.requests.append(path)
        if self.gate is not None:
            await self.gate.wait()
        else:
            await asyncio.sleep(0)
        responses = self.responses.get(path.partition("?")[0], [{}])
        response = responses.pop(0) if len(responses) > 1 else responses[0]
        if isinstance(response, Exception):
            raise response
        return GatewayResponse(200, orjson.dumps(response))


class FakeHandler:
    """The rest of a pipeline: returns or raises the next outcome per request, then the last one again."""

    def __init__(self, *outcomes: object) -> None:
        self.requests: list[GatewayRequest] = []
        self.budgets: list[WaitBudget] = []
        self._outcomes = list(outcomes)

    async def __call__(self, request: GatewayRequest, budget: WaitBudget) -> GatewayResponse:
        self.requests.append(request)
        self.budgets.append(budget)
        await asyncio.sleep(0)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return GatewayResponse(200, orjson.dumps(outcome))

    @property
    def paths(self) -> list[str]:
        return [request.path.raw_path.removeprefix("/v1/api") for request in self.requests]


class FakeExchange:
    """A transport: returns the next raw response for each request, or raises the next exception."""

    def __init__(self, *outcomes: RawResponse | Exception) -> None:
        self.requests: list[GatewayRequest] = []
        self.timeouts: list[float] = []
        self._outcomes = list(outcomes)

    async def __call__(self, request: GatewayRequest, _: Reservation, timeout: float) -> RawResponse:
        self.requests.append(request)
        self.timeouts.append(timeout)
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def raw(status: int, body: bytes = b"{}", *, retry_after: str = "") -> RawResponse:
    return RawResponse(status, httpx.Headers({"retry-after": retry_after} if retry_after else {}), body)


def unlimited() -> WaitBudget:
    return WaitBudget(0.0, float("inf"))


def read(template: str, *values: object, **query: QueryValue) -> GatewayRequest:
    return build_request("GET", template, values, query, read_only=True)


def write(template: str, *values: object, **body: object) -> GatewayRequest:
    return build_request("POST", template, values, {}, body, read_only=False)
