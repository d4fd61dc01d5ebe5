"""What the answers share."""

from __future__ import annotations

import re

import httpx
import pytest

from mcp_server.answers.errors import AnswerError
from mcp_server.answers.portfolio.tool import get_portfolio
from mcp_server.answers.waiting.conditions import OrderCondition, PriceCondition
from mcp_server.instruments.instrument import Found
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("USD", ["BMO@NYSE", "BMO@TSE"]), ("CAD", ["BMO@TSE"]), (None, ["BMO@NYSE", "BMO@TSE"])],
)
def test_a_name_means_the_listing_in_the_accounts_currency(currency: str | None, expected: list[str]) -> None:
    async def scenario(stack: AnswerStack) -> list[str]:
        def reply(request: httpx.Request) -> httpx.Response | None:
            return (
                httpx.Response(200, json={"currency": currency})
                if request.url.path.endswith("/meta")
                else None
            )

        stack.respond = reply
        found = await stack.context.instruments.resolve("BMO")
        assert isinstance(found, Found)
        return [each.text for each in found.instruments]

    assert with_stack(scenario) == expected


def test_the_currency_is_not_read_where_it_cannot_decide() -> None:
    async def scenario(stack: AnswerStack) -> list[str]:
        await stack.context.instruments.resolve("EUR.USD")
        return stack.requests

    assert not [each for each in with_stack(scenario) if each.endswith("/meta")]


@pytest.mark.parametrize("is_noticed_by", ["the session", "the accounts"])
def test_nothing_of_an_account_outlives_its_login(is_noticed_by: str) -> None:
    async def scenario(stack: AnswerStack) -> tuple[Called, Called]:
        first = await stack.call(get_portfolio, limit=1)
        found = re.search(r"cursor (c[0-9]+)", first.text)
        assert found
        before = await stack.call(get_portfolio, cursor=found[1])
        watches = stack.context.watches
        order = await watches.begin("x", OrderCondition("", until_done=False))
        price = await watches.begin("x", PriceCondition("SPY", True, 1e6), conid=756733)
        if is_noticed_by == "the session":
            stack.gateway.reset_session_state()
        else:
            stack.respond = lambda request: (
                httpx.Response(200, json={"accounts": ["DU7654321"], "selectedAccount": "DU7654321"})
                if request.url.path.endswith("/iserver/accounts")
                else None
            )
            await stack.sleep(6)
            await stack.gateway.get("/iserver/accounts")
        assert watches.get(price.handle) is price
        with pytest.raises(AnswerError):
            watches.get(order.handle)
        return before, await stack.call(get_portfolio, cursor=found[1])

    before, after = with_stack(scenario)
    assert not before.is_error
    assert after.is_error


def test_the_accounts_that_ibkr_lists_again_do_not_end_the_session() -> None:
    async def scenario(stack: AnswerStack) -> list[str]:
        ended: list[str] = []
        await stack.context.accounts.read()
        stack.gateway.on_session_end(lambda: ended.append("ended"))
        await stack.sleep(6)
        await stack.gateway.get("/iserver/accounts")
        return ended

    assert with_stack(scenario) == []
