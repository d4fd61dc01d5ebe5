from __future__ import annotations

import pytest

from api_gateway.simulator.accounts.order_execution import ExecutionSimulator
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.corporate_actions.splits import splits_of
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.notifications.account_news import account_notifications
from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.portfolio_analyst.account_history import account_snapshots
from api_gateway.simulator.portfolio_analyst.transaction_rows import transactions
from tests.api_gateway.simulator.paper_account import ACCOUNT, MSFT, make_empty_account, trade

DAY = 86400.0


@pytest.fixture
def account() -> PaperAccount:
    return make_empty_account()


def toyota(account: PaperAccount) -> tuple[Instrument, float]:
    """A share that will be split, and when."""
    share = next(each for each in account.universe.all() if each.symbol == "7203" and each.exchange == "TSEJ")
    (split,) = splits_of(share, account.universe.build_date)
    session = session_on(HOURS[share.hours], split.ex_date)
    assert session is not None
    return share, session.start


def move_to(account: PaperAccount, at: float) -> None:
    account.clock.advance(at - account.clock.now())
    ExecutionSimulator({ACCOUNT: account}).catch_up()


@pytest.mark.parametrize("quantity", [100, -100])
def test_a_split_multiplies_the_quantity_and_keeps_cost_and_value(
    account: PaperAccount, quantity: int
) -> None:
    share, at = toyota(account)
    trade(account, share.conid, quantity, 3100.0)
    cost = account.positions[share.conid].cost
    move_to(account, at - 1)
    before = account.valuation().open_position(share.conid)
    move_to(account, at)
    after = account.valuation().open_position(share.conid)
    assert before is not None
    assert after is not None
    assert (after.quantity, after.cost) == (5 * before.quantity, cost)
    # The session opens with a gap, like every session of this exchange.
    assert after.market_value == pytest.approx(before.market_value, rel=0.02)
    assert after.daily_pnl == pytest.approx(after.market_value - before.market_value)


def test_working_orders_in_the_share_are_cancelled_even_without_a_position(account: PaperAccount) -> None:
    share, at = toyota(account)
    orders = [
        account.add_working_order(
            conid, "BUY", 100, "LMT", at=account.clock.now(), limit_price=1.0, tif="GTC"
        )
        for conid in (share.conid, MSFT)
    ]
    move_to(account, at)
    assert [order.status for order in orders] == [OrderStatus.CANCELLED, OrderStatus.SUBMITTED]
    assert orders[0].updated_at == at
    assert account.splits == []


def test_history_transactions_and_notifications_show_the_split(account: PaperAccount) -> None:
    share, at = toyota(account)
    trade(account, share.conid, 100, 3100.0)
    start = account.clock.now()
    move_to(account, at + 3 * DAY)
    before, after = account_snapshots(account, [at - 1, account.clock.now()])
    assert [asset.quantity for snapshot in (before, after) for asset in snapshot.assets] == [100, 500]
    assert after.net_liquidation == pytest.approx(account.valuation().net_liquidation, abs=0.05)
    rows = transactions([account], [share.conid], "USD", 90)["transactions"]
    assert [(row["qty"], row["amt"]) for row in rows if row["type"] == "Corporate Action"] == [(400.0, 0.0)]
    news = [each.code for each in account_notifications(account, start, account.clock.now()) if each.at == at]
    assert news == ["PF"]
    trade(account, share.conid, -500, 620.0)
    assert account.positions[share.conid].cost == 0
