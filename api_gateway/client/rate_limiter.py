"""Rate limiter: delays requests until IBKR's limits and the gateway's few connections allow them."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil

from api_gateway.causes import Cause, Outcome, explain
from api_gateway.client.rate_limits import GLOBAL_LIMIT, IBKR_LIMITS
from api_gateway.client.request import GatewayRequest
from api_gateway.errors import PenaltyBox, RateLimited
from api_gateway.operations import ONE_PER_5_SECONDS, ONE_PER_15_MINUTES, RateLimit

TICKLE = "/tickle"
MAX_IN_FLIGHT = 4  # the gateway has five connections to IBKR, an unbounded queue and no timeout
_ROUNDING_ERROR = 1e-6


class SlidingWindow:
    """Sliding window: when requests under one limit were sent or are planned to be, in order."""

    def __init__(self, limit: RateLimit) -> None:
        self._count = limit.count
        self._span = limit.padded_seconds
        self._times: list[float] = []

    def next_free(self, after: float) -> float:
        """The first time from `after` at which one more request fits between all others, planned or sent."""
        times = self._times
        if not times or times[-1] + self._span <= after:
            return after
        ends = (time + self._span for time in times)
        return next(moment for moment in (after, *(e for e in ends if e > after)) if self._fits(moment))

    def _fits(self, moment: float) -> bool:
        times = self._times.copy()
        place = bisect_left(times, moment)
        times.insert(place, moment)
        return all(
            times[first + self._count] - times[first] >= self._span - _ROUNDING_ERROR
            for first in range(max(0, place - self._count), min(place + 1, len(times) - self._count))
        )

    def next_after_sent(self, now: float) -> float:
        """The first time from `now` that earlier requests allow, whatever is planned for later."""
        past = bisect_right(self._times, now)
        return now if past < self._count else max(now, self._times[past - self._count] + self._span)

    def remaining(self, now: float) -> int:
        """How many more requests may be sent now."""
        since = bisect_right(self._times, now - self._span)
        return max(0, self._count - (bisect_right(self._times, now) - since))

    def add(self, moment: float, now: float) -> None:
        """Count a request at `moment`, and drop those too old to matter at `now`."""
        while self._times and self._times[0] + 2 * self._span < now:
            del self._times[0]
        insort(self._times, moment)

    def remove(self, moment: float) -> None:
        """Stop counting a request at `moment`, if there is one."""
        index = bisect_left(self._times, moment)
        if index < len(self._times) and self._times[index] == moment:
            del self._times[index]


class Reservation:
    """A reserved place in the windows for one request: planned, then sent or released."""

    def __init__(self, windows: tuple[SlidingWindow, ...], now: Callable[[], float]) -> None:
        self._windows = windows
        self._now = now
        self._moment: float | None = None

    def reserve(self) -> float:
        """Plan the request, or plan it again; returns the seconds until it may be sent, 0 for now."""
        now = self._now()
        reached = self._moment is not None and self._moment <= now
        self.release()
        moment = now
        while True:
            later = max(
                (
                    window.next_after_sent(moment) if reached else window.next_free(moment)
                    for window in self._windows
                ),
                default=moment,
            )
            if later <= moment:
                break
            moment = later
        self._add(moment, now)
        return moment - now

    def reserve_with_priority(self) -> float:
        """The same, but ahead of requests that are only planned, which are planned again when due."""
        now = self._now()
        self.release()
        moment = max((window.next_after_sent(now) for window in self._windows), default=now)
        self._add(moment, now)
        return moment - now

    def mark_sent(self) -> None:
        """Count the request from now, because it has only now been sent."""
        self.release()
        now = self._now()
        self._add(now, now)

    def release(self) -> None:
        """Stop counting the request, which was not sent and will not be."""
        if self._moment is not None:
            for window in self._windows:
                window.remove(self._moment)
            self._moment = None

    def _add(self, moment: float, now: float) -> None:
        self._moment = moment
        for window in self._windows:
            window.add(moment, now)


class WaitBudget:
    """How many more seconds one call may be delayed, over all its requests, and when it must end."""

    def __init__(self, seconds: float, ends_at: float) -> None:
        self.left = seconds
        self.ends_at = ends_at


@dataclass(frozen=True)
class RateLimitStatus:
    """What IBKR's limits still allow: penalty seconds left, requests left in this second (None: no limit).

    `blocked` maps each operation that is limited to one call in minutes, and was called recently, to the
    seconds until it may be called again.
    """

    penalty_seconds: float
    remaining_requests: int | None
    blocked: Mapping[tuple[str, str], float]


class RateLimiter:
    """Delays requests until IBKR's limits and the gateway's few connections allow them.

    `acquire`, `acquire_tickle` and `acquire_priority` are async context managers: send the one request inside
    the block, with the reservation that they yield.
    """

    def __init__(
        self,
        *,
        penalty: float,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        limits: Mapping[tuple[str, str], RateLimit] = IBKR_LIMITS,
        global_limit: RateLimit | None = GLOBAL_LIMIT,
    ) -> None:
        self._penalty = penalty
        self._now = now
        self._sleep = sleep
        self._limits = limits
        self._global_windows = (SlidingWindow(global_limit),) if global_limit else ()
        self._windows: dict[tuple[str, str], tuple[SlidingWindow, ...]] = {}
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._tickle = asyncio.Lock()
        self._penalty_ends_at = float("-inf")
        self._in_doubt: Counter[tuple[str, str]] = Counter()

    @property
    def penalty_left(self) -> float:
        """Seconds for which only a tickle may be sent to IBKR; 0 outside a penalty."""
        return max(0.0, self._penalty_ends_at - self._now())

    def enter_penalty_box(self, retry_after: float = 0.0) -> float:
        """Send nothing for the penalty after a 429, or longer if IBKR says so; returns the seconds."""
        self._penalty_ends_at = max(self._penalty_ends_at, self._now() + max(self._penalty, retry_after))
        return self.penalty_left

    def mark_in_doubt(self, request: GatewayRequest) -> None:
        """Record that a request was sent without a response: the gateway may forward it at any time.

        For limits of minutes the time of sending still counts, because the delay is short in comparison.
        """
        limit = self._limits.get(request.operation)
        if limit is None or limit.seconds <= ONE_PER_5_SECONDS.seconds:
            self._in_doubt[request.operation] += 1

    def is_in_doubt(self, request: GatewayRequest) -> bool:
        """True if a request of this operation is in doubt, and no response has arrived since."""
        return request.operation in self._in_doubt

    def settle_in_doubt(self) -> None:
        """Count requests in doubt from now, because the gateway is responding and so has forwarded them."""
        now = self._now()
        for key, count in self._in_doubt.items():
            for window in self._windows_for(key) * min(count, MAX_IN_FLIGHT):
                window.add(now, now)
        self._in_doubt.clear()

    def status(self) -> RateLimitStatus:
        """What may be sent now."""
        now = self._now()
        waits = {
            key: windows[-1].next_after_sent(now) - now
            for key, windows in self._windows.items()
            if self._limits.get(key) == ONE_PER_15_MINUTES
        }
        return RateLimitStatus(
            penalty_seconds=self.penalty_left,
            remaining_requests=self._global_windows[0].remaining(now) if self._global_windows else None,
            blocked={key: seconds for key, seconds in waits.items() if seconds > 0},
        )

    @asynccontextmanager
    async def acquire(self, request: GatewayRequest, budget: WaitBudget) -> AsyncIterator[Reservation]:
        """Async context manager: wait until limits and a free slot allow the request; exit frees the slot.

        Raises `RateLimited` or `PenaltyBox` on entry, before anything is sent, if `budget` is too short or
        IBKR's penalty is running.
        """
        reservation = Reservation(self._windows_for(request.operation), self._now)
        try:
            await self._reserve(reservation, request, budget)
        except BaseException:
            reservation.release()
            raise
        try:
            yield reservation
        finally:
            self._slots.release()

    @asynccontextmanager
    async def acquire_tickle(self) -> AsyncIterator[Reservation]:
        """Async context manager for the tickle, which waits only for other tickles: at most one a second."""
        async with self._tickle:
            reservation = Reservation(self._windows_for(("POST", TICKLE)), self._now)
            try:
                while (seconds := reservation.reserve()) > 0:
                    await self._sleep(seconds)
            except BaseException:
                reservation.release()
                raise
            yield reservation

    @asynccontextmanager
    async def acquire_priority(self, request: GatewayRequest) -> AsyncIterator[Reservation]:
        """Async context manager for a session check: within the limits, but ahead of all waiting requests.

        It waits a second at most if checks are sent one at a time. Raises `PenaltyBox` on entry.
        """
        self._raise_if_penalized(request)
        reservation = Reservation(self._windows_for(request.operation), self._now)
        try:
            if (seconds := reservation.reserve_with_priority()) > 0:
                await self._sleep(seconds)
        except BaseException:
            reservation.release()
            raise
        yield reservation

    async def _reserve(self, reservation: Reservation, request: GatewayRequest, budget: WaitBudget) -> None:
        """Acquire a slot at a time that every window allows."""
        while True:
            self._raise_if_penalized(request)
            seconds = reservation.reserve()
            if seconds > budget.left:
                reached = explain(Cause.RATE_LIMIT_REACHED, seconds=ceil(seconds))
                raise RateLimited(request=request.description, seconds=seconds, **reached.error_text)
            if seconds > 0:
                await self._sleep(seconds)
                budget.left -= seconds
                continue
            if not self._slots.locked():
                await self._slots.acquire()
                return
            await self._acquire_slot(request, budget)
            if reservation.reserve() <= 0 and not self.penalty_left:
                return
            self._slots.release()

    async def _acquire_slot(self, request: GatewayRequest, budget: WaitBudget) -> None:
        began = self._now()
        try:
            async with asyncio.timeout(max(0.0, budget.left)):
                await self._slots.acquire()
        except TimeoutError:
            crowded = explain(Cause.TOO_MANY_WAITING, count=MAX_IN_FLIGHT)
            raise RateLimited(
                request=request.description, seconds=max(1.0, budget.left), **crowded.error_text
            ) from None
        budget.left -= self._now() - began

    def _raise_if_penalized(self, request: GatewayRequest) -> None:
        if seconds := self.penalty_left:
            said = explain(Cause.IBKR_RATE_LIMIT, seconds=ceil(seconds)).with_outcome(Outcome.NOT_SENT)
            raise PenaltyBox(request=request.description, seconds=seconds, **said.error_text)

    def _windows_for(self, key: tuple[str, str]) -> tuple[SlidingWindow, ...]:
        windows = self._windows.get(key)
        if windows is None:
            limit = self._limits.get(key)
            own = (SlidingWindow(limit),) if limit else ()
            windows = own if key[1] == TICKLE else (*self._global_windows, *own)
            self._windows[key] = windows
        return windows
