"""When IBKR ends the login, and the warnings ahead of it."""

from __future__ import annotations

WARNINGS = (60, 10)
"""Minutes before the end at which a warning is due, once each."""

TOLERANCE = 30.0
"""Seconds by which two readings of the same end may differ."""

SETTLED = 45.0
"""Seconds after which a reading that still says the same is believed."""

RESTLESS = 3
"""So many readings in a row that moved mean an idle limit, which every request puts off, and no end."""


class LoginEnd:
    """The end of one login, as the answers to tickles tell it. Times are seconds since 1970."""

    def __init__(self) -> None:
        self._ends: float | None = None
        self._read = 0.0
        self._settled = False
        self._moves = 0
        self._warned: set[int] = set()

    def observe(self, ends_in: float, now: float) -> None:
        """A tickle said that the login ends in so many seconds."""
        ends = now + ends_in
        if self._ends is not None and abs(ends - self._ends) <= TOLERANCE:
            if now - self._read >= SETTLED:
                self._settled, self._moves = True, 0
            return
        self._moves += self._ends is not None
        self._ends, self._read, self._settled = ends, now, False
        self._warned.clear()

    def doubt(self, now: float) -> None:
        """The time of day has jumped: nothing is warned of before another reading has told the same."""
        self._read, self._settled = now, False

    def forget(self) -> None:
        """The login is over."""
        self._ends, self._settled, self._moves = None, False, 0
        self._warned.clear()

    @property
    def ends(self) -> float | None:
        """When the login ends; None where nothing told it, or where what told it is not to be believed."""
        return None if self._moves >= RESTLESS else self._ends

    def warning(self, now: float) -> int | None:
        """The minutes to warn of now, the nearest of `WARNINGS` that is due; None if none is, or it was."""
        if self._ends is None or not self._settled or now >= self._ends:
            return None
        due = [minutes for minutes in WARNINGS if self._ends - now <= minutes * 60]
        if not due or min(due) in self._warned:
            return None
        self._warned.update(due)
        return min(due)
