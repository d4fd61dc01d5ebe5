from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.calendar.trading_hours import HOURS, session_at
from api_gateway.simulator.orders.order import OrderStatus
from tests.api_gateway.simulator.paper_account import find_future, find_option, make_paper_account

NEW_YORK = ZoneInfo("America/New_York")
MOMENTS = {
    "in the morning before the bell": (2026, 3, 2, 5, 10),
    "at the first bell": (2026, 3, 2, 9, 30),
    "at noon": (2026, 3, 3, 12, 0),
    "late in the evening": (2026, 3, 3, 23, 30),
    "at night": (2026, 3, 4, 3, 0),
    "on a Sunday": (2026, 3, 8, 12, 0),
    "on a holiday": (2026, 12, 25, 12, 0),
    "when summer time begins": (2026, 3, 9, 11, 0),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_an_account_of_any_moment_has_an_open_a_filled_and_a_cancelled_order(
    moment: tuple[int, int, int, int, int],
) -> None:
    now = datetime(*moment, tzinfo=NEW_YORK).timestamp()
    broker = make_paper_account(now)
    statuses = [order.status for order in broker.live_orders()]
    assert statuses == [OrderStatus.SUBMITTED, OrderStatus.CANCELLED, OrderStatus.FILLED]
    assert len(broker.recent_executions(1)) == 2
    assert len(broker.recent_executions(7)) > 3


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_everything_in_the_past_happened_in_trading_hours(moment: tuple[int, int, int, int, int]) -> None:
    now = datetime(*moment, tzinfo=NEW_YORK).timestamp()
    broker = make_paper_account(now)
    assert len(broker.executions) == 9
    for execution in broker.executions:
        hours = HOURS[broker.instrument(execution.conid).hours]
        assert execution.at <= now
        assert session_at(hours, execution.at).is_trading_at(execution.at)
        assert execution.price > 0


def test_orders_before_the_bell_have_a_limit() -> None:
    broker = make_paper_account(datetime(2026, 3, 2, 5, 10, tzinfo=NEW_YORK).timestamp())
    assert {order.order_type for order in broker.live_orders()} == {"LMT"}


def test_the_option_and_the_future_do_not_expire_at_once() -> None:
    now = datetime(2026, 3, 3, 12, tzinfo=NEW_YORK).timestamp()
    broker = make_paper_account(now)
    assert (find_option(broker).expiry or "") >= "20260323"
    assert (find_future(broker).expiry or "") >= "20260308"
