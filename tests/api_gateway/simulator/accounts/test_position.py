from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.position import Position


def test_average_cost_of_two_purchases_includes_commissions() -> None:
    holding = Position(1)
    assert holding.add_fill(10, 100.0, 1.0) == 0.0
    assert holding.add_fill(10, 110.0, 1.0) == 0.0
    assert holding.quantity == 20
    assert holding.average_cost == pytest.approx(105.1)


def test_partial_sale_realises_its_profit_and_keeps_the_average_cost() -> None:
    holding = Position(1, quantity=20, cost=2000.0)
    assert holding.add_fill(-5, 120.0, 1.0) == pytest.approx(5 * 20 - 1)
    assert holding.quantity == 15
    assert holding.average_cost == pytest.approx(100.0)


def test_short_position_profits_when_bought_back_lower() -> None:
    holding = Position(1)
    holding.add_fill(-10, 50.0, 1.0)
    assert holding.average_cost == pytest.approx(49.9)
    assert holding.add_fill(10, 40.0, 1.0) == pytest.approx(10 * 9.9 - 1)
    assert (holding.quantity, holding.cost, holding.average_cost) == (0.0, 0.0, 0.0)


def test_selling_more_than_held_closes_the_position_and_opens_a_short_one() -> None:
    holding = Position(1, quantity=10, cost=1000.0)
    realised = holding.add_fill(-15, 110.0, 3.0)
    assert realised == pytest.approx(10 * 10 - 2.0)
    assert holding.quantity == -5
    assert holding.average_cost == pytest.approx(110.0 - 0.2)


def test_fractional_fills_that_cancel_out_leave_an_empty_position() -> None:
    holding = Position(1)
    for part in (0.1, 0.2, -0.3):
        holding.add_fill(part, 10.0, 0.0)
    assert (holding.quantity, holding.cost) == (0.0, 0.0)
