"""Order states: one vocabulary for the words and codes with which IBKR describes an order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from mcp_server.answers.quotes import parse_number


class OrderState(StrEnum):
    """The state of an order, as answers name it."""

    SENDING = "being sent"
    ACCEPTED = "accepted"
    WAITING = "waiting for its trigger"
    WORKING = "working"
    PARTLY_FILLED = "partly filled"
    CANCELLING = "being cancelled"
    CONFIRMATION = "waiting for confirmation"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    INACTIVE = "rejected or not sent"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Whether the order can still fill. An unknown state counts as open: money may depend on it."""
        return self not in _ENDED


_ENDED: Final = (OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.INACTIVE)

# IBKR's words, in lower case without spaces and underscores: those of the Web API (live orders, order status,
# placement), of its filters, and of TWS. IBKR describes Inactive as "not transmitted or rejected".
_WORDS: Final[Mapping[str, OrderState]] = {
    "apipending": OrderState.SENDING,
    "pendingsubmit": OrderState.SENDING,
    "presubmitted": OrderState.ACCEPTED,
    "submitted": OrderState.WORKING,
    "partiallyfilled": OrderState.PARTLY_FILLED,
    "filled": OrderState.FILLED,
    "pendingcancel": OrderState.CANCELLING,
    "precancelled": OrderState.CANCELLING,
    "cancelled": OrderState.CANCELLED,
    "canceled": OrderState.CANCELLED,
    "apicancelled": OrderState.CANCELLED,
    "expired": OrderState.CANCELLED,
    "inactive": OrderState.INACTIVE,
    "failed": OrderState.REJECTED,
    "rejected": OrderState.REJECTED,
    "warnstate": OrderState.CONFIRMATION,
}
# `order_ccp_status` of an order's status. Recorded: 0 and 2. That the others are FIX's codes (OrdStatus) is a
# guess, so they are used only where the words leave the state open.
_CODES: Final[Mapping[str, OrderState]] = {
    "0": OrderState.WORKING,
    "1": OrderState.PARTLY_FILLED,
    "2": OrderState.FILLED,
    "4": OrderState.CANCELLED,
    "6": OrderState.CANCELLING,
    "8": OrderState.REJECTED,
    "A": OrderState.SENDING,
    "C": OrderState.CANCELLED,
}
_UNCLEAR: Final = (OrderState.UNKNOWN, OrderState.INACTIVE)
_STATUS: Final = ("status", "order_status", "orderStatus")
_CODE: Final = ("order_ccp_status", "orderCcpStatus")
_FILLED_SIZE: Final = ("filledQuantity", "cum_fill", "filled")
_TOTAL_SIZE: Final = ("totalSize", "total_size", "quantity")


def parse_state(row: Mapping[str, Any], *, has_trigger: bool = False) -> OrderState:
    """The state in a row of any of IBKR's dialects: live orders, order status, or a placed order.

    `has_trigger` means that the order type waits for a price; IBKR then reports PreSubmitted until it is
    reached.
    """
    word = re.sub(r"[\s_]", "", str(_first(row, _STATUS) or "")).lower()
    code = str(_first(row, _CODE) or "").strip()
    state = _WORDS.get(word, OrderState.UNKNOWN)
    if state in _UNCLEAR:
        told = _CODES.get(code.upper()) or _WORDS.get(code.lower(), state)
        # 0 is FIX's "new", which an inactive order has too.
        state = told if told is not OrderState.WORKING or state is OrderState.UNKNOWN else state
    if state is OrderState.ACCEPTED and has_trigger:
        state = OrderState.WAITING
    filled, total = (parse_number(_first(row, names)) for names in (_FILLED_SIZE, _TOTAL_SIZE))
    if state in (OrderState.WORKING, OrderState.ACCEPTED) and filled:
        # IBKR has no status for a partial fill.
        return OrderState.PARTLY_FILLED if total is None or filled < total else OrderState.FILLED
    return state


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)
