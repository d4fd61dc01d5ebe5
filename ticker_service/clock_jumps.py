"""Notices that the time of day has run away from the clock: the machine slept, or somebody set the time.

A clock that counts seconds for intervals stands still while a machine sleeps, so that the rest of a wait is
still to come when it wakes up.
"""

from __future__ import annotations

from collections.abc import Callable

MIN_JUMP = 30.0
"""Seconds from which on it is a jump; less is how a clock is put right."""


class ClockJumpDetector:
    """Compares two clocks: `now` counts seconds for intervals, `wall` is the time of day."""

    def __init__(self, now: Callable[[], float], wall: Callable[[], float]) -> None:
        self._now = now
        self._wall = wall
        self._offset = wall() - now()

    def detect_jump(self) -> float:
        """By how much the time of day has jumped since the last question; negative: back, 0: it has not."""
        offset = self._wall() - self._now()
        jump, self._offset = offset - self._offset, offset
        return jump if abs(jump) >= MIN_JUMP else 0.0
