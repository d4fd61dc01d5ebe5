"""What the answers share."""

from __future__ import annotations

import httpx
import pytest

from mcp_server.instruments.instrument import Found
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack


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
