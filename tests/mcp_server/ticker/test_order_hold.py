"""Order hold: the ticker pauses from an order to its last confirmation, and orders work without it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from api_gateway.client.gateway import GatewayClient
from mcp_server.ticker.client import TickerClient
from mcp_server.ticker.order_hold import OrderHold
from tests.mcp_server.connection.in_process_stack import PROTOCOLS, InProcessStack, raise_order_question
from tests.virtual_loop import run_in_virtual_time

ORDERS = "/iserver/account/{allocation}/orders"


async def answer_question(client: Any, question: dict[str, Any], *, confirmed: bool = True) -> str:
    """Answer the question, and return the text of the result."""
    result = await client.call_tool(
        "answer_order_question",
        {"reply_id": question["id"], "confirmed": confirmed},
        raise_on_error=False,
    )
    return str(result.content[0].text)


@pytest.mark.parametrize("era", PROTOCOLS)
def test_no_tickle_is_sent_while_the_user_takes_50_seconds_to_confirm(era: str) -> None:
    async def scenario() -> tuple[list[str], str, int, int]:
        stack = InProcessStack()
        async with stack.client(era) as client:
            await asyncio.sleep(30)
            question = await raise_order_question(client)
            stack.gateway_requests.clear()
            await asyncio.sleep(50)  # a heartbeat would be due meanwhile
            between = list(stack.gateway_requests)
            held = len(stack.keeper.report()["holds"])
            reply = await answer_question(client, question)
            while '"message"' in reply:
                reply = await answer_question(client, {"id": reply.split('"id":"')[1].split('"')[0]})
            return between, reply, held, len(stack.keeper.report()["holds"])

    between, reply, held, left = run_in_virtual_time(scenario())
    assert between == []
    assert "order_id" in reply
    assert (held, left) == (1, 0)


def test_a_declined_confirmation_releases_the_hold_and_an_order_without_one_leaves_none() -> None:
    async def scenario() -> tuple[int, list[str]]:
        stack = InProcessStack()
        async with stack.client() as client:
            await answer_question(client, await raise_order_question(client), confirmed=False)
            return len(stack.keeper.report()["holds"]), stack.hold_requests

    left, held = run_in_virtual_time(scenario())
    assert left == 0
    assert held.count("POST") == held.count("DELETE") == 2


def test_an_unanswered_question_holds_the_ticker_for_a_minute_at_most() -> None:
    async def scenario() -> int:
        stack = InProcessStack()
        async with stack.client() as client:
            await raise_order_question(client)
            await asyncio.sleep(61)
            return len(stack.keeper.report()["holds"])

    assert run_in_virtual_time(scenario()) == 0


def test_without_a_ticker_the_order_is_sent_and_a_warning_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> dict[str, Any]:
        async with InProcessStack(ticker=False).client() as client:
            return await raise_order_question(client)

    assert run_in_virtual_time(scenario())["id"]
    levels = {each.levelname for each in caplog.records if each.name == "mcp_server.ticker.client"}
    assert levels == {"WARNING"}


def test_a_request_that_is_not_an_order_needs_no_hold() -> None:
    async def scenario() -> list[str]:
        stack = InProcessStack()
        async with stack.client() as client:
            await client.call_tool("get_session_status", {})
            await client.call_tool("search_contracts", {"symbol": "AAPL"})
            return stack.hold_requests

    assert run_in_virtual_time(scenario()) == []


class FakeTicker:
    """Grants every hold."""

    def __init__(self) -> None:
        self.alive: list[str] = []
        self.granted = 0

    async def hold(self, seconds: float) -> str:
        await asyncio.sleep(seconds / 60)
        self.granted += 1
        self.alive.append(f"a{self.granted}")
        return self.alive[-1]

    async def release(self, name: str) -> None:
        await asyncio.sleep(1)
        self.alive.remove(name)


@pytest.mark.parametrize("after", [0.5, 5], ids=["while it waits for the hold", "while it is in flight"])
def test_a_cancelled_order_leaves_no_hold(after: float) -> None:
    async def scenario() -> list[str]:
        ticker, question = FakeTicker(), SimpleNamespace(open=True)
        hold = OrderHold(
            cast("GatewayClient", SimpleNamespace(order_question=question)), cast("TickerClient", ticker)
        )
        async with hold.around(ORDERS):
            """This order leaves a question open, and with it a hold."""
        question.open = False
        with anyio.move_on_after(after):  # cancels every await after it, too
            async with hold.around(ORDERS):
                await asyncio.sleep(60)
        await asyncio.sleep(5)
        return ticker.alive

    assert run_in_virtual_time(scenario()) == []
