from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from itertools import count
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.accounts.order_execution import ExecutionSimulator
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.price_format import round_to_tick
from api_gateway.simulator.orders.order import Order, OrderStatus, Side
from tests.api_gateway.simulator.combination_helpers import conidex, make_combination, option_near_money
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    ACCOUNT,
    EUR_USD,
    IBM,
    MSFT,
    SPY,
    find_future,
    find_option,
    make_paper_account,
)

HOUR, DAY = 3600.0, 86400.0
Crowd = Callable[[int], tuple[PaperAccount, ExecutionSimulator, list[Order]]]


@pytest.fixture
def account() -> PaperAccount:
    return make_paper_account()


@pytest.fixture
def execution(account: PaperAccount) -> ExecutionSimulator:
    return ExecutionSimulator({ACCOUNT: account})


def price(account: PaperAccount, conid: int, part: float = 1.0) -> float:
    """A fraction of the last price, rounded to the tick size."""
    instrument = account.instrument(conid)
    return round_to_tick(instrument, part * account.prices.price_at(instrument, account.clock.now()))


def place(
    account: PaperAccount, execution: ExecutionSimulator, order_type: str = "MKT", **terms: Any
) -> Order:
    """Accept an order: by default, to buy ten shares of Apple."""
    usual: dict[str, Any] = {"conid": AAPL, "side": "BUY", "quantity": 10.0}
    order = Order(
        order_id=account.next_order_id(),
        order_type=order_type,
        placed_at=account.clock.now(),
        **(usual | terms),
    )
    execution.accept(account, order)
    return order


def state(order: Order) -> OrderStatus:
    """The status of an order; a call, so that the type checker does not assume it constant."""
    return order.status


def wait(account: PaperAccount, execution: ExecutionSimulator, seconds: float) -> None:
    account.clock.advance(seconds)
    execution.catch_up()


def test_market_order_is_presubmitted_then_submitted_then_filled(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    order = place(account, execution)
    seen = [order.status]
    for _ in range(4):
        wait(account, execution, 0.5)
        seen.append(order.status)
    assert list(dict.fromkeys(seen)) == [
        OrderStatus.PRE_SUBMITTED,
        OrderStatus.SUBMITTED,
        OrderStatus.FILLED,
    ]


def test_modified_order_keeps_its_placement_time(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    order = Order(account.next_order_id(), AAPL, "BUY", 1.0, "MKT", placed_at=1.0)
    execution.accept(account, order)
    placed = account.clock.now()
    assert order.placed_at == order.updated_at == placed
    account.clock.advance(5)
    execution.accept(account, order)
    assert (order.placed_at, order.updated_at) == (placed, placed + 5)


def test_directly_routed_order_waits_for_the_exchanges_confirmation(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    order = place(account, execution, exchange="NASDAQ")
    assert state(order) is OrderStatus.PENDING_SUBMIT
    wait(account, execution, 0.5)
    assert state(order) is OrderStatus.PRE_SUBMITTED
    wait(account, execution, 2)
    assert state(order) is OrderStatus.FILLED
    assert account.executions[-1].exchange == "NASDAQ"


def test_large_order_fills_in_parts(account: PaperAccount, execution: ExecutionSimulator) -> None:
    order = place(account, execution, quantity=6000.0)
    wait(account, execution, 1)
    assert state(order) is OrderStatus.SUBMITTED
    assert 0 < order.filled < 6000
    wait(account, execution, 60)
    assert state(order) is OrderStatus.FILLED
    parts = [e for e in account.executions if e.order_id == order.order_id]
    assert 1 < len(parts) <= 6
    assert sum(e.quantity for e in parts) == 6000
    assert [e.at for e in parts] == sorted({e.at for e in parts})


def test_all_or_none_order_fills_in_one_execution(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    order = place(account, execution, quantity=6000.0, all_or_none=True)
    wait(account, execution, 5)
    assert (order.status, order.fills) == (OrderStatus.FILLED, 1)


def test_limit_order_fills_at_its_limit_or_better(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    limit = price(account, AAPL, 0.997)
    order = place(account, execution, "LMT", limit_price=limit, tif="GTC")
    instrument = account.instrument(AAPL)
    for _ in range(200):
        wait(account, execution, 300)
        if order.status is OrderStatus.FILLED:
            break
    assert order.average_price <= limit
    at = order.updated_at
    assert account.prices.price_at(instrument, at) <= limit
    session_open = [t for t in (at - 0.5, at - 1.0) if t > order.placed_at]
    assert all(account.prices.price_at(instrument, t) > limit for t in session_open)


def test_limit_order_rests_until_an_overridden_price_reaches_it(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    account.prices.override_price(AAPL, 250.0)
    order = place(account, execution, "LMT", limit_price=249.0, tif="GTC")
    wait(account, execution, 2 * HOUR)
    assert state(order) is OrderStatus.SUBMITTED
    account.prices.override_price(AAPL, 249.0)
    wait(account, execution, 1)
    assert (order.status, order.average_price) == (OrderStatus.FILLED, 249.0)


def test_marketable_limit_order_fills_at_the_market_price(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    account.prices.override_price(AAPL, 250.0)
    order = place(account, execution, "LMT", limit_price=260.0)
    wait(account, execution, 2)
    assert order.average_price == account.prices.quote(account.instrument(AAPL)).ask < 251


def test_order_in_a_halted_instrument_does_not_fill(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    account.prices.halt(AAPL)
    order = place(account, execution)
    wait(account, execution, 60)
    assert state(order) is OrderStatus.PRE_SUBMITTED
    account.prices.resume(AAPL)
    wait(account, execution, 2)
    assert state(order) is OrderStatus.FILLED


def test_order_outside_regular_hours_waits_for_the_open(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    wait(account, execution, 5 * HOUR)  # 18:00 in New York
    patient = place(account, execution, tif="GTC")
    late = place(account, execution, "LMT", limit_price=price(account, AAPL, 1.02), outside_rth=True)
    wait(account, execution, 60)
    assert state(patient) is OrderStatus.PRE_SUBMITTED
    assert state(late) is OrderStatus.FILLED
    wait(account, execution, 15 * HOUR + 1800)
    assert state(patient) is OrderStatus.FILLED
    assert account.executions[-1].at == pytest.approx(account.trading_day_start() + 5.5 * HOUR, abs=2)


def test_day_order_expires_at_the_close_and_an_evening_order_a_day_later(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    order = place(account, execution, "LMT", limit_price=price(account, AAPL, 0.5))
    wait(account, execution, 3 * HOUR - 1)
    assert state(order) is OrderStatus.SUBMITTED
    wait(account, execution, 1)
    assert (order.status, order.updated_at) == (OrderStatus.CANCELLED, account.clock.now())
    evening = place(account, execution, "LMT", limit_price=price(account, AAPL, 0.5))
    wait(account, execution, DAY - 1)
    assert state(evening) is OrderStatus.SUBMITTED
    wait(account, execution, 1)
    assert state(evening) is OrderStatus.CANCELLED


def test_gtc_order_expires_at_the_end_of_the_next_quarter(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    order = place(account, execution, "LMT", limit_price=price(account, AAPL, 0.01), tif="GTC")
    wait(account, execution, 400 * DAY)
    midnight = datetime(2027, 4, 1, tzinfo=ZoneInfo("America/New_York")).timestamp()
    assert (order.status, order.updated_at) == (OrderStatus.CANCELLED, midnight)


def test_immediate_or_cancel_order_fills_or_ends(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    now = place(account, execution, "LMT", limit_price=price(account, AAPL, 1.01), tif="IOC")
    never = place(account, execution, "LMT", limit_price=price(account, AAPL, 0.98), tif="IOC")
    large = place(account, execution, quantity=6000.0, tif="IOC")
    wait(account, execution, 10)
    assert [o.status for o in (now, never, large)] == [
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.CANCELLED,
    ]
    assert (never.filled, large.fills) == (0, 1)
    wait(account, execution, 6 * HOUR)
    closed = place(account, execution, tif="IOC")
    wait(account, execution, 1)
    assert state(closed) is OrderStatus.CANCELLED


def test_opening_auction_order_fills_in_the_auction_or_ends(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    good = place(account, execution, tif="OPG")
    bad = place(account, execution, "LMT", limit_price=price(account, AAPL, 0.9), tif="OPG")
    wait(account, execution, DAY)
    opens = account.trading_day_start() + 5.5 * HOUR
    assert (good.status, good.updated_at) == (OrderStatus.FILLED, opens)
    assert good.average_price == account.prices.price_at(account.instrument(AAPL), opens)
    assert (bad.status, bad.updated_at) == (OrderStatus.CANCELLED, opens)


def test_closing_auction_order_fills_at_the_closing_price(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    market = place(account, execution, "MOC")
    low = place(account, execution, "LOC", limit_price=price(account, AAPL, 0.9))
    wait(account, execution, 3 * HOUR - 1)
    assert state(market) is OrderStatus.PRE_SUBMITTED
    wait(account, execution, 1)
    assert market.average_price == price(account, AAPL)
    assert (market.status, low.status) == (OrderStatus.FILLED, OrderStatus.CANCELLED)


def test_overnight_order_fills_between_sessions(account: PaperAccount, execution: ExecutionSimulator) -> None:
    wait(account, execution, 6 * HOUR)  # 19:00 in New York
    order = place(account, execution, "LMT", limit_price=price(account, AAPL, 1.02), tif="OVT")
    wait(account, execution, HOUR - 1)
    assert state(order) is OrderStatus.PRE_SUBMITTED
    wait(account, execution, 5)
    assert state(order) is OrderStatus.FILLED


def test_stop_order_fills_at_the_market_once_triggered(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    account.prices.override_price(AAPL, 250.0)
    stop = place(account, execution, "STP", side="SELL", stop_price=245.0, tif="GTC")
    limited = place(
        account, execution, "STOP_LIMIT", side="SELL", stop_price=245.0, limit_price=244.5, tif="GTC"
    )
    touched = place(account, execution, "MIT", stop_price=245.0, tif="GTC")
    wait(account, execution, 60)
    assert {o.status for o in (stop, limited, touched)} == {OrderStatus.PRE_SUBMITTED}
    account.prices.override_price(AAPL, 244.0)
    wait(account, execution, 2)
    assert [o.status for o in (stop, limited, touched)] == [
        OrderStatus.FILLED,
        OrderStatus.SUBMITTED,
        OrderStatus.FILLED,
    ]
    assert stop.average_price < 244.5
    account.prices.override_price(AAPL, 244.5)
    wait(account, execution, 2)
    assert limited.average_price == 244.5


def test_trailing_stop_follows_favourable_prices_only(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    account.prices.override_price(AAPL, 250.0)
    amount = place(account, execution, "TRAIL", side="SELL", trailing=5.0, tif="GTC")
    part = place(account, execution, "TRAIL", trailing=2.0, trailing_unit="%", tif="GTC")
    limited = place(
        account,
        execution,
        "TRAILLMT",
        side="SELL",
        trailing=5.0,
        stop_price=245.0,
        limit_price=244.0,
        limit_offset=-1.0,
        tif="GTC",
    )
    for moment, stops in ((250.0, (245.0, 255.0)), (254.0, (249.0, 255.0)), (249.5, (249.0, 254.49))):
        account.prices.override_price(AAPL, moment)
        wait(account, execution, 1)
        assert (amount.stop_price, part.stop_price) == stops
        assert (limited.stop_price, limited.limit_price) == (stops[0], stops[0] - 1)
    account.prices.override_price(AAPL, 248.5)
    wait(account, execution, 2)
    assert (amount.status, part.status) == (OrderStatus.FILLED, OrderStatus.PRE_SUBMITTED)
    assert state(limited) is OrderStatus.FILLED


def test_cancelling_a_parent_order_cancels_its_children(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    parent = place(account, execution, "LMT", limit_price=price(account, AAPL, 0.9))
    child = place(account, execution, side="SELL", parent_id=parent.order_id)
    grandchild = place(account, execution, side="BUY", parent_id=child.order_id)
    execution.cancel(account, parent)
    assert state(child) is OrderStatus.PRE_SUBMITTED
    wait(account, execution, 0.5)
    assert {o.status for o in (parent, child, grandchild)} == {OrderStatus.CANCELLED}


def test_child_order_is_active_once_its_parent_has_filled_completely(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    parent = place(account, execution, quantity=6000.0)
    child = place(account, execution, side="SELL", quantity=6000.0, parent_id=parent.order_id)
    wait(account, execution, 1)
    assert 0 < parent.filled < 6000
    assert state(child) is OrderStatus.PRE_SUBMITTED
    wait(account, execution, 120)
    assert state(child) is OrderStatus.FILLED
    times = {
        o: [e.at for e in account.executions if e.order_id == o] for o in (parent.order_id, child.order_id)
    }
    assert min(times[child.order_id]) > max(times[parent.order_id])


def test_partial_fill_cancels_the_other_orders_of_the_oca_group(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    account.prices.override_price(AAPL, 250.0)
    large = place(account, execution, "LMT", quantity=6000.0, limit_price=251.0, oca_group="g")
    other = place(account, execution, "LMT", limit_price=240.0, oca_group="g")
    alone = place(account, execution, "LMT", limit_price=240.0)
    wait(account, execution, 1)
    assert large.fills == 1
    assert (other.status, alone.status) == (OrderStatus.CANCELLED, OrderStatus.SUBMITTED)


def test_trailing_stop_cancelled_by_another_fill_keeps_its_level_at_that_time(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    target = place(
        account,
        execution,
        "LMT",
        limit_price=price(account, AAPL, 0.998),
        tif="GTC",
        oca_group="g",
    )
    trail = place(account, execution, "TRAIL", side="SELL", trailing=20.0, tif="GTC", oca_group="g")
    wait(account, execution, 5 * DAY)
    assert (state(target), state(trail)) == (OrderStatus.FILLED, OrderStatus.CANCELLED)
    end = target.updated_at
    span = account.prices.range_between(account.instrument(AAPL), trail.placed_at + 0.5, end)
    assert trail.stop_price == pytest.approx(span.high - 20)
    assert trail.updated_at == end


def test_a_cancelled_order_keeps_its_earlier_fills(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    order = place(account, execution, quantity=6000.0)
    wait(account, execution, 1)
    filled = order.filled
    execution.cancel(account, order)
    execution.cancel(account, order, seconds=100)
    wait(account, execution, 5)
    assert (order.status, order.filled) == (OrderStatus.CANCELLED, filled)


def test_an_order_can_fill_partly_or_fully_until_its_cancellation_takes_effect(
    account: PaperAccount, execution: ExecutionSimulator
) -> None:
    part, whole = place(account, execution, quantity=9_000.0), place(account, execution, quantity=1.0)
    execution.cancel(account, part, seconds=6)
    execution.cancel(account, whole, seconds=6)
    wait(account, execution, 3)
    assert (part.status, whole.status) == (OrderStatus.PENDING_CANCEL, OrderStatus.FILLED)
    wait(account, execution, 10)
    assert part.status is OrderStatus.CANCELLED
    assert 0 < part.filled < part.quantity


@pytest.mark.parametrize("status", [OrderStatus.INACTIVE, OrderStatus.WARN_STATE])
def test_an_order_that_is_held_back_is_cancelled_at_once(
    account: PaperAccount, execution: ExecutionSimulator, status: OrderStatus
) -> None:
    order = place(account, execution, "LMT", limit_price=1.0)
    order.set_status(status, account.clock.now())
    execution.cancel(account, order)
    assert order.status is OrderStatus.CANCELLED


def test_order_ends_when_its_contract_expires(account: PaperAccount, execution: ExecutionSimulator) -> None:
    option = find_option(account)
    order = place(account, execution, "LMT", conid=option.conid, side="SELL", limit_price=900.0, tif="GTC")
    wait(account, execution, 60 * DAY)
    assert (order.status, order.updated_at) == (OrderStatus.CANCELLED, option.expires_at)


def _crowd(seed: int) -> tuple[PaperAccount, ExecutionSimulator, list[Order]]:
    """An account with many orders of every type, reproducible for each seed."""
    account = make_paper_account()
    execution = ExecutionSimulator({ACCOUNT: account})
    dice, numbers = Random(seed), count(1)  # noqa: S311 not a secret
    conids = [
        AAPL,
        IBM,
        MSFT,
        SPY,
        EUR_USD,
        find_option(account).conid,
        find_future(account).conid,
    ]
    orders: list[Order] = []
    for _ in range(24):
        conid, near = dice.choice(conids), dice.uniform(0.985, 1.015)
        side: Side = dice.choice(("BUY", "SELL"))
        terms: dict[str, Any] = {
            "conid": conid,
            "side": side,
            "quantity": float(dice.choice((1, 10, 300, 900))),
            "tif": dice.choice(("DAY", "GTC", "GTC")),
            "outside_rth": dice.random() < 0.3,
            "oca_group": dice.choice(("", "", "a", "b")),
        }
        kind = dice.choice(("LMT", "MKT", "STP", "STOP_LIMIT", "TRAIL", "LIT", "MOC"))
        if kind in ("LMT", "STOP_LIMIT", "LIT"):
            terms["limit_price"] = price(account, conid, near)
        if kind in ("STP", "STOP_LIMIT", "LIT"):
            terms["stop_price"] = price(account, conid, dice.uniform(0.985, 1.015))
        if kind == "TRAIL":
            terms |= {"trailing": 1.0, "trailing_unit": "%"}
        if orders and dice.random() < 0.25:
            terms["parent_id"] = dice.choice(orders).order_id
        orders.append(place(account, execution, kind, **terms, reference=f"o{next(numbers)}"))
    return account, execution, orders


def _combination_crowd(seed: int) -> tuple[PaperAccount, ExecutionSimulator, list[Order]]:
    """An account with many orders for combinations, reproducible for each seed."""
    account = make_paper_account()
    execution = ExecutionSimulator({ACCOUNT: account})
    dice, now = Random(seed), account.clock.now()  # noqa: S311 not a secret
    low, middle, high = (
        option_near_money(account.universe, account.prices, now, strikes_up=number) for number in (0, 1, 2)
    )
    texts = (
        conidex((low, 1), (middle, -1)),
        conidex((low, -1), (middle, 2), (high, -1)),
        conidex((AAPL, 100), (low, -1)),
        conidex((AAPL, 1), (IBM, -1)),
    )
    orders: list[Order] = []
    for _ in range(12):
        combination = make_combination(account.universe, dice.choice(texts))
        last = account.prices.price_at(combination, now)
        kind = dice.choice(("LMT", "LMT", "MKT", "STP", "TRAIL"))
        terms: dict[str, Any] = {
            "conid": combination.conid,
            "combination": combination,
            "side": dice.choice(("BUY", "SELL")),
            "quantity": float(dice.choice((1, 7, 40))),
            "tif": dice.choice(("DAY", "GTC")),
            "oca_group": dice.choice(("", "", "a")),
        }
        if kind == "LMT":
            terms["limit_price"] = round(last + dice.uniform(-1, 1), 2)
        if kind == "STP":
            terms["stop_price"] = round(last + dice.uniform(-1, 1), 2)
        if kind == "TRAIL":
            terms |= {"trailing": 0.4, "trailing_unit": "amt"}
        orders.append(place(account, execution, kind, **terms))
    return account, execution, orders


def _worth(account: PaperAccount) -> dict[str, float]:
    """Cash by currency and quantity by conid, as the sum of the bookings."""
    start = make_paper_account()
    done = account.executions[len(start.executions) :]
    totals: dict[str, float] = dict(start.cash)
    totals |= {str(conid): holding.quantity for conid, holding in start.positions.items()}
    for e in done:
        instrument = account.instrument(e.conid)
        if instrument.sec_type == "CASH":
            totals[instrument.symbol] = totals.get(instrument.symbol, 0.0) + e.quantity
            totals["USD"] -= e.commission
        else:
            totals[str(e.conid)] = totals.get(str(e.conid), 0.0) + e.quantity
        totals[instrument.currency] = totals.get(instrument.currency, 0.0) + e.cash_flow
    for transaction in account.cash_transactions[len(start.cash_transactions) :]:
        totals[transaction.currency] += transaction.amount
    return totals


CROWDS = [
    *(pytest.param(seed, _crowd, id=f"contracts-{seed}") for seed in range(4)),
    pytest.param(2, _combination_crowd, id="combinations-2"),
    *(
        pytest.param(seed, _combination_crowd, id=f"combinations-{seed}", marks=pytest.mark.thorough)
        for seed in (0, 1, 3)
    ),
]


@pytest.mark.parametrize(("seed", "crowd"), CROWDS)
def test_one_step_of_two_days_gives_the_same_result_as_many_small_steps(seed: int, crowd: Crowd) -> None:
    jumped, execution, _ = crowd(seed)
    wait(jumped, execution, 2 * DAY)
    stepped, execution, _ = crowd(seed)
    dice, left = Random(seed), 2 * DAY  # noqa: S311 not a secret
    while left > 0:
        step = min(left, dice.choice((0.2, 0.5, 7.3, 600.0, 5000.0)) if dice.random() < 0.7 else 9000.0)
        wait(stepped, execution, step)
        left -= step
    # Many steps and one step differ only by rounding.
    assert stepped.clock.now() == pytest.approx(jumped.clock.now())
    one, other = ([asdict(o) for o in b.orders.values()] for b in (jumped, stepped))
    for row in (*one, *other):
        del row["simulated_until"]
    assert one == other
    assert jumped.executions == stepped.executions
    assert jumped.combination_executions == stepped.combination_executions
    assert jumped.cash_transactions == stepped.cash_transactions != make_paper_account().cash_transactions
    assert jumped.cash == stepped.cash
    assert any(e.at > jumped.orders[min(jumped.orders)].placed_at + 60 for e in jumped.executions)


@pytest.mark.parametrize(("seed", "crowd"), CROWDS)
def test_cash_and_positions_equal_the_sum_of_executions(seed: int, crowd: Crowd) -> None:
    account, execution, orders = crowd(seed)
    for _ in range(8):
        wait(account, execution, DAY / 3)
    assert len(account.executions) > len(make_paper_account().executions)
    totals = _worth(account)
    assert {c: pytest.approx(v) for c, v in account.cash.items()} == {c: totals[c] for c in account.cash}
    for conid, holding in account.positions.items():
        assert holding.quantity == pytest.approx(totals[str(conid)])
    for order in orders:
        executions = account.combination_executions if order.combination else account.executions
        parts = [e for e in executions if e.order_id == order.order_id]
        assert sum(abs(e.quantity) for e in parts) == pytest.approx(order.filled)
        assert order.filled <= order.quantity
        assert (order.status is OrderStatus.FILLED) == (order.filled == order.quantity)
        charged = sum(e.commission for e in account.executions if e.order_id == order.order_id)
        assert charged == pytest.approx(order.fees)
