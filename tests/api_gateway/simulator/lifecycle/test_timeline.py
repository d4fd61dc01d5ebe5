from __future__ import annotations

from dataclasses import asdict
from random import Random

import pytest

from api_gateway.simulator.accounts.cash_transactions import CashTransactionKind
from api_gateway.simulator.accounts.order_execution import ExecutionSimulator
from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.corporate_actions.splits import splits_of
from api_gateway.simulator.lifecycle.timeline import next_event_time, process_events
from api_gateway.simulator.orders.order import ExecutionKind, Order, OrderStatus
from tests.api_gateway.simulator.paper_account import (
    AAPL,
    ACCOUNT,
    make_empty_account,
    make_paper_account,
    trade,
)

DAY = 86400.0


def busy_account(seed: int) -> PaperAccount:
    """The seeded account with long and short options of the first expiry, futures and working orders."""
    account, dice = make_paper_account(), Random(seed)  # noqa: S311 not a secret
    chain = account.universe.options_of(AAPL)
    first = min(option.expires_at or 0.0 for option in chain)
    for option in dice.sample([option for option in chain if option.expires_at == first], 5):
        price = account.prices.price_at(option, account.clock.now())
        trade(account, option.conid, dice.choice((-3, -1, 1, 2)), max(price, 0.01))
    shares = [each for each in account.universe.all() if splits_of(each, account.universe.build_date)]
    for share in shares:
        trade(account, share.conid, dice.choice((-10, 20)), share.reference_price)
    for symbol in ("ES", "CL"):
        future = account.universe.futures_of(symbol)[0]
        price = account.prices.price_at(future, account.clock.now())
        trade(account, future.conid, dice.choice((-2, 1)), price)
    spot = account.prices.price_at(account.instrument(AAPL), account.clock.now())
    for part in (0.9, 0.95, 1.05, 1.1):
        account.add_working_order(
            AAPL,
            "BUY" if part < 1 else "SELL",
            100,
            "LMT",
            at=account.clock.now(),
            limit_price=round(spot * part, 2),
            tif="GTC",
        )
    return account


def bookings(account: PaperAccount) -> tuple[object, ...]:
    orders = [asdict(order) for order in account.orders.values()]
    for order in orders:
        del order["simulated_until"]
    booked = account.executions, account.cash_transactions, account.dividend_accruals, account.splits
    return *booked, account.cash, account.positions, orders, account.valuation()


@pytest.mark.parametrize("seed", range(3))
def test_one_jump_of_a_year_books_the_same_as_365_jumps_of_a_day(seed: int) -> None:
    jumped, stepped, odd = (busy_account(seed) for _ in range(3))
    jumped.clock.advance(365 * DAY)
    ExecutionSimulator({ACCOUNT: jumped}).catch_up()
    for _ in range(365):
        stepped.clock.advance(DAY)
        ExecutionSimulator({ACCOUNT: stepped}).catch_up()
    dice = Random(seed)  # noqa: S311 not a secret
    while odd.clock.now() < jumped.clock.now():
        odd.clock.advance(min(jumped.clock.now() - odd.clock.now(), dice.choice((3600.0, 5 * DAY, 40 * DAY))))
        ExecutionSimulator({ACCOUNT: odd}).catch_up()
    assert bookings(jumped) == bookings(stepped) == bookings(odd)
    kinds = {execution.kind for execution in jumped.executions}
    assert kinds >= {ExecutionKind.TRADE, ExecutionKind.FINAL_SETTLEMENT, ExecutionKind.CLOSE_OUT}
    assert kinds & {ExecutionKind.EXERCISE, ExecutionKind.ASSIGNMENT, ExecutionKind.EXPIRATION}
    assert {row.kind for row in jumped.cash_transactions} >= {
        CashTransactionKind.VARIATION_MARGIN,
        CashTransactionKind.DIVIDEND,
        CashTransactionKind.WITHHOLDING_TAX,
        CashTransactionKind.INTEREST_RECEIVED,
        CashTransactionKind.MARKET_DATA_FEE,
    }
    assert len(jumped.splits) > 1


def test_events_and_orders_happen_in_chronological_order() -> None:
    account = busy_account(0)
    start = account.clock.now()
    account.clock.advance(120 * DAY)
    ExecutionSimulator({ACCOUNT: account}).catch_up()
    times = [execution.at for execution in account.executions if execution.at > start]
    assert times == sorted(times)
    expired = [e.at for e in account.executions if e.kind is not ExecutionKind.TRADE]
    filled = [e.at for e in account.executions if e.kind is ExecutionKind.TRADE and e.at > start]
    assert min(filled) < max(expired)


def test_a_working_order_in_a_contract_that_expires_is_cancelled() -> None:
    account = make_empty_account()
    simulator = ExecutionSimulator({ACCOUNT: account})
    future = account.universe.futures_of("ES")[0]
    order = Order(
        order_id=account.next_order_id(),
        conid=future.conid,
        side="BUY",
        quantity=1,
        order_type="LMT",
        placed_at=account.clock.now(),
        limit_price=1000.0,
        tif="GTC",
        exchange="CME",
    )
    simulator.accept(account, order)
    account.clock.advance((future.expires_at or 0.0) + 1 - account.clock.now())
    simulator.catch_up()
    assert order.status is OrderStatus.CANCELLED


def test_events_are_processed_up_to_the_given_time_and_not_again() -> None:
    account = make_empty_account()
    future = account.universe.futures_of("ES")[1]
    trade(account, future.conid, 1, 6700.0)
    due = next_event_time(account)
    process_events(account, due - 1)
    assert (account.events_processed_until, account.cash_transactions) == (due - 1, [])
    process_events(account, due)
    assert [row.at for row in account.cash_transactions] == [due]
    process_events(account, due)
    assert len(account.cash_transactions) == 1
    assert next_event_time(account) > due
