from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from tests.api_gateway.simulator.paper_account import IBM_IN_FRANKFURT, find_future, make_paper_account, trade


@pytest.fixture
def broker() -> PaperAccount:
    """The account with a position in a second currency."""
    broker = make_paper_account()
    trade(broker, IBM_IN_FRANKFURT, 20, 210.0)
    return broker


def test_net_liquidation_is_cash_and_market_value_in_every_currency(broker: PaperAccount) -> None:
    valuation = broker.valuation()
    assert [each.currency for each in valuation.ledgers] == ["EUR", "USD"]
    for each in valuation.ledgers:
        lines = [line for line in valuation.positions if line.instrument.currency == each.currency]
        assert each.net_liquidation == pytest.approx(each.cash + sum(line.equity for line in lines))


def test_the_base_ledger_is_the_sum_of_the_currencies_at_their_rates(broker: PaperAccount) -> None:
    valuation = broker.valuation()
    dollars, euros = valuation.rates["USD"], valuation.rates["EUR"]
    assert dollars == 1.0
    for name in ("cash", "settled_cash", "net_liquidation", "unrealised", "realised"):
        parts = {each.currency: getattr(each, name) for each in valuation.ledgers}
        assert getattr(valuation.base_ledger, name) == pytest.approx(parts["USD"] + parts["EUR"] * euros)


def test_the_segments_add_up_to_the_account(broker: PaperAccount) -> None:
    valuation = broker.valuation()
    assert valuation.total.net_liquidation == pytest.approx(valuation.net_liquidation)
    assert valuation.total.cash == pytest.approx(valuation.base_ledger.cash)
    assert valuation.total.settled_cash == pytest.approx(valuation.base_ledger.settled_cash)


def test_futures_stand_in_the_commodities_segment_with_their_margin(broker: PaperAccount) -> None:
    valuation = broker.valuation()
    future = valuation.open_position(find_future(broker).conid)
    assert future is not None
    assert valuation.commodities.initial_margin == pytest.approx(future.initial_margin)
    assert valuation.commodities.available_funds > 0
    assert valuation.securities.futures_profit == 0


def test_the_account_starts_near_a_million_with_the_positions_of_the_demo() -> None:
    valuation = make_paper_account().valuation()
    assert 800_000 < valuation.net_liquidation < 1_200_000
    kinds = sorted((line.instrument.symbol, line.instrument.sec_type) for line in valuation.open_positions)
    assert kinds == [("AAPL", "OPT"), ("AAPL", "STK"), ("ES", "FUT"), ("IBM", "STK"), ("SPY", "STK")]
    assert valuation.cash["EUR"] == 25_000
