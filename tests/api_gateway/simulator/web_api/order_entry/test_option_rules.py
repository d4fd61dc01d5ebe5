from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.order_execution import ExecutionSimulator
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.web_api.order_entry.option_rules import (
    BOTH_SIDES,
    RISKLESS,
    find_option_problem,
    payoff_range,
)
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import build_order
from tests.api_gateway.simulator.combination_helpers import conidex, make_combination, option_near_money
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, make_paper_account

INFINITE = float("inf")


@pytest.fixture
def account() -> PaperAccount:
    return make_paper_account()


def option(account: PaperAccount, up: int, right: str = "C", expiry: int = 0) -> Instrument:
    now = account.clock.now()
    return option_near_money(account.universe, account.prices, now, right=right, strikes_up=up, expiry=expiry)


def order(account: PaperAccount, contract: Instrument | str, **fields: Any) -> Order:
    """Return a validated order; the limit price of a single option is far from the market."""
    names = {"conid": None, "conidex": contract} if isinstance(contract, str) else {"conid": contract.conid}
    usual = {"orderType": "LMT", "price": 0.01, "quantity": 1}
    return build_order(account, parse_ticket(ticket(**(usual | names | fields))), account.next_order_id())


def rejection(account: PaperAccount, contract: Instrument | str, **fields: Any) -> str:
    with pytest.raises(OrderRejectedError) as error:
        order(account, contract, **fields)
    return str(error.value)


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        ([(0, "C", 1), (1, "C", -1)], (0, 5)),
        ([(0, "P", 1), (1, "P", -1)], (-5, 0)),
        ([(0, "C", 1), (1, "C", -2), (2, "C", 1)], (0, 5)),
        ([(0, "C", 1), (1, "C", -3)], (-INFINITE, 5)),
        ([(-1, "P", 1), (0, "P", -1), (0, "C", -1), (1, "C", 1)], (-5, 0)),
    ],
)
def test_the_payoff_is_bounded_by_the_strikes(
    account: PaperAccount, legs: list[tuple[int, str, int]], expected: tuple[float, float]
) -> None:
    text = conidex(*((option(account, up, right), ratio) for up, right, ratio in legs))
    assert payoff_range(make_combination(account.universe, text)) == pytest.approx(expected)


def test_the_payoff_of_a_straddle_is_unlimited(account: PaperAccount) -> None:
    call, put = option(account, 0), option(account, 0, "P")
    payoffs = payoff_range(make_combination(account.universe, conidex((call, 1), (put, 1))))
    assert payoffs == (0.0, INFINITE)


def test_other_combinations_have_no_payoff_at_expiry(account: PaperAccount) -> None:
    later = option(account, 0, expiry=1)
    for text in (
        conidex((AAPL, 1), (IBM, -1)),
        conidex((AAPL, 100), (option(account, 0), -1)),
        conidex((later, 1), (option(account, 0), -1)),
    ):
        assert payoff_range(make_combination(account.universe, text)) is None


@pytest.mark.parametrize(
    ("side", "price", "riskless"),
    [
        *(("BUY", 0, True), ("BUY", -0.5, True), ("BUY", 0.01, False), ("BUY", 6, False)),
        *(("SELL", 5, True), ("SELL", 5.5, True), ("SELL", 4.99, False), ("SELL", -1, False)),
    ],
)
def test_a_price_at_which_nothing_can_be_lost_is_rejected(
    account: PaperAccount, side: str, price: float, riskless: bool
) -> None:
    vertical = conidex((option(account, 0, "P"), -1), (option(account, 1, "P"), 1))
    if riskless:
        assert rejection(account, vertical, side=side, price=price) == RISKLESS
    else:
        assert order(account, vertical, side=side, price=price).limit_price == price


def test_a_market_order_for_a_combination_is_not_riskless(account: PaperAccount) -> None:
    vertical = conidex((option(account, 0), 1), (option(account, 1), -1))
    assert order(account, vertical, orderType="MKT", price=None).limit_price is None


def test_open_orders_on_both_sides_of_an_option_are_rejected(account: PaperAccount) -> None:
    execution, call = ExecutionSimulator({ACCOUNT: account}), option(account, 1)
    resting = order(account, call)
    execution.accept(account, resting)
    assert rejection(account, call, side="SELL", price=99) == BOTH_SIDES
    assert order(account, call).side == "BUY"
    selling = conidex((option(account, 0), 1), (call, -1))
    assert rejection(account, selling, price=1) == BOTH_SIDES
    assert (
        rejection(account, conidex((option(account, 2), -1), (call, 1)), side="SELL", price=1) == BOTH_SIDES
    )
    assert order(account, conidex((option(account, 2), -1), (call, 1)), price=1).side == "BUY"
    execution.cancel(account, resting)
    account.clock.advance(1)
    execution.catch_up()
    assert order(account, call, side="SELL", price=99).side == "SELL"


def test_a_closing_order_is_accepted_despite_an_open_order_on_the_other_side(account: PaperAccount) -> None:
    call = option(account, 1)
    ExecutionSimulator({ACCOUNT: account}).accept(account, order(account, call))
    assert order(account, call, side="SELL", price=99, isClose=True).side == "SELL"


def test_children_of_a_bracket_may_be_on_the_other_side(account: PaperAccount) -> None:
    execution, call = ExecutionSimulator({ACCOUNT: account}), option(account, 1)
    parent = order(account, call, cOID="parent")
    execution.accept(account, parent)
    child = order(account, call, side="SELL", price=99, parentId="parent")
    child.parent_id = parent.order_id
    execution.accept(account, child)
    assert order(account, call).side == "BUY"
    assert find_option_problem(account, child) is None


def test_stocks_may_have_orders_on_both_sides(account: PaperAccount) -> None:
    stock = account.instrument(AAPL)
    ExecutionSimulator({ACCOUNT: account}).accept(account, order(account, stock, price=200))
    assert order(account, stock, side="SELL", price=300).side == "SELL"
