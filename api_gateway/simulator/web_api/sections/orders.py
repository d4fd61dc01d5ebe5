"""Orders: preview, place, modify, cancel, and answer what IBKR asks about an order."""

from __future__ import annotations

import re
from typing import Any

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import need_accounts, unavailable, whole_number
from api_gateway.simulator.web_api.order_entry.allocation_split import is_shared
from api_gateway.simulator.web_api.order_entry.order_entry import (
    answer_prompt,
    change,
    drafts,
    place,
    proceed,
)
from api_gateway.simulator.web_api.order_entry.preview import preview
from api_gateway.simulator.web_api.order_entry.tickets import Ticket, read_ticket, read_tickets
from api_gateway.simulator.web_api.order_entry.validation import RejectedError, check_funds
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Section, bad_request

SECTION = Section("Orders")

_MOST_SUPPRESSED = 51
_ALL = "-1"
_ORDER_ID = re.compile(r"\d{1,18}", re.ASCII)
_NO_DATA = (
    "21/You are trying to submit an order without having market data for this instrument. \n"
    "Nobody has looked at the price at which it would trade."
)


def _account(simulation: Simulation, call: Call) -> Broker:
    broker = simulation.accounts.get(call.values["accountId"])
    if broker is None:
        raise bad_request("invalid accountId")
    return broker


def _accounts(simulation: Simulation, call: Call) -> list[Broker]:
    """The account of the path, or those of the allocation group that stands there."""
    name, allocation = call.values["accountId"], simulation.allocation
    if name not in allocation.names:
        return [_account(simulation, call)]
    members = allocation.groups[name].amounts if name in allocation.groups else simulation.clients
    return [simulation.accounts[account] for account in members]


def _tickets(simulation: Simulation, call: Call) -> list[Ticket]:
    """The tickets of the body, for the account or the allocation group of the path."""
    name = call.values["accountId"]
    if name not in simulation.accounts and name not in simulation.allocation.names:
        raise bad_request("invalid accountId")
    tickets = read_tickets(call.body)
    for ticket in tickets:
        _same_account(name, ticket)
    return tickets


def _same_account(name: str, ticket: Ticket) -> None:
    """Refuse a ticket that names another account than the path does."""
    if (ticket.raw.get("acctId") or name) != name:
        raise bad_request("acctId must be the account of the path")


@SECTION.answers("POST", "/iserver/account/{accountId}/orders", needs=Needs.BROKERAGE)
def place_orders(simulation: Simulation, call: Call) -> Any:
    """One order, one bracket or one group: taken, asked about, or refused with status 200.

    An advisor may name an allocation group in the account's place.
    """
    need_accounts(simulation)
    return place(simulation, call.values["accountId"], _tickets(simulation, call))


@SECTION.answers("POST", "/iserver/account/{accountId}/orders/whatif", needs=Needs.BROKERAGE)
def preview_orders(simulation: Simulation, call: Call) -> Any:
    """What the first order would cost; nothing is placed."""
    name, tickets = call.values["accountId"], _tickets(simulation, call)
    if any(is_shared(simulation, name, ticket) for ticket in tickets):
        return {"error": "An order for several accounts cannot be previewed."}
    broker, error = simulation.accounts[name], None
    try:
        order = drafts(broker, tickets)[0]
    except RejectedError as rejection:
        return {"error": str(rejection)}
    try:
        check_funds(broker, [order])
    except RejectedError as rejection:
        error = str(rejection)
    blind = order.conid not in simulation.preflights.subscriptions
    return preview(broker, order, warning=_NO_DATA if blind else None, error=error)


@SECTION.answers("POST", "/iserver/account/{accountId}/order/{orderId}", needs=Needs.BROKERAGE)
def modify_order(simulation: Simulation, call: Call) -> Any:
    """Replace an open order by one full ticket; may ask as a new order does."""
    need_accounts(simulation)
    broker = _account(simulation, call)
    order_id = whole_number(call.values["orderId"], "orderId", lowest=1)
    ticket = read_ticket(call.body)
    _same_account(broker.account_id, ticket)
    order = broker.orders.get(order_id)
    if order is None or not _is_open(order):
        raise _no_order(order_id)
    return change(simulation, broker, order, ticket)


@SECTION.answers("DELETE", "/iserver/account/{accountId}/order/{orderId}", needs=Needs.BROKERAGE)
def cancel_order(simulation: Simulation, call: Call) -> Any:
    """Ask for the end of one order, or with -1 of all; it ends a moment later."""
    need_accounts(simulation)
    text = call.values["orderId"]
    brokers = _accounts(simulation, call)
    if text == _ALL:
        for broker in brokers:
            for order in broker.orders.values():
                if _is_open(order):
                    simulation.desk.cancel(broker, order)
        return _cancelled(-1)
    if not _ORDER_ID.fullmatch(text):
        raise bad_request("invalid orderId")
    order_id = int(text)
    found = [
        (b, b.orders[order_id]) for b in brokers if order_id in b.orders and _is_open(b.orders[order_id])
    ]
    if not found:
        raise _no_order(order_id)
    said = call.query.get("manualIndicator") and call.query.get("extOperator")
    for broker, order in found:
        if broker.instrument(order.conid).sec_type in ("FUT", "FOP") and not said:
            raise bad_request("manualIndicator and extOperator are required")
        simulation.desk.cancel(broker, order)
    return _cancelled(order_id)


@SECTION.answers("POST", "/iserver/reply/{replyId}", needs=Needs.BROKERAGE)
def reply(simulation: Simulation, call: Call) -> Any:
    """Confirm or discard what was asked last; the answer may be the next question."""
    reply_id = call.values["replyId"]
    confirmed = call.body.get("confirmed") if isinstance(call.body, dict) else None
    asked = simulation.preflights.questions
    if not isinstance(confirmed, bool):
        asked.overtake()
        raise bad_request("confirmed must be true or false")
    submission = asked.answered(reply_id)
    if submission is None:
        if asked.was_overtaken(reply_id):
            raise unavailable()
        raise Refusal(400, {"error": f"reply id not found: '{reply_id}'"})
    if not confirmed:
        return {"error": "Order not confirmed"}
    return proceed(simulation, submission.confirmed())


@SECTION.answers("POST", "/iserver/questions/suppress", needs=Needs.BROKERAGE)
def suppress(simulation: Simulation, call: Call) -> Any:
    """Ask these questions no more in this session; ids that do not exist are taken as well."""
    numbers = call.body.get("messageIds") if isinstance(call.body, dict) else None
    if not isinstance(numbers, list) or not all(isinstance(number, str) for number in numbers):
        raise bad_request("messageIds must be a list of strings")
    if not numbers or len(numbers) > _MOST_SUPPRESSED:
        raise Refusal(500, {"error": f"1 to {_MOST_SUPPRESSED} messageIds expected", "statusCode": 500})
    simulation.preflights.suppressed.update(numbers)
    return {"status": "submitted"}


@SECTION.answers("POST", "/iserver/questions/suppress/reset", needs=Needs.BROKERAGE)
def reset_suppressed(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001 nothing can be asked for
    """Ask everything again."""
    simulation.preflights.suppressed.clear()
    return {"status": "submitted"}


@SECTION.answers("POST", "/iserver/notification", needs=Needs.BROKERAGE)
def answer_notification(simulation: Simulation, call: Call) -> Any:
    """Choose one of the options of a prompt about an order."""
    body = call.body if isinstance(call.body, dict) else {}
    order_id, request_id, text = body.get("orderId"), body.get("reqId"), body.get("text")
    if isinstance(order_id, bool) or not isinstance(order_id, int):
        raise bad_request("orderId must be a number")
    if not isinstance(request_id, str) or not isinstance(text, str):
        raise bad_request("reqId and text must be strings")
    prompt = simulation.preflights.prompts.get((order_id, request_id))
    if prompt is None:
        raise bad_request("no prompt with this orderId and reqId")
    if text not in prompt.options:
        raise bad_request("text must be one of the options of the prompt")
    del simulation.preflights.prompts[order_id, request_id]
    answer_prompt(simulation, prompt, text)
    return "Success"


def _is_open(order: Order) -> bool:
    return order.status.working or order.status is OrderStatus.INACTIVE


def _no_order(order_id: int) -> Refusal:
    return Refusal(400, {"error": f"OrderID {order_id} doesn't exist"})


def _cancelled(order_id: int) -> dict[str, Any]:
    return {"msg": "Request was submitted", "order_id": order_id, "conid": -1, "account": None}
