"""Rate limit enforcement: IBKR's published limits, and the penalty box for exceeding one.

The limits are a copy of their own, on purpose: the client's rate limiter is tested against the simulator, and
a shared table would hide a mistake in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.replies import ApiError


@dataclass(frozen=True)
class EnforcedLimit:
    """At most `max_calls` in any `window_seconds`, for each path template that matches `path_pattern`.

    A request beyond the limit gets 429; if the limit `uses_penalty_box`, it starts a penalty as well.
    """

    path_pattern: str
    max_calls: int
    window_seconds: float
    uses_penalty_box: bool = True


LIMIT_OF_ALL_CALLS = EnforcedLimit("*", 10, 1)
ENDPOINT_LIMITS = (
    # IBKR's own gateway sends tickles too, so two within one second are normal.
    EnforcedLimit("/tickle", 1, 1, uses_penalty_box=False),
    EnforcedLimit("/sso/validate", 1, 60),
    EnforcedLimit("/iserver/marketdata/snapshot", 10, 1),
    EnforcedLimit("/iserver/account/orders", 1, 5),
    EnforcedLimit("/iserver/account/trades", 1, 5),
    EnforcedLimit("/iserver/account/pnl/partitioned", 1, 5),
    EnforcedLimit("/portfolio/accounts", 1, 5),
    EnforcedLimit("/portfolio/subaccounts", 1, 5),
    EnforcedLimit("/iserver/scanner/run", 1, 1),
    EnforcedLimit("/iserver/scanner/params", 1, 900),
    EnforcedLimit("/fyi/*", 1, 1),
    EnforcedLimit("/pa/*", 1, 900),
)
MAX_CONCURRENT_HISTORY = 5
HISTORY_PATH = "/iserver/marketdata/history"


class RateLimitEnforcer:
    """Counts requests on the simulated clock; `penalty` is the length of a penalty in seconds."""

    def __init__(self, clock: Clock, *, enforced: bool = True, penalty: float = 600.0) -> None:
        self.enforced = enforced
        self.penalty = penalty
        self._clock = clock
        self._calls: dict[tuple[EnforcedLimit, str], deque[float]] = {}
        self._history_in_flight = 0
        self._penalty_until = float("-inf")

    @property
    def penalty_seconds_left(self) -> float:
        """Seconds for which every request still gets 429; 0 when there is no penalty."""
        return max(0.0, self._penalty_until - self._clock.now()) if self.enforced else 0.0

    def admit(self, template: str) -> None:
        """Count one request for a path template; raise a 429 ApiError if it exceeds a limit."""
        if not self.enforced:
            return
        if self.penalty_seconds_left:
            raise _too_many_requests()
        now = self._clock.now()
        for limit in (LIMIT_OF_ALL_CALLS, *ENDPOINT_LIMITS):
            if fnmatchcase(template, limit.path_pattern) and not self._try_count(limit, template, now):
                if limit.uses_penalty_box:
                    self._penalty_until = now + self.penalty
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

    def _try_count(self, limit: EnforcedLimit, template: str, now: float) -> bool:
        calls = self._calls.setdefault((limit, "*" if limit is LIMIT_OF_ALL_CALLS else template), deque())
        while calls and calls[0] <= now - limit.window_seconds:
            calls.popleft()
        if len(calls) >= limit.max_calls:
            return False
        calls.append(now)
        return True


def _too_many_requests() -> ApiError:
    return ApiError(429, {"error": "Too many requests", "statusCode": 429})
