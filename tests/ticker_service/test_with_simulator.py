"""Days and weeks of the ticker with the simulator, in virtual time."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.ticker_service.virtual import HOUR, LOGIN_URL, MINUTE, TICKLE, TickerEnvironment
from ticker_service.holds import Hold
from ticker_service.settings import Compete

pytestmark = pytest.mark.thorough

NEW_YORK = ZoneInfo("America/New_York")
NOTICED = 70.0
"""Seconds within which each loss must be noticed."""


@dataclass
class Losses:
    """When the session was lost in one run; `repairable` are the losses that only the ticker can repair."""

    all: list[float]
    repairable: list[float]


def days_of(world: TickerEnvironment, start: datetime, days: int) -> Losses:
    """Schedule a login at 00:30 each day; the session is reset at 01:00."""
    losses = Losses([], [])
    login = start.timestamp()
    for day in range(1, days + 1):
        date = (start + timedelta(days=day)).date()
        midnight = datetime(date.year, date.month, date.day, tzinfo=NEW_YORK)
        world.schedule_at(midnight.replace(minute=30), world.simulation.session.login)
        # A login lasts 24 hours at most, so on a day of 25 hours it expires before midnight.
        losses.all += [min(midnight.timestamp(), login + 24 * HOUR), midnight.replace(hour=1).timestamp()]
        login = midnight.replace(minute=30).timestamp()
        losses.repairable.append(midnight.replace(hour=1).timestamp())
    return losses


def check(world: TickerEnvironment, losses: Losses) -> None:
    """Check that the session never timed out and each loss was noticed and, if repairable, reopened once."""
    for moment in losses.all:
        assert world.first_loss_after(moment) - moment <= NOTICED
    assert len(world.opened_at) == len(losses.repairable)
    for lost, opened in zip(sorted(losses.repairable), world.opened_at, strict=True):
        assert 0 < opened - lost <= NOTICED + 60
    for closed in world.closed_at():
        assert any(0 <= closed - lost <= NOTICED for lost in losses.repairable), "idle timeout"
    for earlier, later in pairwise(world.tickles):
        assert later - earlier <= 66


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_day_with_three_losses(seed: int) -> None:
    start = datetime(2026, 3, 3, 12, tzinfo=NEW_YORK)
    world = TickerEnvironment(start, seed=seed)
    losses = days_of(world, start, 1)
    for hours in (2.0, 5.51):
        world.schedule_in(hours, world.simulation.session.drop)
        for kind in (losses.all, losses.repairable):
            kind.append(start.timestamp() + hours * HOUR)
    await world.run(24)
    check(world, losses)
    assert world.keeper.report()["ready"]


@pytest.mark.parametrize(
    ("start", "ends", "expected"),
    [
        (datetime(2026, 3, 7, 12, tzinfo=NEW_YORK), "00:00", "daily end of all logins"),
        (datetime(2026, 10, 31, 12, tzinfo=NEW_YORK), "23:30", "announced end of the login"),
    ],
    ids=["daylight saving begins", "daylight saving ends"],
)
async def test_nights_with_a_daylight_saving_change(
    start: datetime, ends: str, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = TickerEnvironment(start)
    losses = days_of(world, start, 2)
    with caplog.at_level(logging.INFO, "ticker"):
        await world.run(48)
    check(world, losses)
    logged = [record.getMessage() for record in caplog.records]
    warned = [text for text in logged if text.startswith("event=login_ends")]
    assert [re.findall(r"within_minutes=(\d+)", text)[0] for text in warned] == ["60", "10"] * 2
    assert all("00:00" in text for text in warned[:2])
    assert all(ends in text for text in warned[2:])
    missing = [text for text in logged if "state=not_logged_in" in text]
    assert len(missing) == 2
    assert 'expected="daily end of all logins"' in missing[0]
    assert f'expected="{expected}"' in missing[1]


async def test_a_week_with_an_outage_a_silent_upstream_and_a_competing_program() -> None:
    start = datetime(2026, 3, 3, 12, tzinfo=NEW_YORK)
    world = TickerEnvironment(start)
    losses = days_of(world, start, 7)
    begin = start.timestamp()

    def lose(hours: float, do: Callable[[], Any], *, mended_at: float | None = None) -> None:
        world.schedule_in(hours, do)
        losses.all.append(begin + hours * HOUR)
        if mended_at is not None:
            losses.repairable.append(begin + mended_at * HOUR)

    session = world.simulation.session
    lose(3.0, session.drop, mended_at=3.0)
    lose(26.0, lambda: world.set_gateway_up(False), mended_at=27.0)
    world.schedule_in(27.0, lambda: world.set_gateway_up(True))
    lose(51.0, lambda: world.set_silent(True), mended_at=52.0)
    world.schedule_in(52.0, lambda: world.set_silent(False))
    lose(79.0, session.displace)  # until the login after midnight disconnects the other program
    lose(100.37, session.drop, mended_at=100.37)
    lose(100.87, session.drop, mended_at=100.87)
    await world.run(7 * 24)
    assert len(world.opened_at) == len(losses.repairable)
    for lost, opened in zip(sorted(losses.repairable), world.opened_at, strict=True):
        assert 0 <= opened - lost <= NOTICED + 60
    for moment in losses.all:
        assert world.first_loss_after(moment) - moment <= NOTICED
    outages = [(begin + hours * HOUR, begin + (hours + 1) * HOUR) for hours in (26, 51)]
    for closed in world.closed_at():
        known = any(0 <= closed - lost <= NOTICED for lost in losses.repairable)
        assert known or any(down <= closed <= up + NOTICED for down, up in outages), "idle timeout"
    assert {"unreachable", "upstream_silent", "competing", "resetting", "not_logged_in"} <= set(
        world.state_names()
    )
    assert world.request_count("/v1/api/iserver/reauthenticate") == 2


async def test_a_reset_is_noticed_before_the_gateways_own_tickle_ends_the_login() -> None:
    start = datetime(2026, 3, 4, 0, 31, tzinfo=NEW_YORK)
    world = TickerEnvironment(start)
    await world.run(1)
    reset = start.replace(hour=1, minute=0).timestamp()
    assert world.first_loss_after(reset) - reset <= 11
    assert len(world.opened_at) == 1


# -- competing programs --


def noon(compete: Compete = Compete.YIELD) -> TickerEnvironment:
    return TickerEnvironment(datetime(2026, 3, 3, 12, tzinfo=NEW_YORK), compete=compete)


async def test_yield_leaves_the_session_to_another_program_for_hours() -> None:
    world = noon()
    world.schedule_in(1, world.simulation.session.displace)
    await world.run(11)
    assert world.state_names() == ["established", "competing"]
    assert world.openings == []


async def test_ask_takes_over_once_and_immediately_after_an_approval() -> None:
    world = noon(Compete.ASK)
    world.schedule_in(1, world.simulation.session.displace)
    world.schedule_in(2.003, world.keeper.take_over)
    world.schedule_in(3, world.simulation.session.displace)
    await world.run(5)
    assert world.state_names() == ["established", "competing", "opening", "established", "competing"]
    (taken,) = world.openings
    assert taken - (world.tickles[0] + 2.003 * HOUR) < 1


async def test_take_does_not_alternate_with_another_program() -> None:
    world = noon(Compete.TAKE)
    for hours in (1.0, 1.05, 4.0):
        world.schedule_in(hours, world.simulation.session.displace)
    await world.run(6)
    assert len(world.openings) == 1
    assert world.state_names() == ["established", "opening", "established", "competing"]


async def test_take_takes_over_again_after_each_loss_that_is_hours_apart() -> None:
    world = noon(Compete.TAKE)
    for hours in (1.0, 3.0, 5.0):
        world.schedule_in(hours, world.simulation.session.displace)
    await world.run(6)
    assert len(world.openings) == 3
    assert world.keeper.report()["ready"]


# -- holds --


def between(world: TickerEnvironment, begin: float, end: float) -> list[str]:
    """Return the paths requested between two times, in hours after noon."""
    zero = world.tickles[0]
    return [path for moment, path in world.requests if begin * HOUR < moment - zero < end * HOUR]


async def test_nothing_is_sent_during_a_hold_and_a_tickle_right_after_it() -> None:
    world = noon()
    world.schedule_in(1, lambda: world.keeper.hold(120, "order"))
    await world.run(2)
    assert between(world, 1, 1 + 119.9 / 3600) == []
    zero = world.tickles[0] + HOUR
    after = next(moment for moment in world.tickles if moment > zero)
    assert 120 <= after - zero < 121


async def test_a_hold_that_is_released_early_ends_early() -> None:
    world = noon()
    holds: list[Hold] = []

    async def hold() -> None:
        holds.append(await world.keeper.hold(120, "order"))

    world.schedule_in(1, hold)
    world.schedule_in(1 + 70 / 3600, lambda: world.keeper.release(holds[0].id))
    await world.run(2)
    zero = world.tickles[0] + HOUR
    after = next(moment for moment in world.tickles if moment > zero)
    assert 70 <= after - zero < 71


async def test_a_session_lost_during_a_hold_is_opened_after_it() -> None:
    world = noon()
    world.schedule_in(1, lambda: world.keeper.hold(120, "order"))
    world.schedule_in(1 + 10 / 3600, world.simulation.session.drop)
    await world.run(2)
    assert between(world, 1, 1 + 119.9 / 3600) == []
    assert len(world.opened_at) == 1
    assert world.keeper.report()["ready"]


async def test_consecutive_holds_do_not_let_the_session_time_out() -> None:
    world = noon()
    for number in range(60):
        world.schedule_in(1 + number * 100 / 3600, lambda: world.keeper.hold(120, "order"))
    await world.run(3)
    assert world.closed_at() == []
    gaps = [later - earlier for earlier, later in pairwise(world.tickles)]
    assert 230 < max(gaps) <= 241
    # During the holds only overdue tickles were sent.
    assert set(between(world, 1, 2.6)) == {TICKLE}
    assert len(between(world, 1, 2.6)) <= 1.7 * HOUR / 240 + 1


async def test_a_hold_during_an_outage_delays_the_reopening_until_it_ends() -> None:
    world = noon()
    world.schedule_in(1, world.simulation.session.drop)
    for number in range(6):
        world.schedule_in(1 + number * 100 / 3600, lambda: world.keeper.hold(120, "order"))
    await world.run(2)
    assert len(world.opened_at) == 1
    assert world.opened_at[0] - (world.tickles[0] + HOUR) > 600


async def test_a_restarted_ticker_has_no_holds_and_sends_a_heartbeat_immediately() -> None:
    world = noon()
    await world.keeper.beat()
    hold = await world.keeper.hold(120, "order")
    world.clock.advance(5)
    world.restart_ticker()
    assert not world.keeper.release(hold.id)
    assert world.keeper.report()["holds"] == []
    before = len(world.tickles)
    await world.run(0.001)
    assert len(world.tickles) == before + 1


# -- reports, logs and metrics --


async def test_the_report_has_a_warning_in_the_last_hour_of_a_login() -> None:
    world = noon()
    reports: list[Any] = []
    for hours in (10.9, 11.5, 11.98, 12.4):
        world.schedule_in(hours, lambda: reports.append(world.keeper.report()))
    await world.run(12.5)
    assert [report["login_warning"] is None for report in reports] == [True, False, False, True]
    assert "30 minutes" in reports[1]["login_warning"]
    assert "00:00" in reports[1]["login_warning"]
    assert LOGIN_URL in reports[1]["login_warning"]
    assert reports[0]["login_ends_in_seconds"] == pytest.approx(1.1 * HOUR, abs=2)
    assert reports[3]["login_ends_at"] is None
    assert reports[3]["expected"]["what"] == "daily end of all logins"
    assert reports[3]["who"] == "user"
    assert LOGIN_URL in reports[3]["next_step"]
    assert reports[0]["next_reset"] == {
        "what": "nightly reset",
        "begins": "2026-03-04T05:15:00+00:00",
        "ends": "2026-03-04T06:45:00+00:00",
    }


async def test_each_login_gets_its_own_expiry_warnings(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = noon()
    world.schedule_in(11.5, world.simulation.session.logout)
    world.schedule_in(11.6, world.simulation.session.login)
    with caplog.at_level(logging.WARNING, "ticker"):
        await world.run(12.5)
    warned = re.findall(r"event=login_ends within_minutes=(\d+)", caplog.text)
    assert warned == ["60", "60", "10"]
    assert caplog.text.count("expected=") == 1


async def test_the_log_has_one_line_per_event_and_no_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = noon()
    world.schedule_in(1, world.simulation.session.drop)
    world.schedule_in(2, world.simulation.session.displace)
    world.schedule_in(3, lambda: world.set_gateway_up(False))
    with caplog.at_level(logging.DEBUG):
        await world.run(5)
    lines = [record.getMessage() for record in caplog.records if record.name == "ticker"]
    assert all(text.startswith("event=") and "\n" not in text for text in lines)
    assert 5 < len(lines) < 15
    for secret in (world.simulation.session.token, world.simulation.selected_account_id):
        assert secret not in caplog.text


async def test_the_metrics_after_a_loss() -> None:
    world = noon()
    world.schedule_in(1, world.simulation.session.drop)
    await world.run(2)
    text = world.keeper.metrics_text().decode()
    assert 'ib_mcp_session_state{state="established"} 1.0' in text
    assert "ib_mcp_session_reopenings_total 1.0" in text
    assert 'ib_mcp_ticker_openings_total{answer="accepted"} 1.0' in text
    (left,) = re.findall(r"^ib_mcp_login_ends_seconds (\S+)$", text, re.MULTILINE)
    assert float(left) == pytest.approx(10 * HOUR, abs=MINUTE)
