"""What one subscription on the WebSocket sends, asked again and again as the simulated time passes."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any, Protocol

from api_gateway.simulator.websocket.frames import Frame

ACCOUNT_SECONDS = 10.0  # how often balances are sent


class Stream(Protocol):
    """One subscription. It reads the simulation's clock and keeps what it has sent."""

    def due(self, now: float) -> list[Frame]:
        """The frames that have to go out by `now`, in seconds since 1970; most often none."""

    def over(self, now: float) -> bool:
        """True when it has ended by itself."""

    def close(self) -> None:
        """Give back what it holds."""


class Unending:
    """A stream that holds nothing and ends only when it is cancelled."""

    def over(self, now: float) -> bool:  # noqa: ARG002 no time ends it
        """Never."""
        return False

    def close(self) -> None:
        """There is nothing to give back."""


class Cadence:
    """Says at most once in every `seconds` that it is time; the first time at once, and counts from there."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._first: float | None = None
        self._passed = 0

    def comes(self, now: float) -> bool:
        """True the first time that it is asked in a new interval."""
        if self._first is None:
            self._first = now
            return True
        passed = floor((now - self._first) / self._seconds)
        if passed == self._passed:
            return False
        self._passed = passed
        return True


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of `after` that are new or different."""
    return {key: value for key, value in after.items() if key not in before or before[key] != value}
