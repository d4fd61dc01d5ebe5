"""`wait_for` with the simulator."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Any

import httpx
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
    assert re.match(r"met: AAPL .* 1 USD\n\d+\.\d+ USD at .*New York, live", result.text)


def test_a_price_that_is_not_reached_gives_the_current_one_and_a_handle() -> None:
    result = called(until="AAPL above 99999", timeout_seconds="20")
    assert not result.is_error
    assert "handle=w1" in result.text
    snapshots = [each for each in result.requests if each.endswith("/snapshot")]
    assert 4 <= len(snapshots) <= 7


def test_a_share_in_pence_is_compared_in_pence_and_says_so() -> None:
    result = called(until="VOD.L above 500", timeout_seconds=6)
    assert re.match(r"not met .*: VOD.* 500 GBX \(pence\)\nnow \d+(\.\d+)? GBX \(pence\) at ", result.text)


def test_orders_that_ibkr_has_not_loaded_yet_have_not_changed() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        lists = itertools.count()
        stack.respond = lambda request: (
            httpx.Response(200, json={"orders": [], "snapshot": False})
            if request.url.path.endswith("/account/orders") and not next(lists)
            else None
        )
        try:
            return await stack.call(wait_for, until="any order changes", timeout_seconds=30)
        finally:
            await stack.context.watches.aclose()

    result = with_stack(scenario)
    assert result.text.startswith("not met")
    assert sum(each.endswith("/account/orders") for each in result.requests) > 2


def test_what_was_met_and_what_was_cancelled_is_not_watched_any_more() -> None:
    async def scenario(stack: AnswerStack) -> tuple[list[str], bool]:
        met = await stack.call(wait_for, until="AAPL above 1")
        call = asyncio.create_task(stack.call(wait_for, until="AAPL above 99999"))
        await asyncio.sleep(22)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        sent = len(stack.requests)
        await asyncio.sleep(60)
        try:
            handles = [await stack.call(wait_for, handle=each) for each in ("w1", "w2")]
        finally:
            await stack.context.watches.aclose()
        return stack.requests[sent:], met.text.startswith("met") and all(each.is_error for each in handles)

    assert with_stack(scenario) == ([], True)


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
