"""When IBKR ends the login, and the warnings ahead of it."""

from __future__ import annotations

WARNING_MINUTES = (60, 10)
"""Minutes before the end at which a warning is due, once each."""

TOLERANCE = 30.0
"""Seconds by which two readings of the same end may differ."""

CONFIRMATION_SECONDS = 45.0
"""Seconds after which a reading that still says the same is believed."""

MOVES_OF_IDLE_LIMIT = 3
"""So many readings in a row that moved mean an idle limit, which every request puts off, and no end."""


class LoginExpiry:
    """The end of one login, as the answers to tickles tell it. Times are seconds since 1970."""

    def __init__(self) -> None:
        self._expires_at: float | None = None
        self._read_at = 0.0
        self._confirmed = False
        self._moves = 0
        self._warned: set[int] = set()

    def observe(self, expires_in: float, now: float) -> None:
        """A tickle said that the login ends in so many seconds."""
        expires_at = now + expires_in
        if self._expires_at is not None and abs(expires_at - self._expires_at) <= TOLERANCE:
            if now - self._read_at >= CONFIRMATION_SECONDS:
                self._confirmed, self._moves = True, 0
            return
        self._moves += self._expires_at is not None
        self._expires_at, self._read_at, self._confirmed = expires_at, now, False
        self._warned.clear()

    def require_confirmation(self, now: float) -> None:
        """The time of day has jumped: nothing is warned of before another reading has told the same."""
        self._read_at, self._confirmed = now, False

    def reset(self) -> None:
        """The login is over."""
        self._expires_at, self._confirmed, self._moves = None, False, 0
        self._warned.clear()

    @property
    def expires_at(self) -> float | None:
        """When the login ends; None where nothing told it, or where what told it is not to be believed."""
        return None if self._moves >= MOVES_OF_IDLE_LIMIT else self._expires_at

    def take_due_warning(self, now: float) -> int | None:
        """The minutes to warn of now, the nearest of `WARNINGS` that is due; None if none is, or it was."""
        if self._expires_at is None or not self._confirmed or now >= self._expires_at:
            return None
        due = [minutes for minutes in WARNING_MINUTES if self._expires_at - now <= minutes * 60]
        if not due or min(due) in self._warned:
            return None
        self._warned.update(due)
        return min(due)
