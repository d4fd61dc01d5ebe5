from __future__ import annotations

import pytest

from api_gateway.simulator.orders.order import Order, OrderStatus


def order(side: str = "BUY") -> Order:
    assert side in ("BUY", "SELL")
    return Order(7, 1, "BUY" if side == "BUY" else "SELL", 10, "LMT", 100.0, status=OrderStatus.SUBMITTED)


def test_the_last_execution_fills_the_order_at_the_average_price() -> None:
    ticket = order()
    ticket.add_fill(4, 10.0, 101.0)
    assert (ticket.status, ticket.remaining) == (OrderStatus.SUBMITTED, 6)
    ticket.add_fill(6, 20.0, 102.0)
    assert (ticket.status, ticket.remaining, ticket.updated_at) == (OrderStatus.FILLED, 0.0, 102.0)
    assert ticket.average_price == pytest.approx(16.0)


@pytest.mark.parametrize("quantity", [0, -1, 11])
def test_fill_beyond_the_remaining_quantity_is_rejected(quantity: float) -> None:
    with pytest.raises(ValueError, match="order 7 has 10 left"):
        order().add_fill(quantity, 1.0, 101.0)


def test_nothing_remains_of_a_cancelled_order() -> None:
    ticket = order("SELL")
    ticket.set_status(OrderStatus.CANCELLED, 105.0)
    assert (ticket.remaining, ticket.updated_at, ticket.sign) == (0.0, 105.0, -1)


def test_update_time_of_a_new_order_is_its_placement_time() -> None:
    assert order().updated_at == 100.0


@pytest.mark.parametrize("status", list(OrderStatus))
def test_final_statuses_are_not_working(status: OrderStatus) -> None:
    on_the_way = {"PendingSubmit", "PreSubmitted", "Submitted", "PendingCancel", "WarnState"}
    assert status.is_working is (status.value in on_the_way)
