from __future__ import annotations

import pytest

from tests.api_gateway.simulator.paper_account import EUR_USD, MONDAY, USD_JPY, make_paper_account


def test_exchange_rate_is_the_price_of_the_pair_or_its_inverse() -> None:
    account = make_paper_account()
    account.prices.override_price(EUR_USD, 1.25)
    account.prices.override_price(USD_JPY, 160.0)
    assert account.exchange_rates.rate("USD") == 1.0
    assert account.exchange_rates.rate("EUR") == 1.25
    assert account.exchange_rates.rate("JPY") == pytest.approx(1 / 160)


def test_past_exchange_rate_is_the_price_at_that_time() -> None:
    account = make_paper_account()
    before = account.exchange_rates.rate("EUR", MONDAY - 86400)
    account.prices.override_price(EUR_USD, 1.25)
    assert account.exchange_rates.rate("EUR", MONDAY - 86400) == before != 1.25
    assert account.exchange_rates.rate("EUR", MONDAY) == 1.25


def test_currency_without_a_pair_raises_lookup_error() -> None:
    with pytest.raises(LookupError, match="between XYZ and USD"):
        make_paper_account().exchange_rates.rate("XYZ")
