from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.orders.next_event import (
    OrderEventKind,
    find_next_event,
    is_marketable,
    pause_after_fill,
)
from api_gateway.simulator.orders.order import Order, OrderStatus
from tests.api_gateway.simulator.paper_account import AAPL, MONDAY, make_paper_account

_HOUR = 3600.0


@pytest.fixture
def account() -> PaperAccount:
    account = make_paper_account()
    account.prices.override_price(AAPL, 250.0)
    return account


def order(order_type: str = "MKT", status: OrderStatus = OrderStatus.SUBMITTED, **terms: Any) -> Order:
    usual: dict[str, Any] = {"conid": AAPL, "side": "BUY", "quantity": 10.0}
    return Order(order_id=1, order_type=order_type, placed_at=MONDAY, status=status, **(usual | terms))


def next_step(
    account: PaperAccount, waiting: Order, seconds: float = _HOUR
) -> tuple[float, OrderEventKind] | None:
    """The next event of an order: after how many seconds, and its kind."""
    seen = find_next_event(account.prices, account.instrument(waiting.conid), waiting, MONDAY + seconds)
    return None if seen.event is None else (seen.event.at - MONDAY, seen.event.kind)


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (order(status=OrderStatus.PENDING_SUBMIT), (0.5, OrderEventKind.CONFIRM)),
        (order(status=OrderStatus.PRE_SUBMITTED), (0.5, OrderEventKind.CONFIRM)),
        (order(), (0.5, OrderEventKind.FILL)),
        (order("LMT", limit_price=249.0), None),
        (order("LMT", limit_price=249.0, expires_at=MONDAY + 60), (60, OrderEventKind.END)),
        (order("LMT", limit_price=249.0, tif="IOC"), (0.5, OrderEventKind.END)),
        (order("LMT", limit_price=250.0), (0.5, OrderEventKind.FILL)),
        (order("STP", stop_price=251.0, status=OrderStatus.PRE_SUBMITTED), None),
        (order("STP", stop_price=250.0, status=OrderStatus.PRE_SUBMITTED), (0.5, OrderEventKind.TRIGGER)),
        (order(status=OrderStatus.PENDING_CANCEL, cancels_at=MONDAY + 2), (0.5, OrderEventKind.FILL)),
        (order(status=OrderStatus.PENDING_CANCEL, cancels_at=MONDAY + 0.5), (0.5, OrderEventKind.END)),
        (
            order("LMT", status=OrderStatus.PENDING_CANCEL, limit_price=249.0, cancels_at=MONDAY + 2),
            (2, OrderEventKind.END),
        ),
        (
            order("STP", status=OrderStatus.PENDING_CANCEL, stop_price=250.0, cancels_at=MONDAY + 2),
            (2, OrderEventKind.END),
        ),
        (order(status=OrderStatus.WARN_STATE), None),
        (order(parent_id=7), None),
        (order(parent_id=7, expires_at=MONDAY + 60), (60, OrderEventKind.END)),
    ],
)
def test_next_event_follows_from_the_status(
    account: PaperAccount, waiting: Order, expected: tuple[float, OrderEventKind] | None
) -> None:
    assert next_step(account, waiting) == expected


def test_finding_the_next_event_does_not_change_the_order(account: PaperAccount) -> None:
    trailing = order("TRAIL", OrderStatus.PRE_SUBMITTED, side="SELL", trailing=5.0)
    first = find_next_event(account.prices, account.instrument(AAPL), trailing, MONDAY + 60)
    assert (first.event, first.stop) == (None, 245.0)
    assert trailing.stop_price is None
    assert find_next_event(account.prices, account.instrument(AAPL), trailing, MONDAY + 60) == first


def test_fill_is_never_worse_than_the_limit(account: PaperAccount) -> None:
    apple = account.instrument(AAPL)
    quote = account.prices.quote(apple, MONDAY + 0.5)
    for waiting, price in (
        (order(), quote.ask),
        (order(side="SELL"), quote.bid),
        (order("LMT", limit_price=250.0), 250.0),
        (order("LMT", limit_price=260.0), quote.ask),
        (order("LMT", limit_price=250.0, side="SELL"), 250.0),
        (order("MIDPRICE"), 250.0),
        (order("REL"), quote.bid),
    ):
        seen = find_next_event(account.prices, apple, waiting, MONDAY + 5)
        assert seen.event is not None
        assert seen.event.price == price


def test_a_sale_does_not_fill_while_nobody_bids(account: PaperAccount) -> None:
    option = account.universe.options_of(AAPL, right="C")[0]
    account.prices.override_price(option.conid, option.tick)
    waiting = order(conid=option.conid, side="SELL")
    assert find_next_event(account.prices, option, waiting, MONDAY + 60).event is None
    bought = find_next_event(account.prices, option, order(conid=option.conid), MONDAY + 60).event
    assert bought is not None
    assert bought.price >= option.tick
    account.prices.override_price(option.conid, 5 * option.tick)
    sold = find_next_event(account.prices, option, order(conid=option.conid, side="SELL"), MONDAY + 60).event
    assert sold is not None
    assert sold.price >= option.tick


def test_fill_is_as_large_as_the_displayed_size(account: PaperAccount) -> None:
    apple = account.instrument(AAPL)
    shown = account.prices.quote(apple, MONDAY + 0.5).ask_size
    for wanted, got in ((10.0, 10.0), (float(shown), shown), (shown + 1.0, shown), (9_000.0, 1_500)):
        seen = find_next_event(account.prices, apple, order(quantity=wanted), MONDAY + 5)
        assert seen.event is not None
        assert seen.event.quantity == got
    whole = find_next_event(account.prices, apple, order(quantity=9_000.0, all_or_none=True), MONDAY + 5)
    assert whole.event is not None
    assert whole.event.quantity == 9_000


def test_order_in_a_halted_instrument_can_only_expire(account: PaperAccount) -> None:
    account.prices.halt(AAPL)
    assert next_step(account, order()) is None
    assert next_step(account, order(expires_at=MONDAY + 60)) == (60, OrderEventKind.END)


def test_order_is_marketable_at_its_limit_or_better() -> None:
    buys, sells = order(limit_price=10.0), order(side="SELL", limit_price=10.0)
    assert [is_marketable(buys, 10.0, price) for price in (9.0, 10.0, 11.0)] == [True, True, False]
    assert [is_marketable(sells, 10.0, price) for price in (9.0, 10.0, 11.0)] == [False, True, True]
    assert is_marketable(buys, None, 11.0)


def test_pause_after_a_fill_is_short_and_a_whole_number_of_steps() -> None:
    pauses = {pause_after_fill(order(fills=fills)) for fills in range(20)}
    assert min(pauses) >= 0.5
    assert max(pauses) <= 3.5
    assert len(pauses) > 2
    assert all(each * 2 == int(each * 2) for each in pauses)
