"""Live orders, parsed."""

from __future__ import annotations

from typing import Any

import pytest

from mcp_server.answers.orders.live_orders import parse_orders


@pytest.mark.parametrize(
    ("value", "complete"),
    [
        ({"orders": [], "snapshot": False}, False),
        ({"orders": []}, False),
        ({"orders": [], "snapshot": True}, True),
        ({"orders": [{"orderId": 1}], "snapshot": False}, True),
        (None, False),
        ([], False),
        ({"orders": None, "snapshot": True}, True),
    ],
)
def test_an_empty_list_is_complete_only_with_a_snapshot(value: Any, complete: bool) -> None:
    assert parse_orders(value).is_complete is complete


def test_the_newest_order_is_first_and_rows_that_are_none_are_left_out() -> None:
    rows = [
        {"orderId": 1, "lastExecutionTime_r": 1795013136000},
        {"orderId": 2},
        None,
        {"orderId": 3, "lastExecutionTime": "261118152230"},
    ]
    assert [each.order_id for each in parse_orders({"orders": rows}).orders] == ["3", "1", "2"]


def test_a_filled_day_order_is_a_day_order() -> None:
    [order] = parse_orders({"orders": [{"orderId": 1, "timeInForce": "CLOSE", "status": "Filled"}]}).orders
    assert order.tif == "DAY"


def test_only_orders_that_did_not_fill_lack_a_reason() -> None:
    rows = [
        {"orderId": 1, "status": "Cancelled"},
        {"orderId": 2, "status": "Filled"},
        {"orderId": 3, "status": "Submitted"},
        {"orderId": 4, "status": "Inactive", "order_cancellation_by_system_reason": "expired"},
    ]
    lacking = [each.order_id for each in parse_orders({"orders": rows}).orders if each.lacks_reason]
    assert lacking == ["1"]
