from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.session.open_questions import Submission
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.order_entry.order_entry import (
    build_orders,
    continue_submission,
    submit_modification,
    submit_tickets,
)
from api_gateway.simulator.web_api.order_entry.tickets import Ticket, parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import OrderRejectedError
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT

_ALL_QUESTIONS = {
    *("o163", "o354", "o383", "o451", "o10138", "o2165", "o10223", "o10164", "o403", "o10331", "o10152"),
    *("o10288", "o10151", "o10153", "p6"),
}


@pytest.fixture
def quiet(simulation: Simulation) -> Simulation:
    """A session in which nothing is asked, with Apple at 100."""
    simulation.preflights.suppressed_message_ids |= _ALL_QUESTIONS
    simulation.prices.override_price(AAPL, 100.0)
    return simulation


def read(**fields: Any) -> Ticket:
    return parse_ticket(ticket(**fields))


def taken(simulation: Simulation, *tickets: Ticket, name: str = ACCOUNT) -> list[Order]:
    """The orders that these tickets have become, in the selected account."""
    answer = submit_tickets(simulation, name, tickets)
    assert isinstance(answer, list), answer
    return [simulation.selected_account.orders[int(row["order_id"])] for row in answer]


def test_the_children_of_one_order_are_a_group(quiet: Simulation) -> None:
    parent, *children = taken(
        quiet,
        read(cOID="p"),
        read(side="SELL", parentId="p", orderType="LMT", price=105),
        read(side="SELL", parentId="p", orderType="STP", price=95),
    )
    assert (parent.parent_id, parent.oca_group) == (None, "")
    assert {child.parent_id for child in children} == {parent.order_id}
    assert len({child.oca_group for child in children}) == 1
    assert children[0].oca_group


def test_a_single_group_with_a_parent_is_a_bracket(quiet: Simulation) -> None:
    parent, child = taken(
        quiet,
        read(cOID="p", isSingleGroup=True),
        read(side="SELL", parentId="p", isSingleGroup=True),
    )
    assert parent.oca_group == ""
    assert child.oca_group
    assert child.parent_id == parent.order_id


def test_groups_of_different_requests_are_different(quiet: Simulation) -> None:
    pair = (read(orderType="LMT", price=90, isSingleGroup=True),) * 2
    first, second = taken(quiet, *pair), taken(quiet, *pair)
    assert first[0].oca_group == first[1].oca_group != second[0].oca_group == second[1].oca_group


def test_funds_are_needed_for_the_parent_and_not_for_what_closes_it(quiet: Simulation) -> None:
    rows = taken(
        quiet,
        read(cOID="p", quantity=9000),
        read(side="SELL", parentId="p", quantity=9000, orderType="LMT", price=105),
        read(side="SELL", parentId="p", quantity=9000, orderType="STP", price=95),
    )
    assert len(rows) == 3


def test_the_number_of_an_order_is_used_once(quiet: Simulation) -> None:
    numbers = [order.order_id for _ in range(3) for order in taken(quiet, read(orderType="LMT", price=90))]
    assert len(set(numbers)) == 3
    assert not set(numbers) & set(range(602801480, min(numbers)))


def test_two_tickets_with_one_reference_are_refused(simulation: Simulation) -> None:
    with pytest.raises(OrderRejectedError, match="already registered"):
        build_orders(simulation.selected_account, [read(cOID="same"), read(cOID="same")])


def test_a_change_that_comes_after_the_last_fill_is_refused(simulation: Simulation, clock: Clock) -> None:
    simulation.preflights.suppressed_message_ids |= _ALL_QUESTIONS - {"o163"}
    simulation.prices.override_price(AAPL, 100.0)
    (order,) = taken(simulation, read(orderType="LMT", price=99))
    question = submit_modification(
        simulation, simulation.selected_account, order, read(orderType="LMT", price=90)
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
def test_a_child_whose_parent_is_over_before_the_reply_goes_on_or_is_refused(
    simulation: Simulation, clock: Clock, cancelled: bool
) -> None:
    simulation.preflights.suppressed_message_ids |= _ALL_QUESTIONS - {"o163"}
    simulation.prices.override_price(AAPL, 100.0)
    (parent,) = taken(simulation, read(orderType="LMT", price=99, cOID="p"))
    child = read(side="SELL", orderType="LMT", price=110, parentId="p")
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


def test_a_question_about_several_orders_is_asked_once(simulation: Simulation) -> None:
    answer = submit_tickets(simulation, ACCOUNT, [read(cOID="p"), read(side="SELL", parentId="p")])
    asked = []
    while "id" in answer[0]:
        asked += answer[0]["messageIds"]
        submission = simulation.preflights.questions.take_submission(answer[0]["id"])
        assert isinstance(submission, Submission)
        answer = continue_submission(simulation, submission.without_first_question())
    assert asked == ["o354", "o10151", "o10153"]
    assert len(answer) == 2


@pytest.mark.parametrize("options", [SimulationOptions(profile="fa", login=True, rate_limits=False)])
def test_a_group_order_is_one_number_in_several_accounts(quiet: Simulation, clock: Clock) -> None:
    answer = submit_tickets(quiet, "Two_to_one", [read(quantity=9)])
    (order_id,) = (int(row["order_id"]) for row in answer)
    clock.advance(5)
    quiet.catch_up()
    parts = [b.orders[order_id] for b in quiet.accounts.values() if order_id in b.orders]
    assert [part.quantity for part in parts] == [6, 3]
    assert {part.status for part in parts} == {OrderStatus.FILLED}
    assert {part.average_price for part in parts} == {parts[0].average_price}


@pytest.mark.parametrize("options", [SimulationOptions(profile="fa", login=True, rate_limits=False)])
@pytest.mark.parametrize(
    ("tickets", "words"),
    [
        ([{"cOID": "p"}, {"parentId": "p", "side": "SELL"}], "cannot be part of a bracket"),
        ([{"side": "CLOSE", "quantity": None}], "cannot be closed with one order"),
    ],
)
def test_a_group_takes_single_orders_only(
    quiet: Simulation, tickets: list[dict[str, Any]], words: str
) -> None:
    assert words in submit_tickets(quiet, "All", [read(**fields) for fields in tickets])["error"]
