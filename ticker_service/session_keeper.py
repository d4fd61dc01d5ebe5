"""The heartbeat loop: schedules heartbeats, logs state changes and reports the session's state."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from api_gateway.causes import Actor, Cause, Explanation, explain
from api_gateway.client.gateway import GatewayClient
from api_gateway.session.diagnosis import Diagnosis, format_time
from api_gateway.session.maintenance import MaintenanceWindow, login_end, next_window, window_at
from api_gateway.session.states import SessionState
from ticker_service.backoff import Backoff
from ticker_service.client_count import ClientCounter
from ticker_service.clock_jumps import ClockJumpDetector
from ticker_service.heartbeat import HeartbeatMemory, HeartbeatResult, Rules, send_heartbeat
from ticker_service.holds import Hold, Holds
from ticker_service.logfmt import log_event
from ticker_service.login_expiry import TOLERANCE, LoginExpiry
from ticker_service.metrics import STARTING, Metrics
from ticker_service.settings import Compete

logger = logging.getLogger("ticker")

MAX_TICKLE_GAP = 240.0
"""Maximum seconds between tickles, even during a hold: IBKR closes a session after 300 idle seconds."""

CLOCK_CHECK_INTERVAL = 10.0
"""Seconds between checks of the wall clock while waiting, in case the machine was suspended."""

HOLD_TIMEOUT = 5.0
"""Seconds that a hold waits for a heartbeat in progress."""

TAKEOVER_TIMEOUT = 1.5
"""Seconds that a take-over waits for a heartbeat; the MCP server's timeout is 2 s."""


class TickerStateError(Exception):
    """The ticker cannot do this in its state; `str()` says why, that nothing was changed, and what to do."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(f"{explanation.problem} {explanation.next_step}")
        self.explanation = explanation


@dataclass(frozen=True)
class HeartbeatRecord:
    """One heartbeat in the report: when it began (Unix timestamp), the state it found, its duration."""

    at: float
    state: str
    seconds: float


class SessionKeeper:
    """Keeps the session open while `run` is running.

    `stuck_after` is how many seconds a heartbeat may be overdue before `alive` turns false. `now` is a
    monotonic clock, `wall` is the time of day.
    """

    def __init__(
        self,
        gateway: GatewayClient,
        backoff: Backoff,
        rules: Rules,
        *,
        stuck_after: float,
        metrics: Metrics,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gateway = gateway
        self._backoff = backoff
        self._rules = rules
        self._stuck_after = stuck_after
        self._metrics = metrics
        self._now = now
        self._wall = wall
        self._sleep = sleep
        self._memory = HeartbeatMemory()
        self._diagnosis: Diagnosis | None = None
        self._login_expiry = LoginExpiry()
        self._holds = Holds(now)
        self.clients = ClientCounter(now)
        self._state_since = self._last_tickle = self._due_at = now()
        self._state_since_wall = wall()
        self._trouble_since = self._state_since
        self._clock_jumps = ClockJumpDetector(now, wall)
        self._recent_heartbeats: deque[HeartbeatRecord] = deque(maxlen=20)
        self._heartbeat_lock = asyncio.Lock()
        self._wake_up = asyncio.Event()
        self._running = False

    async def run(self) -> None:
        """Send heartbeats until cancelled."""
        self._running = True
        try:
            while True:
                await self.beat()
                while (seconds := self._seconds_to_wait()) > 0:
                    await self._sleep_until_woken(min(seconds, CLOCK_CHECK_INTERVAL))
                    self._handle_clock_jump()
        finally:
            self._running = False

    async def beat(self) -> float:
        """Send one heartbeat; returns the seconds until the next."""
        async with self._heartbeat_lock:
            began, at = self._now(), self._wall()
            self._last_tickle = began
            result = await send_heartbeat(
                self._gateway,
                self._memory,
                self._rules,
                now=began,
                at=_to_datetime(at),
                on_hold=lambda: bool(self._holds.active()),
            )
            ended = self._now()
            self._record_result(result, began, at, ended)
            delay = self._next_delay(result, ended)
            self._due_at = ended + delay
            return delay

    async def hold(self, seconds: float, purpose: str) -> Hold:
        """Pause for `seconds`; returns once no heartbeat is in progress.

        Raises `TooManyHoldsError`, or `TickerStateError` if the heartbeat in progress takes too long.
        """
        hold = self._holds.acquire(seconds, purpose)
        try:
            async with asyncio.timeout(HOLD_TIMEOUT), self._heartbeat_lock:
                pass
        except TimeoutError:
            self._holds.release(hold.id)
            raise TickerStateError(explain(Cause.TICKER_BUSY)) from None
        except asyncio.CancelledError:
            self._holds.release(hold.id)
            raise
        log_event(logger, logging.INFO, "hold", id=hold.id, purpose=purpose, seconds=float(seconds))
        return hold

    def release(self, hold_id: str) -> bool:
        """Release a hold; returns False if no active hold has this id."""
        released = self._holds.release(hold_id)
        if released:
            log_event(logger, logging.INFO, "release", id=hold_id)
            self._wake_up.set()
        return released

    async def take_over(self) -> None:
        """Approve taking over the session, once, with the next heartbeat, which is due now.

        If no competing program is known, it sends a heartbeat first, in case one connected since the last.
        Raises `TickerStateError` if there is nothing to take over or COMPETE doesn't allow it.
        """
        if self._rules.compete is not Compete.ASK:
            taking = self._rules.compete is Compete.TAKE
            raise TickerStateError(explain(Cause.TAKEOVER_AUTOMATIC if taking else Cause.TAKEOVER_DISABLED))
        requested_at = self._now()
        try:
            async with asyncio.timeout(TAKEOVER_TIMEOUT):
                async with self._heartbeat_lock:
                    pass
                if self._memory.took_over and self.state == SessionState.OPENING:
                    return  # already being taken over
                if not self._is_competing and self._last_tickle <= requested_at:
                    if self._holds.active():
                        raise TickerStateError(explain(Cause.ORDER_AWAITS_CONFIRMATION))
                    await self.beat()
        except TimeoutError:
            raise TickerStateError(explain(Cause.TICKER_BUSY)) from None
        if not self._is_competing:
            raise TickerStateError(explain(Cause.NOTHING_TO_TAKE_OVER))
        self._memory.takeover_approved, self._memory.took_over = True, False
        self._memory.next_attempt = None
        self._due_at = self._now()
        log_event(logger, logging.INFO, "take")
        self._wake_up.set()

    @property
    def _is_competing(self) -> bool:
        return self._diagnosis is not None and self._diagnosis.found is SessionState.COMPETING

    @property
    def state(self) -> str:
        """The name of the current state; `starting` before the first heartbeat."""
        return STARTING if self._diagnosis is None else self._diagnosis.state

    @property
    def alive(self) -> bool:
        """True while the loop runs and no heartbeat is stuck."""
        return self._running and self._now() <= self._next_beat_at() + self._stuck_after

    def report(self) -> dict[str, Any]:
        """Return the session's state, since when, the next step and who takes it; contains no secrets."""
        now, wall = self._now(), self._wall()
        diagnosis, rules = self._diagnosis, self._rules
        login_expires_at = self._login_expires_at(wall)
        said = explain(Cause.TICKER_STARTING) if diagnosis is None else diagnosis
        return {
            "state": self.state,
            "ready": diagnosis is not None and diagnosis.ready,
            "since": _iso_timestamp(self._state_since_wall),
            "sentence": said.sentence,
            "next_step": said.next_step,
            "who": said.actor,
            "detail": None if diagnosis is None else diagnosis.detail or None,
            "login_url": rules.login_url,
            "next_look_in_seconds": round(max(0.0, self._next_beat_at() - now), 1),
            "login_ends_in_seconds": None
            if login_expires_at is None
            else round(max(0.0, login_expires_at - wall)),
            "login_ends_at": None if login_expires_at is None else _iso_timestamp(login_expires_at),
            "login_warning": self._login_warning(wall),
            "expected": None if diagnosis is None else _window_to_json(diagnosis.expected),
            "next_reset": _window_to_json(next_window(rules.region, _to_datetime(wall))),
            "compete": rules.compete,
            "region": rules.region,
            "servers": self.clients.count(),
            "holds": [
                {"id": hold.id, "for": hold.purpose, "ends_in_seconds": round(hold.ends_at - now, 1)}
                for hold in self._holds.active()
            ],
            "last_beats": [
                {"at": _iso_timestamp(past.at), "state": past.state, "seconds": round(past.seconds, 3)}
                for past in self._recent_heartbeats
            ],
        }

    def metrics_text(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        wall = self._wall()
        login_expires_at = self._login_expires_at(wall)
        return self._metrics.text(
            state=None if self._diagnosis is None else self._diagnosis.state,
            login_expires_in=None if login_expires_at is None else max(0.0, login_expires_at - wall),
            holds=len(self._holds.active()),
        )

    def _record_result(self, result: HeartbeatResult, began: float, at: float, ended: float) -> None:
        """Record, log and count the result of a heartbeat."""
        diagnosis, before = result.diagnosis, self._diagnosis
        self._metrics.record_heartbeat(result, ended - began)
        if diagnosis is not None:
            if diagnosis.found is SessionState.NOT_LOGGED_IN:
                diagnosis = replace(diagnosis, expected=self._expected_window(diagnosis, at))
            if before is None or diagnosis.state is not before.state:
                self._log_state_change(diagnosis, duration=began - self._state_since)
                self._state_since = self._trouble_since = began
                self._state_since_wall = at
            self._diagnosis = diagnosis
            self._track_login_expiry(diagnosis, at)
        self._recent_heartbeats.append(HeartbeatRecord(at, self.state, ended - began))

    def _expected_window(self, diagnosis: Diagnosis, at: float) -> MaintenanceWindow | None:
        """Return why a missing login was expected: the first reason found, or that the login had expired."""
        before = self._diagnosis
        if before is not None and before.found is SessionState.NOT_LOGGED_IN:
            return before.expected
        login_expires_at = self._login_expiry.expires_at
        if diagnosis.expected is None and login_expires_at is not None and login_expires_at - TOLERANCE <= at:
            return MaintenanceWindow(
                "announced end of the login", _to_datetime(login_expires_at), _to_datetime(at)
            )
        return diagnosis.expected

    def _log_state_change(self, diagnosis: Diagnosis, *, duration: float) -> None:
        expected = diagnosis.expected
        log_event(
            logger,
            logging.WARNING if diagnosis.actor is Actor.USER else logging.INFO,
            "state",
            state=diagnosis.state,
            was=self.state,
            was_for=duration,
            who=diagnosis.actor,
            expected=None if expected is None else expected.what,
            sentence=diagnosis.sentence,
            next_step=diagnosis.next_step,
            detail=diagnosis.detail,
        )

    def _track_login_expiry(self, diagnosis: Diagnosis, at: float) -> None:
        """Record when the login expires, and log the warnings before that."""
        if diagnosis.found is SessionState.NOT_LOGGED_IN:
            self._login_expiry.reset()
        elif diagnosis.login_ends_in is not None:
            self._login_expiry.observe(diagnosis.login_ends_in, at)
        minutes = self._login_expiry.take_due_warning(at)
        if minutes is not None:
            text = self._login_warning(at)
            log_event(logger, logging.WARNING, "login_ends", within_minutes=minutes, sentence=text)

    def _login_expires_at(self, wall: float) -> float | None:
        """Return when the login expires: as reported by IBKR, otherwise at the region's midnight."""
        diagnosis = self._diagnosis
        if diagnosis is None or diagnosis.found is SessionState.NOT_LOGGED_IN:
            return None
        if self._login_expiry.expires_at is not None:
            return self._login_expiry.expires_at
        if diagnosis.found in _LOGGED_IN_STATES:
            return login_end(self._rules.region, _to_datetime(wall)).timestamp()
        return None

    def _login_warning(self, wall: float) -> str | None:
        """Return a sentence about the login's expiry during its last hour, otherwise None."""
        expires_at = self._login_expires_at(wall)
        if expires_at is None or not 0 < expires_at - wall <= 3600:
            return None
        when = format_time(_to_datetime(expires_at), self._rules.region)
        minutes = f"{(expires_at - wall) / 60:.0f}"
        said = explain(Cause.LOGIN_ENDS, minutes=minutes, when=when, login=self._rules.login_url)
        return f"{said.sentence} {said.next_step}"

    def _next_delay(self, result: HeartbeatResult, ended: float) -> float:
        """Return the seconds until the next heartbeat."""
        if result.diagnosis is None:
            return max(result.retry_in, 1.0)
        window = window_at(self._rules.region, _to_datetime(self._wall()))
        return self._backoff.jittered_delay(
            result.diagnosis,
            ended - self._trouble_since,
            self._rules.rng,
            in_reset_window=window is not None and window.is_brief,
        )

    def _handle_clock_jump(self) -> None:
        """After a suspend or a clock change, send a heartbeat now and restart the backoff.

        A penalty box is still waited out, unless the suspend was longer.
        """
        seconds = self._clock_jumps.detect_jump()
        if not seconds:
            return
        log_event(logger, logging.INFO, "jump", seconds=seconds)
        now = self._now()
        self._login_expiry.require_confirmation(self._wall())
        self._trouble_since = now
        if seconds < 0:
            self._state_since_wall += seconds  # or the current state would begin in the future
        else:
            self._memory.next_attempt, self._memory.attempts = None, min(self._memory.attempts, 1)
        in_penalty_box = self._diagnosis is not None and self._diagnosis.quiet_for > 0
        if not in_penalty_box or seconds >= self._due_at - now:
            self._due_at = now

    def _next_beat_at(self) -> float:
        """Return when to send the next heartbeat: when it is due and no hold delays it."""
        holds_end = self._holds.last_end()
        if holds_end is None:
            return self._due_at
        return max(self._due_at, min(holds_end, self._last_tickle + MAX_TICKLE_GAP))

    def _seconds_to_wait(self) -> float:
        return self._next_beat_at() - self._now()

    async def _sleep_until_woken(self, seconds: float) -> None:
        """Sleep for `seconds`, or until `_wake_up` is set because the next heartbeat is due earlier."""
        self._wake_up.clear()
        sleeping = asyncio.ensure_future(self._sleep(seconds))
        waking = asyncio.ensure_future(self._wake_up.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
            if sleeping.done():
                sleeping.result()
        finally:
            for task in (sleeping, waking):
                task.cancel()
            await asyncio.gather(sleeping, waking, return_exceptions=True)


_LOGGED_IN_STATES = frozenset(
    {SessionState.CLOSED, SessionState.OPENING, SessionState.COMPETING, SessionState.ESTABLISHED}
)


def _window_to_json(window: MaintenanceWindow | None) -> dict[str, str] | None:
    if window is None:
        return None
    begins, ends = window.begins.astimezone(UTC), window.ends.astimezone(UTC)
    return {
        "what": window.what,
        "begins": begins.isoformat(timespec="seconds"),
        "ends": ends.isoformat(timespec="seconds"),
    }


def _to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _iso_timestamp(seconds: float) -> str:
    return _to_datetime(seconds).isoformat(timespec="seconds")
