from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.accounts.cash_transactions import CashTransactionKind
from api_gateway.simulator.calendar.trading_hours import HOURS
from api_gateway.simulator.lifecycle.futures_settlement import next_settlement_time
from api_gateway.simulator.lifecycle.timeline import process_events
from tests.api_gateway.simulator.paper_account import MSFT, make_empty_account, trade

CHICAGO = ZoneInfo("US/Central")
DAY = 86400.0


def test_the_profit_of_a_future_is_settled_each_trading_day_at_that_days_price() -> None:
    account = make_empty_account()
    future = account.universe.futures_of("ES")[1]
    trade(account, future.conid, 3, 6700.0)
    trade(account, MSFT, 3, 480.0)
    cash = account.cash["USD"]
    account.clock.advance(7 * DAY)  # from Monday to Monday; Thursday is Thanksgiving
    process_events(account, account.clock.now())
    booked = account.cash_transactions
    assert {row.kind for row in booked} == {CashTransactionKind.VARIATION_MARGIN}
    assert [f"{datetime.fromtimestamp(row.at, tz=CHICAGO):%a %H:%M}" for row in booked] == [
        "Mon 15:00",
        "Tue 15:00",
        "Wed 15:00",
        "Fri 12:15",
    ]
    before = 6700.0
    for row in booked:
        price = account.prices.price_at(future, row.at)
        assert row.amount == pytest.approx(3 * 50 * (price - before))
        assert (row.price, row.conid, row.quantity) == (price, future.conid, 3)
        before = price
    assert account.cash["USD"] == pytest.approx(cash + 3 * 50 * (before - 6700.0))


def test_the_next_settlement_is_always_later() -> None:
    hours = HOURS["cme"]
    at = next_settlement_time(hours, 1795456800.0)
    assert next_settlement_time(hours, at - 0.5) == at
    assert at < next_settlement_time(hours, at) <= at + 5 * DAY
