"""Streams: one subscription each, polled for due frames as the simulated time passes."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any, Protocol

from api_gateway.simulator.websocket.frames import Frame

BALANCE_INTERVAL = 10.0  # seconds between two balance frames


class Stream(Protocol):
    """One subscription. It reads the simulation's clock and remembers what it has sent."""

    def due_frames(self, now: float) -> list[Frame]:
        """Return the frames to send by `now`, in seconds since 1970; usually none."""

    def has_ended(self, now: float) -> bool:
        """True once the stream has ended on its own."""

    def close(self) -> None:
        """Release what the stream holds."""


class OpenEndedStream:
    """A stream that holds no resources and ends only when it is cancelled."""

    def has_ended(self, now: float) -> bool:  # noqa: ARG002 it never expires
        """Always False."""
        return False

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


class IntervalTimer:
    """Interval timer: due once per `seconds`, at first immediately; intervals count from the first call."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started_at: float | None = None
        self._intervals_passed = 0

    def is_due(self, now: float) -> bool:
        """Return True on the first call in each interval."""
        if self._started_at is None:
            self._started_at = now
            return True
        passed = floor((now - self._started_at) / self._seconds)
        if passed == self._intervals_passed:
            return False
        self._intervals_passed = passed
        return True


def changed_entries(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of `after` that are new or different."""
    return {key: value for key, value in after.items() if key not in before or before[key] != value}
