"""The base currency of an account."""

from __future__ import annotations

import httpx

from mcp_server.answers.base_currency import read_base_currency
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

META = "GET /portfolio/DU1234567/meta"


async def read(stack: AnswerStack) -> str:
    return await read_base_currency(stack.gateway, stack.facts, "scope", "DU1234567")


def test_it_is_read_once() -> None:
    async def scenario(stack: AnswerStack) -> tuple[str, str, list[str]]:
        return await read(stack), await read(stack), stack.requests

    first, second, requests = with_stack(scenario)
    assert first == second == "USD"
    assert requests.count(META) == 1


def test_it_is_empty_if_ibkr_does_not_report_it() -> None:
    async def scenario(stack: AnswerStack) -> str:
        stack.respond = lambda request: (
            httpx.Response(500, json={"error": "x"}) if request.url.path.endswith("/meta") else None
        )
        return await read(stack)

    assert with_stack(scenario) == ""
