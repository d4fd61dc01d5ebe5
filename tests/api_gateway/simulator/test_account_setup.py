from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.account_setup import seed_account
from api_gateway.simulator.calendar.trading_hours import HOURS, session_at
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.profiles import Purchase, StartingPortfolio
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import (
    find_future,
    find_option,
    make_empty_account,
    make_paper_account,
)

NEW_YORK = ZoneInfo("America/New_York")
MOMENTS = {
    "in the morning before the open": (2026, 3, 2, 5, 10),
    "at the open": (2026, 3, 2, 9, 30),
    "at noon": (2026, 3, 3, 12, 0),
    "late in the evening": (2026, 3, 3, 23, 30),
    "at night": (2026, 3, 4, 3, 0),
    "on a Sunday": (2026, 3, 8, 12, 0),
    "on a holiday": (2026, 12, 25, 12, 0),
    "when summer time begins": (2026, 3, 9, 11, 0),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_seeded_account_has_a_working_a_filled_and_a_cancelled_order_at_any_time(
    moment: tuple[int, int, int, int, int],
) -> None:
    now = datetime(*moment, tzinfo=NEW_YORK).timestamp()
    account = make_paper_account(now)
    statuses = [order.status for order in account.live_orders()]
    assert statuses == [OrderStatus.SUBMITTED, OrderStatus.CANCELLED, OrderStatus.FILLED]
    assert len(account.recent_executions(1)) == 2
    assert len(account.recent_executions(7)) > 3


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_seeded_executions_happened_in_trading_hours(moment: tuple[int, int, int, int, int]) -> None:
    now = datetime(*moment, tzinfo=NEW_YORK).timestamp()
    account = make_paper_account(now)
    assert len(account.executions) == 9
    for execution in account.executions:
        hours = HOURS[account.instrument(execution.conid).hours]
        assert execution.at <= now
        assert session_at(hours, execution.at).is_trading_at(execution.at)
        assert execution.price > 0


def test_seeded_orders_before_the_open_are_limit_orders() -> None:
    account = make_paper_account(datetime(2026, 3, 2, 5, 10, tzinfo=NEW_YORK).timestamp())
    assert {order.order_type for order in account.live_orders()} == {"LMT"}


def test_seeded_option_and_future_have_a_minimum_lifetime() -> None:
    now = datetime(2026, 3, 3, 12, tzinfo=NEW_YORK).timestamp()
    account = make_paper_account(now)
    assert (find_option(account).expiry or "") >= "20260323"
    assert (find_future(account).expiry or "") >= "20260308"


@pytest.mark.parametrize("days_ago", [5, 60])
def test_a_given_position_is_in_todays_shares_whenever_it_was_bought(days_ago: int) -> None:
    account = make_empty_account()
    share = next(each for each in account.universe.all() if (each.symbol, each.exchange) == ("SAP", "IBIS"))
    purchase = Purchase(share.conid, 100, days_ago, 60, 0, "IBIS", price=150.0)
    seed_account(account, StartingPortfolio(0.0, (purchase,), cash={"USD": 5_000.0}))
    position = account.valuation().open_position(share.conid)
    assert position is not None
    assert (position.quantity, position.average_price) == (100, 150.0)
    assert len(account.splits) == (days_ago > 40)
    assert account.cash["USD"] == 5_000.0


def test_the_large_profile_has_151_positions(clock: Clock) -> None:
    account = Simulation(SimulationOptions(profile="large"), clock).selected_account
    held = [position for position in account.positions.values() if position.quantity]
    assert len(held) == 151
    valuation = account.valuation()
    assert 0 < valuation.net_liquidation < 8_000_000


def test_the_second_advisor_has_five_clients_with_different_portfolios(clock: Clock) -> None:
    clients = Simulation(SimulationOptions(profile="fa5"), clock).clients
    assert len(clients) == 5
    held = {frozenset(client.positions) for client in clients.values()}
    assert len(held) == 5
    currencies = {
        client.instrument(conid).currency for client in clients.values() for conid in client.positions
    }
    assert {"USD", "EUR", "JPY", "GBP", "CAD"} <= currencies
