from __future__ import annotations

from api_gateway.simulator.prices.price_overrides import PriceOverrides


def test_a_fixed_price_holds_from_its_moment_until_it_is_let_go() -> None:
    pins = PriceOverrides()
    pins.set(1, 100.0, 5.0)
    pins.set(1, 200.0, 6.0)
    pins.set(1, 300.0, None)
    assert [pins.price_at(1, moment) for moment in (99.5, 100.0, 199.5, 200.0, 299.5, 300.0)] == [
        None,
        5.0,
        5.0,
        6.0,
        6.0,
        None,
    ]
    assert pins.price_at(2, 250.0) is None


def test_a_span_is_cut_where_something_changes() -> None:
    pins = PriceOverrides()
    pins.set(1, 100.0, 5.0)
    pins.set(1, 300.0, None)
    assert pins.boundaries(1, 50.0, 250.0) == [50.0, 100.0, 250.0]
    assert pins.boundaries(1, 100.0, 300.0) == [100.0, 300.0]
    assert pins.boundaries(2, 0.0, 1.0) == [0.0, 1.0]
