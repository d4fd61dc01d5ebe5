from __future__ import annotations

import pytest

from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.order_entry.prompts import answer_prompt, open_prompt, prompt_row
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
