from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.orders.order import FOREVER, Order
from api_gateway.simulator.orders.order_hours import (
    can_trade_now,
    expiry_time,
    next_auction,
    next_step,
    tradable_windows,
)
from tests.api_gateway.simulator.paper_account import AAPL, MONDAY, make_paper_account

_BITCOIN = 479624278
_HOUR, _DAY = 3600.0, 86400.0


@pytest.fixture
def apple() -> Instrument:
    return make_paper_account().instrument(AAPL)


def order(order_type: str = "LMT", at: float = MONDAY, **terms: Any) -> Order:
    return Order(1, AAPL, "BUY", 1.0, order_type, at, **terms)


def at(text: str) -> float:
    """A New York time in the week of the tests."""
    return (
        datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M")
        .replace(tzinfo=ZoneInfo("America/New_York"))
        .timestamp()
    )


def test_price_steps_are_half_a_second_apart() -> None:
    assert (next_step(10.0), next_step(10.2), next_step(10.5)) == (10.5, 10.5, 11.0)


def test_regular_hours_end_with_the_last_step_before_the_close(apple: Instrument) -> None:
    (today, tomorrow) = tradable_windows(order(), apple, MONDAY, MONDAY + _DAY)
    assert today == (MONDAY + 0.5, at("11-23 16:00") - 0.5)
    assert tomorrow == (at("11-24 09:30"), MONDAY + _DAY)


def test_outside_rth_widens_the_tradable_window(apple: Instrument) -> None:
    found = list(tradable_windows(order(outside_rth=True), apple, MONDAY, MONDAY + _DAY))
    assert found == [
        (MONDAY + 0.5, at("11-23 20:00") - 0.5),
        (at("11-24 04:00"), MONDAY + _DAY),
    ]


def test_overnight_session_is_from_2000_to_0350(apple: Instrument) -> None:
    night = (at("11-23 20:00"), at("11-24 03:50") - 0.5)
    assert next(tradable_windows(order(tif="OVT"), apple, MONDAY, MONDAY + _DAY)) == night
    both = list(tradable_windows(order(tif="OND"), apple, MONDAY, MONDAY + _DAY))
    assert both == [night, (at("11-24 09:30"), MONDAY + _DAY)]


def test_thanksgiving_has_no_hours(apple: Instrument) -> None:
    assert not can_trade_now(order(), apple, at("11-26 12:00"))
    assert can_trade_now(order(), apple, at("11-25 12:00"))
    assert not can_trade_now(order(), apple, at("11-27 13:30"))


@pytest.mark.parametrize(
    ("terms", "placed", "ends"),
    [
        ({}, "11-23 13:00", "11-23 16:00"),
        ({}, "11-23 16:00", "11-24 16:00"),
        ({"outside_rth": True}, "11-23 17:00", "11-23 20:00"),
        ({"tif": "OVT"}, "11-23 13:00", "11-24 03:50"),
        ({"tif": "OND"}, "11-23 13:00", "11-24 16:00"),
        ({"tif": "OND"}, "11-24 01:00", "11-24 16:00"),
        ({"tif": "PAX"}, "11-23 13:00", "11-23 13:05"),
        ({}, "11-25 18:00", "11-27 13:00"),
    ],
)
def test_order_expires_with_its_time_in_force(
    apple: Instrument, terms: dict[str, Any], placed: str, ends: str
) -> None:
    assert expiry_time(order(at=at(placed), **terms), apple, at(placed)) == at(ends)


@pytest.mark.parametrize(
    ("placed", "year", "month"),
    [("11-23 13:00", 2027, 4), ("01-01 00:00", 2026, 7), ("09-30 23:59", 2027, 1)],
)
def test_gtc_order_expires_at_the_end_of_the_next_quarter(
    apple: Instrument, placed: str, year: int, month: int
) -> None:
    ends = datetime(year, month, 1, tzinfo=ZoneInfo("America/New_York")).timestamp()
    assert expiry_time(order(tif="GTC"), apple, at(placed)) == ends


def test_auction_order_expires_with_its_auction(apple: Instrument) -> None:
    for waiting, when in (
        (order(tif="OPG"), at("11-24 09:30")),
        (order("MOC"), at("11-23 16:00")),
        (order("LOC"), at("11-23 16:00")),
    ):
        assert next_auction(waiting, apple, MONDAY) == when
        assert expiry_time(waiting, apple, MONDAY) == FOREVER
    assert next_auction(order(), apple, MONDAY) is None


def test_instruments_that_trade_around_the_clock_have_no_overnight_session() -> None:
    bitcoin = make_paper_account().instrument(_BITCOIN)
    assert can_trade_now(order(), bitcoin, at("11-22 03:00"))
