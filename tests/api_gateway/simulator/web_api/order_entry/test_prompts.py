from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.order_entry.order_context import OrderContext
from api_gateway.simulator.web_api.order_entry.prompts import (
    answer_prompt,
    offers_price_management,
    open_prompt,
    prompt_row,
)
from api_gateway.simulator.web_api.order_entry.tickets import parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import build_order
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL


@pytest.fixture
def order_id(simulation: Simulation) -> int:
    order = simulation.selected_account.add_working_order(
        AAPL, "BUY", 1, "LMT", at=simulation.clock.now(), limit_price=1.0
    )
    return order.order_id


@pytest.mark.parametrize(("choice", "is_suppressed"), [(0, False), (1, True), (2, False)])
def test_an_order_waits_for_the_choice_and_is_then_submitted(
    simulation: Simulation, order_id: int, choice: int, is_suppressed: bool
) -> None:
    order = simulation.selected_account.orders[order_id]
    prompt = open_prompt(simulation, order_id)
    assert [order.status] == [OrderStatus.WARN_STATE]
    assert simulation.preflights.prompts == {(order_id, prompt.request_id): prompt}
    answer_prompt(simulation, prompt, prompt.options[choice])
    assert [order.status] == [OrderStatus.PRE_SUBMITTED]
    assert ("p12" in simulation.preflights.suppressed_message_ids) is is_suppressed


def test_a_prompt_has_the_fields_that_ibkr_documents(simulation: Simulation, order_id: int) -> None:
    row = prompt_row(open_prompt(simulation, order_id))
    assert set(row) == {
        *("orderId", "reqId", "dismissable", "text", "options", "type", "messageId", "prompt"),
    }
    assert (row["orderId"], row["messageId"], row["prompt"], len(row["options"])) == (
        order_id,
        "p12",
        True,
        3,
    )


@pytest.mark.parametrize(
    ("fields", "hours_later", "is_offered"),
    [
        ({"price": 115}, 8, True),
        ({"price": 115}, 0, False),
        ({"price": 105}, 8, False),
        ({"price": 50}, 8, False),
        ({"price": 85, "side": "SELL"}, 8, True),
        ({"price": 115, "useAdaptive": False}, 8, False),
        ({"price": 115, "useAdaptive": True}, 8, False),
        ({"price": 115, "auxPrice": 114, "orderType": "STOP_LIMIT"}, 8, False),
    ],
)
def test_price_management_is_offered_for_a_bad_limit_that_cannot_trade_yet(
    simulation: Simulation,
    fields: dict[str, Any],
    hours_later: int,
    is_offered: bool,
) -> None:
    simulation.prices.override_price(AAPL, 100.0)
    simulation.clock.advance(hours_later * 3600)
    account = simulation.selected_account
    order = build_order(account, parse_ticket(ticket(**({"orderType": "LMT"} | fields))), 1)
    context = OrderContext(account, account.instrument(AAPL), order, simulation.preflights)
    assert offers_price_management(context) is is_offered
    simulation.preflights.suppressed_message_ids.add("p12")
    assert not offers_price_management(context)
