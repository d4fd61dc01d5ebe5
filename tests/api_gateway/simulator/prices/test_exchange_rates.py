from __future__ import annotations

import pytest

from tests.api_gateway.simulator.paper_account import EUR_USD, MONDAY, USD_JPY, make_paper_account


def test_a_rate_is_the_price_of_the_pair_or_its_inverse() -> None:
    broker = make_paper_account()
    broker.prices.override_price(EUR_USD, 1.25)
    broker.prices.override_price(USD_JPY, 160.0)
    assert broker.exchange_rates.rate("USD") == 1.0
    assert broker.exchange_rates.rate("EUR") == 1.25
    assert broker.exchange_rates.rate("JPY") == pytest.approx(1 / 160)


def test_a_rate_of_the_past_is_the_price_of_then() -> None:
    broker = make_paper_account()
    before = broker.exchange_rates.rate("EUR", MONDAY - 86400)
    broker.prices.override_price(EUR_USD, 1.25)
    assert broker.exchange_rates.rate("EUR", MONDAY - 86400) == before != 1.25
    assert broker.exchange_rates.rate("EUR", MONDAY) == 1.25


def test_a_currency_without_a_pair_is_refused_by_name() -> None:
    with pytest.raises(LookupError, match="between XYZ and USD"):
        make_paper_account().exchange_rates.rate("XYZ")
