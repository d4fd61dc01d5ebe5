from __future__ import annotations

import pytest

from api_gateway.simulator.advisors import model_rows
from api_gateway.simulator.advisors.model_portfolios import Model
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, SPY

MODEL = "US-Stocks"


@pytest.fixture
def options() -> SimulationOptions:
    return SimulationOptions(login=True, profile="fa")


def test_model_without_investments_has_no_imbalance(simulation: Simulation) -> None:
    found = model_rows.model_positions(simulation.models, MODEL, 1.0)
    assert {row["mismatchType"] for row in found["positionList"]} == {0}
    assert {row["instrumentImbalance"] for row in [*found["positionList"], *found["cash"]]} == {0.0}
    assert found["positionTs"] == 1000


def test_position_outside_the_target_has_mismatch_type_2(simulation: Simulation) -> None:
    simulation.models.transfer(ACCOUNT, MODEL, 0.0, {SPY: 2.0, AAPL: 2.0})
    found = model_rows.model_positions(simulation.models, MODEL, 0.0)
    kinds = {row["conid"]: row["mismatchType"] for row in found["positionList"]}
    assert kinds == {AAPL: 0, IBM: 1, SPY: 2}
    assert model_rows.model_summary(simulation.models, MODEL)["mismatch"] is True


def test_fractions_of_a_model_add_up_to_1(simulation: Simulation) -> None:
    simulation.models.transfer(ACCOUNT, MODEL, 321.0, {IBM: 2.0, AAPL: 3.5})
    found = model_rows.model_positions(simulation.models, MODEL, 0.0)
    rows = [*found["positionList"], *found["cash"]]
    assert sum(row["actual"] for row in rows) == pytest.approx(1.0, abs=1e-5)
    assert sum(row["instrumentImbalance"] for row in rows) == pytest.approx(0.0, abs=1e-5)
    assert sum(row["mv"] for row in rows) == pytest.approx(found["nlv"], abs=0.02)


def test_rows_have_the_documented_types(simulation: Simulation) -> None:
    simulation.models.transfer(ACCOUNT, MODEL, 321.0, {IBM: 2.0})
    row = model_rows.model_positions(simulation.models, MODEL, 0.0)["positionList"][0]
    assert {name for name, value in row.items() if type(value) is str} == {"ccy", "instrument"}
    account = model_rows.account_details(simulation.models, MODEL, {ACCOUNT: "First"}, include_profits=True)[
        0
    ]
    assert {name for name, value in account.items() if type(value) is not str} == {
        "exchangeRate",
        "numInstrumentsOutsideRange",
    }
    assert account["alias"] == "First"


def test_draft_without_cash_has_no_cash_row(simulation: Simulation) -> None:
    simulation.models.save(Model("Apples", "", False, "USD", 0.0, {AAPL: 1.0}))
    number, draft = simulation.transfers.create_draft("Apples", {ACCOUNT: 1000.0})
    rows = model_rows.transfer_rows(number, draft)
    assert rows["cashTransfers"] == rows["allocations"] == []
    (row,) = rows["positionTransfers"]
    assert float(row["quantity"]) * float(row["price"]) == pytest.approx(1000, abs=0.05)
