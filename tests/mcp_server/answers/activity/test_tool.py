"""`get_activity`: its arguments, several kinds at once, and failures."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from mcp_server.answers.activity.tool import KINDS, get_activity
from mcp_server.answers.answer_tool import AnswerTool
from tests.mcp_server.answers.answer_stack import AnswerStack, Called, with_stack

BUDGET = 330
"""Tokens of name, description and schema."""


def called(**arguments: Any) -> Called:
    async def scenario(stack: AnswerStack) -> Called:
        return await stack.call(get_activity, **arguments)

    result: Called = with_stack(scenario)
    return result


def test_several_kinds_are_answered_in_their_order() -> None:
    for what in (["alerts", "orders"], "alerts, orders", '["alerts","orders"]', "Alerts;ORDERS"):
        lines = called(what=what).text.splitlines()
        titles = [line.split()[0] for line in lines if line.startswith(("Orders", "Alerts"))]
        assert titles == ["Alerts", "Orders"]


def test_orders_are_the_default() -> None:
    assert called().text == called(what="orders").text == called(what=[]).text


def test_the_head_has_time_zone_and_market_where_it_matters() -> None:
    head = called().text.splitlines()[0]
    assert "New York" in head
    assert "market open" in head
    assert "market" not in called(what="alerts").text.splitlines()[0]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("order", "orders"),
        ("Fills", "trades"),
        ("executions", "trades"),
        ("dividends", "transactions"),
        ("fees, interest", "transactions"),
        ("notifications", "messages"),
    ],
)
def test_words_that_people_use_mean_the_nearest_kind(word: str, kind: str) -> None:
    assert called(what=word).text == called(what=kind).text


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"what": "order history"}, "what"),
        ({"since": "2027-01-01"}, "since"),
        ({"since": "soon"}, "since"),
        ({"account": "DU9999999"}, "account"),
        ({"limit": 0}, "limit"),
        ({"cursor": "c99"}, "cursor"),
        ({"day": "today"}, "day"),
    ],
)
def test_an_invalid_argument_is_named(arguments: dict[str, Any], name: str) -> None:
    result = called(**arguments)
    assert result.is_error
    assert f"`{name}" in result.text


def test_if_one_kind_fails_the_others_are_shown() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        stack.respond = lambda request: (
            httpx.Response(500, json={"error": "x"}) if request.url.path.endswith("/account/orders") else None
        )
        return await stack.call(get_activity, what="orders,trades", since="7d")

    result = with_stack(scenario)
    assert not result.is_error
    assert "Orders: not available." in result.text
    assert "4 orders, 5 executions" in result.text


def test_without_a_login_the_answer_is_the_error_of_the_connection() -> None:
    async def scenario(stack: AnswerStack) -> Called:
        stack.simulation.session.logout()
        return await stack.call(get_activity, what="orders,messages")

    assert with_stack(scenario).is_error


# The tokenizer's package uses a deprecated function of Python when it is imported.
@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
def test_the_tool_takes_few_tokens_and_so_does_everything_at_once() -> None:
    import bpe_openai

    encoding = bpe_openai.get_encoding("o200k_base")

    async def scenario(stack: AnswerStack) -> tuple[str, str]:
        tool = AnswerTool(get_activity, stack.context)
        listed = {"name": tool.name, "description": tool.description, "inputSchema": tool.parameters}
        everything = await stack.call(get_activity, what=list(KINDS), since="7d")
        return json.dumps(listed, separators=(",", ":")), everything.text

    listed, everything = with_stack(scenario)
    assert len(encoding.encode(listed)) <= BUDGET
    assert len(encoding.encode(everything)) <= 1500
