"""Session monitor: checks the session's state, with one check shared by concurrent callers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api_gateway.causes import Cause, explain
from api_gateway.errors import (
    Forbidden,
    GatewayError,
    LoginRequired,
    NoResponse,
    PenaltyBox,
    SessionLost,
    Unreachable,
)
from api_gateway.operations import SessionRequirement
from api_gateway.session.diagnosis import FRONT_PAGE, Diagnosis, diagnose, diagnose_state, needs_probe
from api_gateway.session.maintenance import Region
from api_gateway.session.states import BLOCKING_STATES, SessionState

JOIN_WINDOW = 0.1
"""Seconds from its start during which a running check is shared with later callers."""

OUTAGE_TTL = 70.0
"""Seconds for which an outage is assumed to last while a new check has no response yet."""

_OUTAGES = frozenset({SessionState.UNREACHABLE, SessionState.UPSTREAM_SILENT})
SESSION_ERRORS = (LoginRequired, PenaltyBox, SessionLost, Unreachable, NoResponse)
"""The errors of any request that say something about the session."""

MAX_CONCURRENT = 3
"""Maximum number of checks waiting for a response; one more cancels the oldest."""


@dataclass(frozen=True)
class SessionCheck:
    """The state of the session at the time `at` of the clock `now`, and since when, as far as checks show.

    `given_up`: there was no response in time, and the diagnosis is inferred from the gateway's front page.
    """

    diagnosis: Diagnosis
    at: float
    since: datetime
    given_up: bool = False


class SessionMonitor:
    """Checks the state of the session and remembers the last result.

    `fetch_status` sends one status request, `probe` returns the status of the gateway's front page, and
    `quiet` returns True while nothing may be sent. `now` is a monotonic clock, `wall` the time in seconds
    since 1970.
    """

    def __init__(
        self,
        *,
        fetch_status: Callable[[], Awaitable[Any]],
        probe: Callable[[], Awaitable[int | None]],
        quiet: Callable[[], bool],
        region: Region,
        login_url: str,
        now: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._fetch_status = fetch_status
        self._probe = probe
        self._quiet = quiet
        self._region = region
        self._login_url = login_url
        self._now = now
        self._wall = wall
        self._last: SessionCheck | None = None
        self._problem: Diagnosis | None = None
        self._problem_at = float("-inf")
        self._running: list[tuple[float, asyncio.Task[SessionCheck | None]]] = []
        self._on_opened: list[Callable[[], None]] = []

    @property
    def last(self) -> SessionCheck | None:
        """The last check with a result."""
        return self._last

    @property
    def last_problem(self) -> Diagnosis | None:
        """What was missing at the last response; None if nothing was."""
        return self._problem

    async def confirm_outage(self, *, timeout: float) -> Diagnosis | None:
        """Return the diagnosis of a recent outage, which a check without a response confirms, or None.

        The gateway's front page shows whether it is the gateway or IBKR that does not respond.
        """
        found = self._problem
        if found is None or found.found not in _OUTAGES or self._now() - self._problem_at > OUTAGE_TTL:
            return None
        try:
            async with asyncio.timeout(timeout):
                responds = await self._probe() is not None
        except TimeoutError:
            responds = False
        state = SessionState.UPSTREAM_SILENT if responds else SessionState.UNREACHABLE
        if state is found.found:
            return found
        return diagnose_state(
            state,
            at=self._current_time(),
            region=self._region,
            login_url=self._login_url,
            detail=found.detail,
        )

    def on_opened(self, then: Callable[[], None]) -> None:
        """Register `then`, which is called whenever a check finds the session newly open."""
        self._on_opened.append(then)

    async def check_now(self, *, timeout: float, max_age: float = 0.0) -> SessionCheck | None:
        """Check the session now; returns None if there is no result within `timeout` seconds.

        A result that found the session open may be up to `max_age` seconds old, if no problem followed it.
        While an order awaits confirmation nothing is sent, and the last result is returned.
        """
        last = self._last
        recent = last is not None and last.diagnosis.ready and self._now() - last.at < max_age
        if (recent and self._problem is None) or self._quiet():
            return last
        check = self._start_or_join()
        await asyncio.wait({check}, timeout=timeout)
        return check.result() if check.done() and not check.cancelled() else None

    async def check_within(self, *, timeout: float, max_age: float = 0.0) -> SessionCheck | None:
        """Check the session within `timeout`; without a response, infer it from the gateway's front page.

        Returns None if nothing may be sent and nothing is known yet.
        """
        half = timeout / 2
        check = await self.check_now(timeout=half, max_age=max_age)
        if check is not None or self._quiet():
            return check
        probe = asyncio.ensure_future(self._probe())
        waiting: set[asyncio.Future[Any]] = {probe, *(task for _, task in self._running)}
        began = self._now()
        try:
            await asyncio.wait(waiting, timeout=half)
            found = self._last
            if found is not None and found.at >= began:
                return found
            responds = probe.done() and probe.result() is not None
        finally:
            probe.cancel()
        state = SessionState.UPSTREAM_SILENT if responds else SessionState.UNREACHABLE
        diagnosis = diagnose_state(
            state,
            at=self._current_time(),
            region=self._region,
            login_url=self._login_url,
            detail=explain(Cause.NO_RESPONSE_IN_TIME, seconds=f"{timeout:g}").sentence,
        )
        self._set_problem(diagnosis)
        return SessionCheck(diagnosis, self._now(), self._since(diagnosis), given_up=True)

    def record_failure(self, error: GatewayError) -> None:
        """Record a failed request: if it concerns the session, the next request checks the session first."""
        if isinstance(error, SESSION_ERRORS):
            at, region = self._current_time(), self._region
            self._set_problem(diagnose(error, at=at, region=region, login_url=self._login_url))

    def mark_suspect(self, state: SessionState) -> None:
        """Record a state that another program reports: unless it is ready, the next request checks first."""
        if not state.ready:
            at, region = self._current_time(), self._region
            self._set_problem(diagnose_state(state, at=at, region=region, login_url=self._login_url))

    def record_success(self, needed: SessionRequirement = SessionRequirement.BROKERAGE) -> None:
        """Record that a request with this requirement succeeded, so that nothing it needs is missing."""
        still_possible = BLOCKING_STATES[SessionRequirement.BROKERAGE] - BLOCKING_STATES[needed]
        if self._problem is not None and self._problem.found not in still_possible:
            self._problem = None

    async def aclose(self) -> None:
        """Cancel the running checks."""
        tasks = [task for _, task in self._running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start_or_join(self) -> asyncio.Task[SessionCheck | None]:
        """Return a check that began within `JOIN_WINDOW`."""
        self._running = [(began, task) for began, task in self._running if not task.done()]
        if self._running and self._now() - self._running[-1][0] < JOIN_WINDOW:
            return self._running[-1][1]
        if len(self._running) >= MAX_CONCURRENT:
            self._running.pop(0)[1].cancel()
        task = asyncio.create_task(self._check())
        self._running.append((self._now(), task))
        return task

    async def _check(self) -> SessionCheck | None:
        found: object
        try:
            found = await self._fetch_status()
        except Forbidden:
            return None
        except GatewayError as error:
            found = error
        page = await self._probe() if needs_probe(found) else FRONT_PAGE
        diagnosis = diagnose(
            found, at=self._current_time(), region=self._region, login_url=self._login_url, page=page
        )
        if diagnosis is None:
            return None
        return self._record(diagnosis)

    def _record(self, diagnosis: Diagnosis) -> SessionCheck:
        opened = diagnosis.ready and (self._last is None or not self._last.diagnosis.ready)
        self._last = SessionCheck(diagnosis, self._now(), self._since(diagnosis))
        self._set_problem(None if diagnosis.ready else diagnosis)
        if opened:
            for then in self._on_opened:
                then()
        return self._last

    def _set_problem(self, problem: Diagnosis | None) -> None:
        self._problem, self._problem_at = problem, self._now()

    def _since(self, diagnosis: Diagnosis) -> datetime:
        last = self._last
        if last is None or last.diagnosis.state is not diagnosis.state:
            return self._current_time()
        return min(last.since, self._current_time())  # the clock may have been set back

    def _current_time(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), tz=UTC)
