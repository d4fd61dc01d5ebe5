"""What a price counts."""

from __future__ import annotations

import httpx

from mcp_server.answers.price_units import PriceUnit
from mcp_server.instruments.instrument import Found, Instrument
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

RULES = "info-and-rules"


async def find(stack: AnswerStack, text: str) -> Instrument:
    found = await stack.context.instruments.resolve(text)
    assert isinstance(found, Found)
    return found.instruments[0]


def test_units_are_pence_points_or_percent_and_only_pence_need_one_request() -> None:
    async def scenario(stack: AnswerStack) -> tuple[list[PriceUnit], list[str]]:
        wanted = [await find(stack, each) for each in ("AAPL", "VOD@LSE", "SPX", "AAPL bonds", "EUR.USD")]
        before = len(stack.requests)
        for _ in range(2):
            units = await stack.context.price_units.of_all(wanted)
        return [units[each.conid] for each in wanted], stack.requests[before:]

    (apple, vodafone, index, bond, pair), requests = with_stack(scenario)
    assert apple == pair == PriceUnit("USD", "USD")
    assert (vodafone.currency, vodafone.factor) == ("GBP", 0.01)
    assert index.currency == bond.currency == ""
    assert len(requests) == 1
    assert RULES in requests[0]


def test_without_the_rules_nothing_is_claimed() -> None:
    async def scenario(stack: AnswerStack) -> PriceUnit:
        vodafone = await find(stack, "VOD@LSE")
        stack.respond = lambda request: (
            httpx.Response(500, json={"error": "x"}) if RULES in request.url.path else None
        )
        return (await stack.context.price_units.of_all([vodafone]))[vodafone.conid]

    unit = with_stack(scenario)
    assert unit.currency == ""
    assert "GBP" in unit.label
    assert "pence" in unit.label
