from __future__ import annotations

from api_gateway.simulator.instruments.execution_algorithms import algorithms
from api_gateway.simulator.simulation import Simulation


def numbers(simulation: Simulation, conid: int, *wanted: str) -> list[str]:
    instrument = simulation.selected_account.instrument(conid)
    return [
        row["id"]
        for row in algorithms(instrument, set(wanted), include_descriptions=False, include_parameters=False)
    ]


def test_stocks_have_all_algorithms_derivatives_three_and_currencies_none(simulation: Simulation) -> None:
    assert len(numbers(simulation, 265598)) == 10
    assert numbers(simulation, simulation.universe.futures_of("ES")[0].conid) == ["Adaptive", "Twap", "Vwap"]
    assert numbers(simulation, 12087792) == []


def test_algorithm_ids_are_case_sensitive(simulation: Simulation) -> None:
    assert numbers(simulation, 265598, "Vwap", "twap") == ["Vwap"]


def test_descriptions_and_parameters_are_optional(simulation: Simulation) -> None:
    apple = simulation.selected_account.instrument(265598)
    plain = algorithms(apple, {"Adaptive"}, include_descriptions=False, include_parameters=False)
    assert plain == [{"name": "Adaptive", "id": "Adaptive"}]
    full = algorithms(apple, {"Adaptive"}, include_descriptions=True, include_parameters=True)[0]
    assert full["description"]
    assert full["parameters"][0]["guiRank"] == 1
    assert full["parameters"][0]["required"] == "true"
