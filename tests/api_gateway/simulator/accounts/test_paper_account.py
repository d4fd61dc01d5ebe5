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
def broker() -> PaperAccount:
    return make_paper_account()


def worth(broker: PaperAccount) -> float:
    return broker.valuation().net_liquidation


def test_a_purchase_moves_cash_into_the_position_and_costs_the_commission(broker: PaperAccount) -> None:
    broker.prices.override_price(MSFT, 500.0)
    before, cash = worth(broker), broker.cash["USD"]
    assert trade(broker, MSFT, 10, 500.0) == 0.0
    assert broker.positions[MSFT].quantity == 10
    assert broker.cash["USD"] == pytest.approx(cash - 5000 - 1)
    assert worth(broker) == pytest.approx(before - 1)


def test_a_sale_brings_the_money_back_with_its_profit(broker: PaperAccount) -> None:
    broker.prices.override_price(MSFT, 500.0)
    trade(broker, MSFT, 10, 500.0)
    broker.prices.override_price(MSFT, 520.0)
    before = worth(broker)
    assert trade(broker, MSFT, -10, 520.0) == pytest.approx(200 - 2)
    assert worth(broker) == pytest.approx(before - 1)
    assert broker.valuation().open_position(MSFT) is None
    assert broker.realised_by_conid(broker.trading_day_start())[MSFT] == pytest.approx(198)


def test_a_future_is_not_paid_for_but_its_profit_is_paid_out(broker: PaperAccount) -> None:
    future = find_future(broker)
    broker.prices.override_price(future.conid, 6600.0)
    before, cash = worth(broker), broker.cash["USD"]
    trade(broker, future.conid, 2, 6600.0)
    assert broker.cash["USD"] == cash
    assert worth(broker) == pytest.approx(before - 4.5)
    broker.prices.override_price(future.conid, 6610.0)
    gain = trade(broker, future.conid, -3, 6610.0)
    assert broker.cash["USD"] == pytest.approx(cash + gain)
    assert worth(broker) == pytest.approx(before - 4.5 - 6.75 + 3 * 10 * 50)


def test_an_option_costs_its_price_times_the_multiplier(broker: PaperAccount) -> None:
    option, cash = find_option(broker), broker.cash["USD"]
    trade(broker, option.conid, 2, 7.5)
    assert broker.cash["USD"] == pytest.approx(cash - 2 * 7.5 * 100 - 1.3)


def test_a_currency_trade_exchanges_cash_and_leaves_no_position(broker: PaperAccount) -> None:
    broker.prices.override_price(EUR_USD, 1.2)
    euros, dollars, before = broker.cash["EUR"], broker.cash["USD"], worth(broker)
    trade(broker, EUR_USD, 10_000, 1.2)
    assert broker.cash["EUR"] == euros + 10_000
    assert broker.cash["USD"] == pytest.approx(dollars - 12_000 - 2)
    assert EUR_USD not in broker.positions
    assert worth(broker) == pytest.approx(before - 2)


def test_a_foreign_stock_is_paid_in_its_own_currency(broker: PaperAccount) -> None:
    euros = broker.cash["EUR"]
    trade(broker, IBM_IN_FRANKFURT, 10, 200.0)
    assert broker.cash["EUR"] == pytest.approx(euros - 2001)


def test_an_execution_is_a_trade_with_the_position_it_led_to(broker: PaperAccount) -> None:
    held = broker.positions[AAPL].quantity
    trade(broker, AAPL, -5, 250.0)
    execution = broker.recent_executions(1)[0]
    assert (execution.conid, execution.quantity, execution.position) == (AAPL, -5, held - 5)
    assert len({each.execution_id for each in broker.executions}) == len(broker.executions)


def test_the_minimum_commission_is_charged_once_per_order(broker: PaperAccount) -> None:
    order = broker.add_working_order(MSFT, "BUY", 300, "LMT", at=broker.clock.now(), limit_price=500.0)
    fees = [
        broker.execute(order, quantity, 500.0, at=broker.clock.now(), exchange="ISLAND").commission
        for quantity in (100, 100, 100)
    ]
    assert fees == [1.0, 0.0, 0.5]


def test_an_unknown_conid_is_an_error_and_not_a_position(broker: PaperAccount) -> None:
    order = broker.add_working_order(1, "BUY", 1, "MKT", at=broker.clock.now())
    with pytest.raises(LookupError, match="conid 1"):
        broker.execute(order, 1, 1.0, at=broker.clock.now(), exchange="SMART")
    assert 1 not in broker.positions


def test_the_profit_of_the_day_is_that_of_the_positions_since_the_last_close(broker: PaperAccount) -> None:
    close = broker.prices.quote(broker.instrument(IBM)).prior_close
    broker.prices.override_price(IBM, close + 2.0)
    line = broker.valuation().open_position(IBM)
    assert line is not None
    assert line.daily_pnl == pytest.approx(2.0 * line.quantity)


def test_what_is_bought_today_gains_from_its_own_price_on(broker: PaperAccount) -> None:
    broker.prices.override_price(MSFT, 510.0)
    trade(broker, MSFT, 10, 500.0)
    line = broker.valuation().open_position(MSFT)
    assert line is not None
    assert line.daily_pnl == pytest.approx(10 * 10 - 1)


def test_what_is_sold_today_keeps_its_profit_of_the_day(broker: PaperAccount) -> None:
    quantity = broker.positions[IBM].quantity
    close = broker.prices.quote(broker.instrument(IBM)).prior_close
    before = broker.valuation().daily_pnl
    broker.prices.override_price(IBM, close)
    flat = broker.valuation().daily_pnl
    trade(broker, IBM, -quantity, close + 3.0)
    assert broker.valuation().daily_pnl == pytest.approx(flat + quantity * 3 - 1)
    assert before != flat


def test_the_next_day_forgets_yesterdays_orders_and_profits_but_not_the_open_order(
    broker: PaperAccount,
) -> None:
    assert {order.status for order in broker.live_orders()} == {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.SUBMITTED,
    }
    assert broker.valuation().base_ledger.realised != 0
    broker.clock.advance(DAY)
    assert [order.status for order in broker.live_orders()] == [OrderStatus.SUBMITTED]
    assert broker.valuation().base_ledger.realised == 0
    assert broker.recent_executions(1) == []
    assert len(broker.recent_executions(2)) == 2


def test_proceeds_of_today_are_not_settled_before_tomorrow(broker: PaperAccount) -> None:
    trade(broker, IBM, -10, 250.0)
    settled = broker.valuation().settled_cash["USD"]
    assert settled < broker.cash["USD"] - 2400
    broker.clock.advance(DAY)
    assert broker.valuation().settled_cash["USD"] == broker.cash["USD"]


def test_what_is_spent_today_is_gone_from_settled_cash_at_once(broker: PaperAccount) -> None:
    settled = broker.valuation().settled_cash["USD"]
    trade(broker, MSFT, 10, 500.0)
    assert broker.valuation().settled_cash["USD"] == pytest.approx(settled - 5001)


def test_the_cached_account_is_old_for_45_seconds_or_until_it_is_invalidated(broker: PaperAccount) -> None:
    seen = broker.cached_valuation()
    trade(broker, MSFT, 10, 500.0)
    broker.clock.advance(44)
    assert broker.cached_valuation() is seen
    broker.clock.advance(1)
    assert broker.cached_valuation().open_position(MSFT) is not None
    trade(broker, MSFT, -10, 500.0)
    assert broker.cached_valuation().open_position(MSFT) is not None
    broker.invalidate_cache()
    assert broker.cached_valuation().open_position(MSFT) is None


def test_two_accounts_of_the_same_moment_are_the_same() -> None:
    one, other = make_paper_account(), make_paper_account()
    assert one.valuation() == other.valuation()
    assert one.executions == other.executions


def test_what_an_imagined_account_trades_is_not_traded() -> None:
    broker = make_paper_account()
    cash, held = dict(broker.cash), broker.positions[AAPL].quantity
    twin = broker.copy_for_what_if()
    trade(twin, AAPL, 5, 250.0)
    trade(twin, MSFT, 5, 500.0)
    assert (dict(broker.cash), broker.positions[AAPL].quantity) == (cash, held)
    assert MSFT not in broker.positions
    assert twin.positions[AAPL].quantity == held + 5


def test_accounts_that_share_their_numbers_never_give_one_twice() -> None:
    clock = Clock(start=MONDAY, frozen=True)
    universe = build_universe(MONDAY)
    prices, numbers = Prices(universe, clock, 1), count(100)
    first, second = (PaperAccount(name, universe, prices, clock, numbers) for name in ("DU1", "DU2"))
    seed_account(first)
    seed_account(second)
    assert not set(first.orders) & set(second.orders)
    assert not {e.execution_id for e in first.executions} & {e.execution_id for e in second.executions}
    assert first.next_order_id() == max(second.orders) + 1


def test_the_open_order_of_the_first_day_ends_by_itself_one_day() -> None:
    broker = make_paper_account()
    assert all(order.expires_at < MONDAY + 200 * DAY for order in broker.orders.values())
