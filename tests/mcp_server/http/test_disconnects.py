"""Clients that cancel or disconnect, over real HTTP: their slots are free, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import mcp
import pytest
from starlette.types import Receive, Scope, Send

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.client.gateway import GatewayClient
from api_gateway.client.response import GatewayResponse
from api_gateway.settings import GatewaySettings
from mcp_server.http.disconnects import CancelOnDisconnect
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from mcp_server.ticker.client import TickerClient
from tests.api_gateway.listening import wait_until
from tests.mcp_server.one_server import refuse_connection

pytestmark = pytest.mark.thorough

MODES = ["legacy", "2026-07-28"]
HEADERS = {"accept": "application/json, text/event-stream"}


class SlowGateway(httpx.AsyncBaseTransport):
    """A gateway that responds to some paths and delays all others until `release` is set."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.pending = 0
        self.fast_paths: set[str] = {"/iserver/accounts"}
        self.release = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1/api")
        self.received.append(f"{request.method} {path}")
        self.pending += 1
        try:
            if path not in self.fast_paths:
                await self.release.wait()
            return httpx.Response(
                200, stream=httpx.ByteStream(b'{"accounts": ["DU1234567"], "isPaper": true}')
            )
        finally:
            self.pending -= 1


@pytest.fixture
def far_away() -> SlowGateway:
    return SlowGateway()


@pytest.fixture
def gateway(far_away: SlowGateway) -> CountingClient:
    # Only the limit of concurrent requests: test_rate_limiter tests the others with cancelled callers.
    return CountingClient(
        GatewaySettings(_env_file=None), policy=ALL_OPERATIONS, transport=far_away, global_limit=None
    )


def queued(gateway: GatewayClient) -> int:
    """The number of requests that wait for a slot."""
    return sum(1 for each in gateway.rate_limiter._slots._waiters or () if not each.done())


class CountingClient(GatewayClient):
    """Counts the callers that wait for the response of a read, whether shared or not."""

    waiting = 0

    async def get(self, template: str, /, *values: object, **query: Any) -> GatewayResponse:
        self.waiting += 1
        try:
            return await super().get(template, *values, **query)
        finally:
            self.waiting -= 1


@pytest.fixture
async def address(gateway: GatewayClient, over_http: Any) -> AsyncIterator[str]:
    settings = ServerSettings(
        _env_file=None, trading_mode="paper", mcp_server_tools="all", raw_order_tools=True
    )
    ticker = TickerClient("http://ticker:5056", transport=httpx.MockTransport(refuse_connection))
    async with over_http(create_server(gateway, settings, ticker=ticker), settings) as address:
        yield address


def slow_read(number: int) -> tuple[str, dict[str, Any]]:
    return "list_stocks", {"symbols": [f"A{number}"]}


async def require_free_slot(client: mcp.Client, far_away: SlowGateway) -> None:
    """Return when a call has got a slot at the gateway and a response."""
    far_away.fast_paths.add("/trsrv/futures")
    async with asyncio.timeout(10):
        result = await client.call_tool("list_futures", {"symbols": ["ES"]})
    assert not result.is_error, result.content


@pytest.mark.parametrize("mode", MODES)
async def test_cancelled_calls_free_their_slots(far_away: SlowGateway, address: str, mode: Any) -> None:
    async with mcp.Client(f"{address}/mcp", mode=mode) as client:
        for _ in range(3):
            calls = [asyncio.create_task(client.call_tool(*slow_read(number))) for number in range(9)]
            await wait_until(lambda: far_away.pending == 4)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            await wait_until(lambda: far_away.pending == 0)
        await require_free_slot(client, far_away)


@asynccontextmanager
async def raw_client(address: str, mode: str) -> AsyncIterator[Callable[[str, dict[str, Any]], Any]]:
    """A client that can only begin a call and disconnect."""
    headers = dict(HEADERS)
    async with httpx.AsyncClient(base_url=address, timeout=None) as web:  # noqa: S113
        if mode == "legacy":
            initialize = {
                "jsonrpc": "2.0",
                "id": 0,
                "method": "initialize",
                "params": {
                    "protocolVersion": "2025-11-25",
                    "capabilities": {},
                    "clientInfo": {"name": "test", "version": "1"},
                },
            }
            reply = await web.post("/mcp", json=initialize, headers=headers)
            headers |= {
                "mcp-session-id": reply.headers["mcp-session-id"],
                "mcp-protocol-version": "2025-11-25",
            }
            await web.post(
                "/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"}, headers=headers
            )

        async def call(tool: str, arguments: dict[str, Any]) -> None:
            params: dict[str, Any] = {"name": tool, "arguments": arguments}
            call_headers = dict(headers)
            if mode != "legacy":
                call_headers |= {"mcp-protocol-version": mode, "mcp-method": "tools/call", "mcp-name": tool}
                params["_meta"] = {
                    "io.modelcontextprotocol/protocolVersion": mode,
                    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                    "io.modelcontextprotocol/clientCapabilities": {},
                }
            body = {"jsonrpc": "2.0", "id": id(arguments), "method": "tools/call", "params": params}
            async with web.stream("POST", "/mcp", json=body, headers=call_headers) as reply:
                await reply.aread()

        yield call


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_disconnects_frees_its_slots(
    far_away: SlowGateway, address: str, mode: str
) -> None:
    async with raw_client(address, mode) as call:
        calls = [asyncio.create_task(call(*slow_read(number))) for number in range(9)]
        await wait_until(lambda: far_away.pending == 4)
        for each in calls:
            each.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    await wait_until(lambda: far_away.pending == 0)
    async with mcp.Client(f"{address}/mcp", mode=mode) as client:
        await require_free_slot(client, far_away)


@pytest.mark.parametrize("mode", MODES)
async def test_a_write_whose_client_disconnects_is_sent_once_and_not_logged_as_failed(
    far_away: SlowGateway, address: str, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    cancel = ("cancel_order", {"account_id": "DU1234567", "order_id": 7})
    sent = "DELETE /iserver/account/DU1234567/order/7"
    async with raw_client(address, mode) as call:
        abandoned = asyncio.create_task(call(*cancel))
        await wait_until(lambda: sent in far_away.received)
        abandoned.cancel()
        await asyncio.gather(abandoned, return_exceptions=True)
    await wait_until(lambda: far_away.pending == 0)
    async with mcp.Client(f"{address}/mcp", mode=mode) as client:
        waiting = asyncio.create_task(client.call_tool(*cancel))
        await wait_until(lambda: far_away.received.count(sent) == 2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await wait_until(lambda: far_away.pending == 0)
        await require_free_slot(client, far_away)
    assert far_away.received.count(sent) == 2
    assert not re.search("failed|not sent|not done|refused|Traceback", caplog.text)


@pytest.mark.parametrize("mode", MODES)
async def test_a_queued_write_is_dropped_when_its_client_disconnects(
    far_away: SlowGateway, gateway: GatewayClient, address: str, mode: str
) -> None:
    async with raw_client(address, mode) as readers, raw_client(address, mode) as writer:
        reads = [asyncio.create_task(readers(*slow_read(number))) for number in range(4)]
        await wait_until(lambda: far_away.pending == 4)
        write = asyncio.create_task(writer("logout", {}))
        await wait_until(lambda: queued(gateway) == 1)
        write.cancel()
        await asyncio.gather(write, return_exceptions=True)
        await wait_until(lambda: queued(gateway) == 0)
        for each in reads:
            each.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
    await wait_until(lambda: far_away.pending == 0)
    async with mcp.Client(f"{address}/mcp", mode=mode) as client:
        await require_free_slot(client, far_away)
    assert "POST /logout" not in far_away.received


@pytest.mark.parametrize("mode", MODES)
async def test_a_second_caller_of_the_same_read_gets_the_response_after_the_first_disconnects(
    far_away: SlowGateway, gateway: CountingClient, address: str, mode: Any
) -> None:
    async with raw_client(address, mode) as call, mcp.Client(f"{address}/mcp", mode=mode) as client:
        first = asyncio.create_task(call(*slow_read(1)))
        await wait_until(lambda: far_away.pending == 1)
        second = asyncio.create_task(client.call_tool(*slow_read(1)))
        await wait_until(lambda: gateway.waiting == 2)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await wait_until(lambda: gateway.waiting == 1)
        assert far_away.pending == 1
        far_away.release.set()
        assert not (await second).is_error
    assert far_away.received == ["GET /trsrv/stocks"]


@pytest.mark.parametrize("mode", MODES)
async def test_sixty_slow_calls_do_not_delay_health_a_tickle_or_the_connection_status(
    far_away: SlowGateway, address: str, mode: Any
) -> None:
    far_away.fast_paths |= {"/", "/tickle", "/iserver/auth/status"}
    async with (
        mcp.Client(f"{address}/mcp", mode=mode) as crowd,
        mcp.Client(f"{address}/mcp", mode=mode) as client,
        httpx.AsyncClient(base_url=address) as web,
    ):
        calls = [asyncio.create_task(crowd.call_tool(*slow_read(number))) for number in range(60)]
        await wait_until(lambda: far_away.pending == 4)
        async with asyncio.timeout(5):  # none of the sixty ends within twelve seconds
            assert (await web.get("/health")).status_code == 200
            assert "session" in (await web.get("/ready")).json()
            assert not (await client.call_tool("tickle", {})).is_error
            assert not (await client.call_tool("connection_status", {})).is_error
        assert far_away.pending == 4
        assert not any(call.done() for call in calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    await wait_until(lambda: far_away.pending == 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"method": "tools/call"}',
        b'{"method": "ping", "id": 1}',
        b'{"method": 5, "id": []}',
    ],
)
async def test_a_message_that_is_not_a_call_is_not_cancelled(body: bytes) -> None:
    received = []

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        received.append((await receive())["body"])
        await receive()

    messages: list[dict[str, Any]] = [{"type": "http.disconnect"}, {"type": "http.request", "body": body}]

    async def receive() -> dict[str, Any]:
        return messages.pop()

    async def send(_: Any) -> None:
        raise AssertionError

    scope = {"type": "http", "method": "POST", "headers": [(b"mcp-session-id", b"x")]}
    await CancelOnDisconnect(app)(scope, receive, send)
    assert received == [body]
