"""Order entry: validates tickets, asks IBKR's questions one by one, and then submits the orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from zlib import crc32

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.prices.seeded_noise import hash_keys, uniform
from api_gateway.simulator.replies import ApiError
from api_gateway.simulator.session.open_questions import ConfirmationQuestion, Submission
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.order_entry.allocation_split import (
    allocation_members,
    is_multi_account,
    split_order,
)
from api_gateway.simulator.web_api.order_entry.confirmation_rules import (
    CONFIRMATION_RULES,
    confirmation_questions,
)
from api_gateway.simulator.web_api.order_entry.linked_orders import draft_orders, placement_rows
from api_gateway.simulator.web_api.order_entry.modification import apply_modification, carry_over_progress
from api_gateway.simulator.web_api.order_entry.order_context import OrderContext
from api_gateway.simulator.web_api.order_entry.prompts import offers_price_management, open_prompt, prompt_row
from api_gateway.simulator.web_api.order_entry.rejections import DuplicateReferenceError, OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import Ticket
from api_gateway.simulator.web_api.order_entry.validation import check_funds, check_reference

_HALF = 0.5
_PREVIEW_NUMBERS = MappingProxyType({"o354": 21, "o10151": 22, "o10223": 29})
_PREVIEW_TEXTS = MappingProxyType(
    {
        "o354": "You are trying to submit an order without having market data for this instrument. \n"
        "Nobody has looked at the price at which it would trade."
    }
)


@dataclass(frozen=True)
class _Draft:
    """The validated orders of one request: whole, as the questions see them, and by account."""

    paper_account: PaperAccount
    whole_orders: list[Order]
    orders: list[tuple[str, Order]]
    failures: tuple[str, ...] = ()
    allocations: Mapping[str, tuple[float, float]] | None = None


def submit_tickets(simulation: Simulation, account_or_group: str, tickets: Sequence[Ticket]) -> Any:
    """Return the response to new orders: accepted, a question, a prompt, or `{"error": …}`.

    `account_or_group` is an account or one of an advisor's groups.
    """
    try:
        draft = _draft(simulation, account_or_group, tickets)
    except OrderRejectedError as rejection:
        return _rejection(simulation, rejection)
    contexts = [
        OrderContext(
            draft.paper_account,
            draft.paper_account.instrument_of(order),
            order,
            simulation.preflights,
            allocations=draft.allocations or {},
        )
        for order in draft.whole_orders
    ]
    questions = {
        question.message_id: question
        for context in contexts[::-1]
        for question in confirmation_questions(context, _question_filter(simulation, context.order))
    }
    submission = Submission(
        tuple(draft.orders),
        _sort_questions(questions),
        failures=draft.failures,
        offers_prompt=len(contexts) == 1 and offers_price_management(contexts[0]),
        orders_to_cancel=tuple(order.order_id for context in contexts for order in context.orders_to_cancel),
    )
    return continue_submission(simulation, submission)


def submit_modification(
    simulation: Simulation, paper_account: PaperAccount, order: Order, ticket: Ticket
) -> Any:
    """Return the response to a ticket that modifies an open order."""
    try:
        draft = apply_modification(paper_account, order, ticket)
        if draft.parent_id is None:
            check_funds(paper_account, [draft])
    except OrderRejectedError as rejection:
        return {"error": str(rejection)}
    context = OrderContext(
        paper_account,
        paper_account.instrument_of(order),
        draft,
        simulation.preflights,
        replaced_order=order,
    )
    questions = confirmation_questions(context, _question_filter(simulation, draft))
    return continue_submission(
        simulation, Submission(((paper_account.account_id, draft),), questions, is_modification=True)
    )


def preview_warnings(simulation: Simulation, paper_account: PaperAccount, order: Order) -> list[str]:
    """Return the questions that the order would raise, as a preview shows them: `21/You are trying to …`.

    Recorded: the numbers of three of them, and one question without a number.
    """
    context = OrderContext(paper_account, paper_account.instrument_of(order), order, simulation.preflights)
    warnings = []
    for question in confirmation_questions(context):
        number = _PREVIEW_NUMBERS.get(question.message_id)
        text = _PREVIEW_TEXTS.get(question.message_id, question.text)
        warnings.append(text if number is None else f"{number}/{text}")
    return warnings


def continue_submission(simulation: Simulation, submission: Submission) -> Any:
    """Ask the next question, or submit the orders once none is left."""
    if submission.questions:
        question = submission.questions[0]
        reply_id = simulation.preflights.questions.open_question(submission, simulation.clock.now())
        return [
            {
                "id": reply_id,
                "message": [question.text],
                "isSuppressed": False,
                "messageIds": [question.message_id] if question.message_id else [],
                "messageOptions": ["Yes", "No"],
            }
        ]
    try:
        orders = _revalidate_orders(simulation, submission)
    except OrderRejectedError as rejection:
        return _rejection(simulation, rejection)
    for account, order in orders:
        for order_id in submission.orders_to_cancel:
            if order_id in simulation.accounts[account].orders:
                simulation.execution_simulator.cancel(
                    simulation.accounts[account], simulation.accounts[account].orders[order_id]
                )
        simulation.execution_simulator.accept(simulation.accounts[account], order)
        if submission.failures:
            order.set_status(OrderStatus.INACTIVE, simulation.clock.now())
    unique_orders = {order.order_id: order for _, order in orders}
    if submission.offers_prompt:
        return prompt_row(open_prompt(simulation, next(iter(unique_orders))))
    return placement_rows(list(unique_orders.values()), submission.failures)


def _draft(simulation: Simulation, account_or_group: str, tickets: Sequence[Ticket]) -> _Draft:
    """Return the tickets' orders. Raises OrderRejectedError if they cannot be accepted."""
    for ticket in tickets:
        check_reference(simulation.accounts.values(), ticket.reference)
    if any(is_multi_account(simulation, account_or_group, ticket) for ticket in tickets):
        draft = _split_order(simulation, account_or_group, tickets)
    else:
        paper_account = simulation.accounts[account_or_group]
        drafted = draft_orders(paper_account, tickets)
        by_account = [(account_or_group, order) for order in drafted.orders]
        draft = _Draft(paper_account, drafted.orders, by_account, drafted.failures)
    for account in dict.fromkeys(account for account, _ in draft.orders):
        first = [o for a, o in draft.orders if a == account and not o.parent_id][:1]
        check_funds(simulation.accounts[account], first)
    return draft


def _rejection(simulation: Simulation, rejection: OrderRejectedError) -> dict[str, str]:
    body = {"error": str(rejection)}
    status = simulation.order_behaviour.duplicate_status
    if isinstance(rejection, DuplicateReferenceError) and status != 200:
        raise ApiError(status, body)
    return body


def _question_filter(simulation: Simulation, order: Order) -> Callable[[str], bool]:
    """Return whether a question is asked about an order, by its message ID."""
    if not simulation.order_behaviour.random_questions:
        return lambda _: True
    key = hash_keys(simulation.options.seed, order.order_id)
    return lambda message_id: uniform(key, crc32(message_id.encode())) < _HALF


def _revalidate_orders(simulation: Simulation, submission: Submission) -> list[tuple[str, Order]]:
    """Return the submission's orders, checked again for what happened while questions were open.

    Raises OrderRejectedError if they can no longer be accepted.
    """
    accounts = simulation.accounts
    if submission.is_modification:
        return [
            (account, carry_over_progress(accounts[account], order)) for account, order in submission.orders
        ]
    submitted_ids = {order.order_id for _, order in submission.orders}
    for account, order in submission.orders:
        check_reference(accounts.values(), order.reference)
        if order.parent_id is not None and order.parent_id not in submitted_ids:
            parent = accounts[account].orders[order.parent_id]
            if parent.status is OrderStatus.FILLED:
                order.parent_id = None
            elif not parent.status.is_working:
                raise OrderRejectedError(f"Parent order ID={parent.reference} is not known.")
    return list(submission.orders)


def _sort_questions(questions: Mapping[str, ConfirmationQuestion]) -> tuple[ConfirmationQuestion, ...]:
    """Return each question once, in the order in which IBKR asks them."""
    return tuple(questions[rule.message_id] for rule in CONFIRMATION_RULES if rule.message_id in questions)


def _split_order(simulation: Simulation, account_or_group: str, tickets: Sequence[Ticket]) -> _Draft:
    """Return an advisor's order as a whole, and as allocated to each account."""
    (ticket, *more_tickets) = tickets
    if more_tickets:
        raise OrderRejectedError(
            "An order for several accounts cannot be part of a bracket or of a single group."
        )
    paper_account = simulation.accounts[allocation_members(simulation, account_or_group, ticket)[0]]
    (whole_order,) = draft_orders(paper_account, tickets).orders
    quantities = split_order(simulation, account_or_group, ticket, whole_order)
    if not quantities:
        raise OrderRejectedError("No account gets any part of the order.")
    whole_order.quantity = sum(quantities.values())
    positions = {name: simulation.accounts[name].positions.get(whole_order.conid) for name in quantities}
    held = {name: position.quantity if position else 0.0 for name, position in positions.items()}
    return _Draft(
        paper_account,
        [whole_order],
        [(account, replace(whole_order, quantity=quantity)) for account, quantity in quantities.items()],
        allocations={account: (quantity, held[account]) for account, quantity in quantities.items()},
    )
