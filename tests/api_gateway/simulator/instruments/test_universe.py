from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.universe import Universe, build_universe

NEW_YORK = ZoneInfo("America/New_York")


def moment(day: date) -> float:
    return datetime(day.year, day.month, day.day, 12, tzinfo=NEW_YORK).timestamp()


@pytest.fixture(scope="module")
def universe() -> Universe:
    return build_universe(moment(date(2026, 11, 23)))


def test_there_are_instruments_of_every_kind(universe: Universe) -> None:
    kinds = Counter(i.sec_type for i in universe.all())
    assert {"STK", "IND", "FUT", "CASH", "CFD", "BOND", "CRYPTO", "FUND", "EC"} == set(kinds)
    assert any(i.is_etf for i in universe.all())


@pytest.mark.parametrize(
    ("conid", "symbol", "exchange"),
    [
        (265598, "AAPL", "NASDAQ"),
        (8314, "IBM", "NYSE"),
        (756733, "SPY", "ARCA"),
        (272093, "MSFT", "NASDAQ"),
        (416904, "SPX", "CBOE"),
        (11004968, "ES", "CME"),
        (12087792, "EUR", "IDEALPRO"),
        (15016059, "USD", "IDEALPRO"),
        (320227571, "QQQ", "NASDAQ"),
    ],
)
def test_well_known_contracts_have_their_real_conids(
    universe: Universe, conid: int, symbol: str, exchange: str
) -> None:
    instrument = universe.by_conid(conid)
    assert instrument is not None
    assert (instrument.symbol, instrument.exchange) == (symbol, exchange)


@pytest.mark.parametrize(
    "day", [date(2024, 2, 29), date(2026, 11, 23), date(2027, 6, 18), date(2030, 12, 31)]
)
def test_conids_are_unique_and_reproducible(day: date) -> None:
    first, second = build_universe(moment(day)), build_universe(moment(day))
    assert first.all() == second.all()
    assert len({i.conid for i in first.all()}) == len(first.all())
    assert all(first.by_conid(i.conid) == i for i in first.all())


def test_listings_of_a_symbol_start_with_the_us_listing(universe: Universe) -> None:
    listings = universe.underlyings_of_symbol("IBM")
    assert [i.exchange for i in listings] == ["NYSE", "IBIS", "MEXI", "LSE", "AEQLIT"]
    assert [i.is_us for i in listings] == [True, False, False, False, False]
    assert {i.currency for i in listings} == {"USD", "EUR", "MXN", "CAD"}
    assert universe.underlyings_of_symbol("NOSUCH") == []


def test_today_follows_the_clock_and_the_build_date_does_not() -> None:
    clock = Clock(start=moment(date(2026, 11, 23)), frozen=True)
    universe = build_universe(clock.now)
    clock.advance(86400)
    assert (universe.build_date, universe.today) == (date(2026, 11, 23), date(2026, 11, 24))


def test_new_event_contracts_are_listed_as_time_passes() -> None:
    clock = Clock(start=moment(date(2026, 11, 23)), frozen=True)
    universe = build_universe(clock.now)
    before = universe.derivatives_of(658663572, "EC")
    clock.advance(200 * 86400)
    after = universe.derivatives_of(658663572, "EC")
    assert len(after) == len(before)
    assert not {contract.conid for contract in before} & {contract.conid for contract in after}
    assert all(universe.by_conid(contract.conid) == contract for contract in before)


def test_currency_pair_is_found_only_as_it_is_quoted(universe: Universe) -> None:
    pair = universe.currency_pair("EUR", "USD")
    assert pair is not None
    assert pair.local_symbol == "EUR.USD"
    assert universe.currency_pair("USD", "EUR") is None


def test_bonds_are_found_by_their_issuer(universe: Universe) -> None:
    bonds = universe.bonds_of("e1400789")
    assert [b.terms_text for b in bonds] == ["IBM 4.15 05/15/39", "IBM 4.75 02/06/33"]
    assert universe.bonds_of("e0") == []


def test_prices_are_whole_ticks_and_hours_are_known(universe: Universe) -> None:
    for instrument in universe.all():
        assert instrument.hours in HOURS
        assert instrument.tick > 0
        ticks = instrument.reference_price / instrument.tick
        assert ticks == pytest.approx(round(ticks), abs=1e-6), instrument.symbol
