"""How long to wait until the next beat."""

from __future__ import annotations

import random
from dataclasses import dataclass

from api_gateway.session.diagnosis import Diagnosis
from api_gateway.session.states import SessionState

JITTER = 0.1
"""The part of a wait by which it is moved at random, so that two tickers do not beat in step for ever."""

RESET_WINDOW_INTERVAL = 10.0
"""Seconds between beats while the session is open and may be reset at any moment."""


@dataclass(frozen=True)
class Backoff:
    """Seconds between beats: `fair` while the session is open, from `foul` up to `fair` while it is not."""

    healthy: float
    unhealthy: float

    def delay(self, diagnosis: Diagnosis, seconds_in_state: float, *, in_reset_window: bool = False) -> float:
        """Seconds to the next beat, given what was found and for how many seconds it has been so.

        Trouble is looked at every `foul` seconds at first and then after a tenth of the time that it has
        lasted, so that a login is noticed soon and a night without one costs IBKR little. An unreachable
        gateway is always looked for at once: the question does not leave the machine.

        `watchful` is for the hours in which IBKR resets its sessions: the gateway's own tickle, every 30 s,
        ends the login where it finds the session closed, so the ticker must find that first.
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
        """The same, moved by up to a tenth.

        In fair weather it is only made shorter, as `fair` is a promise of how soon a loss is noticed, and a
        penalty is only made longer.
        """
        delay = self.delay(diagnosis, seconds_in_state, in_reset_window=in_reset_window)
        if diagnosis.quiet_for:
            return delay * (1 + rng.uniform(0, JITTER))
        if diagnosis.ready:
            return delay * (1 - rng.uniform(0, JITTER))
        return delay * (1 + rng.uniform(-JITTER, JITTER))
