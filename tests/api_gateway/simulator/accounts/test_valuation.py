from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from tests.api_gateway.simulator.paper_account import IBM_IN_FRANKFURT, find_future, make_paper_account, trade


@pytest.fixture
def account() -> PaperAccount:
    """A seeded account with a position in a second currency."""
    account = make_paper_account()
    trade(account, IBM_IN_FRANKFURT, 20, 210.0)
    return account


def test_net_liquidation_is_cash_and_market_value_in_every_currency(account: PaperAccount) -> None:
    valuation = account.valuation()
    assert [each.currency for each in valuation.ledgers] == ["EUR", "USD"]
    for each in valuation.ledgers:
        lines = [line for line in valuation.positions if line.instrument.currency == each.currency]
        assert each.net_liquidation == pytest.approx(
            each.cash + each.interest + each.dividends + sum(line.equity for line in lines), abs=0.02
        )
        assert each.interest > 0


def test_base_ledger_is_the_sum_of_all_ledgers_at_their_exchange_rates(account: PaperAccount) -> None:
    valuation = account.valuation()
    dollars, euros = valuation.rates["USD"], valuation.rates["EUR"]
    assert dollars == 1.0
    for name in ("cash", "settled_cash", "net_liquidation", "unrealised", "realised"):
        parts = {each.currency: getattr(each, name) for each in valuation.ledgers}
        assert getattr(valuation.base_ledger, name) == pytest.approx(parts["USD"] + parts["EUR"] * euros)


def test_segments_add_up_to_the_account(account: PaperAccount) -> None:
    valuation = account.valuation()
    assert valuation.total.net_liquidation == pytest.approx(valuation.net_liquidation)
    assert valuation.total.cash == pytest.approx(valuation.base_ledger.cash)
    assert valuation.total.settled_cash == pytest.approx(valuation.base_ledger.settled_cash)


def test_futures_and_their_margin_are_in_the_commodities_segment(account: PaperAccount) -> None:
    valuation = account.valuation()
    future = valuation.open_position(find_future(account).conid)
    assert future is not None
    assert valuation.commodities.initial_margin == pytest.approx(future.initial_margin)
    assert valuation.commodities.available_funds > 0
    assert valuation.securities.futures_profit == 0


def test_seeded_account_is_worth_about_a_million_and_has_the_retail_positions() -> None:
    valuation = make_paper_account().valuation()
    assert 800_000 < valuation.net_liquidation < 1_200_000
    kinds = sorted((line.instrument.symbol, line.instrument.sec_type) for line in valuation.open_positions)
    assert kinds == [("AAPL", "OPT"), ("AAPL", "STK"), ("ES", "FUT"), ("IBM", "STK"), ("SPY", "STK")]
    assert valuation.cash["EUR"] == pytest.approx(25_000, abs=50)  # with some interest
