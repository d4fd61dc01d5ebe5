from __future__ import annotations

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.contracts.contract_search import search_contracts


def found(simulation: Simulation, symbol: str, **switches: bool) -> list[str]:
    rows = search_contracts(
        simulation,
        symbol,
        sec_type="",
        by_name=switches.get("by_name", False),
        pattern=switches.get("pattern", False),
    )
    return [row["companyHeader"] for row in rows]


def test_symbols_are_found_in_any_case(simulation: Simulation) -> None:
    assert found(simulation, "msft") == found(simulation, "MSFT")
    assert found(simulation, "MSFT")[0] == "MICROSOFT CORP - NASDAQ"


def test_a_pair_is_found_by_its_currency_and_by_its_name(simulation: Simulation) -> None:
    assert len(found(simulation, "EUR")) == 2
    assert found(simulation, "EUR.USD") == ["European Monetary Union Euro - IDEALPRO"]


def test_a_search_by_pattern_finds_symbols_that_start_alike(simulation: Simulation) -> None:
    headers = found(simulation, "B", pattern=True)
    assert {"BOEING CO/THE - NYSE", "BANK OF MONTREAL - TSE", "Bitcoin cryptocurrency - PAXOS"} <= set(
        headers
    )


def test_a_search_by_name_finds_companies_and_opens_no_chain(simulation: Simulation) -> None:
    assert "APPLE INC - NASDAQ" in found(simulation, "apple", by_name=True)
    assert simulation.preflights.searched_conids == set()
    found(simulation, "AAPL")
    assert 265598 in simulation.preflights.searched_conids


def test_blanks_find_nothing(simulation: Simulation) -> None:
    assert found(simulation, "  ") == []
