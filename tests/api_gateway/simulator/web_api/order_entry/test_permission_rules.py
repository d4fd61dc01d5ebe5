from __future__ import annotations

import re
from typing import Any

import pytest

from api_gateway.simulator.accounts.order_execution import ExecutionSimulator
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import Order, OrderStatus
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.order_entry.permission_rules import (
    NO_PERMISSION,
    SHORT_CALL,
    SHORT_STOCK,
    STRATEGY,
)
from api_gateway.simulator.web_api.order_entry.rejections import OrderRejectedError
from api_gateway.simulator.web_api.order_entry.tickets import parse_ticket
from api_gateway.simulator.web_api.order_entry.validation import build_order, check_funds
from tests.api_gateway.simulator.combination_helpers import conidex, option_near_money
from tests.api_gateway.simulator.order_calls import ticket
from tests.api_gateway.simulator.paper_account import AAPL, IBM, make_paper_account


@pytest.fixture
def options() -> SimulationOptions:
    return SimulationOptions(login=True, rate_limits=False, profile="cash")


@pytest.fixture
def account(simulation: Simulation) -> PaperAccount:
    """A cash account with 100 shares of Apple."""
    return simulation.selected_account


def option(account: PaperAccount, right: str = "C", up: int = 0) -> Instrument:
    return option_near_money(
        account.universe, account.prices, account.clock.now(), right=right, strikes_up=up
    )


def place(account: PaperAccount, contract: Instrument | str | int, **fields: Any) -> str | None:
    """Return the message of the rejection, or None if the order is accepted."""
    conid = contract if isinstance(contract, int) else None if isinstance(contract, str) else contract.conid
    names = {"conid": conid, "conidex": contract if isinstance(contract, str) else None}
    ids = {"manualIndicator": True, "extOperator": "me"}
    try:
        order = build_order(account, parse_ticket(ticket(**(ids | {"quantity": 1} | names | fields))), 1)
        check_funds(account, [order])
    except OrderRejectedError as rejection:
        return str(rejection)
    return None


def test_long_options_and_covered_calls_are_permitted(account: PaperAccount) -> None:
    assert place(account, option(account)) is None
    assert place(account, option(account, "P")) is None
    assert place(account, option(account), side="SELL") is None
    assert place(account, conidex((AAPL, 100), (option(account), -1))) is None


def test_an_uncovered_call_is_rejected(account: PaperAccount) -> None:
    assert place(account, option(account), side="SELL", quantity=2) == SHORT_CALL
    account.positions[AAPL].quantity = 99
    assert place(account, option(account), side="SELL") == SHORT_CALL


def test_a_put_must_be_covered_by_cash(account: PaperAccount) -> None:
    put = option(account, "P")
    assert (put.strike or 0) * 100 < account.cash["USD"] < (put.strike or 0) * 200
    assert place(account, put, side="SELL") is None
    assert place(account, put, side="SELL", quantity=2) == STRATEGY


def test_spreads_are_rejected(account: PaperAccount) -> None:
    vertical = conidex((option(account, up=1), 1), (option(account), -1))
    account.positions[AAPL].quantity = 0
    assert place(account, vertical, quantity=2) == STRATEGY
    assert place(account, conidex((AAPL, 1), (IBM, -1))) == SHORT_STOCK


def test_neither_short_sales_nor_futures_are_permitted(account: PaperAccount) -> None:
    assert place(account, IBM, side="SELL") == SHORT_STOCK
    assert place(account, AAPL, side="SELL", quantity=101) == SHORT_STOCK
    assert place(account, AAPL, side="SELL", quantity=100) is None
    assert place(account, account.universe.futures_of("ES")[0]) == NO_PERMISSION
    near, far = account.universe.futures_of("ES")[:2]
    assert place(account, conidex((near, 1), (far, -1))) == NO_PERMISSION


def test_a_purchase_must_be_paid_in_full(account: PaperAccount) -> None:
    price = account.prices.quote(account.instrument(AAPL)).ask
    affordable = int(account.cash["USD"] / price) - 1
    assert place(account, AAPL, quantity=affordable) is None
    assert "must exceed the new total Initial Margin" in (place(account, AAPL, quantity=affordable + 2) or "")


def accept(account: PaperAccount, conid: int, **fields: Any) -> Order:
    """Place an order and wait for a minute."""
    parsed = parse_ticket(ticket(conid=conid, **fields))
    order = build_order(account, parsed, account.next_order_id())
    check_funds(account, [order])
    executor = ExecutionSimulator({account.account_id: account})
    executor.accept(account, order)
    account.clock.advance(60)
    executor.catch_up()
    return order


def test_open_purchases_reserve_their_cash(account: PaperAccount) -> None:
    price = round(account.prices.quote(account.instrument(AAPL)).bid * 0.9, 2)
    size = int(account.cash["USD"] / price * 0.6)
    first = accept(account, AAPL, quantity=size, price=price, orderType="LMT")
    assert first.status.is_working
    problem = place(account, AAPL, quantity=size, price=price, orderType="LMT") or ""
    equity, margin = (float(each) for each in re.findall(r"\[([\d.-]+) USD]", problem))
    assert equity < margin
    first.set_status(OrderStatus.CANCELLED, account.clock.now())
    assert place(account, AAPL, quantity=size, price=price, orderType="LMT") is None


def test_a_short_put_reserves_the_price_of_its_delivery(account: PaperAccount) -> None:
    put, cash = option(account, "P"), account.cash["USD"]
    assert accept(account, put.conid, side="SELL", quantity=1, orderType="MKT").filled == 1
    total = account.valuation().total
    reserved = (put.strike or 0.0) * 100
    assert total.available_funds == pytest.approx(account.cash["USD"] - reserved)
    assert total.buying_power == pytest.approx(total.available_funds)
    ask = account.prices.quote(account.instrument(IBM)).ask
    assert place(account, IBM, quantity=int(cash / ask * 0.9)) is not None
    assert place(account, IBM, quantity=int(total.available_funds / ask * 0.9)) is None


def test_shares_of_a_cash_account_lend_nothing(account: PaperAccount) -> None:
    total = account.valuation().total
    assert total.gross_position_value > 0
    assert total.available_funds == pytest.approx(account.cash["USD"])
    assert total.excess_liquidity == pytest.approx(account.cash["USD"])
    assert total.buying_power == pytest.approx(account.cash["USD"])


def test_a_fill_beyond_the_cash_cancels_the_order(account: PaperAccount) -> None:
    ask = account.prices.quote(account.instrument(IBM)).ask
    parsed = parse_ticket(ticket(conid=IBM, quantity=int(account.cash["USD"] / ask) - 2))
    order = build_order(account, parsed, account.next_order_id())
    account.prices.override_price(IBM, ask * 1.5)
    executor = ExecutionSimulator({account.account_id: account})
    executor.accept(account, order)
    account.clock.advance(60)
    executor.catch_up()
    assert order.status is OrderStatus.CANCELLED
    assert account.cash["USD"] >= 0


def test_a_margin_account_has_none_of_these_restrictions() -> None:
    account = make_paper_account()
    assert place(account, option(account), side="SELL", quantity=10) is None
    assert place(account, conidex((option(account, up=1), 1), (option(account), -1))) is None
    assert place(account, IBM, side="SELL", quantity=200) is None
    assert place(account, account.universe.futures_of("ES")[0]) is None
