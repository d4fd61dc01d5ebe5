from __future__ import annotations

from api_gateway.simulator.instruments.price_format import (
    money_text,
    price_decimals,
    price_text,
    quantity_text,
    round_to_tick,
    whole_amount_text,
)
from tests.api_gateway.simulator.paper_account import AAPL, EUR_USD, find_future, make_paper_account


def test_prices_have_the_decimals_of_their_tick_and_two_at_least() -> None:
    broker = make_paper_account()
    assert price_text(broker.instrument(AAPL), 192.2) == "192.20"
    assert price_text(find_future(broker), 6600.0) == "6600.00"
    assert price_decimals(broker.instrument(EUR_USD)) == broker.instrument(EUR_USD).decimals > 2


def test_a_price_is_put_on_the_grid() -> None:
    assert round_to_tick(find_future(make_paper_account()), 6600.13) == 6600.25
    assert round_to_tick(make_paper_account().instrument(AAPL), 192.26499) == 192.26


def test_quantities_and_amounts_are_written_without_needless_decimals() -> None:
    assert [quantity_text(q) for q in (5.0, 0.5, -100, 0.0)] == ["5", "0.5", "-100", "0"]
    assert money_text(994831.4, "USD") == "994,831 USD"
    assert whole_amount_text(-1234.6) == "-1,235"
    assert whole_amount_text(-0.3) == "0"
