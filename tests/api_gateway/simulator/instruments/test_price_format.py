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


def test_price_text_has_the_decimals_of_the_tick_size_and_at_least_two() -> None:
    account = make_paper_account()
    assert price_text(account.instrument(AAPL), 192.2) == "192.20"
    assert price_text(find_future(account), 6600.0) == "6600.00"
    assert price_decimals(account.instrument(EUR_USD)) == account.instrument(EUR_USD).decimals > 2


def test_price_is_rounded_to_the_tick_size() -> None:
    assert round_to_tick(find_future(make_paper_account()), 6600.13) == 6600.25
    assert round_to_tick(make_paper_account().instrument(AAPL), 192.26499) == 192.26


def test_quantities_and_amounts_have_no_trailing_zeros() -> None:
    assert [quantity_text(q) for q in (5.0, 0.5, -100, 0.0)] == ["5", "0.5", "-100", "0"]
    assert money_text(994831.4, "USD") == "994,831 USD"
    assert whole_amount_text(-1234.6) == "-1,235"
    assert whole_amount_text(-0.3) == "0"
