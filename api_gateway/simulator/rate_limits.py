"""IBKR's published request limits, and the penalty box for whoever exceeds one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.web_api.routing import Refusal


@dataclass(frozen=True)
class Limit:
    """At most `calls` in any `seconds`, for each path template that matches the pattern `paths`.

    Whoever exceeds it is answered 429, and where it `boxes` is put into the penalty box as well.
    """

    paths: str
    calls: int
    seconds: float
    boxes: bool = True


EVERYTHING = Limit("*", 10, 1)
PER_ENDPOINT = (
    # IBKR's own gateway tickles beside every ticker, so that two in one second are everyday.
    Limit("/tickle", 1, 1, boxes=False),
    Limit("/sso/validate", 1, 60),
    Limit("/iserver/marketdata/snapshot", 10, 1),
    Limit("/iserver/account/orders", 1, 5),
    Limit("/iserver/account/trades", 1, 5),
    Limit("/iserver/account/pnl/partitioned", 1, 5),
    Limit("/portfolio/accounts", 1, 5),
    Limit("/portfolio/subaccounts", 1, 5),
    Limit("/iserver/scanner/run", 1, 1),
    Limit("/iserver/scanner/params", 1, 900),
    Limit("/fyi/*", 1, 1),
    Limit("/pa/*", 1, 900),
)
CONCURRENT_HISTORIES = 5
HISTORY = "/iserver/marketdata/history"


class Limits:
    """Counts requests on the simulated clock; `penalty` is the time in the box, in seconds."""

    def __init__(self, clock: Clock, *, enforced: bool = True, penalty: float = 600.0) -> None:
        self.enforced = enforced
        self.penalty = penalty
        self._clock = clock
        self._calls: dict[tuple[Limit, str], deque[float]] = {}
        self._histories = 0
        self._boxed_until = float("-inf")

    @property
    def seconds_in_box(self) -> float:
        """Seconds for which every request is still answered 429; 0 outside the box."""
        return max(0.0, self._boxed_until - self._clock.now()) if self.enforced else 0.0

    def admit(self, template: str) -> None:
        """Count one request for a path template; refuse it with 429 when that is one too many."""
        if not self.enforced:
            return
        if self.seconds_in_box:
            raise _too_many()
        now = self._clock.now()
        for limit in (EVERYTHING, *PER_ENDPOINT):
            if fnmatchcase(template, limit.paths) and not self._counted(limit, template, now):
                if limit.boxes:
                    self._boxed_until = now + self.penalty
                raise _too_many()

    @contextmanager
    def in_flight(self, template: str) -> Iterator[None]:
        """Hold one of the five history requests at a time; other templates pass. Refuses with 429."""
        if not self.enforced or template != HISTORY:
            yield
            return
        if self._histories >= CONCURRENT_HISTORIES:
            raise _too_many()
        self._histories += 1
        try:
            yield
        finally:
            self._histories -= 1

    def pardon(self) -> None:
        """Leave the box and forget all counts."""
        self._boxed_until = float("-inf")
        self._calls.clear()

    def _counted(self, limit: Limit, template: str, now: float) -> bool:
        calls = self._calls.setdefault((limit, "*" if limit is EVERYTHING else template), deque())
        while calls and calls[0] <= now - limit.seconds:
            calls.popleft()
        if len(calls) >= limit.calls:
            return False
        calls.append(now)
        return True


def _too_many() -> Refusal:
    return Refusal(429, {"error": "Too many requests", "statusCode": 429})
