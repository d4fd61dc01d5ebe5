from __future__ import annotations

import pytest

from api_gateway.simulator.instruments.option_pricing import greeks, option_price


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
