from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.interest_rates import INTEREST_RATES
from api_gateway.simulator.instruments.universe import build_universe
from tests.api_gateway.simulator.paper_account import MONDAY


@pytest.mark.parametrize("currency", INTEREST_RATES)
def test_loans_cost_more_than_cash_earns(currency: str) -> None:
    rate = INTEREST_RATES[currency]
    assert rate.nightly_interest(rate.free_cash) == 0.0
    earned = rate.nightly_interest(rate.free_cash + 100_000)
    assert 0 <= earned < -rate.nightly_interest(-100_000.0)


def test_each_currency_of_the_universe_has_a_rate() -> None:
    assert {each.currency for each in build_universe(MONDAY).all()} <= INTEREST_RATES.keys()
