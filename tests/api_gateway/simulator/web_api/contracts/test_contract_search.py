from __future__ import annotations

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.contract_search import search_contracts


def search(simulation: Simulation, symbol: str, **switches: bool) -> list[str]:
    rows = search_contracts(
        simulation,
        symbol,
        sec_type="",
        by_name=switches.get("by_name", False),
        pattern=switches.get("pattern", False),
    )
    return [row["companyHeader"] for row in rows]


def test_a_symbol_search_ignores_case(simulation: Simulation) -> None:
    assert search(simulation, "msft") == search(simulation, "MSFT")
    assert search(simulation, "MSFT")[0] == "MICROSOFT CORP - NASDAQ"


def test_a_currency_pair_is_found_by_currency_and_by_name(simulation: Simulation) -> None:
    assert [name.split(" - ")[1] for name in search(simulation, "EUR")] == ["IDEALPRO"] * 4 + ["CME"]
    assert search(simulation, "EUR.USD") == ["European Monetary Union Euro - IDEALPRO"]


def test_a_pattern_search_matches_the_start_of_symbols(simulation: Simulation) -> None:
    headers = search(simulation, "B", pattern=True)
    assert {"BOEING CO/THE - NYSE", "BANK OF MONTREAL - TSE", "Bitcoin cryptocurrency - PAXOS"} <= set(
        headers
    )


def test_a_name_search_finds_companies_without_unlocking_derivatives(simulation: Simulation) -> None:
    assert "APPLE INC - NASDAQ" in search(simulation, "apple", by_name=True)
    assert simulation.preflights.searched_conids == set()
    search(simulation, "AAPL")
    assert 265598 in simulation.preflights.searched_conids


def test_a_blank_search_finds_nothing(simulation: Simulation) -> None:
    assert search(simulation, "  ") == []


def test_a_share_is_found_by_its_isin(simulation: Simulation) -> None:
    assert search(simulation, "US5949181045") == ["MICROSOFT CORP - NASDAQ", "MICROSOFT CORP - MEXI"]
    assert search(simulation, "594918104") == search(simulation, "US5949181045")
    assert search(simulation, "US0000000000") == []
