from __future__ import annotations

import pytest

from api_gateway.simulator.advisors.pnl_rows import partitioned_pnl_rows
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT


def test_an_account_without_models_has_one_row(simulation: Simulation) -> None:
    valuation = simulation.selected_account.valuation()
    rows = partitioned_pnl_rows(
        simulation.selected_account, simulation.models.value_account_holdings(ACCOUNT)
    )
    assert list(rows) == [f"{ACCOUNT}.Core"]
    row = rows[f"{ACCOUNT}.Core"]
    assert row["rowType"] == 1
    assert {name: type(value) for name, value in row.items() if name != "rowType"} == dict.fromkeys(
        ("dpl", "nl", "upl", "uel", "el", "mv"), float
    )
    assert row["nl"] == pytest.approx(valuation.net_liquidation, abs=0.01)


def test_rows_of_core_and_models_add_up_to_the_account(clock: Clock) -> None:
    simulation = Simulation(SimulationOptions(profile="fa"), clock)
    (whole,) = partitioned_pnl_rows(simulation.selected_account, []).values()
    simulation.models.transfer(ACCOUNT, "US-Stocks", 750.0, {AAPL: 40.0})
    rows = partitioned_pnl_rows(
        simulation.selected_account, simulation.models.value_account_holdings(ACCOUNT)
    )
    assert list(rows) == [f"{ACCOUNT}.Core", f"{ACCOUNT}.US-Stocks"]
    for name in ("dpl", "nl", "upl", "uel", "el", "mv"):
        assert sum(row[name] for row in rows.values()) == pytest.approx(whole[name], abs=0.02)
    assert rows[f"{ACCOUNT}.US-Stocks"]["mv"] == rows[f"{ACCOUNT}.US-Stocks"]["nl"] - 750
