"""Rate limit enforcement: IBKR's published rates, and the penalty box for exceeding one.

The limits are deliberately a separate copy: the client's rate limiter is tested against the simulator, and
a shared table would hide a mistake in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.replies import ApiError


@dataclass(frozen=True)
class EnforcedLimit:
    """A published rate, `max_calls` per `window_seconds`, of each endpoint whose path matches `path_pattern`.

    The rate holds on average: at most `burst` requests in the time in which the rate allows as many. `burst`
    is `max_calls` unless real clients are known to send more at once. A request beyond the limit gets 429; if
    the limit `uses_penalty_box`, it starts a penalty as well.
    """

    path_pattern: str
    max_calls: int
    window_seconds: float
    burst: int
    uses_penalty_box: bool = True

    @property
    def burst_seconds(self) -> float:
        """The seconds in which at most `burst` requests are admitted."""
        return self.burst * self.window_seconds / self.max_calls


LIMIT_OF_ALL_CALLS = EnforcedLimit("*", 10, 1, burst=10)
# IBKR publishes rates and no bursts. A burst above the rate is an assumption: it covers what a documented use
# or a public client in use sends at once, and no more.
ENDPOINT_LIMITS = (
    # ibind tickles when its health is checked, for the WebSocket's cookie, and once the WebSocket is open.
    EnforcedLimit("/tickle", 1, 1, burst=3, uses_penalty_box=False),
    EnforcedLimit("/sso/validate", 1, 60, burst=1),
    EnforcedLimit("/iserver/marketdata/snapshot", 10, 1, burst=10),
    # The first call of a session returns nothing, and IBKR says to repeat it.
    EnforcedLimit("/iserver/account/orders", 1, 5, burst=2),
    EnforcedLimit("/iserver/account/trades", 1, 5, burst=2),
    EnforcedLimit("/iserver/account/pnl/partitioned", 1, 5, burst=2),
    EnforcedLimit("/portfolio/accounts", 1, 5, burst=1),
    EnforcedLimit("/portfolio/subaccounts", 1, 5, burst=1),
    EnforcedLimit("/iserver/scanner/run", 1, 1, burst=1),
    EnforcedLimit("/iserver/scanner/params", 1, 900, burst=1),
    EnforcedLimit("/fyi/*", 1, 1, burst=1),
    EnforcedLimit("/pa/*", 1, 900, burst=1),
)
MAX_CONCURRENT_HISTORY = 5
HISTORY_PATH = "/iserver/marketdata/history"


class RateLimitEnforcer:
    """Counts requests on the simulated clock; `penalty` is the length of a penalty in seconds."""

    def __init__(
        self,
        clock: Clock,
        *,
        enforced: bool = True,
        penalty: float = 600.0,
        limits: Sequence[EnforcedLimit] = (LIMIT_OF_ALL_CALLS, *ENDPOINT_LIMITS),
    ) -> None:
        self.enforced = enforced
        self.penalty = penalty
        self._clock = clock
        self._limits = limits
        self._calls: dict[tuple[EnforcedLimit, str], deque[float]] = {}
        self._history_in_flight = 0
        self._penalty_until = float("-inf")

    @property
    def penalty_seconds_left(self) -> float:
        """Seconds for which every request still gets 429; 0 when there is no penalty."""
        return max(0.0, self._penalty_until - self._clock.now()) if self.enforced else 0.0

    def admit(self, method: str, template: str) -> None:
        """Count one request for a method and path template; raise a 429 ApiError if it exceeds a limit."""
        if not self.enforced:
            return
        self.check_penalty()
        now = self._clock.now()
        for limit in self._limits:
            if fnmatchcase(template, limit.path_pattern) and not self._try_count(
                limit, f"{method} {template}", now
            ):
                if limit.uses_penalty_box:
                    self._penalty_until = now + self.penalty
                raise _too_many_requests()

    def check_penalty(self) -> None:
        """Raise a 429 ApiError during a penalty."""
        if self.penalty_seconds_left:
            raise _too_many_requests()

    @contextmanager
    def limit_concurrency(self, template: str) -> Iterator[None]:
        """Limit concurrent history requests to five: a sixth raises a 429 ApiError."""
        if not self.enforced or template != HISTORY_PATH:
            yield
            return
        if self._history_in_flight >= MAX_CONCURRENT_HISTORY:
            raise _too_many_requests()
        self._history_in_flight += 1
        try:
            yield
        finally:
            self._history_in_flight -= 1

    def clear(self) -> None:
        """End the penalty and reset all counts."""
        self._penalty_until = float("-inf")
        self._calls.clear()

    def _try_count(self, limit: EnforcedLimit, endpoint: str, now: float) -> bool:
        calls = self._calls.setdefault((limit, "*" if limit.path_pattern == "*" else endpoint), deque())
        while calls and calls[0] <= now - limit.burst_seconds:
            calls.popleft()
        if len(calls) >= limit.burst:
            return False
        calls.append(now)
        return True


def _too_many_requests() -> ApiError:
    return ApiError(429, {"error": "Too many requests", "statusCode": 429})
