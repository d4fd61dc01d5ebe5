"""The lanes of the rate limiter."""

from __future__ import annotations

from contextlib import AsyncExitStack

from api_gateway.client.lanes import PriorityLane, RequestLane, TickleLane
from api_gateway.client.rate_limiter import MAX_IN_FLIGHT, RateLimiter, WaitBudget
from api_gateway.settings import GatewaySettings
from tests.api_gateway.fakes import FakeTime, read, unlimited, write


def make_rate_limiter(time: FakeTime) -> RateLimiter:
    return RateLimiter(penalty=60, now=time.now, sleep=time.sleep)


def settings(deadline: float) -> GatewaySettings:
    return GatewaySettings(_env_file=None, gateway_timeout=deadline)


def test_an_ordinary_request_has_the_timeout_or_the_rest_of_its_budget(fake_time: FakeTime) -> None:
    lane = RequestLane(make_rate_limiter(fake_time), settings(20), now=fake_time.now)
    assert lane.timeout(unlimited()) == 20
    assert lane.timeout(WaitBudget(0.0, fake_time.seconds + 3)) == 3


def test_the_other_lanes_have_their_own_timeouts_but_no_longer_ones_than_gateway_timeout(
    fake_time: FakeTime,
) -> None:
    for lane in (PriorityLane, TickleLane):
        assert lane(make_rate_limiter(fake_time), settings(20), deadline=4).timeout(unlimited()) == 4
        assert lane(make_rate_limiter(fake_time), settings(2), deadline=4).timeout(unlimited()) == 2


async def test_a_tickle_is_sent_during_a_penalty(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    rate_limiter.enter_penalty_box()
    async with TickleLane(rate_limiter, settings(20), deadline=8).acquire(write("/tickle"), unlimited()):
        assert fake_time.sleeps == []


async def test_a_session_check_is_sent_even_if_every_slot_is_occupied(fake_time: FakeTime) -> None:
    rate_limiter = RateLimiter(penalty=60, now=fake_time.now, sleep=fake_time.sleep, global_limit=None)
    ordinary = RequestLane(rate_limiter, settings(20), now=fake_time.now)
    status = write("/iserver/auth/status")
    async with AsyncExitStack() as held_places:
        for _ in range(MAX_IN_FLIGHT):
            await held_places.enter_async_context(ordinary.acquire(read("/trsrv/stocks"), unlimited()))
        async with PriorityLane(rate_limiter, settings(20), deadline=4).acquire(status, unlimited()):
            assert fake_time.sleeps == []
