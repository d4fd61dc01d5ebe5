"""IBKR's time: this machine's clock, corrected when IBKR's data shows that it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from mcp_server.answers.times import in_new_york

_TOLERANCE = timedelta(minutes=2)


class IbkrClock:
    """The time at IBKR. `now` is this machine's clock.

    Data that IBKR has just sent is never from the future: if it seems to be, this machine's clock is behind,
    or the simulator's was advanced; the difference is added from then on.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The time at IBKR, in UTC."""
        return self._now() + self._ahead

    def today(self) -> date:
        """The day in New York."""
        return in_new_york(self.now()).date()

    def observe(self, moment: datetime | None) -> None:
        """Learn from the time of data that IBKR has just sent."""
        if moment is not None and moment - self.now() > _TOLERANCE:
            self._ahead = moment - self._now()
