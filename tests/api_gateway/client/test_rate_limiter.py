"""Rate limiter: IBKR's limits are never exceeded, waiting is bounded, and errors name the seconds."""

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


def make_rate_limiter(time: FakeTime, **options: Any) -> RateLimiter:
    return RateLimiter(penalty=600, now=time.now, sleep=time.sleep, **options)


def budget(seconds: float = 6) -> WaitBudget:
    return WaitBudget(seconds, float("inf"))


async def send(
    rate_limiter: RateLimiter, request: GatewayRequest, time: FakeTime, limit: WaitBudget | None = None
) -> float:
    async with rate_limiter.acquire(request, limit or budget()):
        return time.now()


async def test_the_first_request_is_sent_immediately(fake_time: FakeTime) -> None:
    assert await send(make_rate_limiter(fake_time), ORDERS, fake_time) == 1000
    assert fake_time.sleeps == []


async def test_a_second_request_waits_a_little_longer_than_the_limits_seconds(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    await send(rate_limiter, ORDERS, fake_time)
    assert 1005.1 <= await send(rate_limiter, ORDERS, fake_time) <= 1005.5


async def test_each_endpoint_has_its_own_limit(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    await send(rate_limiter, ORDERS, fake_time)
    assert await send(rate_limiter, TRADES, fake_time) == 1000


async def test_a_request_beyond_its_budget_is_rejected_with_the_seconds_and_does_not_count(
    fake_time: FakeTime,
) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    await send(rate_limiter, ORDERS, fake_time)
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            await send(rate_limiter, ORDERS, fake_time, budget(2))
        assert caught.value.seconds == pytest.approx(5.5)
        assert caught.value.cause is Cause.RATE_LIMIT_REACHED
        assert "6 s" in caught.value.hint
    assert fake_time.sleeps == []
    assert await send(rate_limiter, ORDERS, fake_time) == pytest.approx(1005.5)


async def test_the_seconds_of_a_rejection_include_requests_that_are_waiting(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    await send(rate_limiter, ORDERS, fake_time)
    woken = asyncio.Event()

    async def hold(_: float) -> None:
        await woken.wait()

    rate_limiter._sleep = hold
    waiting = asyncio.create_task(send(rate_limiter, ORDERS, fake_time))
    await asyncio.sleep(0)
    with pytest.raises(RateLimited) as caught:
        await send(rate_limiter, ORDERS, fake_time)
    assert caught.value.seconds == pytest.approx(11.0)
    fake_time.seconds += 5.5
    woken.set()
    assert await waiting == pytest.approx(1005.5)


async def test_a_budget_is_shared_by_the_requests_of_one_call(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    shared = budget(6)
    await send(rate_limiter, ORDERS, fake_time, shared)
    await send(rate_limiter, ORDERS, fake_time, shared)
    assert shared.left == pytest.approx(0.5)
    with pytest.raises(RateLimited):
        await send(rate_limiter, ORDERS, fake_time, shared)


async def test_a_limit_of_15_minutes_is_never_waited_for(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    request = build_request("POST", "/pa/performance", read_only=True)
    await send(rate_limiter, request, fake_time)
    with pytest.raises(RateLimited) as caught:
        await send(rate_limiter, request, fake_time, budget(300))
    assert 890 < caught.value.seconds < 910


async def test_a_released_reservation_does_not_count(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    async with rate_limiter.acquire(ORDERS, budget()) as reservation:
        reservation.release()
    assert await send(rate_limiter, ORDERS, fake_time) == 1000


async def test_a_request_counts_from_when_it_was_sent(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    async with rate_limiter.acquire(ORDERS, budget()) as reservation:
        fake_time.seconds += 0.4
        reservation.mark_sent()
    assert await send(rate_limiter, ORDERS, fake_time) == pytest.approx(1000.4 + 5.5)


async def test_a_cancelled_waiting_request_does_not_count(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    await send(rate_limiter, ORDERS, fake_time)

    async def forever(_: float) -> None:
        await asyncio.Event().wait()

    rate_limiter._sleep = forever
    waiting = asyncio.create_task(send(rate_limiter, ORDERS, fake_time))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    rate_limiter._sleep = fake_time.sleep
    assert await send(rate_limiter, ORDERS, fake_time) == pytest.approx(1005.5)


@pytest.mark.parametrize("seed", range(20))
async def test_no_window_is_ever_exceeded(
    fake_time: FakeTime, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random requests, late wake-ups and late sending; then every window is counted."""
    rng = random.Random(seed)  # noqa: S311 - test data, no secret
    limits = {("GET", "/a"): RateLimit(1, 5), ("GET", "/b"): RateLimit(3, 2)}
    rate_limiter = make_rate_limiter(fake_time, limits=limits, global_limit=RateLimit(4, 1))
    sent: list[tuple[float, str]] = []
    alarms: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(seconds: float) -> None:
        alarm = asyncio.get_running_loop().create_future()
        alarms.append((fake_time.seconds + seconds + rng.choice((-0.001, 0, 0.02, 0.3)), alarm))
        await alarm

    monkeypatch.setattr(rate_limiter, "_sleep", sleep)

    async def one(template: str) -> None:
        async with rate_limiter.acquire(
            build_request("GET", template, read_only=True), budget(1e9)
        ) as reservation:
            for _ in range(rng.randrange(3)):
                await asyncio.sleep(0)
            fake_time.seconds += rng.choice((0, 0, 0.05, 0.4))
            reservation.mark_sent()
            sent.append((fake_time.seconds, template))

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
    assert len(sent) == 40
    for matches, limit in _counted(limits, RateLimit(4, 1)):
        times = sorted(moment for moment, template in sent if matches(template))
        for first, last in zip(times, times[limit.count :], strict=False):
            assert last - first >= limit.seconds, (limit, first, last)


def _counted(
    limits: dict[tuple[str, str], RateLimit], global_limit: RateLimit
) -> list[tuple[Callable[[str], bool], RateLimit]]:
    own = [((lambda template, name=name: template == name), limit) for (_, name), limit in limits.items()]
    return [*own, ((lambda _: True), global_limit)]


async def test_seven_requests_a_second_leave_room_for_ticker_and_gateway(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    times = [await send(rate_limiter, OTHER, fake_time) for _ in range(11)]
    assert times[GLOBAL_LIMIT.count - 1] == 1000
    assert times[GLOBAL_LIMIT.count] >= 1001
    assert GLOBAL_LIMIT.count == 7


async def test_a_fifth_concurrent_request_is_rejected_when_its_budget_is_used_up(
    fake_time: FakeTime,
) -> None:
    rate_limiter = make_rate_limiter(fake_time, global_limit=None)
    done = asyncio.Event()

    async def hang() -> None:
        async with rate_limiter.acquire(OTHER, budget()):
            await done.wait()

    hanging = [asyncio.create_task(hang()) for _ in range(MAX_IN_FLIGHT)]
    await asyncio.sleep(0)
    with pytest.raises(RateLimited, check=because(Cause.TOO_MANY_WAITING, Outcome.NOT_SENT)):
        await send(rate_limiter, OTHER, fake_time, budget(0.01))
    done.set()
    await asyncio.gather(*hanging)
    assert await send(rate_limiter, OTHER, fake_time) == 1000


async def test_a_penalty_rejects_requests_that_are_waiting_for_a_slot(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time, global_limit=None)
    done = asyncio.Event()

    async def hang() -> None:
        async with rate_limiter.acquire(OTHER, budget()):
            await done.wait()

    hanging = [asyncio.create_task(hang()) for _ in range(MAX_IN_FLIGHT)]
    waiting = asyncio.create_task(send(rate_limiter, OTHER, fake_time))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rate_limiter.enter_penalty_box()
    done.set()
    await asyncio.gather(*hanging)
    with pytest.raises(RateLimited, match="429"):
        await waiting


async def test_the_time_spent_waiting_for_a_slot_counts_for_the_limits(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time, global_limit=None)
    done = asyncio.Event()

    async def hang() -> None:
        async with rate_limiter.acquire(OTHER, budget()):
            await done.wait()

    await send(rate_limiter, ORDERS, fake_time)
    fake_time.seconds += 5.5
    hanging = [asyncio.create_task(hang()) for _ in range(MAX_IN_FLIGHT)]
    first = asyncio.create_task(send(rate_limiter, ORDERS, fake_time, budget(60)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    fake_time.seconds += 5
    done.set()
    assert await first == pytest.approx(1010.5)
    assert await send(rate_limiter, ORDERS, fake_time) == pytest.approx(1016.0)
    await asyncio.gather(*hanging)


async def test_a_tickle_is_not_delayed_by_four_hanging_requests_and_full_windows(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time, global_limit=RateLimit(4, 100))
    done = asyncio.Event()

    async def hang() -> None:
        async with rate_limiter.acquire(OTHER, budget()):
            await done.wait()

    hanging = [asyncio.create_task(hang()) for _ in range(MAX_IN_FLIGHT)]
    await asyncio.sleep(0)
    async with rate_limiter.acquire_tickle():
        assert fake_time.now() == 1000
    async with rate_limiter.acquire_tickle():
        assert fake_time.now() >= 1001
    done.set()
    await asyncio.gather(*hanging)


async def test_a_penalty_rejects_everything_but_the_tickle_until_it_is_over(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    assert rate_limiter.enter_penalty_box() == 600
    fake_time.seconds += 100
    with pytest.raises(RateLimited) as caught:
        await send(rate_limiter, OTHER, fake_time)
    assert caught.value.seconds == pytest.approx(500)
    assert "429" in str(caught.value)
    async with rate_limiter.acquire_tickle():
        assert rate_limiter.penalty_left == pytest.approx(500)
    fake_time.seconds += 500
    assert rate_limiter.penalty_left == 0
    await send(rate_limiter, OTHER, fake_time)


async def test_a_retry_after_extends_the_penalty_and_never_shortens_it(fake_time: FakeTime) -> None:
    assert make_rate_limiter(fake_time).enter_penalty_box(900) == 900
    rate_limiter = make_rate_limiter(fake_time)
    assert rate_limiter.enter_penalty_box(5) == 600
    assert rate_limiter.enter_penalty_box(900) == 900
    assert rate_limiter.enter_penalty_box(1) == 900


async def test_a_penalty_rejects_requests_that_are_waiting_for_a_window(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    await send(rate_limiter, ORDERS, fake_time)

    async def caught_meanwhile(seconds: float) -> None:
        fake_time.seconds += seconds
        rate_limiter.enter_penalty_box()

    rate_limiter._sleep = caught_meanwhile
    with pytest.raises(RateLimited, match="429"):
        await send(rate_limiter, ORDERS, fake_time)


def test_ibkrs_published_limits_are_padded() -> None:
    assert IBKR_LIMITS["GET", "/iserver/account/orders"] == RateLimit(1, 5)
    assert IBKR_LIMITS["GET", "/iserver/scanner/params"] == RateLimit(1, 900)
    assert IBKR_LIMITS["GET", "/sso/validate"] == RateLimit(1, 60)
    assert all(limit.padded_seconds > limit.seconds for limit in IBKR_LIMITS.values())


STATUS = build_request("POST", "/iserver/auth/status", read_only=True)
ONCE = build_request("GET", "/iserver/scanner/params", read_only=True)


async def check(rate_limiter: RateLimiter, time: FakeTime) -> float:
    async with rate_limiter.acquire_priority(STATUS):
        return time.now()


def test_a_session_check_passes_sixty_waiting_requests_within_the_limit() -> None:
    async def scenario() -> tuple[float, list[float]]:
        loop = asyncio.get_running_loop()
        rate_limiter = RateLimiter(penalty=600, now=loop.time, sleep=asyncio.sleep)
        sent: list[float] = []

        async def one() -> None:
            async with rate_limiter.acquire(OTHER, budget(60)):
                sent.append(loop.time())

        waiting = [asyncio.create_task(one()) for _ in range(60)]
        await asyncio.sleep(0.2)
        began = loop.time()
        async with rate_limiter.acquire_priority(STATUS):
            sent.append(loop.time())
            took = loop.time() - began
        await asyncio.gather(*waiting)
        return took, sorted(sent)

    took, sent = run_in_virtual_time(scenario())
    assert took <= GLOBAL_LIMIT.padded_seconds
    count = GLOBAL_LIMIT.count
    assert all(sent[place + count] - sent[place] >= 1 for place in range(len(sent) - count))


async def test_a_session_check_is_not_delayed_by_occupied_slots(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time, global_limit=None)
    reservations = [rate_limiter.acquire(OTHER, budget()) for _ in range(MAX_IN_FLIGHT)]
    for reservation in reservations:
        await reservation.__aenter__()
    assert await check(rate_limiter, fake_time) == 1000
    for reservation in reservations:
        await reservation.__aexit__(None, None, None)


async def test_a_session_check_is_rejected_in_the_penalty_box(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    rate_limiter.enter_penalty_box()
    with pytest.raises(PenaltyBox):
        await check(rate_limiter, fake_time)


async def test_the_status_reports_the_remaining_rate_limits(fake_time: FakeTime) -> None:
    rate_limiter = make_rate_limiter(fake_time)
    assert rate_limiter.status() == RateLimitStatus(
        penalty_seconds=0, remaining_requests=GLOBAL_LIMIT.count, blocked={}
    )
    await send(rate_limiter, OTHER, fake_time)
    await send(rate_limiter, ONCE, fake_time)
    status = rate_limiter.status()
    assert status.remaining_requests == GLOBAL_LIMIT.count - 2
    assert status.blocked == {("GET", "/iserver/scanner/params"): pytest.approx(900.5)}
    fake_time.seconds += 901
    assert rate_limiter.status() == RateLimitStatus(
        penalty_seconds=0, remaining_requests=GLOBAL_LIMIT.count, blocked={}
    )
    rate_limiter.enter_penalty_box()
    assert rate_limiter.status().penalty_seconds == 600
    assert make_rate_limiter(fake_time, global_limit=None).status().remaining_requests is None
