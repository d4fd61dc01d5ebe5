"""The simulator's time: it follows the wall clock, or stands still until it is told to move."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970, from `start` on; `frozen` means that only `advance` moves it."""

    def __init__(
        self, *, start: float | None = None, frozen: bool = False, wall_clock: Callable[[], float] = time.time
    ) -> None:
        self._wall_clock = wall_clock
        self._frozen_at: float | None = None
        self._offset = 0.0 if start is None else start - wall_clock()
        if frozen:
            self._frozen_at = self.now() if start is None else start

    @property
    def is_frozen(self) -> bool:
        """True while only `advance` moves the time."""
        return self._frozen_at is not None

    def now(self) -> float:
        """The simulated time in seconds since 1970 (UTC)."""
        return self._wall_clock() + self._offset if self._frozen_at is None else self._frozen_at

    def now_ms(self) -> int:
        """The simulated time as IBKR mostly writes it."""
        return int(self.now() * 1000)

    def now_utc(self) -> datetime:
        """The simulated time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.now(), tz=UTC)

    def advance(self, seconds: float) -> None:
        """Move forward; time never runs backwards."""
        if seconds < 0:
            raise ValueError(f"the clock only goes forward, not by {seconds} s")
        if self._frozen_at is None:
            self._offset += seconds
        else:
            self._frozen_at += seconds

    def freeze(self) -> None:
        """Stand still from now on."""
        if self._frozen_at is None:
            self._frozen_at = self.now()

    def resume(self) -> None:
        """Follow the wall clock again, from the time at which it stood."""
        if self._frozen_at is not None:
            self._offset = self._frozen_at - self._wall_clock()
            self._frozen_at = None
