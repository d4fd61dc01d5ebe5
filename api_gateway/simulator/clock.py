"""The simulator's time: it follows the wall clock, or stands still until it is told to move."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970, from `start` on; `held` means that only `advance` moves it."""

    def __init__(
        self, *, start: float | None = None, held: bool = False, wall: Callable[[], float] = time.time
    ) -> None:
        self._wall = wall
        self._held_at: float | None = None
        self._offset = 0.0 if start is None else start - wall()
        if held:
            self._held_at = self.now() if start is None else start

    @property
    def held(self) -> bool:
        """True while only `advance` moves the time."""
        return self._held_at is not None

    def now(self) -> float:
        """The simulated time in seconds since 1970 (UTC)."""
        return self._wall() + self._offset if self._held_at is None else self._held_at

    def milliseconds(self) -> int:
        """The simulated time as IBKR mostly writes it."""
        return int(self.now() * 1000)

    def moment(self) -> datetime:
        """The simulated time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.now(), tz=UTC)

    def advance(self, seconds: float) -> None:
        """Move forward; time never runs backwards."""
        if seconds < 0:
            raise ValueError(f"the clock only goes forward, not by {seconds} s")
        if self._held_at is None:
            self._offset += seconds
        else:
            self._held_at += seconds

    def hold(self) -> None:
        """Stand still from now on."""
        if self._held_at is None:
            self._held_at = self.now()

    def release(self) -> None:
        """Follow the wall clock again, from the time at which it stood."""
        if self._held_at is not None:
            self._offset = self._held_at - self._wall()
            self._held_at = None
