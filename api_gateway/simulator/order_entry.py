"""From tickets to orders in the book: checks, questions one after another, and at last the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from api_gateway.simulator.broker import Broker
from api_gateway.simulator.open_questions import Prompt, Submission
from api_gateway.simulator.order_checks import RejectedError, check_funds, check_reference, order_of
from api_gateway.simulator.order_questions import PRICE_MANAGEMENT, Subject, questions
from api_gateway.simulator.order_tickets import Ticket
from api_gateway.simulator.orders import Order, OrderStatus
from api_gateway.simulator.simulation import Simulation

PROMPT_OPTIONS = ("Use on this order", "Always use", "Do not use")
_ALWAYS = PROMPT_OPTIONS[1]
_IMMUTABLE = ("conid", "side", "exchange")
# Texts about the order that change nothing when they are left out the second time.
_MAY_BE_LEFT_OUT = frozenset(
    {"acctId", "secType", "cOID", "listingExchange", "ticker", "referrer", "useAdaptive", "conidex", "conid"}
)


def place(simulation: Simulation, broker: Broker, tickets: Sequence[Ticket]) -> Any:
    """The answer to new orders: accepted, a question, a prompt, or `{"error": …}`."""
    try:
        orders = _related(broker, tickets, drafts(broker, tickets))
        check_funds(broker, [order for order in orders if order.parent is None][:1])
    except RejectedError as rejection:
        return {"error": str(rejection)}
    asked = tuple(q for order in orders for q in questions(_subject(simulation, broker, order)))
    once = tuple({question.number: question for question in reversed(asked)}.values())[::-1]
    return proceed(simulation, Submission(broker.account_id, tuple(orders), once))


def drafts(broker: Broker, tickets: Sequence[Ticket]) -> list[Order]:
    """The orders that these tickets ask for; raises RejectedError for one that would not be taken."""
    for ticket in tickets:
        check_reference(broker, ticket.reference)
    references = [ticket.reference for ticket in tickets if ticket.reference]
    for reference in references:
        if references.count(reference) > 1:
            raise RejectedError(f"Local order ID={reference} is already registered")
    return [order_of(broker, ticket, broker.next_order_id()) for ticket in tickets]


def change(simulation: Simulation, broker: Broker, order: Order, ticket: Ticket) -> Any:
    """The answer to a ticket that takes the place of an open order's."""
    try:
        draft = _changed(broker, order, ticket)
        if draft.parent is None:
            check_funds(broker, [draft])
    except RejectedError as rejection:
        return {"error": str(rejection)}
    asked = questions(_subject(simulation, broker, draft, order))
    return proceed(simulation, Submission(broker.account_id, (draft,), asked, replaces=True))


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
    broker = simulation.accounts[submission.account]
    try:
        if submission.replaces:
            simulation.desk.change(broker, submission.orders[0])
        else:
            for order in submission.orders:
                check_reference(broker, order.reference)
            simulation.desk.accept(broker, submission.orders)
    except RejectedError as rejection:
        return {"error": str(rejection)}
    if _wants_prompt(simulation, submission):
        return _prompt(simulation, broker, submission.orders[0])
    return [
        {"order_id": str(order.order_id), "order_status": order.status.value, "encrypt_message": "1"}
        for order in (broker.orders[each.order_id] for each in submission.orders)
    ]


def answer_prompt(simulation: Simulation, prompt: Prompt, option: str) -> None:
    """Send an order that waits for a choice on its way."""
    if option == _ALWAYS:
        simulation.preflights.suppressed.add(PRICE_MANAGEMENT)
    broker = simulation.accounts[prompt.account]
    order = broker.orders[prompt.order_id]
    if order.status is OrderStatus.WARN_STATE:
        simulation.desk.accept(broker, [order])


def _subject(simulation: Simulation, broker: Broker, order: Order, changes: Order | None = None) -> Subject:
    return Subject(broker, broker.instrument(order.conid), order, simulation.preflights, changes)


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


def _changed(broker: Broker, order: Order, ticket: Ticket) -> Order:
    if not order.status.working or order.status is OrderStatus.PENDING_CANCEL:
        raise RejectedError(f"Order {order.order_id} can no longer be changed.")
    forgotten = [
        name
        for name, value in order.ticket.items()
        if value and name not in _MAY_BE_LEFT_OUT and ticket.raw.get(name) is None
    ]
    if forgotten:
        raise RejectedError(f"A modification repeats every field of the order; {forgotten[0]} is missing.")
    draft = order_of(broker, ticket, order.order_id, order.filled)
    for name in _IMMUTABLE:
        if getattr(draft, name) != getattr(order, name):
            raise RejectedError(f"The {name} of an order cannot be changed.")
    if ticket.reference not in ("", order.reference):
        raise RejectedError("The cOID of an order cannot be changed.")
    return replace(
        draft,
        placed_at=order.placed_at,
        reference=order.reference,
        filled=order.filled,
        average_price=order.average_price,
        fees=order.fees,
        fills=order.fills,
        parent=order.parent,
        group=order.group,
    )


def _wants_prompt(simulation: Simulation, submission: Submission) -> bool:
    """Whether IBKR offers its price management, which a ticket asks for with `useAdaptive`."""
    order = submission.orders[0]
    return (
        len(submission.orders) == 1
        and not submission.replaces
        and order.order_type == "LMT"
        and order.ticket.get("useAdaptive") is True
        and PRICE_MANAGEMENT not in simulation.preflights.suppressed
    )


def _prompt(simulation: Simulation, broker: Broker, order: Order) -> dict[str, Any]:
    order.move_to(OrderStatus.WARN_STATE, simulation.clock.now())
    request_id = str(20_000 + order.order_id % 10_000)
    prompt = Prompt(broker.account_id, order.order_id, request_id, PROMPT_OPTIONS)
    simulation.preflights.prompts[order.order_id, request_id] = prompt
    return {
        "orderId": order.order_id,
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
