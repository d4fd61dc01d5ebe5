from __future__ import annotations

from mcp_server.models.arguments import Arguments
from tests.mcp_server.rejections import rejected


class Example(Arguments):
    order_id: int
    is_buy: bool | None = None


def test_arguments_are_sent_under_ibkrs_names_and_omitted_ones_are_not() -> None:
    assert Example(order_id=1).sent() == {"orderId": 1}
    assert Example(order_id=1, is_buy=False).sent() == {"orderId": 1, "isBuy": False}


def test_an_unknown_argument_is_rejected() -> None:
    assert rejected(Example, {"order_id": 1, "isBuy": True}) == {"isBuy", "extra_forbidden"}
