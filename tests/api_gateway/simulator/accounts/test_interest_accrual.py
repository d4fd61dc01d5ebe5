from __future__ import annotations

from datetime import date, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.accounts.interest_accrual import InterestAccrual

START = datetime(2026, 11, 10, 12, tzinfo=ZoneInfo("America/New_York")).timestamp()
DAY = 86400.0
BALANCES = {"USD": 123_456.78, "EUR": -9_876.5, "JPY": 2_000_000.0}


def test_each_night_accrues_the_interest_of_its_balance() -> None:
    interest = InterestAccrual(START)
    interest.advance(START + DAY / 4, {"USD": 370_000.0})
    assert interest.accrued() == {}
    interest.advance(START + DAY, {"USD": 370_000.0})
    interest.advance(START + 3 * DAY, {"USD": -36_000.0})
    assert interest.accrued() == {"USD": pytest.approx(1000 * 0.0314 - 2 * 100 * 0.0514, abs=0.005)}


def test_the_sum_does_not_depend_on_how_often_it_is_computed() -> None:
    once, often, dice = InterestAccrual(START), InterestAccrual(START), Random(1)  # noqa: S311 not a secret
    once.advance(START + 90 * DAY, BALANCES)
    at = START
    while at < START + 90 * DAY:
        at += dice.random() * DAY
        often.advance(min(at, START + 90 * DAY), BALANCES)
    assert once.accrued() == often.accrued()
    assert once.due_before(date(2027, 1, 1)) == often.due_before(date(2027, 1, 1))


def test_due_and_remaining_interest_add_up_to_the_total() -> None:
    interest = InterestAccrual(START)
    interest.advance(START + 60 * DAY, BALANCES)
    whole, due = interest.accrued(), interest.due_before(date(2026, 12, 1))
    interest.clear_before(date(2026, 12, 1))
    left = interest.accrued()
    assert whole.keys() == due.keys() == left.keys()
    assert {currency: round(due[currency] + left[currency], 2) for currency in whole} == whole
    assert interest.due_before(date(2026, 12, 1)) == {}


def test_a_copy_is_independent() -> None:
    interest = InterestAccrual(START)
    twin = interest.copy()
    twin.advance(START + 9 * DAY, BALANCES)
    assert interest.accrued() == {} != twin.accrued()
