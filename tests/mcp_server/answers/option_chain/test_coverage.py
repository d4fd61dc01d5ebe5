"""Shares and cash that options can be sold against, with the simulator and replaced lists of orders."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from mcp_server.answers.instruments import resolve_one
from mcp_server.answers.option_chain.tool import get_option_chain
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack

AAPL = 265598
SELL_200 = {
    "orderId": 77,
    "acct": "DU1234567",
    "ticker": "AAPL",
    "conid": AAPL,
    "secType": "STK",
    "side": "SELL",
    "status": "Submitted",
    "totalSize": 200,
    "filledQuantity": 0,
    "remainingQuantity": 200,
    "orderType": "Limit",
    "price": "300",
}


def called(
    *orders: dict[str, Any],
    sells: str = "covered_call",
    held: list[dict[str, Any]] | None = None,
    snapshot: bool = True,
    profile: str = "retail",
    account: str | None = None,
) -> tuple[Called, list[str]]:
    """The answer with these orders and positions besides the 260 shares, and the queries of the orders."""
    queries = []

    async def scenario(stack: AnswerStack) -> Called:
        def respond(request: httpx.Request) -> httpx.Response | None:
            if request.url.path.endswith("/account/orders"):
                queries.append(request.url.params.get("accountId", ""))
                return httpx.Response(200, json={"orders": list(orders), "snapshot": snapshot})
            if "/portfolio2/" in request.url.path:
                shares = {"conid": str(AAPL), "position": 260, "secType": "STK", "currency": "USD"}
                return httpx.Response(200, json=[shares, *(held or [])])
            return None

        put = await resolve_one(stack.context, "AAPL 18Dec26 260P")
        for row in (*orders, *(held or [])):
            if row.get("conid") == "put":
                row["conid"] = put.conid
        stack.respond = respond
        arguments = {"for": sells} | ({"account": account} if account else {})
        return await stack.call(get_option_chain, underlying="AAPL", **arguments)

    return with_stack(scenario, profile), queries


def contracts(result: Called) -> int:
    """How many calls would be covered."""
    found = re.search(r"(\d+) contracts", result.text)
    assert found, result.text
    return int(found[1])


def cash(result: Called) -> list[int]:
    """Settled cash, the parts of it that are needed, and the puts at the highest strike."""
    line = next(each for each in result.text.splitlines() if each.startswith("settled cash"))
    return [int(each) for each in re.findall(r"(?:^settled cash|,|secures(?: at most)?) (\d+)", line)][:-1]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"status": "PartiallyFilled"},
        {"status": "ApiPending"},
        {"status": "PreCancelled"},
        {"status": "SomethingNew"},
        {"remainingQuantity": None},
        {"remainingQuantity": None, "totalSize": 220, "filledQuantity": 20},
    ],
)
def test_shares_in_any_order_that_can_still_fill_are_not_free(change: dict[str, Any]) -> None:
    result, _ = called(SELL_200 | change)
    assert contracts(result) == 0
    assert "200 in open sell orders" in result.text


def test_orders_that_ended_and_those_of_other_accounts_leave_the_shares_free() -> None:
    result, _ = called(SELL_200 | {"status": "Filled"}, SELL_200 | {"acct": "DU7654321"})
    assert contracts(result) == 2


def test_calls_that_a_combination_sells_need_shares() -> None:
    async def call(stack: AnswerStack) -> int:
        return (await resolve_one(stack.context, "AAPL 18Dec26 280C")).conid

    combination = {"conid": -1, "conidex": f"28812380;;;{with_stack(call)}/-1", "side": "BUY"}
    result, _ = called(SELL_200 | combination | {"totalSize": 2, "remainingQuantity": 2})
    assert contracts(result) == 0


def test_an_unfinished_list_and_an_order_without_a_size_make_the_number_an_upper_limit() -> None:
    whole, _ = called()
    assert "at most" not in whole.text
    for result, _ in (
        called(snapshot=False),
        called(SELL_200 | {"remainingQuantity": None, "totalSize": None}),
        called(held=[{"conid": "999", "position": -2, "secType": "OPT", "currency": "USD"}]),
    ):
        assert "at most 2 contracts" in result.text


def test_the_orders_of_one_of_several_accounts_are_requested_by_its_id() -> None:
    result, queries = called(profile="fa", account="DU1234568")
    assert queries == ["DU1234568"]
    assert "at most" in result.text
    assert "select_account" in result.text


def test_cash_for_short_puts_and_open_orders_secures_no_other_puts() -> None:
    before, short, buying, offering = (
        cash(called(*orders, sells="cash_secured_put", held=held)[0])
        for orders, held in (
            ((), []),
            ((), [{"conid": "put", "position": -1, "secType": "OPT", "currency": "USD"}]),
            ((SELL_200 | {"side": "BUY", "price": "30"},), []),
            ((SELL_200 | {"conid": "put", "totalSize": 1, "remainingQuantity": 1},), []),
        )
    )
    settled, puts = before
    assert short[:2] == [settled, 26000]
    assert buying[:2] == [settled, 6000]
    assert offering[:2] == [settled, 26000]
    assert short[2] == offering[2] == puts - 1


def test_a_purchase_at_market_makes_the_number_of_puts_an_upper_limit() -> None:
    result, _ = called(
        SELL_200 | {"side": "BUY", "orderType": "Market", "price": ""}, sells="cash_secured_put"
    )
    assert "at most" in result.text
    assert "77" in result.text
