from __future__ import annotations

import pytest

from api_gateway.simulator.instruments.option_pricing import greeks, implied_volatility, option_price


def test_put_call_parity_holds() -> None:
    call, put = (option_price(100, 105, 0.5, 0.3, right) for right in "CP")
    assert call - put == pytest.approx(100 - 105)


def test_an_expired_option_is_worth_its_intrinsic_value() -> None:
    assert option_price(100, 90, 0, 0.3, "C") == 10
    assert option_price(100, 90, 0, 0.3, "P") == 0
    assert greeks(100, 90, 0, 0.3, "C").delta == 1
    assert greeks(100, 90, 0, 0.3, "P").delta == 0


@pytest.mark.parametrize("right", ["C", "P"])
def test_greeks_are_the_derivatives_of_the_price(right: str) -> None:
    found = greeks(100, 102, 0.4, 0.25, right)
    up, mid, down = (option_price(100 + d, 102, 0.4, 0.25, right) for d in (0.01, 0, -0.01))
    assert found.delta == pytest.approx((up - down) / 0.02, abs=1e-4)
    assert found.gamma == pytest.approx((up - 2 * mid + down) / 0.0001, abs=1e-3)
    assert found.vega == pytest.approx(option_price(100, 102, 0.4, 0.26, right) - mid, rel=0.01)
    assert found.theta == pytest.approx(option_price(100, 102, 0.4 - 1 / 365, 0.25, right) - mid, rel=0.01)


@pytest.mark.parametrize("right", ["C", "P"])
def test_option_price_never_rises_with_time(right: str) -> None:
    prices = [option_price(100, 70, years / 50, 0.25, right) for years in range(50, -1, -1)]
    assert prices == sorted(prices, reverse=True)


@pytest.mark.parametrize("years", [1 / 365, 0.1, 2.0])
@pytest.mark.parametrize("right", ["C", "P"])
def test_the_smile_leaves_prices_in_the_order_of_their_strikes(years: float, right: str) -> None:
    strikes = [20.0 + step for step in range(0, 300)]
    prices = [
        round(option_price(100.0, strike, years, implied_volatility(100.0, strike, years, 0.3), right), 9)
        for strike in strikes
    ]
    assert prices == sorted(prices, reverse=right == "C")


def test_volatility_is_higher_below_the_price_than_above_it() -> None:
    below, at, above = (implied_volatility(100.0, strike, 0.25, 0.2) for strike in (80.0, 100.0, 120.0))
    assert below > at == 0.2
    assert below > above
