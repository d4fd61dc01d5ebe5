"""Order tickets: parses the request body and checks everything that does not depend on the market.

The messages for a wrong type, order type, side, time in force or price, and for a missing contract, are
documented by IBKR. The message for a size of zero is recorded. The others are invented.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api_gateway.simulator.instruments.combinations import SMART, CombinationText, parse_conidex
from api_gateway.simulator.orders.order import Side, TrailUnit
from api_gateway.simulator.orders.order_types import ORDER_TYPES, OrderType
from api_gateway.simulator.replies import ApiError, bad_request

# Without GTD, although contract rules list it: a ticket has no field for its date.
TIFS = ("DAY", "GTC", "IOC", "OPG", "PAX", "OVT", "OND")
_CONIDEX = re.compile(r"(\d{1,10})(?:@([A-Z0-9.]{1,16}))?", re.ASCII)
_MAX_CONID = 2**31 - 1
_MAX_NUMBER = 1e12
_MAX_REFERENCE_LENGTH = 64
_BOOLEAN_FIELDS = (
    *("isSingleGroup", "outsideRTH", "allOrNone", "useAdaptive", "isCcyConv", "manualIndicator"),
    *("deactivated", "isProCustomer", "isClose"),
)
_NUMBER_FIELDS = ("price", "auxPrice", "trailingAmt", "quantity", "cashQty", "fxQty", "manualOrderTime")
_STRING_FIELDS = (
    *("acctId", "secType", "cOID", "parentId", "listingExchange", "ticker", "referrer", "allocationMethod"),
    *("strategy", "extOperator", "taxOptimizerId", "customerAccount", "orderType", "side", "tif"),
    *("trailingType", "conidex"),
)
_OBJECT_FIELDS = ("strategyParameters", "jsonPayload")


@dataclass(frozen=True)
class Ticket:
    """One order as the client describes it; `raw` is the JSON that it sent.

    Prices and sizes are positive, but a combination's price can be negative or zero. Exactly one of
    `quantity` and `cash_quantity` (an amount to spend) is set. `combination` is a conidex with several legs.
    """

    raw: Mapping[str, Any]
    conid: int
    exchange: str
    combination: CombinationText | None
    order_type: str
    side: Side
    tif: str
    quantity: float | None
    cash_quantity: float | None
    limit_price: float | None
    stop_price: float | None
    trailing_amount: float | None
    trailing_unit: TrailUnit
    reference: str
    parent_reference: str

    @property
    def kind(self) -> OrderType:
        """The order type's properties."""
        return ORDER_TYPES[self.order_type]

    @property
    def sign(self) -> int:
        """+1 for a purchase, -1 for a sale."""
        return 1 if self.side == "BUY" else -1

    def has_flag(self, name: str) -> bool:
        """Return whether a boolean field is true."""
        return self.raw.get(name) is True


def parse_tickets(body: Any) -> list[Ticket]:
    """Return the tickets in `{"orders": […]}`; anything else is a bad request."""
    orders = body.get("orders") if isinstance(body, dict) else None
    if not isinstance(orders, list) or not orders:
        raise bad_request("orders must be a list of order tickets")
    tickets = [parse_ticket(order) for order in orders]
    if len(tickets) > 1 and not _are_linked(tickets):
        raise bad_request("several orders must be one bracket or one single group")
    return tickets


def parse_ticket(raw: Any) -> Ticket:
    """Return one ticket. Raises ApiError for a missing or invalid field."""
    if not isinstance(raw, dict):
        raise bad_request("an order ticket must be an object")
    _check_field_types(raw)
    order_type = raw.get("orderType") or ""
    kind = ORDER_TYPES.get(order_type)
    if kind is None:
        raise bad_request("Unknown order type")
    tif = raw.get("tif")
    if tif not in TIFS:
        raise ApiError(200, {"error": "null time in force is not supported for this order"})
    side = raw.get("side")
    if side not in ("BUY", "SELL"):
        raise bad_request("Invalid Side (must be 'BUY' or 'SELL').")
    conid, exchange, combination = _parse_contract(raw)
    is_combination = combination is not None
    quantity, cash = _parse_size(raw)
    trailing, unit = _parse_trailing(raw, kind)
    reference, parent = raw.get("cOID") or "", raw.get("parentId") or ""
    if len(reference) > _MAX_REFERENCE_LENGTH:
        raise bad_request("cOID is too long")
    if reference and parent:
        # Documented: a child has no cOID. How IBKR refuses one is not known.
        raise bad_request("an order with a parentId must not have a cOID")
    return Ticket(
        raw=raw,
        conid=conid,
        exchange=exchange,
        combination=combination,
        order_type=order_type,
        side=side,
        tif=tif,
        quantity=quantity,
        cash_quantity=cash,
        limit_price=_parse_price(raw, kind, kind.limit_field, may_be_negative=is_combination),
        stop_price=_parse_price(raw, kind, kind.trigger_field, may_be_negative=is_combination),
        trailing_amount=trailing,
        trailing_unit=unit,
        reference=reference,
        parent_reference=parent,
    )


def _check_field_types(raw: dict[str, Any]) -> None:
    right = (
        all(isinstance(raw.get(name), bool | None) for name in _BOOLEAN_FIELDS)
        and all(isinstance(raw.get(name), str | None) for name in _STRING_FIELDS)
        and all(isinstance(raw.get(name), dict | None) for name in _OBJECT_FIELDS)
        and all(_is_number(raw.get(name)) for name in _NUMBER_FIELDS)
    )
    if not right:
        raise bad_request("orders request includes parameter with incorrect type")
    for name in _NUMBER_FIELDS:
        if not abs(raw.get(name) or 0) <= _MAX_NUMBER:
            raise bad_request(f"{name} is out of range")


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _parse_contract(raw: dict[str, Any]) -> tuple[int, str, CombinationText | None]:
    """Return conid, exchange and the combination, if it is one. A plain conid always means SMART."""
    conid = raw.get("conid")
    if conid is not None:
        if isinstance(conid, bool) or not isinstance(conid, int) or not 0 < conid <= _MAX_CONID:
            raise bad_request("invalid conid")
        return conid, SMART, None
    text = raw.get("conidex")
    if text is None:
        raise bad_request("conid or conidex is required")
    combination = parse_conidex(text)
    if combination is not None:
        return combination.spread_conid, combination.route, combination
    match = _CONIDEX.fullmatch(text)
    if match is None or not 0 < int(match[1]) <= _MAX_CONID:
        raise bad_request("invalid conidex")
    return int(match[1]), match[2] or SMART, None


def _parse_size(raw: dict[str, Any]) -> tuple[float | None, float | None]:
    sizes = {name: raw[name] for name in ("quantity", "cashQty", "fxQty") if raw.get(name) is not None}
    # Clients that always send every field send 0 for those that are not set.
    nonzero = {name: float(value) for name, value in sizes.items() if value != 0}
    if any(value < 0 for value in nonzero.values()) or len(nonzero) > 1:
        raise bad_request("one of quantity, cashQty and fxQty must be positive")
    if not sizes:
        raise bad_request("quantity is required")
    if not nonzero:
        raise ApiError(500, {"error": "Order size 0 is not valid. Please enter size greater than 0."})
    return nonzero.get("quantity"), nonzero.get("cashQty", nonzero.get("fxQty"))


def _parse_price(
    raw: dict[str, Any], kind: OrderType, name: str | None, *, may_be_negative: bool
) -> float | None:
    if name is None:
        return None
    price = raw.get(name)
    if name in kind.optional_fields and not price:
        return None
    if price is None:
        raise _invalid_price()
    # A bracket's child fails alone, with a separate message.
    if price <= 0 and not may_be_negative and not raw.get("parentId"):
        raise _invalid_price()
    return float(price)


def _invalid_price() -> ApiError:
    return ApiError(200, {"error": "Invalid order price fields"})


def _parse_trailing(raw: dict[str, Any], kind: OrderType) -> tuple[float | None, TrailUnit]:
    if not kind.is_trailing:
        return None, "amt"
    unit = raw.get("trailingType")
    if unit not in ("amt", "%"):
        raise bad_request("trailingType must be amt or %")
    amount = raw.get("trailingAmt")
    if amount is None or amount <= 0 or (unit == "%" and amount >= 100):
        raise bad_request("invalid trailingAmt")
    return float(amount), "%" if unit == "%" else "amt"


def _are_linked(tickets: list[Ticket]) -> bool:
    """Return whether the tickets are one bracket, or all belong to one OCA group."""
    if all(ticket.has_flag("isSingleGroup") for ticket in tickets):
        return True
    parent, *children = tickets
    return bool(parent.reference) and all(child.parent_reference == parent.reference for child in children)
