from __future__ import annotations

from contextlib import ExitStack

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.rate_limits import HISTORY_PATH, RateLimitEnforcer
from api_gateway.simulator.replies import ApiError


@pytest.fixture
def limits(clock: Clock) -> RateLimitEnforcer:
    return RateLimitEnforcer(clock)


def refused(limits: RateLimitEnforcer, template: str) -> bool:
    try:
        limits.admit(template)
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
    ("template", "seconds"),
    [
        ("/tickle", 1),
        ("/sso/validate", 60),
        ("/iserver/account/orders", 5),
        ("/iserver/account/trades", 5),
        ("/iserver/account/pnl/partitioned", 5),
        ("/portfolio/accounts", 5),
        ("/portfolio/subaccounts", 5),
        ("/iserver/scanner/run", 1),
        ("/iserver/scanner/params", 900),
        ("/fyi/unreadnumber", 1),
        ("/fyi/settings/{typecode}", 1),
        ("/pa/performance", 900),
        ("/pa/transactions", 900),
    ],
)
def test_endpoint_limit_applies_in_its_own_window(clock: Clock, template: str, seconds: float) -> None:
    limits = RateLimitEnforcer(clock, penalty=0)
    assert not refused(limits, template)
    clock.advance(seconds - 0.01)
    assert refused(limits, template)
    clock.advance(0.01)
    assert not refused(limits, template)


def test_endpoint_limits_are_independent(limits: RateLimitEnforcer) -> None:
    assert not refused(limits, "/fyi/unreadnumber")
    assert not refused(limits, "/fyi/notifications")
    assert not refused(limits, "/iserver/account/orders")
    assert not refused(limits, "/iserver/account/trades")


def test_penalty_box_rejects_every_request_for_ten_minutes(limits: RateLimitEnforcer, clock: Clock) -> None:
    limits.admit("/portfolio/accounts")
    assert refused(limits, "/portfolio/accounts")
    clock.advance(599.9)
    assert limits.penalty_seconds_left == pytest.approx(0.1)
    assert refused(limits, "/iserver/accounts")
    clock.advance(0.1)
    assert limits.penalty_seconds_left == 0
    assert not refused(limits, "/iserver/accounts")


def test_penalty_is_not_extended_by_requests(limits: RateLimitEnforcer, clock: Clock) -> None:
    limits.admit("/portfolio/accounts")
    assert refused(limits, "/portfolio/accounts")
    for _ in range(6):
        clock.advance(100)
        refused(limits, "/portfolio/accounts")
    assert limits.penalty_seconds_left == 0


def test_penalty_length_is_configurable(clock: Clock) -> None:
    limits = RateLimitEnforcer(clock, penalty=3)
    limits.admit("/portfolio/accounts")
    assert refused(limits, "/portfolio/accounts")
    assert limits.penalty_seconds_left == 3


def test_clear_ends_the_penalty(limits: RateLimitEnforcer) -> None:
    limits.admit("/portfolio/accounts")
    assert refused(limits, "/portfolio/accounts")
    limits.clear()
    assert not refused(limits, "/portfolio/accounts")


def test_a_second_tickle_within_a_second_is_rejected_without_a_penalty(
    limits: RateLimitEnforcer, clock: Clock
) -> None:
    """Two programs may keep one session alive."""
    limits.admit("/tickle")
    assert refused(limits, "/tickle")
    assert limits.penalty_seconds_left == 0
    clock.advance(1)
    assert not refused(limits, "/tickle")


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
