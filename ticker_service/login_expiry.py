"""When the login expires, and the warnings before that."""

from __future__ import annotations

WARNING_MINUTES = (60, 10)
"""Minutes before the login expires at which a warning is due, once each."""

TOLERANCE = 30.0
"""Seconds by which two readings of the same expiry may differ."""

CONFIRMATION_SECONDS = 45.0
"""Seconds after which a second reading of the same expiry confirms the first."""

IDLE_TIMEOUT_READINGS = 3
"""After this many different readings in a row, IBKR is reporting an idle timeout, which requests extend."""


class LoginExpiry:
    """The expiry of one login, as responses to tickles report it. Times are Unix timestamps."""

    def __init__(self) -> None:
        self._expires_at: float | None = None
        self._read_at = 0.0
        self._confirmed = False
        self._moves = 0
        self._warned: set[int] = set()

    def observe(self, expires_in: float, now: float) -> None:
        """Record that a tickle reported the login to expire in `expires_in` seconds."""
        expires_at = now + expires_in
        if self._expires_at is not None and abs(expires_at - self._expires_at) <= TOLERANCE:
            if now - self._read_at >= CONFIRMATION_SECONDS:
                self._confirmed, self._moves = True, 0
            return
        self._moves += self._expires_at is not None
        self._expires_at, self._read_at, self._confirmed = expires_at, now, False
        self._warned.clear()

    def require_confirmation(self, now: float) -> None:
        """Suppress warnings until another reading confirms the expiry, because the wall clock has jumped."""
        self._read_at, self._confirmed = now, False

    def reset(self) -> None:
        """Forget the login, which has ended."""
        self._expires_at, self._confirmed, self._moves = None, False, 0
        self._warned.clear()

    @property
    def expires_at(self) -> float | None:
        """When the login expires; None if that is unknown, or if the readings describe an idle timeout."""
        return None if self._moves >= IDLE_TIMEOUT_READINGS else self._expires_at

    def take_due_warning(self, now: float) -> int | None:
        """Return the most urgent of `WARNING_MINUTES` that is due, once; otherwise None."""
        if self._expires_at is None or not self._confirmed or now >= self._expires_at:
            return None
        due = [minutes for minutes in WARNING_MINUTES if self._expires_at - now <= minutes * 60]
        if not due or min(due) in self._warned:
            return None
        self._warned.update(due)
        return min(due)
