"""Beat after beat: when the next one is due, what changed since the last, and a report of both."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from api_gateway.client.gateway import GatewayClient
from api_gateway.session.diagnosis import Actor, Diagnosis, format_time
from api_gateway.session.maintenance import MaintenanceWindow, login_end, next_window, window_at
from api_gateway.session.states import SessionState
from ticker_service.backoff import Rhythm
from ticker_service.client_count import Listeners
from ticker_service.clock_jumps import Jumps
from ticker_service.heartbeat import Beat, Memory, Rules, beat
from ticker_service.holds import Hold, Holds
from ticker_service.logfmt import log
from ticker_service.login_expiry import TOLERANCE, LoginEnd
from ticker_service.metrics import STARTING, Metrics
from ticker_service.settings import Compete

logger = logging.getLogger("ticker")

OVERDUE = 240.0
"""Seconds after the last tickle at which the next goes out whoever holds: 300 idle ones end a session."""

SLICE = 10.0
"""Seconds of rest after which the time of day is looked at, in case the machine has slept meanwhile."""

HOLD_PATIENCE = 5.0
"""Seconds that a hold waits for a beat that is under way."""


TAKE_PATIENCE = 1.5
"""Seconds that a decision to take the session over waits for a look; the MCP server waits for two."""


class NotNowError(Exception):
    """What was asked of the ticker does not fit its state; `str()` is a sentence."""


@dataclass(frozen=True)
class PastBeat:
    """A line of the report: when a beat began (seconds since 1970), what it found, how long it took."""

    at: float
    state: str
    seconds: float


class Keeper:
    """Keeps the session open for as long as `run` runs.

    `overdue` is how many seconds past its time a beat may still be under way before the loop counts as
    stuck. `now` counts seconds for intervals, `wall` is the time of day, `sleep` waits.
    """

    def __init__(
        self,
        gateway: GatewayClient,
        rhythm: Rhythm,
        rules: Rules,
        *,
        overdue: float,
        metrics: Metrics,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gateway = gateway
        self._rhythm = rhythm
        self._rules = rules
        self._overdue = overdue
        self._metrics = metrics
        self._now = now
        self._wall = wall
        self._sleep = sleep
        self._memory = Memory()
        self._diagnosis: Diagnosis | None = None
        self._login_end = LoginEnd()
        self._holds = Holds(now)
        self.listeners = Listeners(now)
        self._changed = self._tickled = self._due = now()
        self._changed_at = wall()
        self._trouble_since = self._changed
        self._jumps = Jumps(now, wall)
        self._beats: deque[PastBeat] = deque(maxlen=20)
        self._beating = asyncio.Lock()
        self._woken = asyncio.Event()
        self._running = False

    async def run(self) -> None:
        """Beat until cancelled."""
        self._running = True
        try:
            while True:
                await self.look()
                while (seconds := self._seconds_to_wait()) > 0:
                    await self._rest(min(seconds, SLICE))
                    self._mind_a_jump()
        finally:
            self._running = False

    async def look(self) -> float:
        """One beat; returns the seconds to the next."""
        async with self._beating:
            began, at = self._now(), self._wall()
            self._tickled = began
            found = await beat(
                self._gateway,
                self._memory,
                self._rules,
                now=began,
                at=_moment(at),
                held=lambda: bool(self._holds.alive()),
            )
            ended = self._now()
            self._note(found, began, at, ended)
            wait = self._wait(found, ended)
            self._due = ended + wait
            return wait

    async def hold(self, seconds: float, purpose: str) -> Hold:
        """Send nothing for so many seconds; returns when no beat is under way any more.

        Raises `TooManyHoldsError`, and `NotNowError` if a beat does not end.
        """
        hold = self._holds.take(seconds, purpose)
        try:
            async with asyncio.timeout(HOLD_PATIENCE), self._beating:
                pass
        except TimeoutError:
            self._holds.release(hold.id)
            raise NotNowError("The ticker waits for an answer of the gateway; ask again soon.") from None
        except asyncio.CancelledError:
            self._holds.release(hold.id)
            raise
        log(logger, logging.INFO, "hold", id=hold.id, purpose=purpose, seconds=float(seconds))
        return hold

    def release(self, name: str) -> bool:
        """End a hold; False if there is none of this id any more."""
        released = self._holds.release(name)
        if released:
            log(logger, logging.INFO, "release", id=name)
            self._woken.set()
        return released

    async def take(self) -> None:
        """Take the session over from the other program, once and now. Raises `NotNowError`.

        Where none is known of, the ticker looks before it says so: it may have come since the last beat.
        """
        if self._rules.compete is not Compete.ASK:
            step = (
                "Log out of the other program, or start the ticker again with COMPETE=ask."
                if self._competing
                else "No other program is known to hold the connection; if one does, log out of it, or start "
                "the ticker again with COMPETE=ask."
            )
            raise NotNowError(
                f"The ticker runs with COMPETE={self._rules.compete}, which leaves nothing to ask. {step}"
            )
        asked = self._now()
        try:
            async with asyncio.timeout(TAKE_PATIENCE):
                async with self._beating:
                    pass
                if self._memory.competed and self.state == SessionState.OPENING:
                    return  # it is being taken over already
                if not self._competing and self._tickled <= asked:
                    if self._holds.alive():
                        raise NotNowError("An order waits for an answer, which a look now would void.")
                    await self.look()
        except TimeoutError:
            raise NotNowError("The ticker waits for an answer of the gateway; ask again soon.") from None
        if not self._competing:
            raise NotNowError("No other program holds the connection, so there is nothing to take over.")
        self._memory.may_take, self._memory.competed = True, False
        self._memory.next_attempt = None
        self._due = self._now()
        log(logger, logging.INFO, "take")
        self._woken.set()

    @property
    def _competing(self) -> bool:
        return self._diagnosis is not None and self._diagnosis.found is SessionState.COMPETING

    @property
    def state(self) -> str:
        """The name of the present state; `starting` before the first look."""
        return STARTING if self._diagnosis is None else self._diagnosis.state

    @property
    def alive(self) -> bool:
        """True while the loop runs and no beat is overdue."""
        return self._running and self._now() <= self._planned() + self._overdue

    def report(self) -> dict[str, Any]:
        """What the session is, since when, and who must do what; holds no secret."""
        now, wall = self._now(), self._wall()
        diagnosis, rules = self._diagnosis, self._rules
        ends = self._ends(wall)
        return {
            "state": self.state,
            "ready": diagnosis is not None and diagnosis.ready,
            "since": _timestamp(self._changed_at),
            "sentence": "The ticker has just started and has not looked yet."
            if diagnosis is None
            else diagnosis.sentence,
            "next_step": "Wait some seconds." if diagnosis is None else diagnosis.next_step,
            "who": Actor.NOBODY if diagnosis is None else diagnosis.actor,
            "detail": None if diagnosis is None else diagnosis.detail or None,
            "login_url": rules.login_url,
            "next_look_in_seconds": round(max(0.0, self._planned() - now), 1),
            "login_ends_in_seconds": None if ends is None else round(max(0.0, ends - wall)),
            "login_ends_at": None if ends is None else _timestamp(ends),
            "login_warning": self._login_warning(wall),
            "expected": None if diagnosis is None else _told(diagnosis.expected),
            "next_reset": _told(next_window(rules.region, _moment(wall))),
            "compete": rules.compete,
            "region": rules.region,
            "servers": self.listeners.count(),
            "holds": [
                {"id": hold.id, "for": hold.purpose, "ends_in_seconds": round(hold.ends - now, 1)}
                for hold in self._holds.alive()
            ],
            "last_beats": [
                {"at": _timestamp(past.at), "state": past.state, "seconds": round(past.seconds, 3)}
                for past in self._beats
            ],
        }

    def metrics(self) -> bytes:
        """The same and more for Prometheus."""
        wall = self._wall()
        ends = self._ends(wall)
        return self._metrics.text(
            state=None if self._diagnosis is None else self._diagnosis.state,
            login_ends_in=None if ends is None else max(0.0, ends - wall),
            holds=len(self._holds.alive()),
        )

    def _note(self, found: Beat, began: float, at: float, ended: float) -> None:
        """Remember, log and count what a beat found."""
        diagnosis, before = found.diagnosis, self._diagnosis
        self._metrics.count(found, ended - began)
        if diagnosis is not None:
            if diagnosis.found is SessionState.NOT_LOGGED_IN:
                diagnosis = replace(diagnosis, expected=self._expected(diagnosis, at))
            if before is None or diagnosis.state is not before.state:
                self._log_change(diagnosis, lasted=began - self._changed)
                self._changed = self._trouble_since = began
                self._changed_at = at
            self._diagnosis = diagnosis
            self._watch_the_login(diagnosis, at)
        self._beats.append(PastBeat(at, self.state, ended - began))

    def _expected(self, diagnosis: Diagnosis, at: float) -> MaintenanceWindow | None:
        """What explains a missing login: what explained it when it was first missed, or its announced end."""
        before = self._diagnosis
        if before is not None and before.found is SessionState.NOT_LOGGED_IN:
            return before.expected
        ends = self._login_end.ends
        if diagnosis.expected is None and ends is not None and ends - TOLERANCE <= at:
            return MaintenanceWindow("announced end of the login", _moment(ends), _moment(at))
        return diagnosis.expected

    def _log_change(self, diagnosis: Diagnosis, *, lasted: float) -> None:
        expected = diagnosis.expected
        log(
            logger,
            logging.WARNING if diagnosis.actor is Actor.USER else logging.INFO,
            "state",
            state=diagnosis.state,
            was=self.state,
            was_for=lasted,
            who=diagnosis.actor,
            expected=None if expected is None else expected.what,
            sentence=diagnosis.sentence,
            next_step=diagnosis.next_step,
            detail=diagnosis.detail,
        )

    def _watch_the_login(self, diagnosis: Diagnosis, at: float) -> None:
        """Keep when the login ends, and warn ahead of it."""
        if diagnosis.found is SessionState.NOT_LOGGED_IN:
            self._login_end.forget()
        elif diagnosis.login_ends_in is not None:
            self._login_end.observe(diagnosis.login_ends_in, at)
        minutes = self._login_end.warning(at)
        if minutes is not None:
            text = self._login_warning(at)
            log(logger, logging.WARNING, "login_ends", within_minutes=minutes, sentence=text)

    def _ends(self, wall: float) -> float | None:
        """When the login ends, as IBKR says or, where it does not, at the region's midnight."""
        diagnosis = self._diagnosis
        if diagnosis is None or diagnosis.found is SessionState.NOT_LOGGED_IN:
            return None
        if self._login_end.ends is not None:
            return self._login_end.ends
        if diagnosis.found in _LOGGED_IN:
            return login_end(self._rules.region, _moment(wall)).timestamp()
        return None

    def _login_warning(self, wall: float) -> str | None:
        """The end of the login in a sentence, in its last hour."""
        ends = self._ends(wall)
        if ends is None or not 0 < ends - wall <= 3600:
            return None
        when = format_time(_moment(ends), self._rules.region)
        return (
            f"IBKR ends this login in {(ends - wall) / 60:.0f} minutes, at {when}; log in again after that "
            f"at {self._rules.login_url}."
        )

    def _wait(self, found: Beat, ended: float) -> float:
        """Seconds to the next beat."""
        if found.diagnosis is None:
            return max(found.again_in, 1.0)
        window = window_at(self._rules.region, _moment(self._wall()))
        return self._rhythm.jittered(
            found.diagnosis,
            ended - self._trouble_since,
            self._rules.chance,
            watchful=window is not None and window.to_text,
        )

    def _mind_a_jump(self) -> None:
        """Look at once after a sleep, or when somebody has set the time, and as often as in new trouble.

        Only a penalty goes on, unless it was slept through.
        """
        seconds = self._jumps.seconds()
        if not seconds:
            return
        log(logger, logging.INFO, "jump", seconds=seconds)
        now = self._now()
        self._login_end.doubt(self._wall())
        self._trouble_since = now
        if seconds < 0:
            self._changed_at += seconds  # or the present state would begin in the future
        else:
            self._memory.next_attempt, self._memory.attempts = None, min(self._memory.attempts, 1)
        quiet = self._diagnosis is not None and self._diagnosis.quiet_for > 0
        if not quiet or seconds >= self._due - now:
            self._due = now

    def _planned(self) -> float:
        """When the next beat goes out: when it is due, or when no hold is in its way any more."""
        free = self._holds.ends()
        if free is None:
            return self._due
        return max(self._due, min(free, self._tickled + OVERDUE))

    def _seconds_to_wait(self) -> float:
        return self._planned() - self._now()

    async def _rest(self, seconds: float) -> None:
        """Sleep, unless something happens that changes when the next beat is due."""
        self._woken.clear()
        sleeping = asyncio.ensure_future(self._sleep(seconds))
        waking = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
            if sleeping.done():
                sleeping.result()
        finally:
            for task in (sleeping, waking):
                task.cancel()
            await asyncio.gather(sleeping, waking, return_exceptions=True)


_LOGGED_IN = frozenset(
    {SessionState.CLOSED, SessionState.OPENING, SessionState.COMPETING, SessionState.ESTABLISHED}
)


def _told(window: MaintenanceWindow | None) -> dict[str, str] | None:
    if window is None:
        return None
    begins, ends = window.begins.astimezone(UTC), window.ends.astimezone(UTC)
    return {
        "what": window.what,
        "begins": begins.isoformat(timespec="seconds"),
        "ends": ends.isoformat(timespec="seconds"),
    }


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _timestamp(seconds: float) -> str:
    return _moment(seconds).isoformat(timespec="seconds")
