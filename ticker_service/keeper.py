"""Beat after beat: when the next one is due, what changed since the last, and a report of both."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api_gateway.client import Gateway
from ticker_service.beat import Finding, Memory, State, beat

logger = logging.getLogger("ticker")

STARTING = Finding(State.STARTING, "The ticker has just started and has not looked yet.")


@dataclass(frozen=True)
class Rhythm:
    """Seconds between beats: `fair` while the session is open, from `foul` up to `fair` while it is not."""

    fair: float
    foul: float

    def wait(self, finding: Finding, lasted: float) -> float:
        """Seconds to the next beat, given what was found and for how many seconds it has been so.

        Trouble is looked at every `foul` seconds at first and then after a tenth of the time that it has
        lasted, so that a login is noticed soon and a night without one costs IBKR little. An unreachable
        gateway is always looked for at once: the question does not leave the machine.
        """
        if finding.state is State.ESTABLISHED:
            wait = self.fair
        elif finding.state is State.UNREACHABLE:
            wait = self.foul
        else:
            wait = max(self.foul, min(self.fair, lasted / 10))
        return max(wait, finding.quiet_for)


@dataclass(frozen=True)
class PastBeat:
    """A line of the report: when a beat began (seconds since 1970), what it found, how long it took."""

    at: float
    state: State
    seconds: float


class Keeper:
    """Keeps the session open for as long as `run` runs.

    `overdue` is how many seconds past its time a beat may still be under way before the loop counts as
    stuck. `now` counts seconds for intervals, `wall` is the time of day for the report, `sleep` waits.
    """

    def __init__(
        self,
        gateway: Gateway,
        rhythm: Rhythm,
        *,
        compete: bool,
        login_url: str,
        overdue: float,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gateway = gateway
        self._rhythm = rhythm
        self._compete = compete
        self._login_url = login_url
        self._overdue = overdue
        self._now = now
        self._wall = wall
        self._sleep = sleep
        self._memory = Memory()
        self._finding = STARTING
        self._changed = now()
        self._changed_at = wall()
        self._looked = now()
        self._due = now()
        self._beats: deque[PastBeat] = deque(maxlen=20)
        self._running = False

    async def run(self) -> None:
        """Beat until cancelled."""
        self._running = True
        try:
            while True:
                await self._sleep(await self.look())
        finally:
            self._running = False

    async def look(self) -> float:
        """One beat; returns the seconds to the next."""
        began, at = self._now(), self._wall()
        finding = await beat(
            self._gateway, self._memory, compete=self._compete, login_url=self._login_url, now=began
        )
        ended = self._now()
        if finding.state is not self._finding.state:
            self._changed, self._changed_at = began, at
            level = logging.INFO if not finding.person_must else logging.WARNING
            logger.log(
                level, " ".join(filter(None, [f"{finding.state}:", finding.sentence, finding.person_must]))
            )
        self._finding = finding
        self._looked = ended
        self._beats.append(PastBeat(at, finding.state, ended - began))
        wait = self._rhythm.wait(finding, ended - self._changed)
        self._due = ended + wait
        return wait

    @property
    def alive(self) -> bool:
        """True while the loop runs and no beat is overdue."""
        return self._running and self._now() <= self._due + self._overdue

    def report(self) -> dict[str, Any]:
        """What the session is, since when, and what a person must do; holds no secret."""
        now = self._now()
        ends = self._finding.login_ends_in
        return {
            "state": self._finding.state,
            "ready": self._finding.state is State.ESTABLISHED,
            "since": _timestamp(self._changed_at),
            "sentence": self._finding.sentence,
            "person_must": self._finding.person_must or None,
            "login_url": self._login_url,
            "next_look_in_seconds": round(max(0.0, self._due - now), 1),
            "login_ends_in_seconds": None if ends is None else round(max(0.0, ends - (now - self._looked))),
            "last_beats": [
                {"at": _timestamp(past.at), "state": past.state, "seconds": round(past.seconds, 3)}
                for past in self._beats
            ],
        }


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="seconds")
