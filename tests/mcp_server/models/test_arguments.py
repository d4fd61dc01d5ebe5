from __future__ import annotations

import pytest
from pydantic import ValidationError

from mcp_server.models.arguments import Arguments


class Asked(Arguments):
    order_id: int
    is_buy: bool | None = None


def test_arguments_go_out_under_ibkrs_names_and_those_left_out_do_not() -> None:
    assert Asked(order_id=1).sent() == {"orderId": 1}
    assert Asked(order_id=1, is_buy=False).sent() == {"orderId": 1, "isBuy": False}


def test_an_argument_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="isBuy"):
        Asked.model_validate({"order_id": 1, "isBuy": True})
