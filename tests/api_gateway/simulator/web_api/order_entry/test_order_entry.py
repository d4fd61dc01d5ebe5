from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.session.open_questions import Submission
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.order_entry.order_entry import (
    continue_submission,
    submit_modification,
    submit_tickets,
)
from api_gateway.simulator.web_api.order_entry.tickets import Ticket, parse_ticket
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT

_ALL_QUESTIONS = {
    *(
        "o163",
        "o382",
        "o354",
        "o383",
        "o451",
        "o10138",
        "o2165",
        "o10223",
        "o10164",
        "o403",
        "o10331",
        "o10152",
    ),
    *("o10288", "o10151", "o10153", "p6", "o2136", "o2137", "o10336"),
}


@pytest.fixture
def quiet_simulation(simulation: Simulation) -> Simulation:
    """Return a simulation that suppresses every question, with Apple at 100."""
    simulation.preflights.suppressed_message_ids |= _ALL_QUESTIONS
    simulation.prices.override_price(AAPL, 100.0)
    return simulation


def parse(**fields: Any) -> Ticket:
    return parse_ticket(ticket(**fields))


def submit(simulation: Simulation, *tickets: Ticket, name: str = ACCOUNT) -> list[Order]:
    """Submit the tickets and return their orders in the selected account, in the order of the tickets."""
    answer = submit_tickets(simulation, name, tickets)
    assert isinstance(answer, list), answer
    order_ids = sorted(int(row["order_id"]) for row in answer)
    return [simulation.selected_account.orders[order_id] for order_id in order_ids]


def test_a_bracket_needs_funds_only_for_its_parent(quiet_simulation: Simulation) -> None:
    rows = submit(
        quiet_simulation,
        parse(cOID="p", quantity=9000),
        parse(side="SELL", parentId="p", quantity=9000, orderType="LMT", price=105),
        parse(side="SELL", parentId="p", quantity=9000, orderType="STP", price=95),
    )
    assert len(rows) == 3


def test_order_ids_are_unique(quiet_simulation: Simulation) -> None:
    numbers = [
        order.order_id
        for _ in range(3)
        for order in submit(quiet_simulation, parse(orderType="LMT", price=90))
    ]
    assert len(set(numbers)) == 3
    assert not set(numbers) & set(range(602801480, min(numbers)))


def test_a_modification_confirmed_after_the_last_fill_is_rejected(
    simulation: Simulation, clock: Clock
) -> None:
    simulation.preflights.suppressed_message_ids |= _ALL_QUESTIONS - {"o163"}
    simulation.prices.override_price(AAPL, 100.0)
    (order,) = submit(simulation, parse(orderType="LMT", price=99))
    question = submit_modification(
        simulation, simulation.selected_account, order, parse(orderType="LMT", price=90)
    )
    simulation.prices.override_price(AAPL, 98.0)
    clock.advance(3)
    simulation.catch_up()
    submission = simulation.preflights.questions.take_submission(question[0]["id"])
    assert submission is not None
    assert (
        "can no longer be changed"
        in continue_submission(simulation, submission.without_first_question())["error"]
    )
    assert simulation.selected_account.orders[order.order_id].status is OrderStatus.FILLED


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_child_confirmed_after_its_parent_closed_is_submitted_or_rejected(
    simulation: Simulation, clock: Clock, cancelled: bool
) -> None:
    simulation.preflights.suppressed_message_ids |= _ALL_QUESTIONS - {"o163"}
    simulation.prices.override_price(AAPL, 100.0)
    (parent,) = submit(simulation, parse(orderType="LMT", price=99, cOID="p"))
    child = parse(side="SELL", orderType="LMT", price=110, parentId="p")
    question = submit_tickets(simulation, ACCOUNT, [child])
    if cancelled:
        simulation.execution_simulator.cancel(simulation.selected_account, parent)
    else:
        simulation.prices.override_price(AAPL, 98.0)
    clock.advance(3)
    simulation.catch_up()
    submission = simulation.preflights.questions.take_submission(question[0]["id"])
    assert submission is not None
    answer = continue_submission(simulation, submission.without_first_question())
    if cancelled:
        assert answer == {"error": "Parent order ID=p is not known."}
    else:
        clock.advance(3)
        simulation.catch_up()
        assert simulation.selected_account.orders[int(answer[0]["order_id"])].status is OrderStatus.SUBMITTED


def test_a_question_that_several_orders_raise_is_asked_once(simulation: Simulation) -> None:
    answer = submit_tickets(simulation, ACCOUNT, [parse(cOID="p"), parse(side="SELL", parentId="p")])
    message_ids = []
    while "id" in answer[0]:
        message_ids += answer[0]["messageIds"]
        submission = simulation.preflights.questions.take_submission(answer[0]["id"])
        assert isinstance(submission, Submission)
        answer = continue_submission(simulation, submission.without_first_question())
    assert message_ids == ["o354", "o10151", "o10153"]
    assert len(answer) == 2


@pytest.mark.parametrize("options", [SimulationOptions(profile="fa", login=True, rate_limits=False)])
def test_a_group_order_has_one_order_id_in_several_accounts(
    quiet_simulation: Simulation, clock: Clock
) -> None:
    answer = submit_tickets(quiet_simulation, "Two_to_one", [parse(quantity=9)])
    (order_id,) = (int(row["order_id"]) for row in answer)
    clock.advance(5)
    quiet_simulation.catch_up()
    parts = [b.orders[order_id] for b in quiet_simulation.accounts.values() if order_id in b.orders]
    assert [part.quantity for part in parts] == [6, 3]
    assert {part.status for part in parts} == {OrderStatus.FILLED}
    assert {part.average_price for part in parts} == {parts[0].average_price}


@pytest.mark.parametrize("options", [SimulationOptions(profile="fa", login=True, rate_limits=False)])
def test_a_group_order_must_be_a_single_order(quiet_simulation: Simulation) -> None:
    bracket = [parse(cOID="p"), parse(parentId="p", side="SELL")]
    assert "cannot be part of a bracket" in submit_tickets(quiet_simulation, "All", bracket)["error"]
