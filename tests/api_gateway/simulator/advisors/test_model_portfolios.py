from __future__ import annotations

import pytest

from api_gateway.simulator.advisors.model_portfolios import Model, ModelError, ModelPortfolios
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, trade

MODEL, OTHER = "US-Stocks", "Other"


@pytest.fixture
def options() -> SimulationOptions:
    return SimulationOptions(login=True, profile="fa")


@pytest.fixture
def models(simulation: Simulation) -> ModelPortfolios:
    simulation.models.save(Model(OTHER, "", False, "USD", 0.0, {AAPL: 1.0}))
    return simulation.models


def test_transfer_moves_holdings_from_core_to_a_model_and_back(models: ModelPortfolios) -> None:
    cash, apples = models.core_cash(ACCOUNT, "USD"), models.core_quantity(ACCOUNT, AAPL)
    models.transfer(ACCOUNT, MODEL, 500.0, {AAPL: 12.0})
    assert models.core_cash(ACCOUNT, "USD") == cash - 500
    assert models.core_quantity(ACCOUNT, AAPL) == apples - 12
    stake = models.value_holding(ACCOUNT, MODEL)
    price = stake.positions[0].price
    assert stake.net_liquidation == pytest.approx(500 + 12 * price)
    assert models.invested_accounts(MODEL) == [ACCOUNT]
    models.transfer(ACCOUNT, MODEL, -500.0, {AAPL: -12.0})
    assert models.invested_accounts(MODEL) == []
    assert (models.core_cash(ACCOUNT, "USD"), models.core_quantity(ACCOUNT, AAPL)) == (cash, apples)


def test_transfer_leaves_the_account_totals_unchanged(
    models: ModelPortfolios, simulation: Simulation
) -> None:
    account = simulation.accounts[ACCOUNT]
    before = account.valuation()
    models.transfer(ACCOUNT, MODEL, 500.0, {AAPL: 12.0, IBM: 3.0})
    assert account.valuation() == before


def test_partial_position_has_proportional_cost_and_profit(models: ModelPortfolios) -> None:
    whole = models.clients[ACCOUNT].valuation().open_position(IBM)
    assert whole is not None
    models.transfer(ACCOUNT, MODEL, 0.0, {IBM: whole.quantity / 5})
    stake = models.value_holding(ACCOUNT, MODEL)
    assert stake.cost == pytest.approx(whole.cost / 5)
    assert stake.unrealised == pytest.approx(whole.unrealised / 5)
    assert stake.daily_pnl == pytest.approx(whole.daily_pnl / 5)
    assert stake.quantity_of(IBM) == whole.quantity / 5
    assert stake.value_of(AAPL) == 0


def test_sale_of_more_than_core_reduces_the_models(models: ModelPortfolios, simulation: Simulation) -> None:
    held = simulation.accounts[ACCOUNT].positions[AAPL].quantity
    models.transfer(ACCOUNT, MODEL, 0.0, {AAPL: 60.0})
    models.transfer(ACCOUNT, OTHER, 0.0, {AAPL: 20.0})
    trade(simulation.accounts[ACCOUNT], AAPL, -(held - 100), 270.0)
    assert models.core_quantity(ACCOUNT, AAPL) == 20
    trade(simulation.accounts[ACCOUNT], AAPL, -60, 270.0)
    assert models.core_quantity(ACCOUNT, AAPL) == pytest.approx(0)
    quantities = {
        stake.model.name: stake.quantity_of(AAPL) for stake in models.value_account_holdings(ACCOUNT)
    }
    assert quantities == {MODEL: pytest.approx(30), OTHER: pytest.approx(10)}
    trade(simulation.accounts[ACCOUNT], AAPL, -60, 270.0)
    assert models.core_quantity(ACCOUNT, AAPL) == 0
    assert [stake.net_liquidation for stake in models.value_holdings(MODEL)] == [0.0]


def test_currency_of_an_invested_model_cannot_change(models: ModelPortfolios) -> None:
    models.transfer(ACCOUNT, OTHER, 100.0, {})
    with pytest.raises(ModelError, match="currency"):
        models.save(Model(OTHER, "", False, "EUR", 1.0, {}))
    with pytest.raises(ModelError, match="isStatic"):
        models.save(Model(OTHER, "", True, "USD", 1.0, {}))
    models.save(Model(OTHER, "", False, "USD", 1.0, {}))
    assert models.by_name[OTHER].targets == {}


def test_holding_in_another_currency_is_valued_in_base_currency(models: ModelPortfolios) -> None:
    models.save(Model("Euros", "", False, "EUR", 1.0, {}))
    models.transfer(ACCOUNT, "Euros", 1000.0, {})
    rate = models.clients[ACCOUNT].exchange_rates.rate("EUR")
    assert models.value_holding(ACCOUNT, "Euros").net_liquidation == pytest.approx(1000 * rate)
    assert models.core_cash(ACCOUNT, "EUR") == pytest.approx(24_000)


def test_an_account_that_does_not_belong_to_a_client_has_no_holdings(models: ModelPortfolios) -> None:
    assert models.value_account_holdings("DF1234567") == models.value_account_holdings("All") == []


def test_a_split_multiplies_the_shares_in_a_model_once(models: ModelPortfolios) -> None:
    client = models.clients[ACCOUNT]
    models.transfer(ACCOUNT, MODEL, 0.0, {AAPL: 40.0})
    held = client.positions[AAPL].quantity
    client.split(AAPL, 4, client.clock.now())
    stake = models.value_holding(ACCOUNT, MODEL)
    assert stake.quantity_of(AAPL) == 160
    assert models.value_holding(ACCOUNT, MODEL).quantity_of(AAPL) == 160
    assert models.core_quantity(ACCOUNT, AAPL) == 4 * held - 160
    models.transfer(ACCOUNT, MODEL, 0.0, {AAPL: 1.0})
    assert models.value_holding(ACCOUNT, MODEL).quantity_of(AAPL) == 161
