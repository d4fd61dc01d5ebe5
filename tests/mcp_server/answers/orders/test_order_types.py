"""Order types and their prices, in the spellings of IBKR's endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.orders.order_types import ORDER_TYPES
from mcp_server.answers.orders.order_types import describe_terms, parse_order_type


@pytest.mark.parametrize("ticket", ORDER_TYPES)
def test_the_spellings_of_ticket_list_and_status_are_one_type(ticket: str) -> None:
    spellings = (ticket, ORDER_TYPES[ticket].title, ORDER_TYPES[ticket].capitals)
    kinds = {parse_order_type(each) for each in spellings}
    assert len(kinds) == 1
    assert kinds.pop().has_trigger is (ORDER_TYPES[ticket].trigger_field is not None)


@pytest.mark.parametrize(
    ("kind", "limit", "auxiliary", "terms"),
    [
        ("Limit", "462.97", None, "limit 462.97"),
        ("Limit", "1.15705", None, "limit 1.15705"),
        ("Market", "", "", "market"),
        ("Stop", "170.00", "170.00", "stop 170"),
        ("Stop", "", "170.00", "stop 170"),
        ("STP", 170, None, "stop 170"),
        ("Stop Limit", "169.5", "170", "stop 170 limit 169.5"),
        ("TRAILLMT", "1,169.5", "1,170", "trailing stop 1170 limit 1169.5"),
        ("Limit", None, None, "limit"),
        ("MidPrice", "", None, "midprice"),
        ("Limit", "-0.35", None, "limit -0.35"),
        ("Snap \u202eto Market", "12", None, "Snap to Market 12"),
        (None, "12", None, "12"),
    ],
)
def test_the_terms_name_the_prices(kind: Any, limit: Any, auxiliary: Any, terms: str) -> None:
    assert describe_terms(parse_order_type(kind), limit, auxiliary) == terms
