"""Which contracts share their trading hours."""

from __future__ import annotations

from datetime import UTC, datetime

from mcp_server.answers.market_hours import MarketState
from mcp_server.answers.venues import state_of
from mcp_server.instruments.instrument import Found
from tests.mcp_server.answers.answer_stack import AnswerStack, with_stack

NIGHT = datetime(2026, 11, 19, 3, tzinfo=UTC)


def test_shares_of_a_country_need_one_schedule_and_futures_are_open_at_night() -> None:
    async def scenario(stack: AnswerStack) -> tuple[dict[str, MarketState], int]:
        states = {}
        for name in ("AAPL", "IBM", "VOD@LSE", "BP@LSE", "HSBA@LSE", "ES"):
            found = await stack.context.instruments.resolve(name)
            for each in found.instruments if isinstance(found, Found) else ():
                states[each.text] = await state_of(stack.context.market_hours, each, NIGHT)
        return states, stack.requests.count("GET /contract/trading-schedule")

    states, requests = with_stack(scenario, now=NIGHT)
    assert not states["AAPL"].is_open
    assert states["AAPL"] == states["IBM"]
    assert states["ESZ6"].is_open
    assert requests == 3
