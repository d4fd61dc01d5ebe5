from __future__ import annotations

import asyncio
import random
import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from api_gateway.client.paths import PATH_PARAMETERS
from api_gateway.client.rate_limiter import RateLimiter, WaitBudget
from api_gateway.client.rate_limits import IBKR_LIMITS
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.rate_limits import (
    ENDPOINT_LIMITS,
    HISTORY_PATH,
    LIMIT_OF_ALL_CALLS,
    EnforcedLimit,
    RateLimitEnforcer,
)
from api_gateway.simulator.replies import ApiError
from tests.virtual_loop import run_in_virtual_time


@pytest.fixture
def limits(clock: Clock) -> RateLimitEnforcer:
    return RateLimitEnforcer(clock)


def refused(limits: RateLimitEnforcer, template: str, method: str = "GET") -> bool:
    try:
        limits.admit(method, template)
    except ApiError as refusal:
        return refusal.response.status == 429
    return False


def test_the_eleventh_request_in_a_second_is_rejected(limits: RateLimitEnforcer) -> None:
    assert not any(refused(limits, f"/portfolio/{number}") for number in range(10))
    assert refused(limits, "/portfolio/10")


def test_ten_requests_per_second_are_allowed(limits: RateLimitEnforcer, clock: Clock) -> None:
    for _ in range(100):
        assert not refused(limits, "/iserver/accounts")
        clock.advance(0.1001)


def test_limit_applies_to_a_sliding_window(limits: RateLimitEnforcer, clock: Clock) -> None:
    clock.advance(0.9)
    assert not any(refused(limits, "/iserver/accounts") for _ in range(10))
    clock.advance(0.2)
    assert refused(limits, "/iserver/accounts")


@pytest.mark.parametrize(
    ("template", "burst", "seconds"),
    [
        ("/tickle", 3, 1),
        ("/sso/validate", 1, 60),
        ("/iserver/account/orders", 2, 5),
        ("/iserver/account/trades", 2, 5),
        ("/iserver/account/pnl/partitioned", 2, 5),
        ("/portfolio/accounts", 1, 5),
        ("/portfolio/subaccounts", 1, 5),
        ("/iserver/scanner/run", 1, 1),
        ("/iserver/scanner/params", 1, 900),
        ("/fyi/unreadnumber", 1, 1),
        ("/fyi/settings/{typecode}", 1, 1),
        ("/pa/performance", 1, 900),
        ("/pa/transactions", 1, 900),
    ],
)
def test_a_burst_is_admitted_and_the_next_request_only_when_the_rate_allows_it(
    clock: Clock, template: str, burst: int, seconds: float
) -> None:
    limits = RateLimitEnforcer(clock, penalty=0)
    assert not any(refused(limits, template) for _ in range(burst))
    clock.advance(burst * seconds - 0.01)
    assert refused(limits, template)
    clock.advance(0.01)
    assert not refused(limits, template)


@pytest.mark.parametrize("limit", ENDPOINT_LIMITS, ids=lambda limit: limit.path_pattern)
def test_a_client_at_the_published_rate_is_never_rejected_and_a_faster_one_soon_is(
    clock: Clock, limit: EnforcedLimit
) -> None:
    limits, template = RateLimitEnforcer(clock, penalty=0), limit.path_pattern.replace("*", "x")
    interval = limit.window_seconds / limit.max_calls
    for _ in range(50):
        assert not refused(limits, template)
        clock.advance(interval + 0.001)
    clock.advance(limit.burst_seconds)
    answers = []
    for _ in range(20 * limit.burst):
        answers.append(refused(limits, template))
        clock.advance(interval * 0.9)
    assert any(answers)
    assert answers.count(False) * interval <= len(answers) * interval * 0.9 + limit.burst_seconds


def path_values(template: str) -> tuple[str, ...]:
    """A valid value for each parameter of a path."""
    return tuple(
        next(value for value in ("BA", "1", "DU1234567") if PATH_PARAMETERS[name].pattern.fullmatch(value))
        for name in re.findall(r"\{(\w+)\}", template)
    )


@pytest.mark.parametrize("with_bursts", [True, False], ids=["with bursts", "without bursts"])
@pytest.mark.parametrize("seed", range(6))
def test_the_products_rate_limiter_never_gets_a_429(seed: int, with_bursts: bool) -> None:
    """Eight concurrent callers plus the tickles of ticker and gateway, with and without bursts allowed."""
    published = (LIMIT_OF_ALL_CALLS, *ENDPOINT_LIMITS)
    limits = published if with_bursts else tuple(replace(limit, burst=limit.max_calls) for limit in published)
    rng = random.Random(seed)  # noqa: S311 not a secret
    limited = [key for key in IBKR_LIMITS if key[1] != "/tickle"]
    operations = [*limited, ("GET", "/iserver/accounts"), ("GET", "/trsrv/stocks")]

    async def crowd() -> list[str]:
        now = asyncio.get_running_loop().time
        enforcer = RateLimitEnforcer(Clock(wall_clock=now), limits=limits)
        limiter = RateLimiter(penalty=600, now=now, sleep=asyncio.sleep)
        answers: list[str] = []

        async def send(call: GatewayRequest) -> None:
            async with limiter.acquire(call, WaitBudget(float("inf"), float("inf"))) as reservation:
                reservation.mark_sent()
                # The transit time varies by less than the margin that the client adds to each limit.
                await asyncio.sleep(rng.uniform(0, 0.09))
                method, template = call.operation
                answers.append("429" if refused(enforcer, template, method) else "ok")

        async def tickle() -> None:
            async with limiter.acquire_tickle() as reservation:
                reservation.mark_sent()
                answers.append("429" if refused(enforcer, "/tickle") else "ok")

        async def call_often() -> None:
            for _ in range(30):
                method, template = rng.choice(operations)
                await send(build_request(method, template, path_values(template), read_only=True))

        async def tickle_often() -> None:
            for _ in range(60):
                await tickle()
                await asyncio.sleep(rng.choice((0, 0.3, 2)))

        await asyncio.gather(tickle_often(), *(call_often() for _ in range(8)))
        return answers

    answers = run_in_virtual_time(crowd())
    assert (len(answers), answers.count("429")) == (300, 0)


def test_the_documented_limits_are_the_enforced_ones() -> None:
    document = (Path(__file__).parents[3] / "SIMULATOR.md").read_text()
    section = document.partition("## Rate limits\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")][2:]
    assert rows == [
        [
            "all together" if limit.path_pattern == "*" else f"`{limit.path_pattern}`",
            f"{limit.max_calls} per {limit.window_seconds} s",
            str(limit.burst),
            f"{limit.burst} in {limit.burst_seconds:g} s",
        ]
        for limit in (LIMIT_OF_ALL_CALLS, *ENDPOINT_LIMITS)
    ]


def test_endpoint_limits_are_independent(limits: RateLimitEnforcer) -> None:
    assert not refused(limits, "/fyi/disclaimer/{typecode}", "GET")
    assert not refused(limits, "/fyi/disclaimer/{typecode}", "PUT")
    assert not refused(limits, "/fyi/unreadnumber")
    assert not refused(limits, "/fyi/notifications")
    assert not refused(limits, "/iserver/account/orders")
    assert not refused(limits, "/iserver/account/trades")


def test_penalty_box_rejects_every_request_for_ten_minutes(limits: RateLimitEnforcer, clock: Clock) -> None:
    limits.admit("GET", "/portfolio/accounts")
    assert refused(limits, "/portfolio/accounts")
    clock.advance(599.9)
    assert limits.penalty_seconds_left == pytest.approx(0.1)
    assert refused(limits, "/iserver/accounts")
    clock.advance(0.1)
    assert limits.penalty_seconds_left == 0
    assert not refused(limits, "/iserver/accounts")


def test_penalty_is_not_extended_by_requests(limits: RateLimitEnforcer, clock: Clock) -> None:
    limits.admit("GET", "/portfolio/accounts")
    assert refused(limits, "/portfolio/accounts")
    for _ in range(6):
        clock.advance(100)
        refused(limits, "/portfolio/accounts")
    assert limits.penalty_seconds_left == 0


def test_penalty_length_is_configurable(clock: Clock) -> None:
    limits = RateLimitEnforcer(clock, penalty=3)
    limits.admit("GET", "/portfolio/accounts")
    assert refused(limits, "/portfolio/accounts")
    assert limits.penalty_seconds_left == 3


def test_clear_ends_the_penalty(limits: RateLimitEnforcer) -> None:
    limits.admit("GET", "/portfolio/accounts")
    assert refused(limits, "/portfolio/accounts")
    limits.clear()
    assert not refused(limits, "/portfolio/accounts")


def test_tickles_beyond_the_burst_are_rejected_without_a_penalty(
    limits: RateLimitEnforcer, clock: Clock
) -> None:
    """Two programs may keep one session alive."""
    assert [refused(limits, "/tickle") for _ in range(5)] == [False] * 3 + [True] * 2
    assert limits.penalty_seconds_left == 0
    clock.advance(3)
    assert not refused(limits, "/tickle")


def test_a_client_that_reconnects_after_a_429_is_eventually_admitted(
    limits: RateLimitEnforcer, clock: Clock
) -> None:
    """ibind tickles twice for each connection, and reconnects five seconds after a failure."""
    limits.admit("GET", "/tickle")
    attempts = []
    for _ in range(3):
        attempts.append([refused(limits, "/tickle") for _ in range(2)])
        clock.advance(5)
    assert attempts == [[False, False]] * 3


def test_rate_limits_can_be_disabled(clock: Clock) -> None:
    limits = RateLimitEnforcer(clock, enforced=False)
    assert not any(refused(limits, "/tickle") for _ in range(1000))


def test_a_sixth_concurrent_history_request_is_rejected_and_a_later_one_is_not(
    limits: RateLimitEnforcer,
) -> None:
    with ExitStack() as five:
        for _ in range(5):
            five.enter_context(limits.limit_concurrency(HISTORY_PATH))
        with pytest.raises(ApiError), limits.limit_concurrency(HISTORY_PATH):
            pytest.fail("a sixth one got in")
        with limits.limit_concurrency("/iserver/marketdata/snapshot"):
            pass
    with limits.limit_concurrency(HISTORY_PATH):
        pass
    assert limits.penalty_seconds_left == 0


def test_a_failed_history_request_frees_its_slot(limits: RateLimitEnforcer) -> None:
    for _ in range(6):
        with pytest.raises(ValueError, match="broken"), limits.limit_concurrency(HISTORY_PATH):
            raise ValueError("broken")
