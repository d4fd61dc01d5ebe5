"""How long to wait until the next beat."""

from __future__ import annotations

import random
from dataclasses import dataclass

from api_gateway.session.diagnosis import Diagnosis
from api_gateway.session.states import SessionState

JITTER = 0.1
"""The part of a wait by which it is moved at random, so that two tickers do not beat in step for ever."""

WATCHFUL = 10.0
"""Seconds between beats while the session is open and may be reset at any moment."""


@dataclass(frozen=True)
class Rhythm:
    """Seconds between beats: `fair` while the session is open, from `foul` up to `fair` while it is not."""

    fair: float
    foul: float

    def wait(self, diagnosis: Diagnosis, lasted: float, *, watchful: bool = False) -> float:
        """Seconds to the next beat, given what was found and for how many seconds it has been so.

        Trouble is looked at every `foul` seconds at first and then after a tenth of the time that it has
        lasted, so that a login is noticed soon and a night without one costs IBKR little. An unreachable
        gateway is always looked for at once: the question does not leave the machine.

        `watchful` is for the hours in which IBKR resets its sessions: the gateway's own tickle, every 30 s,
        ends the login where it finds the session closed, so the ticker must find that first.
        """
        if diagnosis.quiet_for:
            return max(self.fair, diagnosis.quiet_for)
        if diagnosis.ready:
            return min(self.fair, max(self.foul, WATCHFUL)) if watchful else self.fair
        if diagnosis.state is SessionState.UNREACHABLE:
            return self.foul
        return max(self.foul, min(self.fair, lasted / 10))

    def jittered(
        self, diagnosis: Diagnosis, lasted: float, chance: random.Random, *, watchful: bool = False
    ) -> float:
        """The same, moved by up to a tenth.

        In fair weather it is only made shorter, as `fair` is a promise of how soon a loss is noticed, and a
        penalty is only made longer.
        """
        wait = self.wait(diagnosis, lasted, watchful=watchful)
        if diagnosis.quiet_for:
            return wait * (1 + chance.uniform(0, JITTER))
        if diagnosis.ready:
            return wait * (1 - chance.uniform(0, JITTER))
        return wait * (1 + chance.uniform(-JITTER, JITTER))
