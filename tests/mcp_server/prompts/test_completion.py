"""Completion of accounts and watchlists."""

from __future__ import annotations

from typing import Any

import pytest
from mcp_types import CompletionArgument, PromptReference, ResourceTemplateReference

from mcp_server.prompts.completion import ArgumentCompletion
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

PROMPT = PromptReference(type="ref/prompt", name="morning_brief")


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
