from __future__ import annotations

import pytest

from api_gateway.simulator.advisors.allocation_groups import ALL_CLIENTS
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.web_api.account_views import consolidate, find_account_view
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, SPY, trade

SECOND = "DU1234568"
KO = 8894


@pytest.fixture
def options() -> SimulationOptions:
    return SimulationOptions(login=True, profile="fa")


def test_the_view_of_all_accounts_is_their_sum(simulation: Simulation) -> None:
    view = find_account_view(simulation, ALL_CLIENTS)
    assert view is not None
    valuations = [paper_account.valuation() for paper_account in simulation.accounts.values()]
    total = view.valuation()
    assert total.net_liquidation == pytest.approx(sum(each.net_liquidation for each in valuations))
    assert total.daily_pnl == pytest.approx(sum(each.daily_pnl for each in valuations))
    for currency in total.rates:
        assert total.cash[currency] == pytest.approx(sum(each.cash.get(currency, 0.0) for each in valuations))
    apple = total.open_position(AAPL)
    positions = [position for each in valuations if (position := each.open_position(AAPL))]
    assert apple is not None
    assert len(positions) == 2
    assert apple.quantity == sum(position.quantity for position in positions)
    assert apple.cost == pytest.approx(sum(position.cost for position in positions))


def test_long_and_short_positions_of_two_accounts_cancel_out(simulation: Simulation) -> None:
    trade(simulation.accounts[SECOND], SPY, -220, 600.0)
    view = find_account_view(simulation, ALL_CLIENTS)
    assert view is not None
    assert view.valuation().open_position(SPY) is None


def test_the_view_of_one_account_is_that_account(simulation: Simulation) -> None:
    for account, paper_account in simulation.accounts.items():
        view = find_account_view(simulation, account)
        assert view is not None
        assert (view.account_id, view.paper_accounts) == (account, (paper_account,))
        assert view.cached_valuation() is paper_account.cached_valuation()


def test_realised_profits_are_added_up_over_the_accounts(simulation: Simulation) -> None:
    profits = [
        trade(simulation.accounts[account], AAPL, -10, price)
        for account, price in ((ACCOUNT, 300.0), (SECOND, 310.0))
    ]
    view = find_account_view(simulation, ALL_CLIENTS)
    assert view is not None
    sold_today = simulation.accounts[ACCOUNT].realised_by_conid(
        simulation.accounts[ACCOUNT].trading_day_start()
    )
    before = sold_today[AAPL] - profits[0]
    assert view.realised_profits(0.0)[AAPL] == pytest.approx(sum(profits) + before)


def test_invalidating_all_invalidates_each_account(simulation: Simulation) -> None:
    view = find_account_view(simulation, ALL_CLIENTS)
    assert view is not None
    conids = {
        each.conid for paper_account in view.paper_accounts for each in paper_account.positions.values()
    }
    assert KO in conids
    view.cached_valuation()
    trade(simulation.accounts[SECOND], KO, -100, 70.0)
    position = view.cached_valuation().open_position(KO)
    view.invalidate()
    later = view.cached_valuation().open_position(KO)
    assert position is not None
    assert later is not None
    assert later.quantity == position.quantity - 100


@pytest.mark.parametrize("name", ["all", "DU7654321", "Two_to_one", ""])
def test_an_unknown_account_has_no_view(simulation: Simulation, name: str) -> None:
    assert find_account_view(simulation, name) is None


@pytest.mark.parametrize(
    "options", [SimulationOptions(profile=name) for name in ("retail", "live", "dynamic")]
)
def test_all_exists_only_for_advisors(simulation: Simulation, options: SimulationOptions) -> None:
    assert options.profile != "fa"
    assert find_account_view(simulation, ALL_CLIENTS) is None


def test_consolidating_one_valuation_returns_it_unchanged(simulation: Simulation) -> None:
    valuation = simulation.selected_account.valuation()
    assert consolidate([valuation]) is valuation
