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
    option = universe.options_of(265598)[1]
    assert option.local_symbol == "AAPL  261218P00210000"
    assert option.terms_text == "DEC 18 '26 210 Put"
    assert option.contract_month == "202612"


def test_expiry_time_is_the_new_york_close_in_winter(universe: Universe) -> None:
    option, stock = universe.options_of(265598)[0], universe.by_conid(265598)
    assert option.expires_at == datetime(2026, 12, 18, 16, tzinfo=NEW_YORK).timestamp()
    assert stock is not None
    assert (stock.expires_at, stock.terms_text, stock.contract_month) == (None, None, "")


def test_bond_terms_contain_coupon_and_maturity(universe: Universe) -> None:
    assert universe.bonds_of("e1359382")[0].terms_text == "AAPL 4.65 02/23/46"


def test_contract_month_of_a_future_is_its_delivery_month(universe: Universe) -> None:
    crude = universe.futures_of("CL")[0]
    assert (crude.expiry, crude.contract_month, crude.local_symbol) == ("20261222", "202701", "CLF7")
