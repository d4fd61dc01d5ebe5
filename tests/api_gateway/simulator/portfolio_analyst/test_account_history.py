from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.lifecycle.timeline import process_events
from api_gateway.simulator.portfolio_analyst.account_history import (
    AccountSnapshot,
    account_snapshots,
    end_of_day,
    new_york_date,
)
from api_gateway.simulator.profiles import PROFILES
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    EUR_USD,
    IBM_IN_FRANKFURT,
    MONDAY,
    MSFT,
    find_future,
    make_paper_account,
    trade,
)

DAY = 86400.0


@pytest.fixture
def paper_account() -> PaperAccount:
    return make_paper_account()


def _held_quantity(snapshot: AccountSnapshot, conid: int) -> float:
    return next(asset.quantity for asset in snapshot.assets if asset.instrument.conid == conid)


def test_the_current_snapshot_equals_the_account_valuation(paper_account: PaperAccount) -> None:
    (now,) = account_snapshots(paper_account, [MONDAY])
    valuation = paper_account.valuation()
    assert now.net_liquidation == pytest.approx(valuation.net_liquidation)
    assert {asset.instrument.conid: asset.quantity for asset in now.assets} == {
        position.instrument.conid: position.quantity for position in valuation.open_positions
    }


def test_the_first_snapshot_holds_only_the_deposit(paper_account: PaperAccount) -> None:
    (snapshot,) = account_snapshots(paper_account, [MONDAY - 200 * DAY])
    assert snapshot.assets == ()
    assert snapshot.cash == {"USD": pytest.approx(1_000_000.0)}


def test_an_empty_account_is_worth_a_float() -> None:
    assert repr(AccountSnapshot(MONDAY, (), {}).net_liquidation) == "0.0"


def test_a_snapshot_includes_only_earlier_executions(paper_account: PaperAccount) -> None:
    sold = max(e.at for e in paper_account.executions if e.conid == AAPL)
    before, after = account_snapshots(paper_account, [sold - 3600 * 3, sold])
    assert (_held_quantity(before, AAPL), _held_quantity(after, AAPL)) == (300, 260)


def test_a_currency_trade_is_reversed_in_both_currencies(paper_account: PaperAccount) -> None:
    bought = next(e for e in paper_account.executions if e.conid == EUR_USD)
    before, after = account_snapshots(paper_account, [bought.at - 1, bought.at])
    assert "EUR" not in before.cash
    assert after.cash["EUR"] == pytest.approx(25_000 * bought.price, rel=1e-3)
    assert before.net_liquidation == pytest.approx(after.net_liquidation + bought.commission, abs=200)


def test_a_future_contributes_its_unsettled_profit(paper_account: PaperAccount) -> None:
    (now,) = account_snapshots(paper_account, [MONDAY])
    future = find_future(paper_account)
    asset = next(asset for asset in now.assets if asset.instrument is future)
    position = paper_account.valuation().open_position(future.conid)
    assert position is not None
    assert asset.value == pytest.approx(position.equity)
    assert asset.value != pytest.approx(position.unrealised)


def test_later_trades_do_not_change_earlier_snapshots(paper_account: PaperAccount) -> None:
    moments = [MONDAY - 30 * DAY, MONDAY - 1]
    before = list(account_snapshots(paper_account, moments))
    trade(paper_account, MSFT, 10, 500.0)
    after = list(account_snapshots(paper_account, moments))
    assert [p.net_liquidation for p in after] == pytest.approx([p.net_liquidation for p in before])


def test_a_day_ends_at_midnight_in_new_york_or_now() -> None:
    midnight = datetime(2026, 11, 24, 5, tzinfo=UTC).timestamp()
    assert new_york_date(midnight - 1) == date(2026, 11, 23)
    assert end_of_day(date(2026, 11, 23), midnight + DAY) == midnight - 1
    assert end_of_day(date(2026, 11, 23), MONDAY) == MONDAY


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_history_of_every_profile_ends_at_its_current_value(profile: str, clock: Clock) -> None:
    simulation = Simulation(SimulationOptions(profile=profile), clock)
    for paper_account in simulation.accounts.values():
        (now,) = account_snapshots(paper_account, [clock.now()])
        assert now.net_liquidation == pytest.approx(paper_account.valuation().net_liquidation)


@pytest.mark.parametrize("days", range(8))
def test_the_present_value_is_that_of_the_ledger_to_the_cent(days: int) -> None:
    paper_account = make_paper_account()
    trade(paper_account, IBM_IN_FRANKFURT, 3, 201.37)
    paper_account.clock.advance(days * 86400 + 3333)
    process_events(paper_account, paper_account.clock.now())
    (snapshot,) = account_snapshots(paper_account, [paper_account.clock.now()])
    assert round(snapshot.net_liquidation, 6) == paper_account.valuation().net_liquidation
