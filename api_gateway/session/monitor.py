"""Looks at the session: what it is now, found out once for everybody who asks at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api_gateway.errors import (
    Forbidden,
    GatewayError,
    LoginRequired,
    Penalised,
    SessionLost,
    Unanswered,
    Unreachable,
)
from api_gateway.session.diagnosis import FRONT_PAGE, Diagnosis, diagnose, diagnose_state, needs_probe
from api_gateway.session.maintenance import Region
from api_gateway.session.states import LACKING, Needs, SessionState

JOINED = 0.1
"""Seconds for which a look that is under way serves those who come after its beginning."""

LATELY = 70.0
"""Seconds for which it is believed that no answer comes, where none has come yet this time."""

_SILENT = frozenset({SessionState.UNREACHABLE, SessionState.UPSTREAM_SILENT})
TELLING = (LoginRequired, Penalised, SessionLost, Unreachable, Unanswered)
"""The failures of any request that tell about the session."""

UNDER_WAY = 3
"""Looks that may wait for an answer at a time; a further one ends the oldest."""


@dataclass(frozen=True)
class Look:
    """What the session was at a moment of the clock `now`, and since when, as far as looks tell.

    `given_up` says that no answer has come yet: the diagnosis is what the gateway's own page lets expect.
    """

    diagnosis: Diagnosis
    at: float
    since: datetime
    given_up: bool = False


class Looks:
    """Asks for the state of the session, and remembers the last that was found.

    `ask` sends one question about it, `probe` tells whether the gateway's own page answers, `quiet` says
    that nothing may be sent. `now` counts seconds, `wall` is the time of day in seconds since 1970.
    """

    def __init__(
        self,
        *,
        ask: Callable[[], Awaitable[Any]],
        probe: Callable[[], Awaitable[int | None]],
        quiet: Callable[[], bool],
        region: Region,
        login_url: str,
        now: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._ask = ask
        self._probe = probe
        self._quiet = quiet
        self._region = region
        self._login_url = login_url
        self._now = now
        self._wall = wall
        self._last: Look | None = None
        self._trouble: Diagnosis | None = None
        self._troubled_at = float("-inf")
        self._under_way: list[tuple[float, asyncio.Task[Look | None]]] = []
        self._opened: list[Callable[[], None]] = []

    @property
    def last(self) -> Look | None:
        """The last look that found something out."""
        return self._last

    @property
    def trouble(self) -> Diagnosis | None:
        """What was found missing last; None where the last answer was a good one."""
        return self._trouble

    async def silence(self, *, patience: float) -> Diagnosis | None:
        """What is missing, if lately it was that no answer comes: a slow look confirms it.

        The gateway's own page tells whether it is the gateway that is silent or what is behind it.
        """
        found = self._trouble
        if found is None or found.found not in _SILENT or self._now() - self._troubled_at > LATELY:
            return None
        try:
            async with asyncio.timeout(patience):
                answers = await self._probe() is not None
        except TimeoutError:
            answers = False
        state = SessionState.UPSTREAM_SILENT if answers else SessionState.UNREACHABLE
        if state is found.found:
            return found
        return diagnose_state(
            state, at=self._moment(), region=self._region, login_url=self._login_url, detail=found.detail
        )

    def when_opened(self, then: Callable[[], None]) -> None:
        """Have `then` called whenever a look finds the session open that was not known to be."""
        self._opened.append(then)

    async def fresh(self, *, patience: float, no_older_than: float = 0.0) -> Look | None:
        """A look that begins now; None if it takes too long.

        A good one may be up to `no_older_than` s old, if nothing was found missing after it.

        While a question about an order is open nothing is sent, and the last look is all there is.
        """
        last = self._last
        young = last is not None and last.diagnosis.ready and self._now() - last.at < no_older_than
        if (young and self._trouble is None) or self._quiet():
            return last
        look = self._started()
        await asyncio.wait({look}, timeout=patience)
        return look.result() if look.done() and not look.cancelled() else None

    async def standing(self, *, patience: float, no_older_than: float = 0.0) -> Look | None:
        """The same with an answer in time: where none comes, what the gateway's own page tells.

        None is returned where nothing may be sent and nothing is known yet.
        """
        half = patience / 2
        look = await self.fresh(patience=half, no_older_than=no_older_than)
        if look is not None or self._quiet():
            return look
        probe = asyncio.ensure_future(self._probe())
        waiting: set[asyncio.Future[Any]] = {probe, *(task for _, task in self._under_way)}
        began = self._now()
        try:
            await asyncio.wait(waiting, timeout=half)
            found = self._last
            if found is not None and found.at >= began:
                return found
            answers = probe.done() and probe.result() is not None
        finally:
            probe.cancel()
        state = SessionState.UPSTREAM_SILENT if answers else SessionState.UNREACHABLE
        diagnosis = diagnose_state(
            state,
            at=self._moment(),
            region=self._region,
            login_url=self._login_url,
            detail=f"No answer has come within {patience:g} seconds.",
        )
        self._suspect(diagnosis)
        return Look(diagnosis, self._now(), self._since(diagnosis), given_up=True)

    def met(self, error: GatewayError) -> None:
        """A request failed: if that tells about the session, the next one looks before it is sent."""
        if isinstance(error, TELLING):
            at, region = self._moment(), self._region
            self._suspect(diagnose(error, at=at, region=region, login_url=self._login_url))

    def suspect(self, state: SessionState) -> None:
        """Somebody else has found this state: if something is missing in it, the next request looks first."""
        if not state.ready:
            at, region = self._moment(), self._region
            self._suspect(diagnose_state(state, at=at, region=region, login_url=self._login_url))

    def met_none(self, needed: Needs = Needs.BROKERAGE) -> None:
        """A request that needed this was answered as it should be: nothing of that is missing."""
        still_possible = LACKING[Needs.BROKERAGE] - LACKING[needed]
        if self._trouble is not None and self._trouble.found not in still_possible:
            self._trouble = None

    async def aclose(self) -> None:
        """End the looks that are going on."""
        tasks = [task for _, task in self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _started(self) -> asyncio.Task[Look | None]:
        """A look that has begun just now."""
        self._under_way = [(began, task) for began, task in self._under_way if not task.done()]
        if self._under_way and self._now() - self._under_way[-1][0] < JOINED:
            return self._under_way[-1][1]
        if len(self._under_way) >= UNDER_WAY:
            self._under_way.pop(0)[1].cancel()
        task = asyncio.create_task(self._take())
        self._under_way.append((self._now(), task))
        return task

    async def _take(self) -> Look | None:
        found: object
        try:
            found = await self._ask()
        except Forbidden:
            return None
        except GatewayError as error:
            found = error
        page = await self._probe() if needs_probe(found) else FRONT_PAGE
        diagnosis = diagnose(
            found, at=self._moment(), region=self._region, login_url=self._login_url, page=page
        )
        if diagnosis is None:
            return None
        return self._note(diagnosis)

    def _note(self, diagnosis: Diagnosis) -> Look:
        opened = diagnosis.ready and (self._last is None or not self._last.diagnosis.ready)
        self._last = Look(diagnosis, self._now(), self._since(diagnosis))
        self._suspect(None if diagnosis.ready else diagnosis)
        if opened:
            for then in self._opened:
                then()
        return self._last

    def _suspect(self, trouble: Diagnosis | None) -> None:
        self._trouble, self._troubled_at = trouble, self._now()

    def _since(self, diagnosis: Diagnosis) -> datetime:
        last = self._last
        if last is None or last.diagnosis.state is not diagnosis.state:
            return self._moment()
        return min(last.since, self._moment())  # somebody may have set the clock back

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), tz=UTC)
