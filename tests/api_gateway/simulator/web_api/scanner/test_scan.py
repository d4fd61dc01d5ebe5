from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.scanner.locations import LOCATIONS
from api_gateway.simulator.web_api.scanner.scan import MAX_ROWS, UnknownScanError, scan_contracts
from api_gateway.simulator.web_api.scanner.scan_types import RANGE_FILTERS, SCAN_TYPES, ScanType
from tests.api_gateway.simulator.paper_account import AAPL, IBM

US = ("STK", "STK.US.MAJOR")
TOP = (US[0], "TOP_PERC_GAIN", US[1])
BOND_FUNDS = ("ETF.FI.US", "TOP_PERC_GAIN", "ETF.FI.US.MAJOR")  # fewer than a scan returns


def symbols(
    simulation: Simulation, instrument: str, kind: str, location: str, *filters: tuple[str, Any]
) -> list[str]:
    return [
        each.symbol
        for each in scan_contracts(simulation, instrument, kind, location, list(filters)).contracts
    ]


def raise_price(simulation: Simulation, symbol: str) -> None:
    """Make the US listing of a symbol a gainer, so that it is among the 50 of a scan."""
    listing = simulation.universe.underlyings_of_symbol(symbol)[0]
    simulation.prices.override_price(listing.conid, simulation.prices.quote(listing).prior_close * 1.5)


def changes(simulation: Simulation, kind: str) -> list[float]:
    quotes = [
        simulation.prices.quote(each) for each in scan_contracts(simulation, US[0], kind, US[1], []).contracts
    ]
    return [quote.last / quote.prior_close for quote in quotes]


def test_gainers_are_ranked_from_the_top_and_losers_from_the_bottom(simulation: Simulation) -> None:
    gains, losses = changes(simulation, "TOP_PERC_GAIN"), changes(simulation, "TOP_PERC_LOSE")
    assert len(gains) == MAX_ROWS
    assert gains == sorted(gains, reverse=True)
    assert losses == sorted(losses)


def test_the_ranking_follows_the_market(simulation: Simulation) -> None:
    raise_price(simulation, "IBM")
    assert symbols(simulation, *TOP)[0] == "IBM"
    ibm = simulation.selected_account.instrument(IBM)
    simulation.prices.override_price(IBM, simulation.prices.quote(ibm).prior_close * 0.5)
    assert symbols(simulation, US[0], "TOP_PERC_LOSE", US[1])[0] == "IBM"


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
        ("FUT.US", "FUT.COMEX", {"GC", "MGC", "SI", "HG"}),
        ("FUT.US", "FUT.CFE", {"VIX"}),
        ("FUT.EU", "FUT.EU.EUREX", {"DAX", "ESTX50"}),
        ("FUT.HK", "FUT.HK.HKFE", {"HSI"}),
        ("STOCK.NA", "STK.NA.MEXI", {"AAPL", "IBM", "MSFT"}),
        ("STK", "STK.US.MINOR", set()),
    ],
)
def test_instrument_and_location_select_the_contracts(
    simulation: Simulation, instrument: str, location: str, expected: set[str]
) -> None:
    assert set(symbols(simulation, instrument, "TOP_PERC_GAIN", location)) == expected


@pytest.mark.parametrize(
    ("instrument", "location", "included", "excluded"),
    [
        ("ETF.EQ.US", "ETF.EQ.US.MAJOR", {"SPY", "QQQ", "IWM", "GLD"}, {"AAPL", "TLT"}),
        ("ETF.EQ.US", "ETF.EQ.ARCA", {"SPY", "IWM", "GLD"}, {"QQQ"}),
        ("ETF.FI.US", "ETF.FI.US.MAJOR", {"TLT", "AGG"}, {"SPY"}),
        ("IND.US", "IND.US", {"SPX", "NDX", "VIX"}, {"DAX"}),
        ("STOCK.NA", "STK.NA.TSE", {"BMO", "BNS"}, {"AAPL"}),
        ("STOCK.EU", "STK.EU.LSE", {"IBM", "VOD"}, {"SAP"}),
        ("STOCK.HK", "STK.HK.TSE_JPN", {"7203"}, {"700"}),
        ("STK", "STK.ARCA", {"SPY", "IWM", "GLD"}, {"QQQ"}),
    ],
)
def test_contracts_of_other_locations_and_types_are_not_found(
    simulation: Simulation, instrument: str, location: str, included: set[str], excluded: set[str]
) -> None:
    found = set(symbols(simulation, instrument, "TOP_PERC_GAIN", location))
    assert included <= found
    assert not excluded & found


def test_us_stocks_include_companies_and_funds(simulation: Simulation) -> None:
    for symbol in ("AAPL", "SPY", "TLT", "BRK B", "VOD"):
        raise_price(simulation, symbol)
    found = symbols(simulation, *TOP)
    assert {"AAPL", "SPY", "TLT", "BRK B"} <= set(found)
    assert "VOD" not in found


def test_an_expired_future_is_not_found(simulation: Simulation) -> None:
    scan = ("FUT.EU", "TOP_PERC_GAIN", "FUT.EU.EUREX")
    before = {each.expiry for each in scan_contracts(simulation, *scan, []).contracts}
    simulation.clock.advance(40 * 86400)
    after = {each.expiry for each in scan_contracts(simulation, *scan, []).contracts}
    assert before - after == {"20260320"}
    assert len(after) == len(before) == 3


@pytest.mark.parametrize("value", [90, "90", 90.0])
def test_a_price_filter_applies_its_bound(simulation: Simulation, value: Any) -> None:
    above, below = (
        scan_contracts(simulation, *BOND_FUNDS, [(code, value)]).contracts
        for code in ("priceAbove", "priceBelow")
    )
    assert all(simulation.prices.quote(each).last >= 90 for each in above)
    assert all(simulation.prices.quote(each).last <= 90 for each in below)
    assert len(above) + len(below) == len(symbols(simulation, *BOND_FUNDS)) < MAX_ROWS


def test_filters_are_joined_by_and(simulation: Simulation) -> None:
    filters = (("priceAbove", 75), ("priceBelow", 100), ("volumeAbove", 3_000_000))
    result = symbols(simulation, *BOND_FUNDS, *filters)
    assert "TLT" in result
    single = [set(symbols(simulation, *BOND_FUNDS, each)) for each in filters]
    assert set(result) == set.intersection(*single) < set.union(*single)
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
    raise_price(simulation, inside)
    raise_price(simulation, outside)
    result = symbols(simulation, *TOP, (code, value))
    assert inside in result
    assert outside not in result


def group_for(groups: tuple[str, ...]) -> tuple[str, str]:
    """Return the smallest of the instrument types, with its first location."""
    group = next((each for each in ("ETF.EQ.US", "IND.US") if each in groups), groups[0])
    return group, LOCATIONS[group][0].code


@pytest.mark.thorough
@pytest.mark.parametrize(
    "scan_types",
    [
        pytest.param([each for each in SCAN_TYPES if not each.code.endswith("W_HL")], id="recent prices"),
        pytest.param(
            [each for each in SCAN_TYPES if each.code.endswith("W_HL")],
            id="prices of months",
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_every_scan_type_finds_contracts(simulation: Simulation, scan_types: list[ScanType]) -> None:
    found_nothing = set()
    for each in scan_types:
        group, place = group_for(each.instruments)
        result = scan_contracts(simulation, group, each.code, place, [])
        assert result.column
        if not result.contracts:
            found_nothing.add(each.code)
    # At noon, no market is closed and nothing is halted.
    after_hours = {"TOP_AFTER_HOURS_PERC_GAIN", "TOP_AFTER_HOURS_PERC_LOSE"}
    empty = {"HALTED", "NOT_OPEN"} | after_hours
    assert found_nothing == empty & {each.code for each in scan_types}


def test_a_scan_is_deterministic(simulation: Simulation) -> None:
    assert scan_contracts(simulation, *TOP, []) == scan_contracts(simulation, *TOP, [])


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_every_filter_can_exclude_everything(simulation: Simulation) -> None:
    for each in RANGE_FILTERS:
        group, place = group_for(each.instruments)
        place = next((child.code for child in LOCATIONS[group][0].children), place)
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
    us_stocks = [each for each in simulation.universe.all() if each.sec_type == "STK" and each.is_us]
    assert len(us_stocks) > MAX_ROWS == 50
    assert len(symbols(simulation, US[0], "HIGH_GROWTH_RATE", US[1])) == MAX_ROWS


@pytest.mark.thorough
@pytest.mark.parametrize("options", [SimulationOptions(login=True, availability="DPB")])
def test_a_scan_of_delayed_data_ranks_by_prices_15_minutes_old(simulation: Simulation) -> None:
    then = simulation.clock.now() - 900
    quotes = [simulation.prices.quote(each, then) for each in scan_contracts(simulation, *TOP, []).contracts]
    gains = [quote.last / quote.prior_close for quote in quotes]
    assert gains == sorted(gains, reverse=True)
