"""IBKR's time: this machine's clock, corrected when IBKR's data shows that it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from mcp_server.answers.times import in_new_york

MAX_AHEAD: Final = timedelta(days=400)
"""The largest difference that is believed: the simulator's clock may be advanced by months."""

CONFIRMATION_TTL: Final = timedelta(minutes=5)
"""For how long data from the past cannot undo the correction: a list of old orders proves nothing."""

_TOLERANCE: Final = timedelta(minutes=2)


class IbkrClock:
    """The time at IBKR. `now` is this machine's clock.

    Data that IBKR has just sent is never from the future: if it seems to be, this machine's clock is behind,
    or the simulator's was advanced; the difference is added until later data no longer shows one, because
    the machine's clock was corrected, or because the time was wrong.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ahead = timedelta()
        self._confirmed_at = now()

    def now(self) -> datetime:
        """The time at IBKR, in UTC."""
        return self._now() + self._ahead

    def today(self) -> date:
        """The day in New York."""
        return in_new_york(self.now()).date()

    def observe(self, moment: datetime | None) -> None:
        """Learn from the time of data that IBKR has just sent."""
        if moment is None:
            return
        machine = self._now()
        ahead = moment - machine
        if ahead > MAX_AHEAD:
            return
        if ahead > _TOLERANCE:
            # Less than the correction says nothing against it: what IBKR sends may be old.
            if ahead - self._ahead > _TOLERANCE:
                self._ahead = ahead
            self._confirmed_at = machine
        elif abs(machine - self._confirmed_at) > CONFIRMATION_TTL:
            self._ahead = timedelta()
