"""IBKR's published request limits as a table, and the governor that keeps them."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil

from api_gateway.client.request import Call
from api_gateway.errors import Paced, Penalised

TICKLE = "/tickle"
IN_FLIGHT = 4  # the gateway has five connections to IBKR, an endless queue and no time-out
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Limit:
    """At most `count` requests in any `seconds`."""

    count: int
    seconds: float

    @property
    def window(self) -> float:
        """The seconds that are kept: somewhat more, as requests drift on their way to IBKR."""
        return self.seconds + min(0.5, max(0.1, self.seconds * 0.1))


FIVE_SECONDS = Limit(1, 5)
ONE_SECOND = Limit(1, 1)
FIFTEEN_MINUTES = Limit(1, 900)

# 10 a second go through a gateway. Three of them are left for those who keep no count together with us: the
# ticker, which may tickle and reopen a session in one second, and the gateway, which tickles by itself. Five
# histories at a time need no row: only four requests are ever in flight.
EVERYTHING = Limit(7, 1)

PUBLISHED: Mapping[tuple[str, str], Limit] = {
    ("POST", "/tickle"): ONE_SECOND,
    ("GET", "/sso/validate"): Limit(1, 60),
    ("GET", "/iserver/marketdata/snapshot"): Limit(10, 1),
    ("GET", "/iserver/account/orders"): FIVE_SECONDS,
    ("GET", "/iserver/account/trades"): FIVE_SECONDS,
    ("GET", "/iserver/account/pnl/partitioned"): FIVE_SECONDS,
    ("GET", "/portfolio/accounts"): FIVE_SECONDS,
    ("GET", "/portfolio/subaccounts"): FIVE_SECONDS,
    ("GET", "/iserver/scanner/params"): FIFTEEN_MINUTES,
    ("POST", "/iserver/scanner/run"): ONE_SECOND,
    ("POST", "/pa/performance"): FIFTEEN_MINUTES,
    ("POST", "/pa/allperiods"): FIFTEEN_MINUTES,
    ("POST", "/pa/transactions"): FIFTEEN_MINUTES,
    ("POST", "/pa/allocation"): FIFTEEN_MINUTES,
    ("GET", "/fyi/unreadnumber"): ONE_SECOND,
    ("GET", "/fyi/notifications"): ONE_SECOND,
    ("GET", "/fyi/notifications/more"): ONE_SECOND,
    ("PUT", "/fyi/notifications/{notification}"): ONE_SECOND,
    ("GET", "/fyi/settings"): ONE_SECOND,
    ("POST", "/fyi/settings/{typecode}"): ONE_SECOND,
    ("GET", "/fyi/disclaimer/{typecode}"): ONE_SECOND,
    ("PUT", "/fyi/disclaimer/{typecode}"): ONE_SECOND,
    ("GET", "/fyi/deliveryoptions"): ONE_SECOND,
    ("PUT", "/fyi/deliveryoptions/email"): ONE_SECOND,
    ("POST", "/fyi/deliveryoptions/device"): ONE_SECOND,
    ("DELETE", "/fyi/deliveryoptions/{device}"): ONE_SECOND,
}


class Window:
    """When requests under one limit were sent or are planned to be, in order."""

    def __init__(self, limit: Limit) -> None:
        self._count = limit.count
        self._span = limit.window
        self._times: list[float] = []

    def plan(self, after: float) -> float:
        """The first moment from `after` on when one more request fits between all others, planned or sent."""
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
            times[first + self._count] - times[first] >= self._span - _ROUNDING
            for first in range(max(0, place - self._count), min(place + 1, len(times) - self._count))
        )

    def opens(self, now: float) -> float:
        """The first moment from `now` on that earlier requests allow, whatever is planned for later."""
        past = bisect_right(self._times, now)
        return now if past < self._count else max(now, self._times[past - self._count] + self._span)

    def room(self, now: float) -> int:
        """How many more requests may be sent at this moment."""
        since = bisect_right(self._times, now - self._span)
        return max(0, self._count - (bisect_right(self._times, now) - since))

    def add(self, moment: float, now: float) -> None:
        while self._times and self._times[0] + 2 * self._span < now:
            del self._times[0]
        insort(self._times, moment)

    def remove(self, moment: float) -> None:
        index = bisect_left(self._times, moment)
        if index < len(self._times) and self._times[index] == moment:
            del self._times[index]


class Turn:
    """A place in the windows for one request: planned, then sent or given back."""

    def __init__(self, windows: tuple[Window, ...], now: Callable[[], float]) -> None:
        self._windows = windows
        self._now = now
        self._moment: float | None = None

    def wait(self) -> float:
        """Plan the request; the seconds until it may be sent, 0 for now. Asked again, it plans again."""
        now = self._now()
        reached = self._moment is not None and self._moment <= now
        self.give_back()
        moment = now
        while True:
            later = max(
                (window.opens(moment) if reached else window.plan(moment) for window in self._windows),
                default=moment,
            )
            if later <= moment:
                break
            moment = later
        self._take(moment, now)
        return moment - now

    def wait_ahead(self) -> float:
        """The same, but before whatever is only planned: the others plan again when their moment comes."""
        now = self._now()
        self.give_back()
        moment = max((window.opens(now) for window in self._windows), default=now)
        self._take(moment, now)
        return moment - now

    def sent(self) -> None:
        """The request has left only now: its windows count from here."""
        self.give_back()
        now = self._now()
        self._take(now, now)

    def give_back(self) -> None:
        """Nothing was sent and nothing will be."""
        if self._moment is not None:
            for window in self._windows:
                window.remove(self._moment)
            self._moment = None

    def _take(self, moment: float, now: float) -> None:
        self._moment = moment
        for window in self._windows:
            window.add(moment, now)


class Patience:
    """The seconds that one call may still be held back, over all its requests, and when it must end."""

    def __init__(self, seconds: float, ends_at: float) -> None:
        self.left = seconds
        self.ends_at = ends_at


@dataclass(frozen=True)
class Budget:
    """What IBKR's limits still allow: seconds of silence left, requests left in this second (None: no limit).

    `blocked` is, for each operation that may not be asked now because it was asked lately and is limited by
    minutes, the seconds until it may be asked again.
    """

    silence: float
    requests: int | None
    blocked: Mapping[tuple[str, str], float]


class Pacing:
    """Holds requests back until IBKR's limits and the gateway's few connections have room for them."""

    def __init__(
        self,
        *,
        penalty: float,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        limits: Mapping[tuple[str, str], Limit] = PUBLISHED,
        everything: Limit | None = EVERYTHING,
    ) -> None:
        self._penalty = penalty
        self._now = now
        self._sleep = sleep
        self._limits = limits
        self._everything = (Window(everything),) if everything else ()
        self._windows: dict[tuple[str, str], tuple[Window, ...]] = {}
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._tickle = asyncio.Lock()
        self._silent_until = float("-inf")
        self._left_behind: Counter[tuple[str, str]] = Counter()

    @property
    def penalty_left(self) -> float:
        """Seconds for which IBKR must not be asked anything but a tickle; 0 when it may."""
        return max(0.0, self._silent_until - self._now())

    def penalise(self, retry_after: float = 0.0) -> float:
        """IBKR answered 429: be silent for the penalty, or longer if it said so. Returns the seconds."""
        self._silent_until = max(self._silent_until, self._now() + max(self._penalty, retry_after))
        return self.penalty_left

    def leave_behind(self, call: Call) -> None:
        """A request was sent, and its answer was not waited for: the gateway may pass it on at any time.

        For limits of minutes the moment of sending stays what counts, as the delay is little beside them.
        """
        limit = self._limits.get(call.key)
        if limit is None or limit.seconds <= FIVE_SECONDS.seconds:
            self._left_behind[call.key] += 1

    def is_left_behind(self, call: Call) -> bool:
        """True if the same operation was left behind, and nothing has been answered since."""
        return call.key in self._left_behind

    def answered(self) -> None:
        """The gateway passes on what it is sent, and with it what was left behind: that counts from now."""
        now = self._now()
        for key, count in self._left_behind.items():
            for window in self._windows_of(key) * min(count, IN_FLIGHT):
                window.add(now, now)
        self._left_behind.clear()

    def budget(self) -> Budget:
        """What may be sent at this moment."""
        now = self._now()
        waits = {
            key: windows[-1].opens(now) - now
            for key, windows in self._windows.items()
            if self._limits.get(key) == FIFTEEN_MINUTES
        }
        return Budget(
            silence=self.penalty_left,
            requests=self._everything[0].room(now) if self._everything else None,
            blocked={key: seconds for key, seconds in waits.items() if seconds > 0},
        )

    @asynccontextmanager
    async def turn(self, call: Call, patience: Patience) -> AsyncIterator[Turn]:
        """Wait for room and hold it. Raises `Paced`, with nothing sent, where `patience` is too short."""
        turn = Turn(self._windows_of(call.key), self._now)
        try:
            await self._wait(turn, call.asked, patience)
        except BaseException:
            turn.give_back()
            raise
        try:
            yield turn
        finally:
            self._slots.release()

    @asynccontextmanager
    async def tickle(self) -> AsyncIterator[Turn]:
        """The tickle's own lane: behind nothing but another tickle, and at most one a second."""
        async with self._tickle:
            turn = Turn(self._windows_of(("POST", TICKLE)), self._now)
            try:
                while (seconds := turn.wait()) > 0:
                    await self._sleep(seconds)
            except BaseException:
                turn.give_back()
                raise
            yield turn

    @asynccontextmanager
    async def ahead(self, call: Call) -> AsyncIterator[Turn]:
        """A lane past all that wait, and past those whose answers are slow; within the limits all the same.

        It costs a second at most, and is for looks at the session, one at a time. Raises `Penalised`.
        """
        self._refuse_in_the_penalty(call.asked)
        turn = Turn(self._windows_of(call.key), self._now)
        try:
            if (seconds := turn.wait_ahead()) > 0:
                await self._sleep(seconds)
        except BaseException:
            turn.give_back()
            raise
        yield turn

    async def _wait(self, turn: Turn, asked: str, patience: Patience) -> None:
        """Return with a slot taken, at a moment that every window allows."""
        while True:
            self._refuse_in_the_penalty(asked)
            seconds = turn.wait()
            if seconds > patience.left:
                raise Paced(
                    asked=asked,
                    happened=f"IBKR's request limits have no room before {seconds:.1f} s; it was not sent.",
                    hint=f"Ask again in {ceil(seconds)} s.",
                    seconds=seconds,
                )
            if seconds > 0:
                await self._sleep(seconds)
                patience.left -= seconds
                continue
            if not self._slots.locked():
                await self._slots.acquire()
                return
            await self._take_a_slot(asked, patience)
            if turn.wait() <= 0 and not self.penalty_left:
                return
            self._slots.release()

    async def _take_a_slot(self, asked: str, patience: Patience) -> None:
        began = self._now()
        try:
            async with asyncio.timeout(max(0.0, patience.left)):
                await self._slots.acquire()
        except TimeoutError:
            raise Paced(
                asked=asked,
                happened=f"{IN_FLIGHT} others still wait for the gateway's answer; this was not sent.",
                hint="Ask again in a few seconds; if that does not help, restart the gateway.",
                seconds=max(1.0, patience.left),
            ) from None
        patience.left -= self._now() - began

    def _refuse_in_the_penalty(self, asked: str) -> None:
        if seconds := self.penalty_left:
            raise Penalised(
                asked=asked,
                happened=f"IBKR answered 429; {ceil(seconds)} s of silence are left and nothing was sent.",
                hint=f"Ask nothing before {ceil(seconds)} s are over: asking makes the penalty longer.",
                seconds=seconds,
            )

    def _windows_of(self, key: tuple[str, str]) -> tuple[Window, ...]:
        windows = self._windows.get(key)
        if windows is None:
            limit = self._limits.get(key)
            own = (Window(limit),) if limit else ()
            windows = own if key[1] == TICKLE else (*self._everything, *own)
            self._windows[key] = windows
        return windows
