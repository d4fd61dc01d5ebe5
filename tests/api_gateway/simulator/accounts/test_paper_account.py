from __future__ import annotations

from itertools import count
from random import Random

import pytest

from api_gateway.simulator.account_setup import seed_account
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.instruments.universe import Instrument, build_universe
from api_gateway.simulator.orders.order import Order, OrderStatus, Side
from api_gateway.simulator.prices.prices import Prices
from tests.api_gateway.simulator.combination_helpers import conidex, make_combination, option_near_money
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


def test_daily_pnl_of_a_purchase_today_is_measured_from_its_price(account: PaperAccount) -> None:
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


def combination_legs(account: PaperAccount) -> dict[str, list[tuple[Instrument | int, int]]]:
    now = account.clock.now()
    low, middle, high = (
        option_near_money(account.universe, account.prices, now, strikes_up=number) for number in (0, 1, 2)
    )
    put = option_near_money(account.universe, account.prices, now, right="P")
    later = option_near_money(account.universe, account.prices, now, expiry=1)
    near, far = account.universe.futures_of("ES")[:2]
    return {
        "vertical": [(low, 1), (middle, -1)],
        "credit": [(low, -1), (middle, 1)],
        "butterfly": [(low, 1), (middle, -2), (high, 1)],
        "iron fly": [(low, -1), (middle, 1), (put, -1), (high, 1)],
        "calendar": [(later, 1), (low, -1)],
        "covered call": [(AAPL, 100), (low, -1)],
        "pair": [(AAPL, 2), (IBM, -3)],
        "futures": [(far, 1), (near, -1)],
    }


def fill_combination(
    account: PaperAccount,
    legs: list[tuple[Instrument | int, int]],
    side: Side,
    fills: list[tuple[int, float]],
) -> Order:
    order = Order(
        order_id=account.next_order_id(),
        conid=28812380,
        side=side,
        quantity=float(sum(units for units, _ in fills)),
        order_type="LMT",
        placed_at=account.clock.now(),
        status=OrderStatus.SUBMITTED,
        combination=make_combination(account.universe, conidex(*legs)),
    )
    for units, price in fills:
        account.clock.advance(1)
        account.execute(order, units, price, at=account.clock.now(), exchange="CBOE")
    return order


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", combination_legs(make_paper_account()))
def test_a_combination_changes_cash_and_positions_as_its_legs_would(
    account: PaperAccount, name: str, seed: int
) -> None:
    random = Random(f"{name}{seed}")  # noqa: S311 not for secrets
    legs = combination_legs(account)[name]
    quote = account.prices.quote(make_combination(account.universe, conidex(*legs)))
    fills = [
        (random.randrange(1, 5), round(quote.last + random.randrange(-8, 9) * 0.25, 2))
        for _ in range(random.randrange(1, 4))
    ]
    apart, cash, before = account.copy_for_what_if(), dict(account.cash), len(account.executions)
    order = fill_combination(account, legs, random.choice(("BUY", "SELL")), fills)
    booked = account.executions[before:]
    alone: dict[int, Order] = {}
    for execution in booked:
        conid = execution.conid
        if conid not in alone:
            side: Side = "BUY" if execution.quantity > 0 else "SELL"
            total = sum(abs(e.quantity) for e in booked if e.conid == conid)
            now = apart.clock.now()
            alone[conid] = apart.add_working_order(conid, side, total, "LMT", at=now)
        apart.execute(
            alone[conid], abs(execution.quantity), execution.price, at=execution.at, exchange="CBOE"
        )
    assert account.cash == pytest.approx(apart.cash)
    assert account.positions.keys() == apart.positions.keys()
    for conid, position in account.positions.items():
        other = apart.positions[conid]
        assert [position.quantity, position.cost] == pytest.approx([other.quantity, other.cost])
    assert len(booked) == len(legs) * len(fills)
    assert order.fees == pytest.approx(sum(e.commission for e in booked))
    if name != "futures":
        multiplier = 1 if name == "pair" else 100
        paid = order.sign * order.filled * order.average_price * multiplier
        assert account.cash["USD"] - cash["USD"] == pytest.approx(-paid - order.fees, abs=0.005)


def test_the_execution_of_a_combination_repeats_its_legs_at_the_net_price(account: PaperAccount) -> None:
    legs = combination_legs(account)["credit"]
    order = fill_combination(account, legs, "BUY", [(2, -2.5), (3, -2.25)])
    whole, *others = account.recent_executions(1)
    assert whole.combination is order.combination
    assert {e.combination for e in others[:2]} == {None}
    assert [e.price for e in account.combination_executions] == [-2.5, -2.25]
    assert order.average_price == pytest.approx(-2.35)
    assert (whole.commission, whole.cash_flow, whole.realised) == (0.0, 0.0, 0.0)
    assert len({e.execution_id for e in account.recent_executions(1)}) == len(account.recent_executions(1))
    assert account.instrument_of(whole) is order.combination
    assert account.instrument_of(others[0]).sec_type == "OPT"


def test_each_leg_is_charged_like_a_separate_order(account: PaperAccount) -> None:
    order = fill_combination(account, combination_legs(account)["vertical"], "BUY", [(1, 3.0), (1, 3.0)])
    assert order.fees == pytest.approx(2 * 1.3)
    first, second = account.executions[-4:-2]
    assert (first.commission, second.commission) == (1.0, 1.0)


def test_buying_and_selling_a_combination_leaves_only_costs(account: PaperAccount) -> None:
    legs = combination_legs(account)["iron fly"]
    held, cash = {c: p.quantity for c, p in account.positions.items()}, account.cash["USD"]
    fees = sum(fill_combination(account, legs, side, [(2, 1.5)]).fees for side in ("BUY", "SELL"))
    assert {c: p.quantity for c, p in account.positions.items() if p.quantity} == {
        c: quantity for c, quantity in held.items() if quantity
    }
    assert account.cash["USD"] == pytest.approx(cash - fees)
