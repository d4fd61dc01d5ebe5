"""Holds: leases that pause the ticker."""

from __future__ import annotations

import pytest

from ticker_service.holds import MAX_HOLDS, Holds, TooManyHoldsError


class Time:
    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def holds(time: Time) -> Holds:
    return Holds(time.now)


def test_a_hold_is_active_until_it_expires(time: Time, holds: Holds) -> None:
    hold = holds.acquire(60, "order")
    time.seconds += 59
    assert holds.active() == [hold]
    assert holds.last_end() == 160
    time.seconds += 1
    assert holds.active() == []
    assert holds.last_end() is None


def test_a_hold_can_be_released_once(time: Time, holds: Holds) -> None:
    one, other = holds.acquire(60, "order"), holds.acquire(30, "order")
    assert holds.release(one.id)
    assert not holds.release(one.id)
    assert not holds.release("another")
    assert holds.active() == [other]
    time.seconds += 30
    assert not holds.release(other.id)


def test_last_end_is_the_latest_expiry_of_a_hold(holds: Holds) -> None:
    for seconds in (10, 90, 50):
        holds.acquire(seconds, "order")
    assert holds.last_end() == 190


def test_the_number_of_active_holds_is_limited(time: Time, holds: Holds) -> None:
    for seconds in range(MAX_HOLDS):
        holds.acquire(20 + seconds, "order")
    with pytest.raises(TooManyHoldsError) as caught:
        holds.acquire(1, "order")
    assert caught.value.seconds == 20
    time.seconds += 20
    assert holds.acquire(1, "order")


def test_ids_are_random(holds: Holds) -> None:
    names = {holds.acquire(1, "order").id for _ in range(MAX_HOLDS)}
    assert len(names) == MAX_HOLDS
    assert all(len(name) == 16 for name in names)
