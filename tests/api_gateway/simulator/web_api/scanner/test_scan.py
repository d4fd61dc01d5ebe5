from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.scanner.locations import LOCATIONS
from api_gateway.simulator.web_api.scanner.scan import MAX_ROWS, UnknownScanError, scan_contracts
from api_gateway.simulator.web_api.scanner.scan_types import RANGE_FILTERS, SCAN_TYPES
from tests.api_gateway.simulator.paper_account import AAPL, IBM

US = ("STK", "STK.US.MAJOR")
TOP = (US[0], "TOP_PERC_GAIN", US[1])


def symbols(
    simulation: Simulation, instrument: str, kind: str, location: str, *filters: tuple[str, Any]
) -> list[str]:
    return [
        each.symbol
        for each in scan_contracts(simulation, instrument, kind, location, list(filters)).contracts
    ]


def changes(simulation: Simulation, kind: str) -> list[float]:
    quotes = [
        simulation.prices.quote(each) for each in scan_contracts(simulation, US[0], kind, US[1], []).contracts
    ]
    return [quote.last / quote.prior_close for quote in quotes]


def test_gainers_are_ranked_from_the_top_and_losers_from_the_bottom(simulation: Simulation) -> None:
    gains, losses = changes(simulation, "TOP_PERC_GAIN"), changes(simulation, "TOP_PERC_LOSE")
    assert len(gains) > 20
    assert gains == sorted(gains, reverse=True)
    assert losses == sorted(losses)


def test_the_ranking_follows_the_market(simulation: Simulation) -> None:
    ibm = simulation.selected_account.instrument(IBM)
    simulation.prices.override_price(IBM, simulation.prices.quote(ibm).prior_close * 1.5)
    assert symbols(simulation, *TOP)[0] == "IBM"
    simulation.prices.override_price(IBM, simulation.prices.quote(ibm).prior_close * 0.5)
    assert symbols(simulation, *TOP)[-1] == "IBM"


def test_the_most_active_have_the_highest_volume(simulation: Simulation) -> None:
    result = scan_contracts(simulation, US[0], "MOST_ACTIVE", US[1], []).contracts
    volumes = [simulation.prices.quote(each).volume for each in result]
    assert volumes == sorted(volumes, reverse=True)


def test_the_halted_scan_finds_only_halted_contracts(simulation: Simulation) -> None:
    assert symbols(simulation, US[0], "HALTED", US[1]) == []
    simulation.prices.halt(AAPL)
    assert symbols(simulation, US[0], "HALTED", US[1]) == ["AAPL"]
    assert symbols(simulation, *TOP, ("haltedIs", "true")) == ["AAPL"]
    assert "AAPL" not in symbols(simulation, *TOP, ("haltedIs", 0))


@pytest.mark.parametrize(
    ("instrument", "location", "expected"),
    [
        ("ETF.EQ.US", "ETF.EQ.US.MAJOR", {"SPY", "QQQ", "IWM", "GLD"}),
        ("ETF.EQ.US", "ETF.EQ.ARCA", {"SPY", "IWM", "GLD"}),
        ("ETF.FI.US", "ETF.FI.US.MAJOR", {"TLT"}),
        ("IND.US", "IND.US", {"SPX", "NDX", "VIX"}),
        ("FUT.US", "FUT.COMEX", {"GC", "MGC", "SI", "HG"}),
        ("FUT.US", "FUT.CFE", {"VIX"}),
        ("FUT.EU", "FUT.EU.EUREX", {"DAX", "ESTX50"}),
        ("FUT.HK", "FUT.HK.HKFE", {"HSI"}),
        ("STOCK.NA", "STK.NA.MEXI", {"AAPL", "IBM", "MSFT"}),
        ("STOCK.NA", "STK.NA.TSE", {"BMO", "BNS"}),
        ("STOCK.EU", "STK.EU.LSE", {"IBM", "VOD"}),
        ("STOCK.HK", "STK.HK.TSE_JPN", {"7203"}),
        ("STK", "STK.ARCA", {"SPY", "IWM", "GLD"}),
        ("STK", "STK.US.MINOR", set()),
    ],
)
def test_instrument_and_location_select_the_contracts(
    simulation: Simulation, instrument: str, location: str, expected: set[str]
) -> None:
    assert set(symbols(simulation, instrument, "TOP_PERC_GAIN", location)) == expected


def test_us_stocks_include_companies_and_funds(simulation: Simulation) -> None:
    assert {"AAPL", "SPY", "TLT", "BRK B"} <= set(symbols(simulation, *TOP))
    assert "SAP" not in symbols(simulation, *TOP)


def test_an_expired_future_is_not_found(simulation: Simulation) -> None:
    scan = ("FUT.EU", "TOP_PERC_GAIN", "FUT.EU.EUREX")
    before = {each.expiry for each in scan_contracts(simulation, *scan, []).contracts}
    simulation.clock.advance(40 * 86400)
    after = {each.expiry for each in scan_contracts(simulation, *scan, []).contracts}
    assert before - after == {"20260320"}
    assert len(after) == len(before) == 3


@pytest.mark.parametrize("value", [200, "200", 200.0])
def test_a_price_filter_applies_its_bound(simulation: Simulation, value: Any) -> None:
    above, below = (
        scan_contracts(simulation, *TOP, [(code, value)]).contracts for code in ("priceAbove", "priceBelow")
    )
    assert all(simulation.prices.quote(each).last >= 200 for each in above)
    assert all(simulation.prices.quote(each).last <= 200 for each in below)
    assert len(above) + len(below) == len(symbols(simulation, *TOP))


def test_filters_are_joined_by_and(simulation: Simulation) -> None:
    result = symbols(simulation, *TOP, ("priceAbove", 200), ("priceBelow", 300), ("volumeAbove", 1_000_000))
    assert "AAPL" in result
    assert set(result) == set(symbols(simulation, *TOP, ("priceAbove", 200))) & set(
        symbols(simulation, *TOP, ("priceBelow", 300))
    ) & set(symbols(simulation, *TOP, ("volumeAbove", 1_000_000)))
    assert symbols(simulation, *TOP, ("priceAbove", 1e9)) == []


@pytest.mark.parametrize(
    ("code", "value", "inside", "outside"),
    [
        ("stkTypes", "inc:ETF", "SPY", "AAPL"),
        ("stkTypes", "ETF", "SPY", "AAPL"),
        ("stkTypes", "exc:ETF", "AAPL", "SPY"),
        ("stkTypes", "CORP", "AAPL", "SPY"),
        ("hasOptionsIs", True, "AAPL", "BRK A"),
        ("hasOptionsIs", "0", "BRK A", "AAPL"),
        ("marketCapAbove1e6", 1_000_000, "AAPL", "BMO"),
    ],
)
def test_a_choice_filter_selects_its_contracts(
    simulation: Simulation, code: str, value: Any, inside: str, outside: str
) -> None:
    result = symbols(simulation, *TOP, (code, value))
    assert inside in result
    assert outside not in result


def group_for(groups: tuple[str, ...]) -> tuple[str, str]:
    """Return the smallest of the instrument types, with its first location."""
    group = next((each for each in ("ETF.EQ.US", "IND.US") if each in groups), groups[0])
    return group, LOCATIONS[group][0].code


def test_every_scan_type_runs_and_is_deterministic(simulation: Simulation) -> None:
    found_nothing = set()
    for each in SCAN_TYPES:
        group, place = group_for(each.instruments)
        first = scan_contracts(simulation, group, each.code, place, [])
        assert first == scan_contracts(simulation, group, each.code, place, [])
        assert first.column
        if not first.contracts:
            found_nothing.add(each.code)
    # At noon no market is closed, and nothing is halted.
    after_hours = {"TOP_AFTER_HOURS_PERC_GAIN", "TOP_AFTER_HOURS_PERC_LOSE"}
    assert found_nothing == {"HALTED", "NOT_OPEN"} | after_hours


@pytest.mark.thorough
def test_every_filter_can_exclude_everything(simulation: Simulation) -> None:
    for each in RANGE_FILTERS:
        group, place = group_for(each.instruments)
        kind = next(scan.code for scan in SCAN_TYPES if group in scan.instruments)
        assert symbols(simulation, group, kind, place, (each.below_code, -1e15)) == [], each.code
        assert symbols(simulation, group, kind, place, (each.above_code, 1e15)) == [], each.code


@pytest.mark.parametrize(
    ("instrument", "kind", "location", "filters", "unsupported_part"),
    [
        ("STK", "NONSENSE", "STK.US.MAJOR", [], "NONSENSE"),
        ("BOND", "TOP_PERC_GAIN", "BOND.US", [], "TOP_PERC_GAIN"),
        ("NONSENSE", "TOP_PERC_GAIN", "STK.US.MAJOR", [], "TOP_PERC_GAIN"),
        ("STK", "TOP_PERC_GAIN", "STK.HK.SEHK", [], "No matching locations defined"),
        ("STK", "TOP_PERC_GAIN", "NONSENSE", [], "No matching locations defined"),
        ("STK", "TOP_PERC_GAIN", "STK.US.MAJOR", [("nonsense", 1)], "nonsense"),
        ("STK", "TOP_PERC_GAIN", "STK.US.MAJOR", [("couponRateAbove", 1)], "couponRateAbove"),
        ("STK", "TOP_PERC_GAIN", "STK.US.MAJOR", [("priceAbove", "dear")], "dear"),
        ("STK", "TOP_PERC_GAIN", "STK.US.MAJOR", [("priceAbove", True)], "True"),
        ("STK", "TOP_PERC_GAIN", "STK.US.MAJOR", [("priceAbove", None)], "None"),
        ("STK", "TOP_PERC_GAIN", "STK.US.MAJOR", [("priceAbove", "inf")], "inf"),
        ("STK", "TOP_PERC_GAIN", "STK.US.MAJOR", [("stkTypes", "inc:X")], "inc:X"),
        ("STK", "TOP_PERC_GAIN", "STK.US.MAJOR", [("haltedIs", "perhaps")], "perhaps"),
    ],
)
def test_an_unsupported_scan_names_the_unsupported_part(
    simulation: Simulation,
    instrument: str,
    kind: str,
    location: str,
    filters: list[tuple[str, Any]],
    unsupported_part: str,
) -> None:
    with pytest.raises(UnknownScanError, match=unsupported_part):
        scan_contracts(simulation, instrument, kind, location, filters)


def test_a_scan_returns_at_most_fifty_contracts(simulation: Simulation) -> None:
    # The universe has fewer stocks, so add copies of each under other conids.
    stocks = [each for each in simulation.universe.all() if each.sec_type == "STK" and each.is_us]
    copies = [replace(each, conid=each.conid + 10**9 * n) for n in range(1, 4) for each in stocks]
    for each in copies:
        simulation.universe.add(each)
    assert len(symbols(simulation, US[0], "HIGH_GROWTH_RATE", US[1])) == MAX_ROWS == 50


@pytest.mark.parametrize("options", [SimulationOptions(login=True, availability="DPB")])
def test_a_scan_of_delayed_data_ranks_by_prices_15_minutes_old(simulation: Simulation) -> None:
    then = simulation.clock.now() - 900
    quotes = [simulation.prices.quote(each, then) for each in scan_contracts(simulation, *TOP, []).contracts]
    gains = [quote.last / quote.prior_close for quote in quotes]
    assert gains == sorted(gains, reverse=True)
