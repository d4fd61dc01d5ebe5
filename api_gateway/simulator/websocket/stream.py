"""What one subscription on the WebSocket sends, asked again and again as the simulated time passes."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any, Protocol

from api_gateway.simulator.websocket.frames import Frame

BALANCE_INTERVAL = 10.0  # how often balances are sent


class Stream(Protocol):
    """One subscription. It reads the simulation's clock and keeps what it has sent."""

    def due_frames(self, now: float) -> list[Frame]:
        """The frames that have to go out by `now`, in seconds since 1970; most often none."""

    def has_ended(self, now: float) -> bool:
        """True when it has ended by itself."""

    def close(self) -> None:
        """Give back what it holds."""


class OpenEndedStream:
    """A stream that holds nothing and ends only when it is cancelled."""

    def has_ended(self, now: float) -> bool:  # noqa: ARG002 no time ends it
        """Never."""
        return False

    def close(self) -> None:
        """There is nothing to give back."""


class IntervalTimer:
    """Says at most once in every `seconds` that it is time; the first time at once, and counts from there."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started_at: float | None = None
        self._intervals_passed = 0

    def is_due(self, now: float) -> bool:
        """True the first time that it is asked in a new interval."""
        if self._started_at is None:
            self._started_at = now
            return True
        passed = floor((now - self._started_at) / self._seconds)
        if passed == self._intervals_passed:
            return False
        self._intervals_passed = passed
        return True


def changed_entries(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of `after` that are new or different."""
    return {key: value for key, value in after.items() if key not in before or before[key] != value}
