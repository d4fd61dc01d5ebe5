from __future__ import annotations

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


@pytest.fixture
def broker() -> PaperAccount:
    return make_paper_account()


@pytest.fixture
def desk(broker: PaperAccount) -> ExecutionSimulator:
    return ExecutionSimulator({ACCOUNT: broker})


def price(broker: PaperAccount, conid: int, part: float = 1.0) -> float:
    """A part of the last price, on a tick."""
    instrument = broker.instrument(conid)
    return round_to_tick(instrument, part * broker.prices.price_at(instrument, broker.clock.now()))


def place(broker: PaperAccount, desk: ExecutionSimulator, order_type: str = "MKT", **terms: Any) -> Order:
    """An order in the book: ten shares of Apple are bought, unless the terms say otherwise."""
    usual: dict[str, Any] = {"conid": AAPL, "side": "BUY", "quantity": 10.0}
    order = Order(
        order_id=broker.next_order_id(),
        order_type=order_type,
        placed_at=broker.clock.now(),
        **(usual | terms),
    )
    desk.accept(broker, order)
    return order


def state(order: Order) -> OrderStatus:
    """The state of an order, which a type checker believes to change."""
    return order.status


def wait(broker: PaperAccount, desk: ExecutionSimulator, seconds: float) -> None:
    broker.clock.advance(seconds)
    desk.catch_up()


def test_an_order_is_queued_then_working_then_filled(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    order = place(broker, desk)
    seen = [order.status]
    for _ in range(4):
        wait(broker, desk, 0.5)
        seen.append(order.status)
    assert list(dict.fromkeys(seen)) == [
        OrderStatus.PRE_SUBMITTED,
        OrderStatus.SUBMITTED,
        OrderStatus.FILLED,
    ]


def test_an_order_is_as_old_as_its_place_in_the_book(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    order = Order(broker.next_order_id(), AAPL, "BUY", 1.0, "MKT", placed_at=1.0)
    desk.accept(broker, order)
    placed = broker.clock.now()
    assert order.placed_at == order.updated_at == placed
    broker.clock.advance(5)
    desk.accept(broker, order)
    assert (order.placed_at, order.updated_at) == (placed, placed + 5)


def test_an_order_for_one_exchange_waits_for_its_word(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    order = place(broker, desk, exchange="NASDAQ")
    assert state(order) is OrderStatus.PENDING_SUBMIT
    wait(broker, desk, 0.5)
    assert state(order) is OrderStatus.PRE_SUBMITTED
    wait(broker, desk, 2)
    assert state(order) is OrderStatus.FILLED
    assert broker.executions[-1].exchange == "NASDAQ"


def test_a_large_order_fills_in_parts(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    order = place(broker, desk, quantity=6000.0)
    wait(broker, desk, 1)
    assert state(order) is OrderStatus.SUBMITTED
    assert 0 < order.filled < 6000
    wait(broker, desk, 60)
    assert state(order) is OrderStatus.FILLED
    parts = [e for e in broker.executions if e.order_id == order.order_id]
    assert 1 < len(parts) <= 6
    assert sum(e.quantity for e in parts) == 6000
    assert [e.at for e in parts] == sorted({e.at for e in parts})


def test_an_order_of_all_or_none_fills_at_once(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    order = place(broker, desk, quantity=6000.0, all_or_none=True)
    wait(broker, desk, 5)
    assert (order.status, order.fills) == (OrderStatus.FILLED, 1)


def test_a_limit_is_never_missed_and_never_exceeded(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    limit = price(broker, AAPL, 0.997)
    order = place(broker, desk, "LMT", limit_price=limit, tif="GTC")
    instrument = broker.instrument(AAPL)
    for _ in range(200):
        wait(broker, desk, 300)
        if order.status is OrderStatus.FILLED:
            break
    assert order.average_price <= limit
    at = order.updated_at
    assert broker.prices.price_at(instrument, at) <= limit
    session_open = [t for t in (at - 0.5, at - 1.0) if t > order.placed_at]
    assert all(broker.prices.price_at(instrument, t) > limit for t in session_open)


def test_a_limit_rests_until_a_pinned_price_reaches_it(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    broker.prices.override_price(AAPL, 250.0)
    order = place(broker, desk, "LMT", limit_price=249.0, tif="GTC")
    wait(broker, desk, 2 * HOUR)
    assert state(order) is OrderStatus.SUBMITTED
    broker.prices.override_price(AAPL, 249.0)
    wait(broker, desk, 1)
    assert (order.status, order.average_price) == (OrderStatus.FILLED, 249.0)


def test_a_limit_better_than_the_market_gets_the_markets_price(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    broker.prices.override_price(AAPL, 250.0)
    order = place(broker, desk, "LMT", limit_price=260.0)
    wait(broker, desk, 2)
    assert order.average_price == broker.prices.quote(broker.instrument(AAPL)).ask < 251


def test_nothing_trades_in_a_halted_instrument(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    broker.prices.halt(AAPL)
    order = place(broker, desk)
    wait(broker, desk, 60)
    assert state(order) is OrderStatus.PRE_SUBMITTED
    broker.prices.resume(AAPL)
    wait(broker, desk, 2)
    assert state(order) is OrderStatus.FILLED


def test_outside_regular_hours_an_order_waits_for_the_morning(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    wait(broker, desk, 5 * HOUR)  # 18:00 in New York
    patient = place(broker, desk, tif="GTC")
    late = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 1.02), outside_rth=True)
    wait(broker, desk, 60)
    assert state(patient) is OrderStatus.PRE_SUBMITTED
    assert state(late) is OrderStatus.FILLED
    wait(broker, desk, 15 * HOUR + 1800)
    assert state(patient) is OrderStatus.FILLED
    assert broker.executions[-1].at == pytest.approx(broker.trading_day_start() + 5.5 * HOUR, abs=2)


def test_a_day_order_ends_at_the_close_and_an_order_of_the_evening_a_day_later(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    order = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 0.5))
    wait(broker, desk, 3 * HOUR - 1)
    assert state(order) is OrderStatus.SUBMITTED
    wait(broker, desk, 1)
    assert (order.status, order.updated_at) == (OrderStatus.CANCELLED, broker.clock.now())
    evening = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 0.5))
    wait(broker, desk, DAY - 1)
    assert state(evening) is OrderStatus.SUBMITTED
    wait(broker, desk, 1)
    assert state(evening) is OrderStatus.CANCELLED


def test_an_order_until_cancelled_ends_with_the_quarter_after_this_one(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    order = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 0.01), tif="GTC")
    wait(broker, desk, 400 * DAY)
    midnight = datetime(2027, 4, 1, tzinfo=ZoneInfo("America/New_York")).timestamp()
    assert (order.status, order.updated_at) == (OrderStatus.CANCELLED, midnight)


def test_an_immediate_order_fills_or_ends(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    now = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 1.01), tif="IOC")
    never = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 0.98), tif="IOC")
    large = place(broker, desk, quantity=6000.0, tif="IOC")
    wait(broker, desk, 10)
    assert [o.status for o in (now, never, large)] == [
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.CANCELLED,
    ]
    assert (never.filled, large.fills) == (0, 1)
    wait(broker, desk, 6 * HOUR)
    closed = place(broker, desk, tif="IOC")
    wait(broker, desk, 1)
    assert state(closed) is OrderStatus.CANCELLED


def test_an_order_for_the_opening_fills_there_or_not_at_all(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    good = place(broker, desk, tif="OPG")
    bad = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 0.9), tif="OPG")
    wait(broker, desk, DAY)
    opens = broker.trading_day_start() + 5.5 * HOUR
    assert (good.status, good.updated_at) == (OrderStatus.FILLED, opens)
    assert good.average_price == broker.prices.price_at(broker.instrument(AAPL), opens)
    assert (bad.status, bad.updated_at) == (OrderStatus.CANCELLED, opens)


def test_an_order_for_the_close_gets_the_closing_price(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    market = place(broker, desk, "MOC")
    low = place(broker, desk, "LOC", limit_price=price(broker, AAPL, 0.9))
    wait(broker, desk, 3 * HOUR - 1)
    assert state(market) is OrderStatus.PRE_SUBMITTED
    wait(broker, desk, 1)
    assert market.average_price == price(broker, AAPL)
    assert (market.status, low.status) == (OrderStatus.FILLED, OrderStatus.CANCELLED)


def test_an_overnight_order_trades_between_the_days(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    wait(broker, desk, 6 * HOUR)  # 19:00 in New York
    order = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 1.02), tif="OVT")
    wait(broker, desk, HOUR - 1)
    assert state(order) is OrderStatus.PRE_SUBMITTED
    wait(broker, desk, 5)
    assert state(order) is OrderStatus.FILLED


def test_a_stop_sleeps_until_it_is_touched_and_then_takes_the_market(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    broker.prices.override_price(AAPL, 250.0)
    stop = place(broker, desk, "STP", side="SELL", stop_price=245.0, tif="GTC")
    limited = place(broker, desk, "STOP_LIMIT", side="SELL", stop_price=245.0, limit_price=244.5, tif="GTC")
    touched = place(broker, desk, "MIT", stop_price=245.0, tif="GTC")
    wait(broker, desk, 60)
    assert {o.status for o in (stop, limited, touched)} == {OrderStatus.PRE_SUBMITTED}
    broker.prices.override_price(AAPL, 244.0)
    wait(broker, desk, 2)
    assert [o.status for o in (stop, limited, touched)] == [
        OrderStatus.FILLED,
        OrderStatus.SUBMITTED,
        OrderStatus.FILLED,
    ]
    assert stop.average_price < 244.5
    broker.prices.override_price(AAPL, 244.5)
    wait(broker, desk, 2)
    assert limited.average_price == 244.5


def test_a_trailing_stop_follows_the_best_price_and_not_the_worse(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    broker.prices.override_price(AAPL, 250.0)
    amount = place(broker, desk, "TRAIL", side="SELL", trailing=5.0, tif="GTC")
    part = place(broker, desk, "TRAIL", trailing=2.0, trailing_unit="%", tif="GTC")
    limited = place(
        broker,
        desk,
        "TRAILLMT",
        side="SELL",
        trailing=5.0,
        stop_price=245.0,
        limit_price=244.0,
        limit_offset=-1.0,
        tif="GTC",
    )
    for moment, stops in ((250.0, (245.0, 255.0)), (254.0, (249.0, 255.0)), (249.5, (249.0, 254.49))):
        broker.prices.override_price(AAPL, moment)
        wait(broker, desk, 1)
        assert (amount.stop_price, part.stop_price) == stops
        assert (limited.stop_price, limited.limit_price) == (stops[0], stops[0] - 1)
    broker.prices.override_price(AAPL, 248.5)
    wait(broker, desk, 2)
    assert (amount.status, part.status) == (OrderStatus.FILLED, OrderStatus.PRE_SUBMITTED)
    assert state(limited) is OrderStatus.FILLED


def test_a_cancelled_parent_takes_its_children_along(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    parent = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 0.9))
    child = place(broker, desk, side="SELL", parent_id=parent.order_id)
    grandchild = place(broker, desk, side="BUY", parent_id=child.order_id)
    desk.cancel(broker, parent)
    assert state(child) is OrderStatus.PRE_SUBMITTED
    wait(broker, desk, 0.5)
    assert {o.status for o in (parent, child, grandchild)} == {OrderStatus.CANCELLED}


def test_a_child_works_once_its_parent_has_filled_completely(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    parent = place(broker, desk, quantity=6000.0)
    child = place(broker, desk, side="SELL", quantity=6000.0, parent_id=parent.order_id)
    wait(broker, desk, 1)
    assert 0 < parent.filled < 6000
    assert state(child) is OrderStatus.PRE_SUBMITTED
    wait(broker, desk, 120)
    assert state(child) is OrderStatus.FILLED
    times = {
        o: [e.at for e in broker.executions if e.order_id == o] for o in (parent.order_id, child.order_id)
    }
    assert min(times[child.order_id]) > max(times[parent.order_id])


def test_a_partial_fill_cancels_the_rest_of_its_group(broker: PaperAccount, desk: ExecutionSimulator) -> None:
    broker.prices.override_price(AAPL, 250.0)
    large = place(broker, desk, "LMT", quantity=6000.0, limit_price=251.0, oca_group="g")
    other = place(broker, desk, "LMT", limit_price=240.0, oca_group="g")
    alone = place(broker, desk, "LMT", limit_price=240.0)
    wait(broker, desk, 1)
    assert large.fills == 1
    assert (other.status, alone.status) == (OrderStatus.CANCELLED, OrderStatus.SUBMITTED)


def test_a_stop_that_another_fill_ends_stays_where_it_was_then(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    target = place(broker, desk, "LMT", limit_price=price(broker, AAPL, 0.998), tif="GTC", oca_group="g")
    trail = place(broker, desk, "TRAIL", side="SELL", trailing=20.0, tif="GTC", oca_group="g")
    wait(broker, desk, 5 * DAY)
    assert (state(target), state(trail)) == (OrderStatus.FILLED, OrderStatus.CANCELLED)
    end = target.updated_at
    span = broker.prices.range_between(broker.instrument(AAPL), trail.placed_at + 0.5, end)
    assert trail.stop_price == pytest.approx(span.high - 20)
    assert trail.updated_at == end


def test_an_order_that_is_being_cancelled_fills_no_more(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    order = place(broker, desk, quantity=6000.0)
    wait(broker, desk, 1)
    filled = order.filled
    desk.cancel(broker, order)
    desk.cancel(broker, order)
    wait(broker, desk, 5)
    assert (order.status, order.filled) == (OrderStatus.CANCELLED, filled)


def test_an_order_in_something_that_expires_ends_with_it(
    broker: PaperAccount, desk: ExecutionSimulator
) -> None:
    option = find_option(broker)
    order = place(broker, desk, "LMT", conid=option.conid, side="SELL", limit_price=900.0, tif="GTC")
    wait(broker, desk, 60 * DAY)
    assert (order.status, order.updated_at) == (OrderStatus.CANCELLED, option.expires_at)


def _crowd(seed: int) -> tuple[PaperAccount, ExecutionSimulator, list[Order]]:
    """An account with many orders of every kind, the same for the same seed."""
    broker = make_paper_account()
    desk = ExecutionSimulator({ACCOUNT: broker})
    dice, numbers = Random(seed), count(1)  # noqa: S311 not a secret
    conids = [AAPL, IBM, MSFT, SPY, EUR_USD, find_option(broker).conid, find_future(broker).conid]
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
            terms["limit_price"] = price(broker, conid, near)
        if kind in ("STP", "STOP_LIMIT", "LIT"):
            terms["stop_price"] = price(broker, conid, dice.uniform(0.985, 1.015))
        if kind == "TRAIL":
            terms |= {"trailing": 1.0, "trailing_unit": "%"}
        if orders and dice.random() < 0.25:
            terms["parent_id"] = dice.choice(orders).order_id
        orders.append(place(broker, desk, kind, **terms, reference=f"o{next(numbers)}"))
    return broker, desk, orders


def _worth(broker: PaperAccount) -> dict[str, float]:
    """Cash by currency and quantity by conid, as the executions add up to them."""
    start = make_paper_account()
    done = broker.executions[len(start.executions) :]
    totals: dict[str, float] = dict(start.cash)
    totals |= {str(conid): holding.quantity for conid, holding in start.positions.items()}
    for e in done:
        instrument = broker.instrument(e.conid)
        if instrument.sec_type == "CASH":
            totals[instrument.symbol] = totals.get(instrument.symbol, 0.0) + e.quantity
            totals["USD"] -= e.commission
        else:
            totals[str(e.conid)] = totals.get(str(e.conid), 0.0) + e.quantity
        totals[instrument.currency] = totals.get(instrument.currency, 0.0) + e.cash_flow
    return totals


@pytest.mark.parametrize("seed", range(4))
def test_a_jump_of_two_days_ends_as_many_small_steps_do(seed: int) -> None:
    jumped, desk, _ = _crowd(seed)
    wait(jumped, desk, 2 * DAY)
    stepped, desk, _ = _crowd(seed)
    dice, left = Random(seed), 2 * DAY  # noqa: S311 not a secret
    while left > 0:
        step = min(left, dice.choice((0.2, 0.5, 7.3, 600.0, 5000.0)) if dice.random() < 0.7 else 9000.0)
        wait(stepped, desk, step)
        left -= step
    # The sum of many steps is the jump but for rounding.
    assert stepped.clock.now() == pytest.approx(jumped.clock.now())
    one, other = ([asdict(o) for o in b.orders.values()] for b in (jumped, stepped))
    for row in (*one, *other):
        del row["simulated_until"]
    assert one == other
    assert jumped.executions == stepped.executions
    assert jumped.cash == stepped.cash
    assert any(e.at > jumped.orders[min(jumped.orders)].placed_at + 60 for e in jumped.executions)


@pytest.mark.parametrize("seed", range(4))
def test_orders_neither_make_nor_lose_money_or_shares(seed: int) -> None:
    broker, desk, orders = _crowd(seed)
    for _ in range(8):
        wait(broker, desk, DAY / 3)
    assert len(broker.executions) > len(make_paper_account().executions)
    totals = _worth(broker)
    assert {c: pytest.approx(v) for c, v in broker.cash.items()} == {c: totals[c] for c in broker.cash}
    for conid, holding in broker.positions.items():
        assert holding.quantity == pytest.approx(totals[str(conid)])
    for order in orders:
        parts = [e for e in broker.executions if e.order_id == order.order_id]
        assert sum(abs(e.quantity) for e in parts) == pytest.approx(order.filled)
        assert order.filled <= order.quantity
        assert (order.status is OrderStatus.FILLED) == (order.filled == order.quantity)
        assert sum(e.commission for e in parts) == pytest.approx(order.fees)
