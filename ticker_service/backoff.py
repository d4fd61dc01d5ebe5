"""Backoff: how long to wait before the next heartbeat."""

from __future__ import annotations

import random
from dataclasses import dataclass

from api_gateway.session.diagnosis import Diagnosis
from api_gateway.session.states import SessionState

JITTER = 0.1
"""Random part of a delay, as a fraction of it, so that two tickers don't stay in step."""

RESET_WINDOW_INTERVAL = 10.0
"""Seconds between heartbeats while the session is open and IBKR may reset it at any moment."""


@dataclass(frozen=True)
class Backoff:
    """Seconds between heartbeats: `healthy` while the session is open, `unhealthy` at first in an outage."""

    healthy: float
    unhealthy: float

    def delay(self, diagnosis: Diagnosis, seconds_in_state: float, *, in_reset_window: bool = False) -> float:
        """Return the seconds until the next heartbeat.

        In an outage the delay starts at `unhealthy` and grows to a tenth of the outage's duration, so that a
        new login is noticed quickly and a night without one costs IBKR few requests. It doesn't grow while
        the gateway is unreachable, because those requests never leave the machine.

        `in_reset_window` shortens the delay while IBKR may reset sessions: the gateway's own tickle (every
        30 s) ends the login if it finds the session closed, so the ticker has to notice that first.
        """
        if diagnosis.quiet_for:
            return max(self.healthy, diagnosis.quiet_for)
        if diagnosis.ready:
            return (
                min(self.healthy, max(self.unhealthy, RESET_WINDOW_INTERVAL))
                if in_reset_window
                else self.healthy
            )
        if diagnosis.state is SessionState.UNREACHABLE:
            return self.unhealthy
        return max(self.unhealthy, min(self.healthy, seconds_in_state / 10))

    def jittered_delay(
        self,
        diagnosis: Diagnosis,
        seconds_in_state: float,
        rng: random.Random,
        *,
        in_reset_window: bool = False,
    ) -> float:
        """Return `delay` with up to 10 % of jitter.

        While the session is open, jitter only shortens the delay, because `healthy` is a promise of how soon
        a loss is noticed. In the penalty box it only lengthens it.
        """
        delay = self.delay(diagnosis, seconds_in_state, in_reset_window=in_reset_window)
        if diagnosis.quiet_for:
            return delay * (1 + rng.uniform(0, JITTER))
        if diagnosis.ready:
            return delay * (1 - rng.uniform(0, JITTER))
        return delay * (1 + rng.uniform(-JITTER, JITTER))
