"""Detects jumps of the wall clock: the machine was suspended, or the time was set.

A monotonic clock can stop while a machine is suspended, so the rest of a delay is still ahead when it
resumes.
"""

from __future__ import annotations

from collections.abc import Callable

MIN_JUMP = 30.0
"""Seconds; a smaller difference is an ordinary clock adjustment."""


class ClockJumpDetector:
    """Compares two clocks: `now` is monotonic, `wall` is the time of day."""

    def __init__(self, now: Callable[[], float], wall: Callable[[], float]) -> None:
        self._now = now
        self._wall = wall
        self._offset = wall() - now()

    def detect_jump(self) -> float:
        """Return the seconds the wall clock has jumped since the last call; negative: back, 0: no jump."""
        offset = self._wall() - self._now()
        jump, self._offset = offset - self._offset, offset
        return jump if abs(jump) >= MIN_JUMP else 0.0
