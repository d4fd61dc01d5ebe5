from __future__ import annotations

import pytest

from api_gateway.simulator.instruments.universe import build_universe
from api_gateway.simulator.web_api.market_data import snapshot_format


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (9_876, "9,876"),
        (471_000, "471K"),
        (50_212_345, "50.2M"),
        (999_600, "1000K"),
        (3.99e9, "3.99B"),
    ],
)
def test_abbreviate_shortens_large_numbers(value: float, expected: str) -> None:
    assert snapshot_format.abbreviate(value) == expected


def test_sizes_have_thousands_separators_and_percentages_their_sign() -> None:
    assert snapshot_format.size(1300) == "1,300"
    assert snapshot_format.percent(0.0054) == "0.54%"
    assert snapshot_format.money(80346) == "80,346.00"


def test_a_percentage_that_rounds_to_zero_has_no_sign() -> None:
    assert snapshot_format.percent(-0.00004) == "0.00%"
    assert snapshot_format.percent(-0.00006) == "-0.01%"


def test_a_price_has_all_decimals_of_its_tick_size() -> None:
    universe = build_universe(1_772_557_200.0)
    stock, euro, future = universe.by_conid(265598), universe.by_conid(12087792), universe.futures_of("ES")[0]
    assert stock is not None
    assert euro is not None
    assert snapshot_format.price(stock, 267.8) == "267.80"
    assert snapshot_format.price(euro, 1.151) == "1.15100"
    assert snapshot_format.price(future, 6700.5) == "6700.50"
