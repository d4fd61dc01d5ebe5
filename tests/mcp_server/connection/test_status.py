"""What the server learns by polling the ticker, and what it prefetches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from api_gateway.access_policy import TradingMode
from api_gateway.causes import Cause, explain
from api_gateway.client.gateway import GatewayClient
from mcp_server.connection.status import POLL_INTERVAL, ConnectionReporter
from mcp_server.ticker.client import TickerClient
from tests.mcp_server.connection.in_process_stack import InProcessStack
from tests.virtual_loop import run_in_virtual_time

ORDERS = "GET /iserver/account/orders"


def run_with_stack(scenario: Callable[[InProcessStack], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        return await scenario(InProcessStack())

    return run_in_virtual_time(run())


def test_the_first_call_for_orders_is_fast_if_the_session_has_been_open() -> None:
    async def scenario(stack: InProcessStack) -> tuple[float, int]:
        async with stack.client() as client:
            await asyncio.sleep(5 * POLL_INTERVAL)
            began, requests = asyncio.get_running_loop().time(), stack.gateway_requests.count(ORDERS)
            result = await client.call_tool("list_live_orders", {})
            assert not result.is_error
            return asyncio.get_running_loop().time() - began, stack.gateway_requests.count(ORDERS) - requests

    seconds, requests = run_with_stack(scenario)
    assert seconds < 1
    assert requests == 1


def test_nothing_is_prefetched_if_prefetch_is_off() -> None:
    async def scenario() -> int:
        stack = InProcessStack(prefetch=False)
        async with stack.client():
            await asyncio.sleep(5 * POLL_INTERVAL)
            return stack.gateway_requests.count(ORDERS)

    assert run_in_virtual_time(scenario()) == 0


def test_a_session_that_the_ticker_reopened_is_prefetched_again() -> None:
    async def scenario(stack: InProcessStack) -> list[int]:
        counts = []
        async with stack.client():
            await asyncio.sleep(5 * POLL_INTERVAL)
            counts.append(stack.gateway_requests.count(ORDERS))
            stack.simulation.session.drop()
            await asyncio.sleep(180)
            counts.append(stack.gateway_requests.count(ORDERS))
        return counts

    assert run_with_stack(scenario) == [2, 4]


def test_nothing_is_prefetched_during_a_hold_of_another_server() -> None:
    async def scenario(stack: InProcessStack) -> tuple[int, int]:
        async with stack.running():
            await stack.keeper.hold(30, "order")
            listening = asyncio.create_task(
                ConnectionReporter(stack.gateway, stack.ticker, TradingMode.PAPER).poll_ticker()
            )
            await asyncio.sleep(29)
            held = stack.gateway_requests.count(ORDERS)
            await asyncio.sleep(POLL_INTERVAL + 1)
            listening.cancel()
        return held, stack.gateway_requests.count(ORDERS)

    assert run_with_stack(scenario) == (0, 1)


def test_a_prefetch_stops_for_an_order_of_another_server() -> None:
    async def scenario(stack: InProcessStack) -> list[str]:
        serve_gateway = stack._serve_gateway

        async def slowly(request: httpx.Request) -> httpx.Response:
            reply = await serve_gateway(request)
            if request.url.path.endswith("/account/orders"):
                await asyncio.sleep(2)
            return reply

        stack.transport.handler = slowly
        async with stack.running():
            listening = asyncio.create_task(
                ConnectionReporter(stack.gateway, stack.ticker, TradingMode.PAPER).poll_ticker()
            )
            await asyncio.sleep(POLL_INTERVAL + 1)
            await stack.keeper.hold(30, "order")
            await asyncio.sleep(20)
            listening.cancel()
        return [each for each in stack.gateway_requests if "/account/" in each]

    assert run_with_stack(scenario) == [ORDERS]


@pytest.mark.parametrize(("after", "requests"), [(0.5, 0), (30, 2), (33, 2)])
def test_two_servers_never_prefetch_together(after: float, requests: int) -> None:
    """Each server counts only its own requests, and two in five seconds would start a ten-minute penalty."""

    async def scenario(stack: InProcessStack) -> tuple[int, float]:
        other = GatewayClient(
            stack.gateway.settings,
            transport=stack.transport,
            now=asyncio.get_running_loop().time,
            wall=time.time,
        )
        ticker = TickerClient("http://ticker:5056", transport=httpx.MockTransport(stack._serve_ticker))
        async with stack.client(), other:
            await asyncio.sleep(after)
            listening = asyncio.create_task(
                ConnectionReporter(other, ticker, TradingMode.PAPER).poll_ticker()
            )
            await asyncio.sleep(30)
            stack.simulation.session.drop()
            await asyncio.sleep(150)
            listening.cancel()
        silent = max(stack.gateway.rate_limiter.penalty_left, other.rate_limiter.penalty_left)
        return stack.gateway_requests.count(ORDERS), silent

    assert run_with_stack(scenario) == (requests, 0)


def test_a_response_that_needs_only_a_login_does_not_hide_a_competing_program() -> None:
    async def scenario(stack: InProcessStack) -> tuple[bool, str, int]:
        async with stack.client() as client:
            stack.simulation.session.displace()
            await stack.keeper.beat()
            await asyncio.sleep(POLL_INTERVAL)
            stack.gateway_requests.clear()
            portfolio = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
            quotes = await client.call_tool("search_contracts", {"symbol": "AAPL"}, raise_on_error=False)
            sent = [each for each in stack.gateway_requests if "search" in each]
        return portfolio.is_error, quotes.content[0].text, len(sent)

    failed, text, sent = run_with_stack(scenario)
    assert not failed
    assert explain(Cause.COMPETING).sentence in text
    assert sent == 0


def test_without_a_ticker_nothing_is_prefetched() -> None:
    async def scenario(stack: InProcessStack) -> int:
        stack.with_ticker = False
        async with stack.client():
            await asyncio.sleep(20)
            return stack.gateway_requests.count(ORDERS)

    assert run_with_stack(scenario) == 0


@pytest.mark.parametrize("slow", ["/iserver/accounts", "/iserver/account/orders"])
def test_no_call_fails_because_a_prefetch_was_slow(slow: str) -> None:
    async def scenario(stack: InProcessStack) -> Any:
        serve_gateway = stack._serve_gateway

        async def slowly(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith(slow):
                await asyncio.sleep(6)
            elif request.url.path.endswith("/auth/status"):
                await asyncio.sleep(1)
            return await serve_gateway(request)

        stack.transport.handler = slowly
        async with stack.running(), stack.gateway as gateway:
            prefetch = asyncio.create_task(gateway.prefetch())
            await asyncio.sleep(1 if slow == "/iserver/accounts" else 5)
            response = await gateway.get("/iserver/account/orders")
            await prefetch
            return response.value

    assert run_with_stack(scenario)["orders"]
