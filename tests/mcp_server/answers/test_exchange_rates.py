"""Exchange rates, cached for seconds."""

from __future__ import annotations

import asyncio

from mcp_server.answers.exchange_rates import MAX_AGE
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

RATE = "GET /iserver/exchangerate"


def test_a_rate_is_that_of_ibkr_and_cached_for_seconds() -> None:
    async def scenario(stack: AnswerStack) -> tuple[float | None, float | None, list[int]]:
        counts = []
        rates = stack.context.exchange_rates
        for pause in (0.0, 0.0, MAX_AGE + 1):
            await asyncio.sleep(pause)
            rate = await rates.rate("EUR", "USD")
            counts.append(stack.requests.count(RATE))
        inverse = await rates.rate("USD", "EUR")
        return rate, inverse, counts

    rate, inverse, counts = with_stack(scenario)
    assert counts == [1, 1, 2]
    assert abs((rate or 0) * (inverse or 0) - 1) < 1e-4


def test_a_currency_is_worth_one_of_itself_without_a_request_and_an_unknown_one_has_no_rate() -> None:
    async def scenario(stack: AnswerStack) -> tuple[float | None, int, float | None]:
        same = await stack.context.exchange_rates.rate("USD", "USD")
        return same, len(stack.requests), await stack.context.exchange_rates.rate("USD", "XXX")

    assert with_stack(scenario) == (1.0, 0, None)
