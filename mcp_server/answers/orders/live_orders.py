"""Today's orders, from IBKR's list of live orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.formats import quantity
from mcp_server.answers.orders.order_states import OrderState, parse_state
from mcp_server.answers.orders.order_types import describe_terms, parse_order_type
from mcp_server.answers.orders.row_values import (
    Leg,
    describe_contract,
    first_value,
    parse_conid,
    parse_id,
    parse_legs,
    parse_moment,
    parse_side,
)
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.quotes import parse_number

MAX_STATUS_REQUESTS: Final = 3
"""Of how many orders that did not fill the status is read, for a reason that the list does not have."""

_MAX_REASON: Final = 120

# Only the first is recorded. IBKR documents that a status has the text of a rejection, but not where.
_REASONS: Final = (
    "order_cancellation_by_system_reason",
    "warning_message",
    "reject_reason",
    "rejectReason",
    "text",
)
_WANT_REASON: Final = (OrderState.REJECTED, OrderState.INACTIVE, OrderState.CANCELLED)


@dataclass(frozen=True)
class LiveOrder:
    """One order. `reason` is IBKR's text, sanitized; `contract` the description of the row.

    `remaining` is what can still fill, None if IBKR sent no size. `price` is the limit, or the trigger of an
    order without one; None at market.
    """

    order_id: str
    account: str
    conid: int | None
    symbol: str
    contract: str
    legs: tuple[Leg, ...]
    side: str
    quantity: float | None
    cash_quantity: float | None
    filled: float
    remaining: float | None
    price: float | None
    average: float | None
    currency: str
    terms: str
    tif: str
    state: OrderState
    moment: datetime | None
    parent_id: str
    group: str
    reference: str
    reason: str

    @property
    def fills(self) -> str:
        """`0/50 filled`; empty if the quantity is unknown."""
        return f"{quantity(self.filled)}/{quantity(self.quantity)} filled" if self.quantity else ""

    @property
    def is_combination(self) -> bool:
        """Whether it is for several contracts as one."""
        return bool(self.legs)

    @property
    def names(self) -> tuple[str, ...]:
        """What a person can call it by."""
        return (self.symbol, self.order_id, self.reference)

    @property
    def lacks_reason(self) -> bool:
        """Whether it did not fill, and the list does not say why."""
        return self.state in _WANT_REASON and not self.reason


@dataclass(frozen=True)
class OrderList:
    """The orders, newest first. `is_complete` is False while IBKR is still collecting them."""

    orders: tuple[LiveOrder, ...]
    is_complete: bool


async def read_orders(gateway: GatewayClient, account_id: str | None) -> OrderList:
    """Today's orders of the selected account, or of another one that IBKR lists on request."""
    response = await gateway.get("/iserver/account/orders", accountId=account_id)
    return parse_orders(response.value)


def parse_orders(value: Any) -> OrderList:
    """The orders in a response to /iserver/account/orders. An empty list without a snapshot is incomplete."""
    body = value if isinstance(value, dict) else {}
    rows = body.get("orders")
    orders = [_parse_order(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    orders.sort(key=lambda each: each.moment.timestamp() if each.moment else 0.0, reverse=True)
    return OrderList(tuple(orders), bool(orders) or body.get("snapshot") is True)


def _parse_order(row: Mapping[str, Any]) -> LiveOrder:
    kind = parse_order_type(row.get("orderType"), row.get("origOrderType"))
    size, filled = parse_number(row.get("totalSize")), parse_number(row.get("filledQuantity")) or 0.0
    remaining = parse_number(row.get("remainingQuantity"))
    if remaining is None and size is not None:
        remaining = max(0.0, size - filled)
    prices = (parse_number(row.get(name)) for name in ("price", "auxPrice"))
    has_price = kind.has_limit or kind.has_trigger
    tif = outside_name(row.get("timeInForce"), 10)
    return LiveOrder(
        order_id=parse_id(row.get("orderId")),
        account=parse_id(first_value(row, "acct", "account")),
        conid=parse_conid(row.get("conid")),
        symbol=outside_name(row.get("ticker")),
        contract=describe_contract(
            row.get("ticker"), row.get("description1"), row.get("description2"), row.get("secType")
        ),
        legs=parse_legs(row.get("conidex")),
        side=parse_side(row.get("side")),
        quantity=size,
        cash_quantity=parse_number(row.get("totalCashSize")),
        filled=filled,
        remaining=remaining,
        price=next(filter(None, prices), None) if has_price else None,
        average=parse_number(row.get("avgPrice")),
        currency=outside_name(row.get("cashCcy"), 5),
        terms=describe_terms(kind, row.get("price"), row.get("auxPrice")),
        # IBKR shows a filled day order as CLOSE.
        tif="DAY" if tif.upper() == "CLOSE" else tif.upper(),
        state=parse_state(row, has_trigger=kind.has_trigger),
        moment=parse_moment(row.get("lastExecutionTime_r"), row.get("lastExecutionTime")),
        parent_id=parse_id(row.get("parentId")),
        group=parse_id(row.get("ocaGroupId")),
        reference=outside_name(row.get("order_ref"), 64),
        reason=outside_name(first_value(row, *_REASONS), _MAX_REASON),
    )


async def add_reasons(gateway: GatewayClient, orders: Sequence[LiveOrder]) -> tuple[LiveOrder, ...]:
    """The orders with the reasons that only their status has, read for the newest few that lack one."""
    wanted = [each.order_id for each in orders if each.lacks_reason and each.order_id.isdecimal()]
    if not wanted:
        return tuple(orders)
    try:
        found = await gather_partial(
            {
                order_id: gateway.get("/iserver/account/order/status/{order}", order_id)
                for order_id in wanted[:MAX_STATUS_REQUESTS]
            }
        )
    except (Failed, Refused, RateLimited):  # an order of an earlier session has no status
        return tuple(orders)
    reasons = {
        order_id: outside_name(first_value(response.value, *_REASONS), _MAX_REASON)
        for order_id, response in found.values.items()
        if isinstance(response.value, dict)
    }
    return tuple(replace(each, reason=each.reason or reasons.get(each.order_id, "")) for each in orders)
