"""Completion of accounts and watchlists."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from mcp_types import CompletionArgument, PromptReference, ResourceTemplateReference

from api_gateway.client.request import build_request
from mcp_server.prompts.completion import NAMES_TTL, ArgumentCompletion
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

PROMPT = PromptReference(type="ref/prompt", name="morning_brief")
ARGUMENTS: Final = [CompletionArgument(name=each, value="") for each in ("account", "watchlist")]


def completed(argument: str, typed: str, profile: str = "retail", reference: Any = PROMPT) -> Any:
    async def scenario(stack: AnswerStack) -> Any:
        completion = ArgumentCompletion(stack.gateway, stack.context.accounts)
        return await completion.complete(reference, CompletionArgument(name=argument, value=typed), None)

    return with_stack(scenario, profile)


def test_accounts_are_completed_by_id_and_alias() -> None:
    assert completed("account", "") == ["DU1234567"]
    assert set(completed("account", "caut", "fa")) == {"Cautious"}
    assert "all" in completed("account", "", "fa")


def test_watchlists_are_completed_by_name() -> None:
    assert completed("watchlist", "fav") == ["Favorites"]


@pytest.mark.parametrize(
    ("argument", "reference"),
    [("symbol", PROMPT), ("account", ResourceTemplateReference(type="ref/resource", uri="ibkr://x"))],
)
def test_other_arguments_are_not_completed(argument: str, reference: Any) -> None:
    assert completed(argument, "", reference=reference) is None


def test_without_a_login_there_is_nothing_to_complete() -> None:
    async def scenario(stack: AnswerStack) -> Any:
        stack.simulation.session.logout()
        completion = ArgumentCompletion(stack.gateway, stack.context.accounts)
        return await completion.complete(PROMPT, CompletionArgument(name="account", value=""), None)

    assert with_stack(scenario) == []


def test_nothing_is_completed_while_an_order_awaits_confirmation() -> None:
    async def scenario(stack: AnswerStack) -> tuple[Any, list[str]]:
        completion = ArgumentCompletion(stack.gateway, stack.context.accounts)
        order = build_request("POST", "/iserver/account/{allocation}/orders", ("DU1234567",), read_only=False)
        stack.gateway.order_question.on_send(order)
        return [await completion.complete(PROMPT, each, None) for each in ARGUMENTS], stack.requests

    assert with_stack(scenario) == ([[], []], [])


def test_the_names_of_watchlists_are_read_once_a_minute() -> None:
    async def scenario(stack: AnswerStack) -> list[int]:
        completion = ArgumentCompletion(
            stack.gateway, stack.context.accounts, now=asyncio.get_running_loop().time
        )
        counts = []
        for seconds in (0, 1, NAMES_TTL):
            await stack.sleep(seconds)
            await completion.complete(PROMPT, ARGUMENTS[1], None)
            counts.append(sum("watchlists" in each for each in stack.requests))
        return counts

    assert with_stack(scenario) == [1, 1, 2]
