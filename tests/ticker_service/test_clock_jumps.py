"""Wall clock changes and suspends: the detector, and a ticker that keeps a session open during them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.faults import Fault, FaultAction, FaultSchedule, RequestPattern
from tests.ticker_service.virtual import HOUR, MINUTE, TickerEnvironment
from ticker_service.clock_jumps import MIN_JUMP, ClockJumpDetector
from ticker_service.session_keeper import CLOCK_CHECK_INTERVAL
from ticker_service.settings import Compete

NEW_YORK = ZoneInfo("America/New_York")


def noon() -> datetime:
    return datetime(2026, 3, 3, 12, tzinfo=NEW_YORK)


class Machine:
    def __init__(self) -> None:
        self.seconds = 50.0
        self.day = 1_000.0

    def pass_by(self, seconds: float, *, ahead: float = 0.0) -> None:
        self.seconds += seconds
        self.day += seconds + ahead

    def jumps(self) -> ClockJumpDetector:
        return ClockJumpDetector(lambda: self.seconds, lambda: self.day)


@pytest.mark.parametrize("ahead", [3600.0, -3600.0, MIN_JUMP + 1, 8 * 3600.0])
def test_a_jump_is_detected_once_with_its_seconds(ahead: float) -> None:
    machine = Machine()
    jumps = machine.jumps()
    machine.pass_by(60)
    assert jumps.detect_jump() == 0
    machine.pass_by(5, ahead=ahead)
    assert jumps.detect_jump() == ahead
    machine.pass_by(5)
    assert jumps.detect_jump() == 0


def test_gradual_clock_adjustments_are_not_a_jump() -> None:
    machine = Machine()
    jumps = machine.jumps()
    for _ in range(1_000):
        machine.pass_by(5, ahead=0.5)
        assert jumps.detect_jump() == 0


# -- a ticker that keeps a session open during jumps --


def set_the_time(world: TickerEnvironment, hours: float) -> Callable[[], None]:
    def now() -> None:
        world.clock_skew += hours * HOUR

    return now


@pytest.mark.parametrize("jump", [1.0, -1.0, 24.0, -24.0])
async def test_setting_the_wall_clock_affects_neither_heartbeats_nor_session(jump: float) -> None:
    world = TickerEnvironment(noon())
    world.schedule_in(1.003, set_the_time(world, jump))
    begin = world.clock.now()
    await world.run(3)
    assert world.state_names() == ["established"]
    assert all(later - earlier <= 66 for earlier, later in pairwise(world.tickles))
    set_at = begin + 1.003 * HOUR
    assert min(tickle for tickle in world.tickles if tickle >= set_at) - set_at <= CLOCK_CHECK_INTERVAL
    # One heartbeat more than without, which reads the login's expiry in the new time of day.
    assert len(world.tickles) <= 3 * 60 / 0.9 + 2


@pytest.mark.parametrize("jump", [1.0, -1.0, 10.5, 11.5, 30.0])
async def test_the_login_expiry_is_correct_soon_after_the_wall_clock_was_set(
    jump: float, caplog: pytest.LogCaptureFixture
) -> None:
    world = TickerEnvironment(noon())
    seen: list[float | None] = []

    def record() -> None:
        seen.append(world.keeper.report()["login_ends_in_seconds"])

    begin = world.clock.now()
    world.schedule_in(1, set_the_time(world, jump))
    for second in range(1, 60):
        world.schedule_in(1 + second / HOUR, record)
    with caplog.at_level(logging.INFO, "ticker"):
        await world.run(1.05)
    assert all(left is not None and 0 <= left <= 24 * HOUR for left in seen)
    true = 12 * HOUR - (world.clock.now() - begin)
    assert seen[-1] == pytest.approx(true, abs=3 * MINUTE)
    assert [left for left in seen[11:] if left is not None and abs(left - true) > 5 * MINUTE] == []
    assert "event=login_ends" not in caplog.text


async def test_a_reading_from_before_the_wall_clock_was_set_causes_no_expiry_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = TickerEnvironment(noon())
    world.schedule_in(1, lambda: world.set_gateway_up(False))
    world.schedule_in(1.1, set_the_time(world, 10.5))  # the login would seem to end in 24 minutes
    with caplog.at_level(logging.INFO, "ticker"):
        await world.run(1.2)
    assert "event=login_ends" not in caplog.text


async def test_no_state_begins_in_the_future_after_the_wall_clock_was_set_back() -> None:
    world = TickerEnvironment(noon())
    world.schedule_in(1, world.simulation.session.displace)
    world.schedule_in(1.5, set_the_time(world, -1))
    await world.run(2)
    since = datetime.fromisoformat(world.keeper.report()["since"]).timestamp()
    assert world.wall() - since == pytest.approx(HOUR, abs=2 * MINUTE)


@pytest.mark.parametrize("jump", [1.0, -1.0])
async def test_setting_the_wall_clock_does_not_change_when_a_hold_expires(jump: float) -> None:
    world = TickerEnvironment(noon())

    async def hold() -> None:
        await world.keeper.hold(60, "order")

    begin = world.clock.now()
    world.schedule_in(1, hold)
    world.schedule_in(1 + 20 / HOUR, set_the_time(world, jump))
    await world.run(1.1)
    during_hold = [moment for moment in world.tickles if 0.5 < moment - begin - HOUR < 59.5]
    assert during_hold == []
    assert any(0 <= moment - begin - HOUR - 60 <= 2 for moment in world.tickles)


@pytest.mark.parametrize("counted", [False, True])
async def test_a_heartbeat_is_sent_as_soon_as_the_machine_resumes(counted: bool) -> None:
    world = TickerEnvironment(noon())
    world.schedule_in(1.003, lambda: world.suspend(8, counted=counted))
    begin = world.clock.now()
    await world.run(9.5)
    woken = begin + 9.003 * HOUR
    assert min(tickle for tickle in world.tickles if tickle >= woken) - woken <= CLOCK_CHECK_INTERVAL
    (opened,) = world.opened_at  # the session had timed out
    assert opened - woken <= CLOCK_CHECK_INTERVAL
    assert world.keeper.report()["ready"]


async def test_opening_the_session_is_retried_as_soon_as_the_machine_resumes() -> None:
    world = TickerEnvironment(noon(), compete=Compete.YIELD)
    world.schedule_in(0.5, lambda: setattr(world.simulation.session, "maintenance_seconds", 6 * HOUR))
    world.schedule_in(0.5, world.simulation.session.reset)
    world.schedule_in(2.003, lambda: world.suspend(7))
    begin = world.clock.now()
    await world.run(9.5)
    woken = begin + 9.003 * HOUR
    assert min(init for init in world.openings if init >= woken) - woken <= CLOCK_CHECK_INTERVAL
    assert world.keeper.report()["ready"]


async def test_a_missing_login_is_checked_every_few_seconds_again_after_a_suspend() -> None:
    world = TickerEnvironment(noon(), login=False)
    world.schedule_in(3, lambda: world.suspend(8))
    world.schedule_in(11 + 30 / HOUR, world.simulation.session.login)
    begin = world.clock.now()
    await world.run(11.1)
    first_seen = next(moment for moment, state in world.ticker_states if state in ("opening", "established"))
    assert first_seen - (begin + 11 * HOUR + 30) <= 7


@pytest.mark.parametrize(
    ("happens", "silence"),
    [
        (lambda world: set_the_time(world, 0.1)(), 600),
        (lambda world: set_the_time(world, -1)(), 600),
        (lambda world: world.suspend(8), 8 * HOUR + MINUTE),
    ],
    ids=["set forward", "set back", "suspended"],
)
async def test_a_penalty_box_is_waited_out_unless_the_suspend_was_longer(
    happens: Callable[[TickerEnvironment], None], silence: float
) -> None:
    world = TickerEnvironment(noon())
    penalty = Fault(
        match=RequestPattern(path="/tickle"),
        when=FaultSchedule(times=1),
        do=FaultAction(status=429, headers={"Retry-After": "600"}),
    )
    world.schedule_in(1, lambda: world.simulation.faults.add(penalty))
    begin = world.clock.now()

    def boxed() -> None:
        assert world.keeper.state == "penalty_box"
        happens(world)

    world.schedule_in(1 + 2 * MINUTE / HOUR, boxed)
    await world.run(9.5)
    box = max(moment for moment in world.tickles if moment - begin <= HOUR + 2 * MINUTE)
    after = min(moment for moment in world.tickles if moment > box)
    assert silence <= after - box <= silence + 2 * MINUTE
