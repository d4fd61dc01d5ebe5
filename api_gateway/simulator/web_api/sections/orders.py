"""Orders: preview, place, modify and cancel, and replies to IBKR's order confirmations."""

from __future__ import annotations

import re
from typing import Any

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.replies import ApiError, bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import (
    parse_whole_number,
    require_accounts_call,
    server_error,
    unavailable,
)
from api_gateway.simulator.web_api.order_entry.allocation_split import is_multi_account
from api_gateway.simulator.web_api.order_entry.linked_orders import draft_orders
from api_gateway.simulator.web_api.order_entry.order_entry import (
    continue_submission,
    preview_warnings,
    submit_modification,
    submit_tickets,
)
from api_gateway.simulator.web_api.order_entry.preview import preview
from api_gateway.simulator.web_api.order_entry.prompts import answer_prompt
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import Ticket, parse_ticket, parse_tickets
from api_gateway.simulator.web_api.order_entry.validation import check_funds, needs_operator
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Orders")

_MAX_SUPPRESSED = 51
_ALL = "-1"
_ORDER_ID = re.compile(r"\d{1,18}", re.ASCII)


def _required_account(simulation: Simulation, request: ApiRequest) -> PaperAccount:
    paper_account = simulation.accounts.get(request.path_params["accountId"])
    if paper_account is None:
        raise bad_request("invalid accountId")
    return paper_account


def _target_accounts(simulation: Simulation, request: ApiRequest) -> list[PaperAccount]:
    """Return the account in the path, or the members of the allocation group in its place."""
    name, allocation = request.path_params["accountId"], simulation.allocation_groups
    if name not in allocation.group_names:
        return [_required_account(simulation, request)]
    members = allocation.groups[name].amounts if name in allocation.groups else simulation.clients
    return [simulation.accounts[account] for account in members]


def _required_tickets(simulation: Simulation, request: ApiRequest) -> list[Ticket]:
    """Return the tickets in the body, for the account or allocation group in the path."""
    name = request.path_params["accountId"]
    if name not in simulation.accounts and name not in simulation.allocation_groups.group_names:
        raise bad_request("invalid accountId")
    tickets = parse_tickets(request.body)
    for ticket in tickets:
        _require_same_account(name, ticket)
    return tickets


def _require_same_account(account_or_group: str, ticket: Ticket) -> None:
    """Reject a ticket whose account differs from the account in the path."""
    if (ticket.raw.get("acctId") or account_or_group) != account_or_group:
        raise bad_request("acctId must be the account of the path")


@SECTION.route("POST", "/iserver/account/{accountId}/orders", requires=RequiredSession.BROKERAGE)
def place_orders(simulation: Simulation, request: ApiRequest) -> Any:
    """Submit one order, one bracket or one OCA group: accepted, questioned, or rejected with status 200.

    An advisor may name an allocation group instead of an account.
    """
    require_accounts_call(simulation)
    return submit_tickets(
        simulation, request.path_params["accountId"], _required_tickets(simulation, request)
    )


@SECTION.route("POST", "/iserver/account/{accountId}/orders/whatif", requires=RequiredSession.BROKERAGE)
def preview_orders(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the cost and margin impact of the first order; nothing is placed."""
    name, tickets = request.path_params["accountId"], _required_tickets(simulation, request)
    if any(is_multi_account(simulation, name, ticket) for ticket in tickets):
        return {"error": "An order for several accounts cannot be previewed."}
    paper_account, error = simulation.accounts[name], None
    try:
        order = draft_orders(paper_account, tickets).orders[0]
    except OrderRejectedError as rejection:
        return {"error": str(rejection)}
    try:
        check_funds(paper_account, [order])
    except OrderRejectedError as rejection:
        error = str(rejection)
    return preview(
        paper_account, order, warnings=preview_warnings(simulation, paper_account, order), error=error
    )


@SECTION.route("POST", "/iserver/account/{accountId}/order/{orderId}", requires=RequiredSession.BROKERAGE)
def modify_order(simulation: Simulation, request: ApiRequest) -> Any:
    """Replace an open order by a full ticket; it may raise questions as a new order does."""
    require_accounts_call(simulation)
    paper_account = _required_account(simulation, request)
    order_id = parse_whole_number(request.path_params["orderId"], "orderId", minimum=1)
    ticket = parse_ticket(request.body)
    _require_same_account(paper_account.account_id, ticket)
    order = paper_account.orders.get(order_id)
    if order is None or not _is_open(order):
        raise _order_not_found(order_id)
    return submit_modification(simulation, paper_account, order, ticket)


@SECTION.route("DELETE", "/iserver/account/{accountId}/order/{orderId}", requires=RequiredSession.BROKERAGE)
def cancel_order(simulation: Simulation, request: ApiRequest) -> Any:
    """Request the cancellation of one order, or with -1 of all; it takes effect a moment later."""
    require_accounts_call(simulation)
    text = request.path_params["orderId"]
    paper_accounts = _target_accounts(simulation, request)
    if text == _ALL:
        for paper_account in paper_accounts:
            for order in paper_account.orders.values():
                if _is_open(order):
                    _cancel(simulation, paper_account, order)
        return _cancellation_response(-1)
    if not _ORDER_ID.fullmatch(text):
        raise bad_request("invalid orderId")
    order_id = int(text)
    matching_orders = [
        (paper_account, paper_account.orders[order_id])
        for paper_account in paper_accounts
        if order_id in paper_account.orders and _is_open(paper_account.orders[order_id])
    ]
    if not matching_orders:
        raise _order_not_found(order_id)
    has_operator_ids = request.query.get("manualIndicator") and request.query.get("extOperator")
    for paper_account, order in matching_orders:
        if needs_operator(paper_account.instrument_of(order)) and not has_operator_ids:
            raise bad_request("manualIndicator and extOperator are required")
        _cancel(simulation, paper_account, order)
    paper_account, order = matching_orders[0]
    if simulation.order_behaviour.cancel_names_contract and order.status is OrderStatus.PENDING_CANCEL:
        return _cancellation_response(order_id, order.conid, paper_account.account_id)
    return _cancellation_response(order_id)


@SECTION.route("POST", "/iserver/reply/{replyId}", requires=RequiredSession.BROKERAGE)
def reply_to_question(simulation: Simulation, request: ApiRequest) -> Any:
    """Confirm or reject the open question; the response may be the next question."""
    reply_id = request.path_params["replyId"]
    confirmed = request.body.get("confirmed") if isinstance(request.body, dict) else None
    questions = simulation.preflights.questions
    if not isinstance(confirmed, bool):
        questions.supersede()
        raise bad_request("confirmed must be true or false")
    submission = questions.take_submission(reply_id)
    if submission is None:
        if questions.was_superseded(reply_id):
            late = questions.take_superseded(reply_id)
            if late is not None and confirmed and simulation.order_behaviour.late_reply_places:
                continue_submission(simulation, late.without_questions())
            raise unavailable()
        raise ApiError(400, {"error": f"reply id not found: '{reply_id}'"})
    if not confirmed:
        return {"error": "Order not confirmed"}
    return continue_submission(simulation, submission.without_first_question())


@SECTION.route("POST", "/iserver/questions/suppress", requires=RequiredSession.BROKERAGE)
def suppress_questions(simulation: Simulation, request: ApiRequest) -> Any:
    """Suppress these questions for the session; unknown IDs are also accepted."""
    numbers = request.body.get("messageIds") if isinstance(request.body, dict) else None
    if not isinstance(numbers, list) or not all(isinstance(number, str) for number in numbers):
        raise bad_request("messageIds must be a list of strings")
    if not numbers or len(numbers) > _MAX_SUPPRESSED:
        raise server_error(f"1 to {_MAX_SUPPRESSED} messageIds expected")
    simulation.preflights.suppressed_message_ids.update(numbers)
    return {"status": "submitted"}


@SECTION.route("POST", "/iserver/questions/suppress/reset", requires=RequiredSession.BROKERAGE)
def reset_suppressions(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001 takes no arguments
    """End the suppression of all questions."""
    simulation.preflights.suppressed_message_ids.clear()
    return {"status": "submitted"}


@SECTION.route("POST", "/iserver/notification", requires=RequiredSession.BROKERAGE)
def answer_notification(simulation: Simulation, request: ApiRequest) -> Any:
    """Choose one of the options of a prompt about an order."""
    body = request.body if isinstance(request.body, dict) else {}
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
    return order.status.is_working or order.status is OrderStatus.INACTIVE


def _order_not_found(order_id: int) -> ApiError:
    return ApiError(400, {"error": f"OrderID {order_id} doesn't exist"})


def _cancel(simulation: Simulation, paper_account: PaperAccount, order: Order) -> None:
    simulation.execution_simulator.cancel(
        paper_account, order, seconds=simulation.order_behaviour.cancel_seconds
    )


def _cancellation_response(order_id: int, conid: int = -1, account: str | None = None) -> dict[str, Any]:
    return {"msg": "Request was submitted", "order_id": order_id, "conid": conid, "account": account}
