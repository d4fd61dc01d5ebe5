"""What the server learns from the ticker while nobody asks anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from api_gateway.access_policy import TradingMode
from api_gateway.client.gateway import GatewayClient
from mcp_server.connection.status import POLL_INTERVAL, ConnectionReporter
from mcp_server.ticker.client import TickerClient
from tests.mcp_server.connection.house import InProcessStack
from tests.virtual_loop import run_in_virtual_time

ORDERS = "GET /iserver/account/orders"


def in_a_house(tried: Callable[[InProcessStack], Awaitable[Any]]) -> Any:
    async def lived() -> Any:
        return await tried(InProcessStack())

    return run_in_virtual_time(lived())


def test_the_first_look_at_orders_needs_no_patience_where_the_session_has_been_open() -> None:
    async def tried(house: InProcessStack) -> tuple[float, int]:
        async with house.client() as client:
            await asyncio.sleep(5 * POLL_INTERVAL)
            began, asked = asyncio.get_running_loop().time(), house.gateway_requests.count(ORDERS)
            result = await client.call_tool("list_live_orders", {})
            assert not result.is_error
            return asyncio.get_running_loop().time() - began, house.gateway_requests.count(ORDERS) - asked

    seconds, asked = in_a_house(tried)
    assert seconds < 1
    assert asked == 1


def test_nothing_is_asked_ahead_where_the_user_has_said_so() -> None:
    async def tried() -> int:
        house = InProcessStack(ask_ahead=False)
        async with house.client():
            await asyncio.sleep(5 * POLL_INTERVAL)
            return house.gateway_requests.count(ORDERS)

    assert run_in_virtual_time(tried()) == 0


def test_a_session_that_the_ticker_has_reopened_is_asked_ahead_as_a_new_one() -> None:
    async def tried(house: InProcessStack) -> list[int]:
        counts = []
        async with house.client():
            await asyncio.sleep(5 * POLL_INTERVAL)
            counts.append(house.gateway_requests.count(ORDERS))
            house.simulation.session.drop()
            await asyncio.sleep(180)
            counts.append(house.gateway_requests.count(ORDERS))
        return counts

    assert in_a_house(tried) == [2, 4]


def test_nothing_is_asked_ahead_while_the_ticker_holds_still_for_an_order_of_another_server() -> None:
    async def tried(house: InProcessStack) -> tuple[int, int]:
        async with house.running():
            await house.keeper.hold(30, "order")
            listening = asyncio.create_task(
                ConnectionReporter(house.gateway, house.ticker, TradingMode.PAPER).poll_ticker()
            )
            await asyncio.sleep(29)
            held = house.gateway_requests.count(ORDERS)
            await asyncio.sleep(POLL_INTERVAL + 1)
            listening.cancel()
        return held, house.gateway_requests.count(ORDERS)

    assert in_a_house(tried) == (0, 1)


def test_what_is_asked_ahead_stops_for_an_order_of_another_server() -> None:
    async def tried(house: InProcessStack) -> list[str]:
        at_once = house._serve_gateway

        async def slowly(request: httpx.Request) -> httpx.Response:
            answer = await at_once(request)
            if request.url.path.endswith("/account/orders"):
                await asyncio.sleep(2)
            return answer

        house.transport.handler = slowly
        async with house.running():
            listening = asyncio.create_task(
                ConnectionReporter(house.gateway, house.ticker, TradingMode.PAPER).poll_ticker()
            )
            await asyncio.sleep(POLL_INTERVAL + 1)
            await house.keeper.hold(30, "order")
            await asyncio.sleep(20)
            listening.cancel()
        return [each for each in house.gateway_requests if "/account/" in each]

    assert in_a_house(tried) == [ORDERS]


@pytest.mark.parametrize(("after", "asked"), [(0.5, 0), (30, 2), (33, 2)])
def test_two_servers_never_ask_ahead_together(after: float, asked: int) -> None:
    """Each keeps IBKR's limits for itself, and two questions in five seconds bring ten minutes of silence."""

    async def tried(house: InProcessStack) -> tuple[int, float]:
        other = GatewayClient(
            house.gateway.settings,
            transport=house.transport,
            now=asyncio.get_running_loop().time,
            wall=time.time,
        )
        ticker = TickerClient("http://ticker:5056", transport=httpx.MockTransport(house._serve_ticker))
        async with house.client(), other:
            await asyncio.sleep(after)
            listening = asyncio.create_task(
                ConnectionReporter(other, ticker, TradingMode.PAPER).poll_ticker()
            )
            await asyncio.sleep(30)
            house.simulation.session.drop()
            await asyncio.sleep(150)
            listening.cancel()
        silent = max(house.gateway.rate_limiter.penalty_left, other.rate_limiter.penalty_left)
        return house.gateway_requests.count(ORDERS), silent

    assert in_a_house(tried) == (asked, 0)


def test_an_answer_that_needs_the_login_alone_does_not_hide_that_another_program_competes() -> None:
    async def tried(house: InProcessStack) -> tuple[bool, str, int]:
        async with house.client() as client:
            house.simulation.session.displace()
            await house.keeper.beat()
            await asyncio.sleep(POLL_INTERVAL)
            house.gateway_requests.clear()
            portfolio = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
            quotes = await client.call_tool("search_contracts", {"symbol": "AAPL"}, raise_on_error=False)
            sent = [each for each in house.gateway_requests if "search" in each]
        return portfolio.is_error, quotes.content[0].text, len(sent)

    failed, text, sent = in_a_house(tried)
    assert not failed
    assert "Another program with the same IBKR username" in text
    assert sent == 0


def test_without_a_ticker_nothing_is_asked_ahead() -> None:
    async def tried(house: InProcessStack) -> int:
        house.with_ticker = False
        async with house.client():
            await asyncio.sleep(20)
            return house.gateway_requests.count(ORDERS)

    assert in_a_house(tried) == 0


@pytest.mark.parametrize("slow", ["/iserver/accounts", "/iserver/account/orders"])
def test_no_call_fails_because_what_was_asked_ahead_was_slow(slow: str) -> None:
    async def tried(house: InProcessStack) -> Any:
        at_once = house._serve_gateway

        async def slowly(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith(slow):
                await asyncio.sleep(6)
            elif request.url.path.endswith("/auth/status"):
                await asyncio.sleep(1)
            return await at_once(request)

        house.transport.handler = slowly
        async with house.running(), house.gateway as gateway:
            warming = asyncio.create_task(gateway.prefetch())
            await asyncio.sleep(1 if slow == "/iserver/accounts" else 5)
            reply = await gateway.get("/iserver/account/orders")
            await warming
            return reply.value

    assert in_a_house(tried)["orders"]
