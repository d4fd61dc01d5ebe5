from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.instruments.universe import Universe, build_universe

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def universe() -> Universe:
    return build_universe(datetime(2026, 11, 23, 12, tzinfo=NEW_YORK).timestamp())


@pytest.mark.parametrize(
    ("conid", "digits", "local_symbol"),
    [(265598, 2, "AAPL"), (12087792, 5, "EUR.USD"), (15016059, 3, "USD.JPY"), (11004968, 2, "ES")],
)
def test_decimals_follow_from_the_tick_size(
    universe: Universe, conid: int, digits: int, local_symbol: str
) -> None:
    instrument = universe.by_conid(conid)
    assert instrument is not None
    assert (instrument.decimals, instrument.local_symbol) == (digits, local_symbol)


def test_option_has_a_local_symbol_and_a_terms_text(universe: Universe) -> None:
    (option,) = universe.options_of(265598, expiry="20261218", strike=210, right="P")
    assert option.local_symbol == "AAPL  261218P00210000"
    assert option.terms_text == "DEC 18 '26 210 Put"
    assert option.contract_month == "202612"


@pytest.mark.parametrize(
    ("symbol", "local_symbol"), [("CL", "CLF7"), ("6E", "6EZ6"), ("VIX", "VXZ6"), ("ES", "ESZ6")]
)
def test_a_future_is_named_by_class_month_and_year(
    universe: Universe, symbol: str, local_symbol: str
) -> None:
    assert universe.futures_of(symbol)[0].local_symbol == local_symbol


def test_an_option_on_a_future_is_named_like_a_future_with_a_strike(universe: Universe) -> None:
    options = universe.options_of(11004968, "FOP", expiry="20261204", strike=6700, right="C")
    assert [option.local_symbol for option in options] == ["EW1Z6 C6700"]


def test_a_stock_has_no_terms(universe: Universe) -> None:
    stock = universe.by_conid(265598)
    assert stock is not None
    assert (stock.expires_at, stock.terms_text, stock.contract_month, stock.delivery) == (
        None,
        None,
        "",
        None,
    )


def test_bond_terms_contain_coupon_and_maturity(universe: Universe) -> None:
    assert universe.bonds_of("e1359382")[0].terms_text == "AAPL 4.65 02/23/46"
