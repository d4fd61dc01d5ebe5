"""From tickets to orders in the book: checks, questions one after another, and at last the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.session.open_questions import Prompt, Question, Submission
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.order_entry.allocation_split import is_shared, members, shares
from api_gateway.simulator.web_api.order_entry.confirmation_rules import (
    PRICE_MANAGEMENT,
    RULES,
    Subject,
    questions,
)
from api_gateway.simulator.web_api.order_entry.modification import changed, continued
from api_gateway.simulator.web_api.order_entry.tickets import Ticket
from api_gateway.simulator.web_api.order_entry.validation import (
    RejectedError,
    check_funds,
    check_reference,
    order_of,
)

PROMPT_OPTIONS = ("Use on this order", "Always use", "Do not use")
_ALWAYS = PROMPT_OPTIONS[1]


def place(simulation: Simulation, name: str, tickets: Sequence[Ticket]) -> Any:
    """The answer to new orders: accepted, a question, a prompt, or `{"error": …}`.

    `name` is an account or one of an advisor's groups.
    """
    try:
        for ticket in tickets:
            check_reference(simulation.accounts.values(), ticket.reference)
        spread = any(is_shared(simulation, name, ticket) for ticket in tickets)
        if spread:
            broker, whole, orders = _distributed(simulation, name, tickets)
        else:
            broker = simulation.accounts[name]
            whole = _related(broker, tickets, drafts(broker, tickets))
            orders = [(name, order) for order in whole]
        for account in dict.fromkeys(account for account, _ in orders):
            check_funds(
                simulation.accounts[account], [o for a, o in orders if a == account and not o.parent][:1]
            )
    except RejectedError as rejection:
        return {"error": str(rejection)}
    subjects = [_subject(simulation, broker, order, spread=spread) for order in whole]
    asked = {question.number: question for subject in subjects[::-1] for question in questions(subject)}
    return proceed(simulation, Submission(tuple(orders), _in_order(asked)))


def drafts(broker: Broker, tickets: Sequence[Ticket]) -> list[Order]:
    """The orders that these tickets ask for; raises RejectedError for one that would not be taken."""
    references = [ticket.reference for ticket in tickets if ticket.reference]
    for reference in references:
        if references.count(reference) > 1:
            raise RejectedError(f"Local order ID={reference} is already registered")
    return [order_of(broker, ticket, broker.next_order_id()) for ticket in tickets]


def change(simulation: Simulation, broker: Broker, order: Order, ticket: Ticket) -> Any:
    """The answer to a ticket that takes the place of an open order's."""
    try:
        draft = changed(broker, order, ticket)
        if draft.parent is None:
            check_funds(broker, [draft])
    except RejectedError as rejection:
        return {"error": str(rejection)}
    asked = questions(_subject(simulation, broker, draft, changes=order))
    return proceed(simulation, Submission(((broker.account_id, draft),), asked, replaces=True))


def proceed(simulation: Simulation, submission: Submission) -> Any:
    """Ask the next question, or take the orders when there is none left."""
    if submission.questions:
        question = submission.questions[0]
        reply_id = simulation.preflights.questions.ask(submission, simulation.clock.now())
        return [
            {
                "id": reply_id,
                "message": [question.text],
                "isSuppressed": False,
                "messageIds": [question.number],
                "messageOptions": ["Yes", "No"],
            }
        ]
    try:
        orders = _still(simulation, submission)
    except RejectedError as rejection:
        return {"error": str(rejection)}
    for account, order in orders:
        simulation.desk.accept(simulation.accounts[account], order)
    if _wants_prompt(simulation, submission):
        return _prompt(simulation, orders)
    told = {order.order_id: order for _, order in orders}
    return [
        {"order_id": str(order.order_id), "order_status": order.status.value, "encrypt_message": "1"}
        for order in told.values()
    ]


def answer_prompt(simulation: Simulation, prompt: Prompt, option: str) -> None:
    """Send an order that waits for a choice on its way."""
    if option == _ALWAYS:
        simulation.preflights.suppressed.add(PRICE_MANAGEMENT)
    for broker in simulation.accounts.values():
        order = broker.orders.get(prompt.order_id)
        if order is not None and order.status is OrderStatus.WARN_STATE:
            simulation.desk.accept(broker, order)


def _subject(
    simulation: Simulation,
    broker: Broker,
    order: Order,
    *,
    changes: Order | None = None,
    spread: bool = False,
) -> Subject:
    instrument = broker.instrument(order.conid)
    return Subject(broker, instrument, order, simulation.preflights, changes, spread)


def _still(simulation: Simulation, submission: Submission) -> list[tuple[str, Order]]:
    """The submission's orders after all that has happened while questions were open.

    Raises RejectedError if they can no longer be taken.
    """
    accounts = simulation.accounts
    if submission.replaces:
        return [(account, continued(accounts[account], order)) for account, order in submission.orders]
    coming = {order.order_id for _, order in submission.orders}
    for account, order in submission.orders:
        check_reference(accounts.values(), order.reference)
        if order.parent is not None and order.parent not in coming:
            parent = accounts[account].orders[order.parent]
            if parent.status is OrderStatus.FILLED:
                order.parent = None
            elif not parent.status.working:
                raise RejectedError(f"Parent order ID={parent.reference} is not known.")
    return list(submission.orders)


def _in_order(asked: Mapping[str, Question]) -> tuple[Question, ...]:
    """Each question once, in the order in which they are asked."""
    return tuple(asked[rule.number] for rule in RULES if rule.number in asked)


def _distributed(
    simulation: Simulation, name: str, tickets: Sequence[Ticket]
) -> tuple[Broker, list[Order], list[tuple[str, Order]]]:
    """An advisor's order, in whole and as the accounts get it that share it."""
    (ticket, *others) = tickets
    if others:
        raise RejectedError("An order for several accounts cannot be part of a bracket or of a single group.")
    if ticket.side is None:
        raise RejectedError("Positions of several accounts cannot be closed with one order.")
    broker = simulation.accounts[members(simulation, name, ticket)[0]]
    (whole,) = drafts(broker, tickets)
    parts = shares(simulation, name, ticket, whole)
    if not parts:
        raise RejectedError("No account gets any part of the order.")
    whole.quantity = sum(parts.values())
    return broker, [whole], [(account, replace(whole, quantity=part)) for account, part in parts.items()]


def _related(broker: Broker, tickets: Sequence[Ticket], orders: Sequence[Order]) -> list[Order]:
    """The same orders, with who waits for whom and which fill cancels which."""
    single = f"oca-{orders[0].order_id}" if all(ticket.switch("isSingleGroup") for ticket in tickets) else ""
    known = {order.reference: order for order in broker.orders.values() if order.status.working}
    known |= {order.reference: order for order in orders}
    for ticket, order in zip(tickets, orders, strict=True):
        if not ticket.parent:
            order.group = single
            continue
        parent = known.get(ticket.parent)
        if parent is None or parent is order:
            raise RejectedError(f"Parent order ID={ticket.parent} is not known.")
        order.parent = parent.order_id
        order.group = f"bracket-{parent.order_id}"
    if single and any(order.parent is not None for order in orders):
        for order in orders:
            order.group = order.group if order.parent is not None else ""
    return list(orders)


def _wants_prompt(simulation: Simulation, submission: Submission) -> bool:
    """Whether IBKR offers its price management, which a ticket asks for with `useAdaptive`."""
    _, order = submission.orders[0]
    return (
        len({order.order_id for _, order in submission.orders}) == 1
        and not submission.replaces
        and order.order_type == "LMT"
        and order.ticket.get("useAdaptive") is True
        and PRICE_MANAGEMENT not in simulation.preflights.suppressed
    )


def _prompt(simulation: Simulation, orders: Sequence[tuple[str, Order]]) -> dict[str, Any]:
    for _, order in orders:
        order.move_to(OrderStatus.WARN_STATE, simulation.clock.now())
    order_id = orders[0][1].order_id
    request_id = str(20_000 + order_id % 10_000)
    simulation.preflights.prompts[order_id, request_id] = Prompt(order_id, request_id, PROMPT_OPTIONS)
    return {
        "orderId": order_id,
        "reqId": request_id,
        "dismissable": [],
        "text": (
            "If your order cannot be executed at once, our systems may reject it later if its limit price is "
            "then too far from the reference price.\nUse the Price Management Algo?"
        ),
        "options": list(PROMPT_OPTIONS),
        "type": "M",
        "messageId": PRICE_MANAGEMENT,
        "prompt": True,
    }
