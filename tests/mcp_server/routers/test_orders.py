"""The order tools with the simulator: a combination from its preview to the resulting position."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.api_gateway.simulator.combination_helpers import conidex, make_combination, option_near_money
from tests.mcp_server.connection.in_process_stack import InProcessStack
from tests.virtual_loop import run_in_virtual_time

ACCOUNT = "DU1234567"


async def call(client: Any, tool: str, **arguments: Any) -> Any:
    """The JSON result of a call, which must succeed."""
    result = await client.call_tool(tool, arguments, raise_on_error=False)
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


async def confirm_all(client: Any, answer: Any) -> Any:
    """Confirm every question, and return the final response."""
    while isinstance(answer, list) and "message" in answer[0]:
        answer = await call(client, "answer_order_question", reply_id=answer[0]["id"], confirmed=True)
    return answer


@pytest.mark.parametrize("is_credit", [False, True], ids=["debit", "credit"])
def test_a_spread_is_previewed_placed_and_held(is_credit: bool) -> None:
    async def scenario() -> None:
        stack = InProcessStack()
        simulation = stack.simulation
        async with stack.client() as client:
            universe, prices, now = simulation.universe, simulation.prices, stack.clock.now()
            low = option_near_money(universe, prices, now, right="P")
            high = option_near_money(universe, prices, now, right="P", strikes_up=1)
            sign = -1 if is_credit else 1
            text = conidex((high, sign), (low, -sign))
            ask = prices.quote(make_combination(universe, text)).ask
            assert (ask < 0) is is_credit
            order = {
                "conidex": text,
                "side": "BUY",
                "quantity": 2,
                "order_type": "LMT",
                "price": round(ask + 0.2, 2),
                "tif": "DAY",
            }
            preview = await call(client, "preview_orders", account_id=ACCOUNT, orders=[order])
            assert preview["error"] is None
            placed = await confirm_all(
                client, await call(client, "place_orders", account_id=ACCOUNT, orders=[order])
            )
            order_id = int(placed[0]["order_id"])
            await asyncio.sleep(30)
            status = await call(client, "get_order_status", order_id=order_id)
            assert (status["order_status"], status["conidex"]) == ("Filled", text)
            [held] = await call(client, "list_combo_positions", account_id=ACCOUNT, nocache=True)
            assert held["legs"] == [
                {"conid": str(high.conid), "ratio": sign},
                {"conid": str(low.conid), "ratio": -sign},
            ]

    run_in_virtual_time(scenario())
