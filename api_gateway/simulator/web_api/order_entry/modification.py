"""An open order and the ticket that takes its place: what must stay, and what is carried over."""

from __future__ import annotations

from dataclasses import replace

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.orders.order_types import ORDER_TYPES
from api_gateway.simulator.web_api.order_entry.tickets import Ticket
from api_gateway.simulator.web_api.order_entry.validation import RejectedError, order_of

_IMMUTABLE = ("conid", "side", "exchange")
# What the order's number says already, and texts about it that change nothing.
_MAY_BE_LEFT_OUT = frozenset(
    {
        *("acctId", "conid", "conidex", "secType", "cOID", "parentId", "isSingleGroup"),
        *("listingExchange", "ticker", "referrer", "useAdaptive", "deactivated"),
    }
)
_OVER = (OrderStatus.FILLED, OrderStatus.PENDING_CANCEL, OrderStatus.CANCELLED)


def changed(broker: Broker, order: Order, ticket: Ticket) -> Order:
    """The order as one full ticket wants it; raises RejectedError where it may not become that."""
    forgotten = [
        name
        for name, value in order.ticket.items()
        if value and name not in _MAY_BE_LEFT_OUT and ticket.raw.get(name) is None
    ]
    if forgotten:
        raise RejectedError(f"A modification repeats every field of the order; {forgotten[0]} is missing.")
    draft = order_of(broker, ticket, order.order_id)
    for name in _IMMUTABLE:
        if getattr(draft, name) != getattr(order, name):
            raise RejectedError(f"The {name} of an order cannot be changed.")
    if ticket.reference not in ("", order.reference):
        raise RejectedError("The cOID of an order cannot be changed.")
    return continued(broker, draft)


def continued(broker: Broker, draft: Order) -> Order:
    """The draft with what the order in whose place it comes has gone through by now.

    Raises RejectedError if that order is over, or has filled as much as the draft wants.
    """
    order = broker.orders[draft.order_id]
    if order.status in _OVER:
        raise RejectedError(f"Order {order.order_id} can no longer be changed.")
    if draft.quantity <= order.filled:
        raise RejectedError(f"The order has already filled {order.filled:g}.")
    stop, triggered_at, limit = draft.stop_price, None, draft.limit_price
    if _same_stop(order, draft):
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
        parent=order.parent,
        group=order.group,
    )


def _same_stop(order: Order, draft: Order) -> bool:
    """Whether the tickets name the same stop, so that it stays where it has come to."""
    field, limit = ORDER_TYPES[order.order_type].trigger, ORDER_TYPES[order.order_type].limit
    if field is None or draft.order_type != order.order_type:
        return False
    fields = (field, limit, "trailingAmt", "trailingType") if order.limit_offset is not None else (field,)
    return all(order.ticket.get(name or "") == draft.ticket.get(name or "") for name in fields)
