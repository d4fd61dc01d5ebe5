"""Linked orders: brackets and one-cancels-all groups, which one request submits together.

Recorded: IBKR does not treat a bracket as atomic. A child with an unknown contract rejects the request; a
child with an invalid price or size fails alone, and its parent then exists, but is inactive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.web_api.order_entry.rejections import (
    ContractRejectedError,
    DuplicateReferenceError,
    OrderRejectedError,
)
from api_gateway.simulator.web_api.order_entry.tickets import Ticket
from api_gateway.simulator.web_api.order_entry.validation import build_order


@dataclass(frozen=True)
class DraftedOrders:
    """The orders of one request, and why each of its other tickets, all children, failed."""

    orders: list[Order]
    failures: tuple[str, ...] = ()


def draft_orders(paper_account: PaperAccount, tickets: Sequence[Ticket]) -> DraftedOrders:
    """Return the tickets' orders. Raises OrderRejectedError if an order without a parent is invalid.

    A child that is invalid is a failure, unless its contract is.
    """
    references = [ticket.reference for ticket in tickets if ticket.reference]
    for reference in references:
        if references.count(reference) > 1:
            raise DuplicateReferenceError(reference)
    drafts: list[tuple[Ticket, Order]] = []
    failures: list[str] = []
    for ticket in tickets:
        try:
            drafts.append((ticket, build_order(paper_account, ticket, paper_account.next_order_id())))
        except ContractRejectedError:
            raise
        except OrderRejectedError as rejection:
            if not ticket.parent_reference or len(tickets) == 1:
                raise
            failures.append(str(rejection))
    _link(paper_account, drafts)
    return DraftedOrders([order for _, order in drafts], tuple(failures))


def placement_rows(orders: Sequence[Order], failures: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of the response: failed children, the other children, and then the rest."""
    rows = [
        {
            "order_id": "-1",
            "order_status": "Failed",
            "text": text,
            "warning_message": "The order was not accepted.",
        }
        for text in failures
    ]
    rows += [_placement_row(order) for order in sorted(orders, key=lambda order: order.parent_id is None)]
    return rows


def _placement_row(order: Order) -> dict[str, Any]:
    row = {"order_id": str(order.order_id), "order_status": order.status.value}
    if order.reference:
        row["local_order_id"] = order.reference
    if order.parent_id is not None:
        row["parent_order_id"] = str(order.parent_id)
    return row | {"encrypt_message": "1"}


def _link(paper_account: PaperAccount, drafts: Sequence[tuple[Ticket, Order]]) -> None:
    """Set the orders' parents and their groups, in which one fill cancels the other orders.

    A bracket's children form one group, named after their parent, even if the tickets request none.
    """
    orders = [order for _, order in drafts]
    is_single_group = all(ticket.has_flag("isSingleGroup") for ticket, _ in drafts)
    # Documented: a child that follows its parent in another request may name the parent's order ID instead.
    by_reference = {
        name: order
        for order in paper_account.orders.values()
        if order.status.is_working
        for name in (str(order.order_id), order.reference)
    }
    by_reference |= {order.reference: order for order in orders}
    for ticket, order in drafts:
        if not ticket.parent_reference:
            continue
        parent = by_reference.get(ticket.parent_reference)
        if parent is None or parent is order:
            raise OrderRejectedError(f"Parent order ID={ticket.parent_reference} is not known.")
        order.parent_id = parent.order_id
        order.oca_group = str(parent.order_id)
    if is_single_group and all(order.parent_id is None for order in orders):
        for order in orders:
            order.oca_group = f"oco-{orders[0].order_id}"
