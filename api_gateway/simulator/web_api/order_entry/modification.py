"""Order modification: replaces an open order by a ticket; what must not change, and what is carried over."""

from __future__ import annotations

from dataclasses import replace

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import Ticket
from api_gateway.simulator.web_api.order_entry.validation import build_order

_IMMUTABLE_FIELDS = ("conid", "side", "exchange")
# Implied by the order ID, or without effect on the order.
_OPTIONAL_FIELDS = frozenset(
    {
        *("acctId", "conid", "conidex", "secType", "cOID", "parentId", "isSingleGroup"),
        *("listingExchange", "ticker", "referrer", "useAdaptive", "deactivated", "isClose"),
    }
)
_CLOSED_STATUSES = (OrderStatus.FILLED, OrderStatus.PENDING_CANCEL, OrderStatus.CANCELLED)


def apply_modification(paper_account: PaperAccount, order: Order, ticket: Ticket) -> Order:
    """Return the order as a full ticket describes it. Raises OrderRejectedError for a forbidden change."""
    missing = [
        name
        for name, value in order.ticket.items()
        if value and name not in _OPTIONAL_FIELDS and ticket.raw.get(name) is None
    ]
    if missing:
        raise OrderRejectedError(f"A modification repeats every field of the order; {missing[0]} is missing.")
    draft = build_order(paper_account, ticket, order.order_id)
    for name in _IMMUTABLE_FIELDS:
        if getattr(draft, name) != getattr(order, name):
            raise OrderRejectedError(f"The {name} of an order cannot be changed.")
    if _ratios(draft) != _ratios(order):
        raise OrderRejectedError("The legs of an order cannot be changed.")
    if ticket.reference not in ("", order.reference):
        raise OrderRejectedError("The cOID of an order cannot be changed.")
    if ticket.parent_reference not in _parent_names(paper_account, order):
        raise OrderRejectedError("The parent of an order cannot be changed.")
    return carry_over_progress(paper_account, draft)


def carry_over_progress(paper_account: PaperAccount, draft: Order) -> Order:
    """Return the draft with the current progress of the order that it replaces.

    Raises OrderRejectedError if that order is closed, or has already filled the draft's quantity.
    """
    order = paper_account.orders[draft.order_id]
    if order.status in _CLOSED_STATUSES:
        raise OrderRejectedError(f"Order {order.order_id} can no longer be changed.")
    if draft.quantity <= order.filled:
        raise OrderRejectedError(f"The order has already filled {order.filled:g}.")
    stop, triggered_at, limit = draft.stop_price, None, draft.limit_price
    if _has_same_stop(order, draft):
        stop, triggered_at = order.stop_price, order.triggered_at
        limit = order.limit_price if draft.limit_offset is not None else limit
    return replace(
        draft,
        stop_price=stop,
        triggered_at=triggered_at,
        limit_price=limit,
        placed_at=order.placed_at,
        reference=order.reference,
        filled=order.filled,
        average_price=order.average_price,
        fees=order.fees,
        fills=order.fills,
        parent_id=order.parent_id,
        oca_group=order.oca_group,
    )


def _parent_names(paper_account: PaperAccount, order: Order) -> tuple[str, ...]:
    """Return what a ticket may have as `parentId`: nothing, the parent's order ID, or its cOID."""
    if not order.oca_group.isdecimal():
        return ("",)
    # Unlike `parent_id`, the name of the group stays once the parent has filled.
    return "", order.oca_group, paper_account.orders[int(order.oca_group)].reference


def _ratios(order: Order) -> dict[int, int]:
    return order.combination.ratios if order.combination else {}


def _has_same_stop(order: Order, draft: Order) -> bool:
    """Return whether the ticket repeats the stop, so that a trailing stop keeps its current level."""
    field, limit = ORDER_TYPES[order.order_type].trigger_field, ORDER_TYPES[order.order_type].limit_field
    if field is None or draft.order_type != order.order_type:
        return False
    fields = (field, limit, "trailingAmt", "trailingType") if order.limit_offset is not None else (field,)
    return all(order.ticket.get(name or "") == draft.ticket.get(name or "") for name in fields)
