"""`wait_for` with the simulator."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from mcp_server.answers.waiting.tool import wait_for
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack


def called(**arguments: Any) -> Called:
    async def scenario(stack: AnswerStack) -> Called:
        try:
            return await stack.call(wait_for, **arguments)
        finally:
            await stack.context.watches.aclose()

    result: Called = with_stack(scenario)
    return result


def test_a_price_that_is_already_reached_is_reported_at_once() -> None:
    result = called(until="aapl above 1")
    assert not result.is_error
    assert re.match(r"met: AAPL .* 1\n\d+\.\d+ USD at .*New York, live", result.text)


def test_a_price_that_is_not_reached_gives_the_current_one_and_a_handle() -> None:
    result = called(until="AAPL above 99999", timeout_seconds="20")
    assert not result.is_error
    assert "handle=w1" in result.text
    snapshots = [each for each in result.requests if each.endswith("/snapshot")]
    assert 4 <= len(snapshots) <= 7


def test_an_order_is_watched_until_it_changes() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        first = await stack.call(wait_for, until="any order changes", timeout_seconds=10)
        rows = (await stack.context.gateway.get("/iserver/account/orders")).value["orders"]
        working = next(each for each in rows if each["status"] in {"Submitted", "PreSubmitted"})
        await stack.context.gateway.delete(
            "/iserver/account/{account}/order/{order}", "DU1234567", working["orderId"]
        )
        await asyncio.sleep(30)
        try:
            return first, await stack.call(wait_for, handle="w1")
        finally:
            await stack.context.watches.aclose()

    first, second = with_stack(scenario)
    assert "handle=w1" in first.text
    assert second.text.startswith("met: any order changes")
    assert "cancelled" in second.text


def test_an_open_market_is_open_and_closes_later() -> None:
    assert called(until="the market opens").text.startswith("met")
    assert called(until="market closes", timeout_seconds=5).text.startswith("not met")


@pytest.mark.parametrize(
    "arguments", [{}, {"until": "the moon rises"}, {"handle": "w9"}, {"until": "ZZZZZZ above 1"}]
)
def test_what_cannot_be_waited_for_is_an_error_that_says_what_to_write(arguments: dict[str, Any]) -> None:
    result = called(**arguments)
    assert result.is_error
