from __future__ import annotations

from itertools import count

import pytest

from api_gateway.simulator.account_setup import seed_account
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.universe import build_universe
from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.prices.prices import Prices
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    EUR_USD,
    IBM,
    IBM_IN_FRANKFURT,
    MONDAY,
    MSFT,
    find_future,
    find_option,
    make_paper_account,
    trade,
)

DAY = 86400.0


@pytest.fixture
def account() -> PaperAccount:
    return make_paper_account()


def worth(account: PaperAccount) -> float:
    return account.valuation().net_liquidation


def test_purchase_converts_cash_into_a_position_and_costs_the_commission(account: PaperAccount) -> None:
    account.prices.override_price(MSFT, 500.0)
    before, cash = worth(account), account.cash["USD"]
    assert trade(account, MSFT, 10, 500.0) == 0.0
    assert account.positions[MSFT].quantity == 10
    assert account.cash["USD"] == pytest.approx(cash - 5000 - 1)
    assert worth(account) == pytest.approx(before - 1)


def test_sale_returns_the_cash_and_realises_the_profit(account: PaperAccount) -> None:
    account.prices.override_price(MSFT, 500.0)
    trade(account, MSFT, 10, 500.0)
    account.prices.override_price(MSFT, 520.0)
    before = worth(account)
    assert trade(account, MSFT, -10, 520.0) == pytest.approx(200 - 2)
    assert worth(account) == pytest.approx(before - 1)
    assert account.valuation().open_position(MSFT) is None
    assert account.realised_by_conid(account.trading_day_start())[MSFT] == pytest.approx(198)


def test_future_costs_only_the_commission_and_its_profit_since_the_settlement_is_paid_out(
    account: PaperAccount,
) -> None:
    future = find_future(account)
    account.prices.override_price(future.conid, 6600.0)
    account.settle(future.conid, 6600.0, account.clock.now())
    before, cash, held = worth(account), account.cash["USD"], account.positions[future.conid]
    trade(account, future.conid, 2, 6600.0)
    assert account.cash["USD"] == pytest.approx(cash - 4.5)
    assert worth(account) == pytest.approx(before - 4.5)
    account.prices.override_price(future.conid, 6610.0)
    cost = held.cost
    assert trade(account, future.conid, -3, 6610.0) == pytest.approx(3 * 6610 * 50 - cost - 6.75)
    assert account.cash["USD"] == pytest.approx(cash - 4.5 - 6.75 + 3 * 10 * 50)
    assert worth(account) == pytest.approx(before - 4.5 - 6.75 + 3 * 10 * 50)


def test_settlement_moves_the_profit_of_a_future_to_cash_and_keeps_its_cost(account: PaperAccount) -> None:
    future = find_future(account)
    account.prices.override_price(future.conid, 6600.0)
    account.settle(future.conid, 6600.0, account.clock.now())
    account.prices.override_price(future.conid, 6604.5)
    before, cash = worth(account), account.cash["USD"]
    cost = account.positions[future.conid].cost
    account.settle(future.conid, 6604.5, account.clock.now())
    assert account.cash["USD"] == pytest.approx(cash + 4.5 * 50)
    assert worth(account) == before
    line = account.valuation().open_position(future.conid)
    assert line is not None
    assert (line.cost, line.equity) == (cost, 0.0)
    account.settle(future.conid, 6604.5, account.clock.now())
    assert [each.amount for each in account.cash_transactions[-1:]] == [4.5 * 50]


def test_option_costs_its_price_times_the_multiplier(account: PaperAccount) -> None:
    option, cash = find_option(account), account.cash["USD"]
    trade(account, option.conid, 2, 7.5)
    assert account.cash["USD"] == pytest.approx(cash - 2 * 7.5 * 100 - 1.3)


def test_currency_trade_exchanges_cash_and_leaves_no_position(account: PaperAccount) -> None:
    account.prices.override_price(EUR_USD, 1.2)
    euros, dollars, before = account.cash["EUR"], account.cash["USD"], worth(account)
    trade(account, EUR_USD, 10_000, 1.2)
    assert account.cash["EUR"] == euros + 10_000
    assert account.cash["USD"] == pytest.approx(dollars - 12_000 - 2)
    assert EUR_USD not in account.positions
    assert worth(account) == pytest.approx(before - 2)


def test_foreign_stock_is_paid_for_in_its_own_currency(account: PaperAccount) -> None:
    euros = account.cash["EUR"]
    trade(account, IBM_IN_FRANKFURT, 10, 200.0)
    assert account.cash["EUR"] == pytest.approx(euros - 2001)


def test_execution_records_the_resulting_position(account: PaperAccount) -> None:
    held = account.positions[AAPL].quantity
    trade(account, AAPL, -5, 250.0)
    execution = account.recent_executions(1)[0]
    assert (execution.conid, execution.quantity, execution.position) == (AAPL, -5, held - 5)
    assert len({each.execution_id for each in account.executions}) == len(account.executions)


def test_minimum_commission_is_charged_once_per_order(account: PaperAccount) -> None:
    order = account.add_working_order(MSFT, "BUY", 300, "LMT", at=account.clock.now(), limit_price=500.0)
    fees = [
        account.execute(order, quantity, 500.0, at=account.clock.now(), exchange="ISLAND").commission
        for quantity in (100, 100, 100)
    ]
    assert fees == [1.0, 0.0, 0.5]


def test_an_unknown_conid_raises_lookup_error(account: PaperAccount) -> None:
    order = account.add_working_order(1, "BUY", 1, "MKT", at=account.clock.now())
    with pytest.raises(LookupError, match="conid 1"):
        account.execute(order, 1, 1.0, at=account.clock.now(), exchange="SMART")
    assert 1 not in account.positions


def test_daily_pnl_is_the_change_of_positions_since_the_last_close(account: PaperAccount) -> None:
    close = account.prices.quote(account.instrument(IBM)).prior_close
    account.prices.override_price(IBM, close + 2.0)
    line = account.valuation().open_position(IBM)
    assert line is not None
    assert line.daily_pnl == pytest.approx(2.0 * line.quantity)


def test_daily_pnl_of_a_purchase_today_counts_from_its_price(account: PaperAccount) -> None:
    account.prices.override_price(MSFT, 510.0)
    trade(account, MSFT, 10, 500.0)
    line = account.valuation().open_position(MSFT)
    assert line is not None
    assert line.daily_pnl == pytest.approx(10 * 10 - 1)


def test_daily_pnl_of_a_position_closed_today_remains(account: PaperAccount) -> None:
    quantity = account.positions[IBM].quantity
    close = account.prices.quote(account.instrument(IBM)).prior_close
    before = account.valuation().daily_pnl
    account.prices.override_price(IBM, close)
    flat = account.valuation().daily_pnl
    trade(account, IBM, -quantity, close + 3.0)
    assert account.valuation().daily_pnl == pytest.approx(flat + quantity * 3 - 1)
    assert before != flat


def test_the_next_day_starts_without_ended_orders_and_realised_profit_but_keeps_working_orders(
    account: PaperAccount,
) -> None:
    assert {order.status for order in account.live_orders()} == {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.SUBMITTED,
    }
    assert account.valuation().base_ledger.realised != 0
    account.clock.advance(DAY)
    assert [order.status for order in account.live_orders()] == [OrderStatus.SUBMITTED]
    assert account.valuation().base_ledger.realised == 0
    assert account.recent_executions(1) == []
    assert len(account.recent_executions(2)) == 2


def test_proceeds_of_a_sale_settle_on_the_next_day(account: PaperAccount) -> None:
    trade(account, IBM, -10, 250.0)
    settled = account.valuation().settled_cash["USD"]
    assert settled < account.cash["USD"] - 2400
    account.clock.advance(DAY)
    assert account.valuation().settled_cash["USD"] == account.cash["USD"]


def test_purchase_reduces_settled_cash_immediately(account: PaperAccount) -> None:
    settled = account.valuation().settled_cash["USD"]
    trade(account, MSFT, 10, 500.0)
    assert account.valuation().settled_cash["USD"] == pytest.approx(settled - 5001)


def test_cached_valuation_is_reused_for_45_seconds_unless_invalidated(account: PaperAccount) -> None:
    seen = account.cached_valuation()
    trade(account, MSFT, 10, 500.0)
    account.clock.advance(44)
    assert account.cached_valuation() is seen
    account.clock.advance(1)
    assert account.cached_valuation().open_position(MSFT) is not None
    trade(account, MSFT, -10, 500.0)
    assert account.cached_valuation().open_position(MSFT) is not None
    account.invalidate_cache()
    assert account.cached_valuation().open_position(MSFT) is None


def test_seeded_accounts_at_the_same_time_are_equal() -> None:
    one, other = make_paper_account(), make_paper_account()
    assert one.valuation() == other.valuation()
    assert one.executions == other.executions


def test_trades_in_a_what_if_copy_leave_the_account_unchanged() -> None:
    account = make_paper_account()
    cash, held = dict(account.cash), account.positions[AAPL].quantity
    twin = account.copy_for_what_if()
    trade(twin, AAPL, 5, 250.0)
    trade(twin, MSFT, 5, 500.0)
    assert (dict(account.cash), account.positions[AAPL].quantity) == (cash, held)
    assert MSFT not in account.positions
    assert twin.positions[AAPL].quantity == held + 5


def test_accounts_that_share_order_ids_never_reuse_one() -> None:
    clock = Clock(start=MONDAY, frozen=True)
    universe = build_universe(MONDAY)
    prices, numbers = Prices(universe, clock, 1), count(100)
    first, second = (PaperAccount(name, universe, prices, clock, numbers) for name in ("DU1", "DU2"))
    seed_account(first)
    seed_account(second)
    assert not set(first.orders) & set(second.orders)
    assert not {e.execution_id for e in first.executions} & {e.execution_id for e in second.executions}
    assert first.next_order_id() == max(second.orders) + 1


def test_seeded_working_order_expires_eventually() -> None:
    account = make_paper_account()
    assert all(order.expires_at < MONDAY + 200 * DAY for order in account.orders.values())
