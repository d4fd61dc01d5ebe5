"""The ticker holds still from an order to its last answer, and an order goes on without it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest

from api_gateway.client.gateway import GatewayClient
from mcp_server.ticker.client import TickerClient
from mcp_server.ticker.order_hold import OrderHold
from tests.mcp_server.connection.house import PROTOCOLS, InProcessStack, raise_order_question
from tests.virtual_loop import run_in_virtual_time

ORDERS = "/iserver/account/{allocation}/orders"


async def answered(client: Any, question: dict[str, Any], *, confirmed: bool = True) -> str:
    """What IBKR says after all its questions."""
    result = await client.call_tool(
        "answer_order_question",
        {"reply_id": question["id"], "confirmed": confirmed},
        raise_on_error=False,
    )
    return str(result.content[0].text)


@pytest.mark.parametrize("era", PROTOCOLS)
def test_a_user_who_thinks_for_50_seconds_is_not_interrupted_by_a_tickle(era: str) -> None:
    async def tried() -> tuple[list[str], str, int, int]:
        house = InProcessStack()
        async with house.client(era) as client:
            await asyncio.sleep(30)
            question = await raise_order_question(client)
            house.gateway_requests.clear()
            await asyncio.sleep(50)  # a beat would be due meanwhile
            between = list(house.gateway_requests)
            held = len(house.keeper.report()["holds"])
            answer = await answered(client, question)
            while '"message"' in answer:
                answer = await answered(client, {"id": answer.split('"id":"')[1].split('"')[0]})
            return between, answer, held, len(house.keeper.report()["holds"])

    between, answer, held, left = run_in_virtual_time(tried())
    assert between == []
    assert "order_id" in answer
    assert (held, left) == (1, 0)


def test_a_refused_question_ends_the_hold_and_an_order_without_one_leaves_none() -> None:
    async def tried() -> tuple[int, list[str]]:
        house = InProcessStack()
        async with house.client() as client:
            await answered(client, await raise_order_question(client), confirmed=False)
            return len(house.keeper.report()["holds"]), house.hold_requests

    left, held = run_in_virtual_time(tried())
    assert left == 0
    assert held.count("POST") == held.count("DELETE") == 2


def test_a_question_that_nobody_answers_holds_for_a_minute_at_most() -> None:
    async def tried() -> int:
        house = InProcessStack()
        async with house.client() as client:
            await raise_order_question(client)
            await asyncio.sleep(61)
            return len(house.keeper.report()["holds"])

    assert run_in_virtual_time(tried()) == 0


def test_without_a_ticker_the_order_goes_on_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def tried() -> dict[str, Any]:
        async with InProcessStack(ticker=False).client() as client:
            return await raise_order_question(client)

    assert run_in_virtual_time(tried())["id"]
    assert "without a hold of the ticker" in caplog.text


def test_what_is_no_order_asks_for_no_hold() -> None:
    async def tried() -> list[str]:
        house = InProcessStack()
        async with house.client() as client:
            await client.call_tool("get_session_status", {})
            await client.call_tool("search_contracts", {"symbol": "AAPL"})
            return house.hold_requests

    assert run_in_virtual_time(tried()) == []


class Granting:
    """A ticker that grants every hold."""

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


@pytest.mark.parametrize("after", [0.5, 5], ids=["while it waits for the hold", "while it is under way"])
def test_an_order_that_its_client_cancels_leaves_no_hold(after: float) -> None:
    async def tried() -> list[str]:
        ticker, question = Granting(), SimpleNamespace(open=True)
        hold = OrderHold(
            cast("GatewayClient", SimpleNamespace(order_question=question)), cast("TickerClient", ticker)
        )
        async with hold.around(ORDERS):
            """This one leaves a question, and with it a hold."""
        question.open = False
        with anyio.move_on_after(after):  # which cancels whatever is waited for afterwards, too
            async with hold.around(ORDERS):
                await asyncio.sleep(60)
        await asyncio.sleep(5)
        return ticker.alive

    assert run_in_virtual_time(tried()) == []
