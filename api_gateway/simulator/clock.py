"""The simulated clock: it follows the wall clock, or is frozen and moves only with `advance`."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """A clock that starts at `start` (seconds since 1970); when `frozen`, only `advance` moves it."""

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

    def wall_now(self) -> float:
        """The wall clock's time in seconds since 1970, which `advance` and `freeze` do not change."""
        return self._wall_clock()

    def now_ms(self) -> int:
        """The simulated time in milliseconds since 1970, the format that IBKR uses most."""
        return int(self.now() * 1000)

    def now_utc(self) -> datetime:
        """The simulated time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.now(), tz=UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock forward. Raises ValueError for a negative number of seconds."""
        if seconds < 0:
            raise ValueError(f"the clock only moves forward, not by {seconds} s")
        if self._frozen_at is None:
            self._offset += seconds
        else:
            self._frozen_at += seconds

    def freeze(self) -> None:
        """Stop the clock at the current time."""
        if self._frozen_at is None:
            self._frozen_at = self.now()

    def resume(self) -> None:
        """Follow the wall clock again, from the time at which the clock was stopped."""
        if self._frozen_at is not None:
            self._offset = self._frozen_at - self._wall_clock()
            self._frozen_at = None
