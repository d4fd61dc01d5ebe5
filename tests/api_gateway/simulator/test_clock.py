from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from api_gateway.simulator.clock import Clock


class Wall:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_clock_follows_the_wall_clock_from_its_start() -> None:
    wall = Wall()
    clock = Clock(start=50.0, wall_clock=wall)
    wall.now += 2.5
    assert math.isclose(clock.now(), 52.5)


def test_frozen_clock_moves_only_with_advance() -> None:
    clock = Clock(start=1_772_557_200.1, frozen=True)
    assert clock.is_frozen
    assert clock.now() == 1_772_557_200.1
    clock.advance(10)
    assert clock.now() == 1_772_557_210.1


def test_resumed_clock_continues_from_the_time_at_which_it_was_frozen() -> None:
    wall = Wall()
    clock = Clock(wall_clock=wall)
    clock.freeze()
    wall.now += 100
    clock.resume()
    assert not clock.is_frozen
    assert clock.now() == 1_000_000.0
    wall.now += 1
    assert clock.now() == 1_000_001.0


def test_running_clock_can_be_advanced() -> None:
    wall = Wall()
    clock = Clock(wall_clock=wall)
    clock.advance(3600)
    assert clock.now() == 1_003_600.0


def test_clock_cannot_be_moved_backwards() -> None:
    with pytest.raises(ValueError, match="-1"):
        Clock().advance(-1)


def test_clock_reports_the_time_in_milliseconds_and_as_a_utc_datetime() -> None:
    clock = Clock(start=1.5, frozen=True)
    assert clock.now_ms() == 1500
    assert clock.now_utc() == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)


def test_the_wall_clock_is_not_moved_with_the_simulated_one() -> None:
    clock = Clock(start=5.0, frozen=True, wall_clock=lambda: 7.0)
    clock.advance(100)
    assert (clock.now(), clock.wall_now()) == (105.0, 7.0)
