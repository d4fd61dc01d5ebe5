from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.clock import Clock
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
    MONDAY,
    MSFT,
    find_future,
    make_paper_account,
    trade,
)

DAY = 86400.0


@pytest.fixture
def broker() -> PaperAccount:
    return make_paper_account()


def _held(past: AccountSnapshot, conid: int) -> float:
    return next(asset.quantity for asset in past.assets if asset.instrument.conid == conid)


def test_now_is_what_the_account_is_worth(broker: PaperAccount) -> None:
    (now,) = account_snapshots(broker, [MONDAY])
    valuation = broker.valuation()
    assert now.net_liquidation == pytest.approx(valuation.net_liquidation)
    assert {asset.instrument.conid: asset.quantity for asset in now.assets} == {
        line.instrument.conid: line.quantity for line in valuation.open_positions
    }


def test_before_the_first_trade_there_is_the_deposit_alone(broker: PaperAccount) -> None:
    (past,) = account_snapshots(broker, [MONDAY - 200 * DAY])
    assert past.assets == ()
    assert past.cash == {"USD": pytest.approx(1_000_000.0)}


def test_an_account_without_money_is_worth_a_number_with_decimals() -> None:
    assert repr(AccountSnapshot(MONDAY, (), {}).net_liquidation) == "0.0"


def test_each_moment_knows_the_trades_until_then_only(broker: PaperAccount) -> None:
    sold = max(e.at for e in broker.executions if e.conid == AAPL)
    before, after = account_snapshots(broker, [sold - 3600 * 3, sold])
    assert (_held(before, AAPL), _held(after, AAPL)) == (300, 260)


def test_currencies_are_undone_on_both_sides(broker: PaperAccount) -> None:
    bought = next(e for e in broker.executions if e.conid == EUR_USD)
    before, after = account_snapshots(broker, [bought.at - 1, bought.at])
    assert "EUR" not in before.cash
    assert after.cash["EUR"] == pytest.approx(25_000 * bought.price, rel=1e-3)
    assert before.net_liquidation == pytest.approx(after.net_liquidation + bought.commission, abs=200)


def test_a_future_counts_with_its_unsettled_profit(broker: PaperAccount) -> None:
    (now,) = account_snapshots(broker, [MONDAY])
    future = find_future(broker)
    asset = next(asset for asset in now.assets if asset.instrument is future)
    line = broker.valuation().open_position(future.conid)
    assert line is not None
    assert asset.value == pytest.approx(line.unrealised)


def test_what_happens_later_changes_nothing_earlier(broker: PaperAccount) -> None:
    moments = [MONDAY - 30 * DAY, MONDAY - 1]
    before = list(account_snapshots(broker, moments))
    trade(broker, MSFT, 10, 500.0)
    after = list(account_snapshots(broker, moments))
    assert [p.net_liquidation for p in after] == pytest.approx([p.net_liquidation for p in before])


def test_a_day_is_new_yorks_and_ends_there_at_midnight_or_now() -> None:
    midnight = datetime(2026, 11, 24, 5, tzinfo=UTC).timestamp()
    assert new_york_date(midnight - 1) == date(2026, 11, 23)
    assert end_of_day(date(2026, 11, 23), midnight + DAY) == midnight - 1
    assert end_of_day(date(2026, 11, 23), MONDAY) == MONDAY


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_in_every_login_the_past_leads_to_the_present(profile: str, clock: Clock) -> None:
    simulation = Simulation(SimulationOptions(profile=profile), clock)
    for broker in simulation.accounts.values():
        (now,) = account_snapshots(broker, [clock.now()])
        assert now.net_liquidation == pytest.approx(broker.valuation().net_liquidation)
