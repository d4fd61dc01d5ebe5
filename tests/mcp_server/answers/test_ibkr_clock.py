"""IBKR's time, learned from its data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mcp_server.answers.ibkr_clock import CONFIRMATION_TTL, MAX_AHEAD, IbkrClock

NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = CONFIRMATION_TTL + timedelta(seconds=1)


class Machine:
    """A machine's clock, which can be set."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.mark.parametrize("ahead", [HOUR, timedelta(days=200)])
def test_data_from_the_future_corrects_the_clock(ahead: timedelta) -> None:
    machine = Machine()
    clock = IbkrClock(machine)
    clock.observe(NOON + ahead)
    machine.time += HOUR
    assert clock.now() == NOON + ahead + HOUR


@pytest.mark.parametrize("moment", [NOON - HOUR, NOON + timedelta(minutes=1), None])
def test_other_data_does_not(moment: datetime | None) -> None:
    clock = IbkrClock(Machine())
    clock.observe(moment)
    assert clock.now() == NOON


def test_an_absurd_time_is_ignored() -> None:
    clock = IbkrClock(Machine())
    clock.observe(datetime.fromtimestamp(4102444800, UTC))
    clock.observe(NOON + MAX_AHEAD + HOUR)
    assert clock.now() == NOON


@pytest.mark.parametrize("corrected_by", [HOUR, 2 * HOUR])
def test_the_correction_ends_when_the_machine_s_clock_is_corrected(corrected_by: timedelta) -> None:
    machine = Machine()
    clock = IbkrClock(machine)
    clock.observe(NOON + HOUR)
    machine.time += corrected_by
    clock.observe(NOON + HOUR)
    assert clock.now() == machine.time


def test_one_wrong_time_is_forgotten_when_later_data_disagrees() -> None:
    machine = Machine()
    clock = IbkrClock(machine)
    clock.observe(NOON + timedelta(days=100))
    machine.time += LATER
    clock.observe(machine.time)
    assert clock.now() == machine.time


def test_old_data_does_not_undo_a_correction_that_recent_data_confirms() -> None:
    machine = Machine()
    clock = IbkrClock(machine)
    clock.observe(NOON + 2 * HOUR)
    for _ in range(10):
        machine.time += CONFIRMATION_TTL / 2
        clock.observe(machine.time + HOUR)  # an hour old, and still in this machine's future
        clock.observe(NOON - HOUR)
    assert clock.now() == machine.time + 2 * HOUR
