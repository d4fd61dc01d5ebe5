"""Sums of commissions."""

from __future__ import annotations

import httpx

from mcp_server.answers.activity.commissions import Commissions, sum_commissions
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack


def summed(*charged: tuple[str, float | None], base: str = "USD", fails: bool = False) -> Commissions:
    async def scenario(stack: AnswerStack) -> Commissions:
        if fails:
            stack.respond = lambda request: (
                httpx.Response(500, json={"error": "x"}) if "exchangerate" in request.url.path else None
            )
        return await sum_commissions(charged, base, stack.context.exchange_rates)

    found: Commissions = with_stack(scenario)
    return found


def test_commissions_are_summed_by_currency_and_in_base() -> None:
    found = summed(("USD", 1.0), ("EUR", 2.0), ("USD", 0.5))
    assert found.by_currency == {"EUR": 2.0, "USD": 1.5}
    assert found.in_base is not None
    assert 1.5 + 2.0 < found.in_base < 1.5 + 2.0 * 1.5
    assert ", total" in found.text()


def test_one_currency_that_is_the_base_is_not_repeated() -> None:
    assert summed(("USD", 1.0)).text() == "USD 1"


def test_a_currency_or_rate_that_is_unknown_leaves_the_sums_by_currency() -> None:
    for found in (summed(("", 1.0), ("USD", 2.0)), summed(("EUR", 1.0), ("USD", 2.0), fails=True)):
        assert found.in_base is None
        assert found.by_currency["USD"] == 2.0
        assert ", total" not in found.text()


def test_unreported_commissions_are_counted() -> None:
    assert summed(("USD", None), ("USD", 1.0)).missing == 1
