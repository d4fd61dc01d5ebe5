from __future__ import annotations

from math import exp, isfinite

import pytest

from api_gateway.simulator.instruments.option_pricing import (
    NO_CARRY,
    Carry,
    greeks,
    implied_volatility,
    option_price,
)

CARRIES = [NO_CARRY, Carry(growth=0.03, interest=0.04), Carry(growth=0.04, interest=0.04, dividends=2.0)]


def test_put_call_parity_holds() -> None:
    for carry in CARRIES:
        call, put = (option_price(100, 105, 0.5, 0.3, right, carry) for right in "CP")
        forward = (100 - carry.dividends) * exp(carry.growth * 0.5)
        assert call - put == pytest.approx((forward - 105) * exp(-carry.interest * 0.5))


def test_an_expired_option_is_worth_its_intrinsic_value() -> None:
    assert option_price(100, 90, 0, 0.3, "C") == 10
    assert option_price(100, 90, 0, 0.3, "P") == 0
    assert greeks(100, 90, 0, 0.3, "C").delta == 1
    assert greeks(100, 90, 0, 0.3, "P").delta == 0


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("right", ["C", "P"])
def test_greeks_are_the_derivatives_of_the_price(right: str, carry: Carry) -> None:
    found = greeks(100, 102, 0.4, 0.25, right, carry)
    up, mid, down = (option_price(100 + d, 102, 0.4, 0.25, right, carry) for d in (0.01, 0, -0.01))
    assert found.delta == pytest.approx((up - down) / 0.02, abs=1e-4)
    assert found.gamma == pytest.approx((up - 2 * mid + down) / 0.0001, abs=1e-3)
    assert found.vega == pytest.approx(option_price(100, 102, 0.4, 0.26, right, carry) - mid, rel=0.01)
    assert found.theta == pytest.approx(
        option_price(100, 102, 0.4 - 1 / 365, 0.25, right, carry) - mid, rel=0.01
    )


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


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("right", ["C", "P"])
def test_no_option_costs_less_than_its_intrinsic_value_and_its_greeks_are_finite(
    right: str, carry: Carry
) -> None:
    for years in (0.0, 1e-7, 0.1, 2.0):
        for strike in (1.0, 60.0, 100.0, 160.0, 5000.0):
            intrinsic = max(0.0, 100 - strike if right == "C" else strike - 100)
            volatility = implied_volatility(100.0, strike, years, 0.3)
            assert option_price(100.0, strike, years, volatility, right, carry) >= intrinsic
            found = greeks(100.0, strike, years, volatility, right, carry)
            assert all(isfinite(each) for each in (found.delta, found.gamma, found.theta, found.vega))
