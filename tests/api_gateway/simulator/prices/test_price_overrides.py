from __future__ import annotations

from api_gateway.simulator.prices.price_overrides import PriceOverrides


def test_override_applies_from_its_start_to_its_end() -> None:
    overrides = PriceOverrides()
    overrides.set(1, 100.0, 5.0)
    overrides.set(1, 200.0, 6.0)
    overrides.set(1, 300.0, None)
    assert [overrides.price_at(1, moment) for moment in (99.5, 100.0, 199.5, 200.0, 299.5, 300.0)] == [
        None,
        5.0,
        5.0,
        6.0,
        6.0,
        None,
    ]
    assert overrides.price_at(2, 250.0) is None


def test_boundaries_are_where_an_override_begins_or_ends() -> None:
    overrides = PriceOverrides()
    overrides.set(1, 100.0, 5.0)
    overrides.set(1, 300.0, None)
    assert overrides.boundaries(1, 50.0, 250.0) == [50.0, 100.0, 250.0]
    assert overrides.boundaries(1, 100.0, 300.0) == [100.0, 300.0]
    assert overrides.boundaries(2, 0.0, 1.0) == [0.0, 1.0]


def test_an_override_is_remembered_after_it_ends() -> None:
    overrides = PriceOverrides()
    assert not overrides.is_set(1)
    assert overrides.price_at(1, 5.0) is None
    assert not overrides.is_set(1)
    overrides.set(1, 10.0, 3.0)
    overrides.set(1, 20.0, None)
    assert overrides.is_set(1)
