"""The vocabulary of order states, from every dialect of IBKR's."""

from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.orders.order import OrderStatus
from mcp_server.answers.orders.order_states import OrderState, parse_state

Row = dict[str, Any]

LIVE = [
    ({"status": "Submitted", "totalSize": 10.0, "filledQuantity": 0.0}, OrderState.WORKING),
    ({"status": "Submitted", "totalSize": 10.0, "filledQuantity": 4.0}, OrderState.PARTLY_FILLED),
    ({"status": "Submitted", "totalSize": "1,000", "filledQuantity": "400"}, OrderState.PARTLY_FILLED),
    ({"status": "PreSubmitted", "totalSize": 10.0, "filledQuantity": 10.0}, OrderState.FILLED),
    ({"status": "Filled", "order_ccp_status": "Filled"}, OrderState.FILLED),
    ({"status": "Cancelled", "totalSize": 10.0, "filledQuantity": 4.0}, OrderState.CANCELLED),
    ({"status": "PendingCancel", "totalSize": 10.0, "filledQuantity": 4.0}, OrderState.CANCELLING),
    ({"status": "Inactive", "order_ccp_status": "Inactive"}, OrderState.INACTIVE),
    ({"status": "WarnState"}, OrderState.CONFIRMATION),
    ({"status": None, "order_ccp_status": "Cancelled"}, OrderState.CANCELLED),
]
STATUS = [
    ({"order_status": "Submitted", "order_ccp_status": "0", "total_size": "5"}, OrderState.WORKING),
    ({"order_status": "Submitted", "cum_fill": "2.0", "total_size": "5.0"}, OrderState.PARTLY_FILLED),
    ({"order_status": "Filled", "order_ccp_status": "2"}, OrderState.FILLED),
    ({"order_status": "Inactive", "order_ccp_status": "0"}, OrderState.INACTIVE),
    ({"order_status": "Inactive", "order_ccp_status": "8"}, OrderState.REJECTED),
    ({"order_ccp_status": "4"}, OrderState.CANCELLED),
]
OTHER = [
    ({"order_status": "Failed"}, OrderState.REJECTED),
    ({"status": "pre_submitted"}, OrderState.ACCEPTED),
    ({"status": "PreCancelled"}, OrderState.CANCELLING),
    ({"status": "ApiPending"}, OrderState.SENDING),
    ({"status": "PendingSubmit"}, OrderState.SENDING),
    ({"status": "Elsewhere"}, OrderState.UNKNOWN),
    ({}, OrderState.UNKNOWN),
]


@pytest.mark.parametrize(("row", "state"), [*LIVE, *STATUS, *OTHER])
def test_every_dialect_has_the_same_words(row: Row, state: OrderState) -> None:
    assert parse_state(row) is state


def test_an_order_with_a_trigger_waits_for_it_until_it_works() -> None:
    assert parse_state({"status": "PreSubmitted"}, has_trigger=True) is OrderState.WAITING
    assert parse_state({"status": "Submitted"}, has_trigger=True) is OrderState.WORKING


@pytest.mark.parametrize("status", OrderStatus)
def test_every_status_of_the_simulator_is_known_and_open_if_it_can_still_fill(status: OrderStatus) -> None:
    state = parse_state({"status": status.value})
    assert state is not OrderState.UNKNOWN
    assert state.is_open is status.is_working


def test_what_is_unknown_counts_as_open() -> None:
    assert OrderState.UNKNOWN.is_open
