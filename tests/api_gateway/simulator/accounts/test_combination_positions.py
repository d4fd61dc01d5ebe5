from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.combination_positions import CombinationPosition, combination_positions
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order, OrderStatus, Side
from tests.api_gateway.simulator.combination_helpers import conidex, make_combination, option_near_money
from tests.api_gateway.simulator.paper_account import IBM, MSFT, SPY, make_paper_account, trade

PAIR = conidex((MSFT, 2), (SPY, -1))
OPPOSITE = conidex((SPY, 1), (MSFT, -2))


@pytest.fixture
def account() -> PaperAccount:
    account = make_paper_account()
    trade(account, SPY, -account.positions[SPY].quantity, 600.0)
    return account


def fill(account: PaperAccount, text: str, side: Side, units: float) -> None:
    order = Order(
        order_id=account.next_order_id(),
        conid=28812380,
        side=side,
        quantity=units,
        order_type="MKT",
        placed_at=account.clock.now(),
        status=OrderStatus.SUBMITTED,
        combination=make_combination(account.universe, text),
    )
    account.execute(order, units, 300.0, at=account.clock.now(), exchange="SMART")


def held(account: PaperAccount) -> list[CombinationPosition]:
    return combination_positions(account.combination_executions, account.valuation())


def test_legs_bought_as_a_combination_are_held_as_a_combination(account: PaperAccount) -> None:
    fill(account, PAIR, "BUY", 3)
    (position,) = held(account)
    assert (position.ratios, position.units, position.since) == ({MSFT: 2, SPY: -1}, 3, account.clock.now())
    assert [(part.instrument.conid, part.quantity) for part in position.positions] == [(MSFT, 6), (SPY, -3)]


def test_a_sold_combination_has_the_opposite_ratios(account: PaperAccount) -> None:
    fill(account, PAIR, "SELL", 3)
    (position,) = held(account)
    assert (position.ratios, position.units) == ({MSFT: -2, SPY: 1}, 3)


@pytest.mark.parametrize(("text", "side"), [(PAIR, "SELL"), (OPPOSITE, "BUY")])
def test_a_combination_is_closed_by_a_sale_or_by_its_opposite(
    account: PaperAccount, text: str, side: Side
) -> None:
    fill(account, PAIR, "BUY", 3)
    fill(account, text, side, 1)
    assert [position.units for position in held(account)] == [2]
    fill(account, text, side, 2)
    assert held(account) == []


def test_closing_single_legs_leaves_fewer_units(account: PaperAccount) -> None:
    fill(account, PAIR, "BUY", 3)
    trade(account, MSFT, -3, 500.0)
    (position,) = held(account)
    assert (position.units, position.positions[0].quantity) == (1, 2)
    trade(account, MSFT, -2, 500.0)
    assert held(account) == []


def test_legs_bought_separately_are_not_a_combination(account: PaperAccount) -> None:
    trade(account, MSFT, 2, 500.0)
    trade(account, SPY, -1, 600.0)
    assert held(account) == []


def test_no_share_belongs_to_two_combinations(account: PaperAccount) -> None:
    fill(account, PAIR, "BUY", 3)
    fill(account, conidex((MSFT, 1), (IBM, -1)), "BUY", 2)
    trade(account, MSFT, -1, 500.0)
    assert [(position.units, position.positions[0].quantity) for position in held(account)] == [(3, 6)]


def test_part_of_a_position_has_a_proportional_cost(account: PaperAccount) -> None:
    trade(account, MSFT, 2, 500.0)
    fill(account, PAIR, "BUY", 1)
    whole, (position,) = account.valuation().open_position(MSFT), held(account)
    assert whole is not None
    assert position.positions[0].quantity == 2
    assert position.positions[0].average_cost == pytest.approx(whole.average_cost)
    assert position.positions[0].market_value == pytest.approx(whole.market_value / 2)


def test_an_option_spread_is_held_by_its_contracts(account: PaperAccount) -> None:
    def put(up: int) -> Instrument:
        return option_near_money(
            account.universe, account.prices, account.clock.now(), right="P", strikes_up=up
        )

    fill(account, conidex((put(1), 1), (put(0), -1)), "SELL", 4)
    (position,) = held(account)
    assert position.ratios == {put(1).conid: -1, put(0).conid: 1}
