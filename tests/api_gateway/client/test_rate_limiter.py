"""Rate limiter: IBKR's limits hold, waiting is bounded, and the caller learns the seconds."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from api_gateway.causes import Cause, Outcome
from api_gateway.client.rate_limiter import MAX_IN_FLIGHT, RateLimiter, RateLimitStatus, WaitBudget
from api_gateway.client.rate_limits import GLOBAL_LIMIT, IBKR_LIMITS
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.errors import PenaltyBox, RateLimited
from api_gateway.operations import RateLimit
from tests.api_gateway.because import because
from tests.api_gateway.fakes import FakeTime
from tests.virtual_loop import run_in_virtual_time

ORDERS = build_request("GET", "/iserver/account/orders", read_only=True)
TRADES = build_request("GET", "/iserver/account/trades", read_only=True)
OTHER = build_request("GET", "/iserver/accounts", read_only=True)


def pacing(time: FakeTime, **options: Any) -> RateLimiter:
    return RateLimiter(penalty=600, now=time.now, sleep=time.sleep, **options)


def patience(seconds: float = 6) -> WaitBudget:
    return WaitBudget(seconds, float("inf"))


async def send(
    governor: RateLimiter, call: GatewayRequest, time: FakeTime, left: WaitBudget | None = None
) -> float:
    async with governor.acquire(call, left or patience()):
        return time.now()


async def test_one_request_passes_at_once(fake_time: FakeTime) -> None:
    assert await send(pacing(fake_time), ORDERS, fake_time) == 1000
    assert fake_time.sleeps == []


async def test_the_second_of_a_five_second_limit_waits_a_little_longer_than_that(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    await send(governor, ORDERS, fake_time)
    assert 1005.1 <= await send(governor, ORDERS, fake_time) <= 1005.5


async def test_each_endpoint_has_its_own_limit(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    await send(governor, ORDERS, fake_time)
    assert await send(governor, TRADES, fake_time) == 1000


async def test_whoever_would_wait_too_long_is_told_the_seconds_and_takes_no_place(
    fake_time: FakeTime,
) -> None:
    governor = pacing(fake_time)
    await send(governor, ORDERS, fake_time)
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            await send(governor, ORDERS, fake_time, patience(2))
        assert caught.value.seconds == pytest.approx(5.5)
        assert caught.value.cause is Cause.RATE_LIMIT_REACHED
        assert "6 s" in caught.value.hint
    assert fake_time.sleeps == []
    assert await send(governor, ORDERS, fake_time) == pytest.approx(1005.5)


async def test_the_seconds_include_those_who_wait_already(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    await send(governor, ORDERS, fake_time)
    woken = asyncio.Event()

    async def hold(_: float) -> None:
        await woken.wait()

    governor._sleep = hold
    waiting = asyncio.create_task(send(governor, ORDERS, fake_time))
    await asyncio.sleep(0)
    with pytest.raises(RateLimited) as caught:
        await send(governor, ORDERS, fake_time)
    assert caught.value.seconds == pytest.approx(11.0)
    fake_time.seconds += 5.5
    woken.set()
    assert await waiting == pytest.approx(1005.5)


async def test_a_patience_is_used_up_over_the_requests_of_one_call(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    left = patience(6)
    await send(governor, ORDERS, fake_time, left)
    await send(governor, ORDERS, fake_time, left)
    assert left.left == pytest.approx(0.5)
    with pytest.raises(RateLimited):
        await send(governor, ORDERS, fake_time, left)


async def test_a_quarter_of_an_hour_is_never_waited_for(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    call = build_request("POST", "/pa/performance", read_only=True)
    await send(governor, call, fake_time)
    with pytest.raises(RateLimited) as caught:
        await send(governor, call, fake_time, patience(300))
    assert 890 < caught.value.seconds < 910


async def test_a_request_that_was_never_sent_gives_its_place_back(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    async with governor.acquire(ORDERS, patience()) as turn:
        turn.release()
    assert await send(governor, ORDERS, fake_time) == 1000


async def test_a_request_counts_from_when_it_has_left(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    async with governor.acquire(ORDERS, patience()) as turn:
        fake_time.seconds += 0.4
        turn.mark_sent()
    assert await send(governor, ORDERS, fake_time) == pytest.approx(1000.4 + 5.5)


async def test_whoever_stops_waiting_leaves_the_place_to_others(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    await send(governor, ORDERS, fake_time)

    async def forever(_: float) -> None:
        await asyncio.Event().wait()

    governor._sleep = forever
    waiting = asyncio.create_task(send(governor, ORDERS, fake_time))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    governor._sleep = fake_time.sleep
    assert await send(governor, ORDERS, fake_time) == pytest.approx(1005.5)


@pytest.mark.parametrize("seed", range(20))
async def test_no_window_ever_holds_more_than_it_may(
    fake_time: FakeTime, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random crowds, late wakings and late departures; then every window is counted."""
    rng = random.Random(seed)  # noqa: S311 - a crowd, no secret
    limits = {("GET", "/a"): RateLimit(1, 5), ("GET", "/b"): RateLimit(3, 2)}
    governor = pacing(fake_time, limits=limits, global_limit=RateLimit(4, 1))
    left: list[tuple[float, str]] = []
    alarms: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(seconds: float) -> None:
        alarm = asyncio.get_running_loop().create_future()
        alarms.append((fake_time.seconds + seconds + rng.choice((-0.001, 0, 0.02, 0.3)), alarm))
        await alarm

    monkeypatch.setattr(governor, "_sleep", sleep)

    async def one(template: str) -> None:
        async with governor.acquire(build_request("GET", template, read_only=True), patience(1e9)) as turn:
            for _ in range(rng.randrange(3)):
                await asyncio.sleep(0)
            fake_time.seconds += rng.choice((0, 0, 0.05, 0.4))
            turn.mark_sent()
            left.append((fake_time.seconds, template))

    tasks = [asyncio.create_task(one(rng.choice(["/a", "/b", "/c"]))) for _ in range(40)]
    while not all(task.done() for task in tasks):
        for _ in range(8):
            await asyncio.sleep(0)
        if alarms:
            alarms.sort(key=lambda item: item[0])
            moment, alarm = alarms.pop(0)
            fake_time.seconds = max(fake_time.seconds, moment)
            if not alarm.done():
                alarm.set_result(None)
    await asyncio.gather(*tasks)
    assert len(left) == 40
    for matches, limit in _counted(limits, RateLimit(4, 1)):
        times = sorted(moment for moment, template in left if matches(template))
        for first, last in zip(times, times[limit.count :], strict=False):
            assert last - first >= limit.seconds, (limit, first, last)


def _counted(
    limits: dict[tuple[str, str], RateLimit], everything: RateLimit
) -> list[tuple[Callable[[str], bool], RateLimit]]:
    own = [((lambda template, name=name: template == name), limit) for (_, name), limit in limits.items()]
    return [*own, ((lambda _: True), everything)]


async def test_ten_a_second_leave_one_for_the_tickle(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    times = [await send(governor, OTHER, fake_time) for _ in range(11)]
    assert times[GLOBAL_LIMIT.count - 1] == 1000
    assert times[GLOBAL_LIMIT.count] >= 1001
    assert GLOBAL_LIMIT.count == 7


async def test_no_more_than_four_are_in_flight_and_a_fifth_is_told_after_its_patience(
    fake_time: FakeTime,
) -> None:
    governor = pacing(fake_time, global_limit=None)
    done = asyncio.Event()

    async def hang() -> None:
        async with governor.acquire(OTHER, patience()):
            await done.wait()

    hanging = [asyncio.create_task(hang()) for _ in range(MAX_IN_FLIGHT)]
    await asyncio.sleep(0)
    with pytest.raises(RateLimited, check=because(Cause.TOO_MANY_WAITING, Outcome.NOT_SENT)):
        await send(governor, OTHER, fake_time, patience(0.01))
    done.set()
    await asyncio.gather(*hanging)
    assert await send(governor, OTHER, fake_time) == 1000


async def test_a_penalty_reaches_those_who_wait_for_a_slot(fake_time: FakeTime) -> None:
    governor = pacing(fake_time, global_limit=None)
    done = asyncio.Event()

    async def hang() -> None:
        async with governor.acquire(OTHER, patience()):
            await done.wait()

    hanging = [asyncio.create_task(hang()) for _ in range(MAX_IN_FLIGHT)]
    waiting = asyncio.create_task(send(governor, OTHER, fake_time))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    governor.enter_penalty_box()
    done.set()
    await asyncio.gather(*hanging)
    with pytest.raises(RateLimited, match="429"):
        await waiting


async def test_the_time_spent_waiting_for_a_slot_counts_for_the_limits(fake_time: FakeTime) -> None:
    governor = pacing(fake_time, global_limit=None)
    done = asyncio.Event()

    async def hang() -> None:
        async with governor.acquire(OTHER, patience()):
            await done.wait()

    await send(governor, ORDERS, fake_time)
    fake_time.seconds += 5.5
    hanging = [asyncio.create_task(hang()) for _ in range(MAX_IN_FLIGHT)]
    first = asyncio.create_task(send(governor, ORDERS, fake_time, patience(60)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    fake_time.seconds += 5
    done.set()
    assert await first == pytest.approx(1010.5)
    assert await send(governor, ORDERS, fake_time) == pytest.approx(1016.0)
    await asyncio.gather(*hanging)


async def test_the_tickle_passes_four_hanging_requests_and_full_windows(fake_time: FakeTime) -> None:
    governor = pacing(fake_time, global_limit=RateLimit(4, 100))
    done = asyncio.Event()

    async def hang() -> None:
        async with governor.acquire(OTHER, patience()):
            await done.wait()

    hanging = [asyncio.create_task(hang()) for _ in range(MAX_IN_FLIGHT)]
    await asyncio.sleep(0)
    async with governor.acquire_tickle():
        assert fake_time.now() == 1000
    async with governor.acquire_tickle():
        assert fake_time.now() >= 1001
    done.set()
    await asyncio.gather(*hanging)


async def test_the_penalty_stops_everything_but_the_tickle_until_it_is_over(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    assert governor.enter_penalty_box() == 600
    fake_time.seconds += 100
    with pytest.raises(RateLimited) as caught:
        await send(governor, OTHER, fake_time)
    assert caught.value.seconds == pytest.approx(500)
    assert "429" in str(caught.value)
    async with governor.acquire_tickle():
        assert governor.penalty_left == pytest.approx(500)
    fake_time.seconds += 500
    assert governor.penalty_left == 0
    await send(governor, OTHER, fake_time)


async def test_a_longer_retry_after_is_believed_and_a_shorter_one_is_not(fake_time: FakeTime) -> None:
    assert pacing(fake_time).enter_penalty_box(900) == 900
    governor = pacing(fake_time)
    assert governor.enter_penalty_box(5) == 600
    assert governor.enter_penalty_box(900) == 900
    assert governor.enter_penalty_box(1) == 900


async def test_a_penalty_reaches_those_who_wait_already(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    await send(governor, ORDERS, fake_time)

    async def caught_meanwhile(seconds: float) -> None:
        fake_time.seconds += seconds
        governor.enter_penalty_box()

    governor._sleep = caught_meanwhile
    with pytest.raises(RateLimited, match="429"):
        await send(governor, ORDERS, fake_time)


def test_the_published_limits_are_there() -> None:
    assert IBKR_LIMITS["GET", "/iserver/account/orders"] == RateLimit(1, 5)
    assert IBKR_LIMITS["GET", "/iserver/scanner/params"] == RateLimit(1, 900)
    assert IBKR_LIMITS["GET", "/sso/validate"] == RateLimit(1, 60)
    assert all(limit.padded_seconds > limit.seconds for limit in IBKR_LIMITS.values())


STATUS = build_request("POST", "/iserver/auth/status", read_only=True)
ONCE = build_request("GET", "/iserver/scanner/params", read_only=True)


async def look(governor: RateLimiter, time: FakeTime) -> float:
    async with governor.acquire_priority(STATUS):
        return time.now()


def test_a_look_passes_sixty_who_wait_and_the_limit_is_kept_all_the_same() -> None:
    async def tried() -> tuple[float, list[float]]:
        loop = asyncio.get_running_loop()
        governor = RateLimiter(penalty=600, now=loop.time, sleep=asyncio.sleep)
        sent: list[float] = []

        async def one() -> None:
            async with governor.acquire(OTHER, patience(60)):
                sent.append(loop.time())

        waiting = [asyncio.create_task(one()) for _ in range(60)]
        await asyncio.sleep(0.2)
        began = loop.time()
        async with governor.acquire_priority(STATUS):
            sent.append(loop.time())
            took = loop.time() - began
        await asyncio.gather(*waiting)
        return took, sorted(sent)

    took, sent = run_in_virtual_time(tried())
    assert took <= GLOBAL_LIMIT.padded_seconds
    count = GLOBAL_LIMIT.count
    assert all(sent[place + count] - sent[place] >= 1 for place in range(len(sent) - count))


async def test_a_look_is_not_held_up_by_slots_that_are_taken(fake_time: FakeTime) -> None:
    governor = pacing(fake_time, global_limit=None)
    turns = [governor.acquire(OTHER, patience()) for _ in range(MAX_IN_FLIGHT)]
    for turn in turns:
        await turn.__aenter__()
    assert await look(governor, fake_time) == 1000
    for turn in turns:
        await turn.__aexit__(None, None, None)


async def test_a_look_is_refused_in_the_penalty_box(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    governor.enter_penalty_box()
    with pytest.raises(PenaltyBox):
        await look(governor, fake_time)


async def test_the_budget_tells_what_may_still_be_sent(fake_time: FakeTime) -> None:
    governor = pacing(fake_time)
    assert governor.status() == RateLimitStatus(
        penalty_seconds=0, remaining_requests=GLOBAL_LIMIT.count, blocked={}
    )
    await send(governor, OTHER, fake_time)
    await send(governor, ONCE, fake_time)
    budget = governor.status()
    assert budget.remaining_requests == GLOBAL_LIMIT.count - 2
    assert budget.blocked == {("GET", "/iserver/scanner/params"): pytest.approx(900.5)}
    fake_time.seconds += 901
    assert governor.status() == RateLimitStatus(
        penalty_seconds=0, remaining_requests=GLOBAL_LIMIT.count, blocked={}
    )
    governor.enter_penalty_box()
    assert governor.status().penalty_seconds == 600
    assert pacing(fake_time, global_limit=None).status().remaining_requests is None
