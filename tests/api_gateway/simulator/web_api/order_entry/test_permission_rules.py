from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.universe import Instrument
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


def test_a_margin_account_has_none_of_these_restrictions() -> None:
    account = make_paper_account()
    assert place(account, option(account), side="SELL", quantity=10) is None
    assert place(account, conidex((option(account, up=1), 1), (option(account), -1))) is None
    assert place(account, IBM, side="SELL", quantity=200) is None
    assert place(account, account.universe.futures_of("ES")[0]) is None
