from __future__ import annotations

from collections import Counter

import pytest

from api_gateway.simulator.calendar.option_cycles import CYCLES
from api_gateway.simulator.calendar.trading_hours import HOURS
from api_gateway.simulator.instruments.conids import ListingConids
from api_gateway.simulator.instruments.listings import VENUES, Listing, build_listings, read_listings

ROWS = read_listings()


def test_there_are_about_three_hundred_listings_and_each_key_is_used_once() -> None:
    assert 280 <= len(ROWS) <= 330
    assert [key for key, count in Counter(row.key for row in ROWS).items() if count > 1] == []


def test_the_funds_used_in_tutorials_are_listed() -> None:
    funds = {row.symbol for row in ROWS if row.sec_type == "STK" and row.classification[0] == "Funds"}
    assert {
        "SPY",
        "QQQ",
        "IWM",
        "DIA",
        "VTI",
        "VT",
        "VXUS",
        "BND",
        "AGG",
        "TLT",
        "HYG",
        "GLD",
        "SLV",
    } <= funds
    assert {"USO", "XLK", "XLF", "ARKK", "SCHD", "JEPI", "TQQQ", "SQQQ", "EEM", "EFA", "VWO", "VNQ"} <= funds


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_every_row_is_plausible(row: Listing) -> None:
    assert row.exchange in VENUES
    assert VENUES[row.exchange].hours in HOURS
    assert row.currency
    assert row.price > 0
    assert row.tick > 0
    assert 0 < row.volatility <= 1.5
    assert not row.options or row.options in CYCLES
    assert (row.dividend > 0) == bool(row.dividend_months)
    assert set(row.dividend_months) <= set(range(1, 13))
    assert row.dividend < 0.13 * row.price


def test_a_row_takes_its_price_from_the_row_that_it_follows() -> None:
    rows = [
        Listing(symbol="A", name="A", sec_type="IND", exchange="CME", price=50.0, hours="cme"),
        Listing(symbol="B", name="B", sec_type="STK", exchange="NYSE", price=5.0, follows="A@CME", ratio=0.1),
    ]
    built = build_listings(rows, ListingConids([]))
    assert (built["B@NYSE"].price_source_conid, built["B@NYSE"].ratio) == (built["A@CME"].conid, 0.1)
    assert built["B@NYSE"].underlying_conid is None


def test_a_cfd_has_its_share_as_the_underlying() -> None:
    rows = [row for row in ROWS if row.symbol == "IBM"]
    built = build_listings(rows, ListingConids([]))
    assert built["IBM@SMART"].underlying_conid == built["IBM@NYSE"].conid


def test_a_row_that_follows_a_missing_row_is_an_error() -> None:
    row = Listing(symbol="A", name="A", sec_type="STK", exchange="NYSE", price=5.0, follows="B@NYSE")
    with pytest.raises(LookupError):
        build_listings([row], ListingConids([]))
