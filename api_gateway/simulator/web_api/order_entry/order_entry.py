"""Order entry: validates tickets, asks IBKR's questions one by one, and then submits the orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.session.open_questions import ConfirmationQuestion, Prompt, Submission
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.order_entry.allocation_split import (
    allocation_members,
    is_multi_account,
    split_order,
)
from api_gateway.simulator.web_api.order_entry.confirmation_rules import (
    CONFIRMATION_RULES,
    PRICE_MANAGEMENT,
    OrderContext,
    confirmation_questions,
)
from api_gateway.simulator.web_api.order_entry.modification import apply_modification, carry_over_progress
from api_gateway.simulator.web_api.order_entry.tickets import Ticket
from api_gateway.simulator.web_api.order_entry.validation import (
    OrderRejectedError,
    build_order,
    check_funds,
    check_reference,
)

PRICE_MANAGEMENT_OPTIONS = ("Use on this order", "Always use", "Do not use")
_ALWAYS_USE = PRICE_MANAGEMENT_OPTIONS[1]


def submit_tickets(simulation: Simulation, account_or_group: str, tickets: Sequence[Ticket]) -> Any:
    """Return the response to new orders: accepted, a question, a prompt, or `{"error": …}`.

    `account_or_group` is an account or one of an advisor's groups.
    """
    try:
        for ticket in tickets:
            check_reference(simulation.accounts.values(), ticket.reference)
        multi_account = any(is_multi_account(simulation, account_or_group, ticket) for ticket in tickets)
        if multi_account:
            paper_account, unsplit_orders, orders = _split_order(simulation, account_or_group, tickets)
        else:
            paper_account = simulation.accounts[account_or_group]
            unsplit_orders = _link_orders(paper_account, tickets, build_orders(paper_account, tickets))
            orders = [(account_or_group, order) for order in unsplit_orders]
        for account in dict.fromkeys(account for account, _ in orders):
            check_funds(
                simulation.accounts[account], [o for a, o in orders if a == account and not o.parent_id][:1]
            )
    except OrderRejectedError as rejection:
        return {"error": str(rejection)}
    contexts = [
        _order_context(simulation, paper_account, order, multi_account=multi_account)
        for order in unsplit_orders
    ]
    questions = {
        question.message_id: question
        for context in contexts[::-1]
        for question in confirmation_questions(context)
    }
    return continue_submission(simulation, Submission(tuple(orders), _sort_questions(questions)))


def build_orders(paper_account: PaperAccount, tickets: Sequence[Ticket]) -> list[Order]:
    """Return the tickets' orders. Raises OrderRejectedError if one is invalid."""
    references = [ticket.reference for ticket in tickets if ticket.reference]
    for reference in references:
        if references.count(reference) > 1:
            raise OrderRejectedError(f"Local order ID={reference} is already registered")
    return [build_order(paper_account, ticket, paper_account.next_order_id()) for ticket in tickets]


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
    questions = confirmation_questions(_order_context(simulation, paper_account, draft, replaced_order=order))
    return continue_submission(
        simulation, Submission(((paper_account.account_id, draft),), questions, is_modification=True)
    )


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
                "messageIds": [question.message_id],
                "messageOptions": ["Yes", "No"],
            }
        ]
    try:
        orders = _revalidate_orders(simulation, submission)
    except OrderRejectedError as rejection:
        return {"error": str(rejection)}
    for account, order in orders:
        simulation.execution_simulator.accept(simulation.accounts[account], order)
    if _offers_price_management(simulation, submission):
        return _open_prompt(simulation, orders)
    unique_orders = {order.order_id: order for _, order in orders}
    return [
        {"order_id": str(order.order_id), "order_status": order.status.value, "encrypt_message": "1"}
        for order in unique_orders.values()
    ]


def answer_prompt(simulation: Simulation, prompt: Prompt, choice: str) -> None:
    """Submit an order that was waiting for this choice."""
    if choice == _ALWAYS_USE:
        simulation.preflights.suppressed_message_ids.add(PRICE_MANAGEMENT)
    for paper_account in simulation.accounts.values():
        order = paper_account.orders.get(prompt.order_id)
        if order is not None and order.status is OrderStatus.WARN_STATE:
            simulation.execution_simulator.accept(paper_account, order)


def _order_context(
    simulation: Simulation,
    paper_account: PaperAccount,
    order: Order,
    *,
    replaced_order: Order | None = None,
    multi_account: bool = False,
) -> OrderContext:
    instrument = paper_account.instrument_of(order)
    return OrderContext(
        paper_account, instrument, order, simulation.preflights, replaced_order, multi_account
    )


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


def _split_order(
    simulation: Simulation, account_or_group: str, tickets: Sequence[Ticket]
) -> tuple[PaperAccount, list[Order], list[tuple[str, Order]]]:
    """Return an advisor's order as a whole, and as allocated to each account."""
    (ticket, *more_tickets) = tickets
    if more_tickets:
        raise OrderRejectedError(
            "An order for several accounts cannot be part of a bracket or of a single group."
        )
    if ticket.side is None:
        raise OrderRejectedError("Positions of several accounts cannot be closed with one order.")
    paper_account = simulation.accounts[allocation_members(simulation, account_or_group, ticket)[0]]
    (unsplit_order,) = build_orders(paper_account, tickets)
    quantities = split_order(simulation, account_or_group, ticket, unsplit_order)
    if not quantities:
        raise OrderRejectedError("No account gets any part of the order.")
    unsplit_order.quantity = sum(quantities.values())
    return (
        paper_account,
        [unsplit_order],
        [(account, replace(unsplit_order, quantity=quantity)) for account, quantity in quantities.items()],
    )


def _link_orders(
    paper_account: PaperAccount, tickets: Sequence[Ticket], orders: Sequence[Order]
) -> list[Order]:
    """Link the orders of a bracket or OCA group: parents, children and mutual cancellation."""
    single_group = (
        f"oca-{orders[0].order_id}" if all(ticket.has_flag("isSingleGroup") for ticket in tickets) else ""
    )
    orders_by_reference = {
        order.reference: order for order in paper_account.orders.values() if order.status.is_working
    }
    orders_by_reference |= {order.reference: order for order in orders}
    for ticket, order in zip(tickets, orders, strict=True):
        if not ticket.parent_reference:
            order.oca_group = single_group
            continue
        parent = orders_by_reference.get(ticket.parent_reference)
        if parent is None or parent is order:
            raise OrderRejectedError(f"Parent order ID={ticket.parent_reference} is not known.")
        order.parent_id = parent.order_id
        order.oca_group = f"bracket-{parent.order_id}"
    if single_group and any(order.parent_id is not None for order in orders):
        for order in orders:
            order.oca_group = order.oca_group if order.parent_id is not None else ""
    return list(orders)


def _offers_price_management(simulation: Simulation, submission: Submission) -> bool:
    """Return whether IBKR offers its price management, which a ticket requests with `useAdaptive`."""
    _, order = submission.orders[0]
    return (
        len({order.order_id for _, order in submission.orders}) == 1
        and not submission.is_modification
        and order.order_type == "LMT"
        and order.ticket.get("useAdaptive") is True
        and PRICE_MANAGEMENT not in simulation.preflights.suppressed_message_ids
    )


def _open_prompt(simulation: Simulation, orders: Sequence[tuple[str, Order]]) -> dict[str, Any]:
    for _, order in orders:
        order.set_status(OrderStatus.WARN_STATE, simulation.clock.now())
    order_id = orders[0][1].order_id
    request_id = str(20_000 + order_id % 10_000)
    simulation.preflights.prompts[order_id, request_id] = Prompt(
        order_id, request_id, PRICE_MANAGEMENT_OPTIONS
    )
    return {
        "orderId": order_id,
        "reqId": request_id,
        "dismissable": [],
        "text": (
            "If your order cannot be executed at once, our systems may reject it later if its limit price is "
            "then too far from the reference price.\nUse the Price Management Algo?"
        ),
        "options": list(PRICE_MANAGEMENT_OPTIONS),
        "type": "M",
        "messageId": PRICE_MANAGEMENT,
        "prompt": True,
    }
