"""The heartbeat loop over hours and days, and its report."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import httpx
import pytest

from api_gateway.access_policy import TICKER
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.session.session import LoginState as Simulated
from tests.api_gateway.listening import wait_until
from tests.ticker_service.virtual import (
    HOUR,
    LOGIN_URL,
    MINUTE,
    SocketLikeTransport,
    TickerEnvironment,
    TimeIsUpError,
    rules,
)
from ticker_service.backoff import Backoff
from ticker_service.metrics import Metrics
from ticker_service.session_keeper import SessionKeeper

NEW_YORK = ZoneInfo("America/New_York")


def noon() -> datetime:
    return datetime(2026, 3, 3, 12, tzinfo=NEW_YORK)


async def test_a_day_with_midnight_and_nightly_reset_needs_one_reopening() -> None:
    world = TickerEnvironment(noon())
    world.schedule_in(12.5, world.simulation.session.login)
    await world.run(24)
    # A login at 00:30 opens the brokerage session by itself; only the session lost in the reset at 01:00 has
    # to be reopened by the ticker. IBKR refuses attempts during the first 30 s of a reset.
    assert len(world.opened_at) == 1
    assert len(world.openings) <= 2
    reset = datetime(2026, 3, 4, 1, tzinfo=NEW_YORK).timestamp()
    assert 0 < world.openings[0] - reset <= 70
    assert world.state_names() == [
        "established",
        "not_logged_in",
        "established",
        "resetting",
        "opening",
        "established",
    ]
    lost = datetime(2026, 3, 4, 0, tzinfo=NEW_YORK).timestamp()
    assert 0 <= world.ticker_states[1][0] - lost <= 70
    assert 0 <= world.ticker_states[2][0] - (lost + 30 * MINUTE) <= 70
    # The simulator closed the session only in that reset: it never timed out.
    assert len(world.closed_at()) == 1
    assert 0 <= world.closed_at()[0] - reset <= 70
    assert world.keeper.report()["ready"]


async def test_the_simulator_closes_a_session_that_is_never_tickled() -> None:
    world = TickerEnvironment(noon())
    world.clock.advance(10 * MINUTE)
    assert world.simulation.session.state is Simulated.SSO


async def test_an_outage_of_an_hour_ends_with_one_restart_of_the_gateways_own_tickle(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = TickerEnvironment(noon())

    def down() -> None:
        world.gateway_up = False

    def up() -> None:
        world.gateway_up = True

    world.schedule_in(1, down)
    world.schedule_in(2, up)
    with caplog.at_level(logging.INFO, "ticker"):
        await world.run(4)
    assert world.state_names() == ["established", "unreachable", "opening", "established"]
    assert caplog.text.count("event=built_in_tickle restarted=true") == 1
    assert len(world.openings) == 1


async def test_each_state_change_is_one_log_line_however_long_the_state_lasts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = TickerEnvironment(noon(), login=False)
    with caplog.at_level(logging.INFO, "ticker"):
        await world.run(6)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert LOGIN_URL in caplog.text


async def test_a_missing_login_is_checked_every_five_seconds_and_later_every_minute() -> None:
    world = TickerEnvironment(noon(), login=False)
    waits = []
    for _ in range(60):
        wait = await world.keeper.beat()
        waits.append(wait)
        world.clock.advance(wait)
    assert 4.5 <= waits[0] <= 5.5
    assert 54 <= waits[-1] <= 66
    assert sum(waits[:10]) < sum(waits[20:30]) < sum(waits[-10:])


async def test_nothing_is_sent_in_the_penalty_box() -> None:
    times: list[float] = []
    clock = Clock(start=0, frozen=True)

    async def respond(_: httpx.Request) -> httpx.Response:
        times.append(clock.now())
        return httpx.Response(429, headers={"Retry-After": "700"})

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)
        if clock.now() > 4000:
            raise TimeIsUpError

    gateway = GatewayClient(
        GatewaySettings.model_construct(),
        policy=TICKER,
        transport=SocketLikeTransport(respond),
        now=clock.now,
        sleep=sleep,
    )
    keeper = SessionKeeper(
        gateway,
        Backoff(60, 5),
        rules(),
        stuck_after=60,
        metrics=Metrics(),
        now=clock.now,
        wall=clock.now,
        sleep=sleep,
    )
    with pytest.raises(TimeIsUpError):
        await keeper.run()
    assert len(times) >= 3
    assert all(later - earlier >= 600 for earlier, later in pairwise(times))
    assert "next_look_in_seconds" in keeper.report()


async def test_the_report_has_state_time_and_next_step_and_no_secret() -> None:
    world = TickerEnvironment(noon())
    await world.keeper.beat()
    world.clock.advance(10)
    report = world.keeper.report()
    assert report["state"] == "established"
    assert report["ready"] is True
    assert report["since"] == "2026-03-03T17:00:00+00:00"
    assert report["who"] == "nobody"
    assert report["login_url"] == LOGIN_URL
    assert 44 <= report["next_look_in_seconds"] <= 50
    assert report["login_ends_in_seconds"] == 12 * HOUR - 10
    assert [set(past) for past in report["last_beats"]] == [{"at", "state", "seconds"}]
    text = json.dumps(report)
    assert world.simulation.session.token not in text
    assert world.simulation.options.account_id not in text


async def test_the_report_has_the_last_twenty_heartbeats() -> None:
    world = TickerEnvironment(noon())
    for _ in range(25):
        world.clock.advance(await world.keeper.beat())
    assert len(world.keeper.report()["last_beats"]) == 20


async def test_before_the_first_heartbeat_the_state_is_starting() -> None:
    report = TickerEnvironment(noon()).keeper.report()
    assert (report["state"], report["ready"], report["last_beats"]) == ("starting", False, [])


async def test_the_keeper_is_alive_unless_its_loop_is_stopped_or_stuck() -> None:
    clock = Clock(start=0, frozen=True)
    released = asyncio.Event()

    async def respond(_: httpx.Request) -> httpx.Response:
        await released.wait()
        return httpx.Response(401)

    gateway = GatewayClient(
        GatewaySettings.model_construct(),
        policy=TICKER,
        transport=SocketLikeTransport(respond),
        now=clock.now,
    )
    keeper = SessionKeeper(
        gateway, Backoff(60, 5), rules(), stuck_after=60, metrics=Metrics(), now=clock.now, wall=clock.now
    )
    assert not keeper.alive
    running = asyncio.create_task(keeper.run())
    await wait_until(lambda: keeper.alive)
    clock.advance(61)
    assert not keeper.alive
    released.set()
    await wait_until(lambda: keeper.alive)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not keeper.alive
