from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS
from api_gateway.simulator.instruments import universe as universe_module
from api_gateway.simulator.instruments.universe import Universe, build_universe

NEW_YORK = ZoneInfo("America/New_York")


def moment(day: date) -> float:
    return datetime(day.year, day.month, day.day, 12, tzinfo=NEW_YORK).timestamp()


@pytest.fixture(scope="module")
def universe() -> Universe:
    return build_universe(moment(date(2026, 11, 23)))


def test_there_are_about_fifty_listings_of_every_kind(universe: Universe) -> None:
    kinds = Counter(i.sec_type for i in universe.all())
    assert {"STK", "IND", "FUT", "CASH", "CFD", "BOND", "CRYPTO", "FUND", "OPT", "EC"} == set(kinds)
    assert 50 <= sum(count for kind, count in kinds.items() if kind not in ("OPT", "EC")) <= 110
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


def test_conids_stay_unique_if_checksums_collide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(universe_module, "crc32", lambda _: 7)
    found = build_universe(moment(date(2026, 11, 23)))
    assert found.by_conid(600_000_007) is not None
    assert len(found.options_of(265598)) == 200


def test_conid_of_a_contract_is_the_same_every_day(universe: Universe) -> None:
    later = build_universe(moment(date(2026, 11, 30)))
    for before in universe.options_of(265598):
        after = later.by_conid(before.conid)
        if after is not None:
            assert after.local_symbol == before.local_symbol
    assert {f.conid for f in universe.futures_of("ES")} == {f.conid for f in later.futures_of("ES")}


def test_listings_of_a_symbol_start_with_the_us_one(universe: Universe) -> None:
    listings = universe.underlyings_of_symbol("IBM")
    assert [i.exchange for i in listings] == ["NYSE", "IBIS", "MEXI", "LSE", "AEQLIT"]
    assert [i.is_us for i in listings] == [True, False, False, False, False]
    assert {i.currency for i in listings} == {"USD", "EUR", "MXN", "CAD"}
    assert universe.underlyings_of_symbol("NOSUCH") == []


def test_option_chain_has_calls_and_puts_around_the_price_for_four_months(universe: Universe) -> None:
    chain = universe.options_of(265598)
    assert sorted({o.expiry for o in chain if o.expiry}) == ["20261218", "20270115", "20270219", "20270319"]
    assert Counter(o.right for o in chain)["C"] == len(chain) / 2
    strikes = {o.strike for o in chain if o.strike}
    assert min(strikes) < 268 < max(strikes)
    assert chain[0].local_symbol == "AAPL  261218C00210000"
    assert chain[0].terms_text == "DEC 18 '26 210 Call"


def test_futures_are_quarterly_and_named_by_month_and_year(universe: Universe) -> None:
    assert [f.local_symbol for f in universe.futures_of("ES")] == ["ESZ6", "ESH7", "ESM7", "ESU7", "ESZ7"]
    crude = universe.futures_of("CL")[0]
    assert (crude.expiry, crude.contract_month, crude.local_symbol) == ("20261222", "202701", "CLF7")


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
        assert ticks == pytest.approx(round(ticks), abs=1e-6)
