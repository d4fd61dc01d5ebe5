from __future__ import annotations

import pytest

from api_gateway.simulator.advisors.model_portfolios import Model, ModelError
from api_gateway.simulator.advisors.model_transfers import ModelTransfers
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, IBM, MSFT, trade

MODEL = "US-Stocks"


@pytest.fixture
def options() -> SimulationOptions:
    return SimulationOptions(login=True, profile="fa")


@pytest.fixture
def transfers(simulation: Simulation) -> ModelTransfers:
    return simulation.transfers


def invest(transfers: ModelTransfers, amount: float, name: str = MODEL) -> int:
    number, _ = transfers.create_draft(name, {ACCOUNT: amount})
    transfers.submit(number)
    return number


@pytest.mark.parametrize("amount", [1.0, 999.99, 12_345.67, 100_000.0])
def test_investment_is_worth_exactly_the_amount(transfers: ModelTransfers, amount: float) -> None:
    invest(transfers, amount)
    stake = transfers.models.value_holding(ACCOUNT, MODEL)
    assert stake.net_liquidation == pytest.approx(amount)


@pytest.mark.parametrize("part", [0.01, 0.5, 0.999])
def test_divestment_returns_the_same_fraction_of_everything(transfers: ModelTransfers, part: float) -> None:
    invest(transfers, 10_000)
    before = transfers.models.value_holding(ACCOUNT, MODEL)
    invest(transfers, -10_000 * part)
    after = transfers.models.value_holding(ACCOUNT, MODEL)
    assert after.cash == pytest.approx(before.cash * (1 - part))
    for conid in (AAPL, IBM):
        assert after.quantity_of(conid) == pytest.approx(before.quantity_of(conid) * (1 - part))


def test_whole_investment_can_be_divested_after_prices_change(
    transfers: ModelTransfers, simulation: Simulation
) -> None:
    invest(transfers, 10_000)
    simulation.prices.override_price(AAPL, 321.0)
    worth = transfers.models.value_holding(ACCOUNT, MODEL).net_liquidation
    assert worth != pytest.approx(10_000)
    with pytest.raises(ModelError, match="more than is invested"):
        transfers.create_draft(MODEL, {ACCOUNT: -worth - 1})
    invest(transfers, -round(worth, 2))
    assert transfers.models.invested_accounts(MODEL) == []


def test_positions_missing_in_core_are_listed_for_purchase(
    transfers: ModelTransfers, simulation: Simulation
) -> None:
    held = simulation.accounts[ACCOUNT].positions[AAPL].quantity
    number, draft = transfers.create_draft(MODEL, {ACCOUNT: 1_000_000})
    (move,) = draft.transfers
    assert move.quantities[AAPL] == held
    assert (move.quantities[AAPL] + move.to_buy[AAPL]) * move.prices[AAPL] == pytest.approx(450_000)
    transfers.submit(number)
    assert transfers.models.core_quantity(ACCOUNT, AAPL) == 0
    again = transfers.create_draft(MODEL, {ACCOUNT: 1000})[1]
    assert again.transfers[0].quantities == {}


def test_submitting_a_draft_that_is_no_longer_possible_changes_nothing(
    transfers: ModelTransfers, simulation: Simulation
) -> None:
    number, draft = transfers.create_draft(MODEL, {ACCOUNT: 20_000})
    held = simulation.accounts[ACCOUNT].positions[AAPL].quantity
    trade(simulation.accounts[ACCOUNT], AAPL, -held, 270.0)
    with pytest.raises(ModelError, match="no longer"):
        transfers.submit(number)
    assert transfers.models.invested_accounts(MODEL) == []
    trade(simulation.accounts[ACCOUNT], AAPL, held, 270.0)
    assert transfers.submit(number) is draft


def test_each_draft_has_its_own_id(transfers: ModelTransfers) -> None:
    numbers = [transfers.create_draft(MODEL, {ACCOUNT: 100})[0] for _ in range(3)]
    assert numbers == [1, 2, 3]
    transfers.submit(2)
    with pytest.raises(ModelError, match="no such"):
        transfers.submit(2)
    assert list(transfers.drafts) == [1, 3]


def test_short_position_is_not_transferred(transfers: ModelTransfers, simulation: Simulation) -> None:
    transfers.models.save(Model("Short", "", False, "USD", 0.0, {MSFT: 1.0}))
    trade(simulation.accounts[ACCOUNT], MSFT, -10, 480.0)
    _, draft = transfers.create_draft("Short", {ACCOUNT: 1000})
    assert draft.transfers[0].quantities == {}
    assert set(draft.transfers[0].to_buy) == {MSFT}
