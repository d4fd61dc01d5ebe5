"""Holds: leases that pause the ticker while an order awaits confirmation.

IBKR discards an order's confirmation question on the next request. So a caller that places an order
acquires a hold first. While a hold is active the ticker sends nothing, until the hold expires or a tickle is
overdue.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

MAX_HOLD_SECONDS = 120.0
"""Maximum duration of a hold in seconds."""

MAX_HOLDS = 4
"""Maximum number of active holds; no user confirms more orders than that at once."""


class TooManyHoldsError(Exception):
    """There are `MAX_HOLDS` active holds; the first expires in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{MAX_HOLDS} holds are active, which is the maximum; retry in {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Hold:
    """One lease: its purpose, and when it expires on the ticker's monotonic clock."""

    id: str
    purpose: str
    ends_at: float


def _new_id() -> str:
    return secrets.token_hex(8)


class Holds:
    """The active holds. `now` is a monotonic clock, `new_id` generates IDs."""

    def __init__(self, now: Callable[[], float], new_id: Callable[[], str] = _new_id) -> None:
        self._now = now
        self._new_id = new_id
        self._holds: dict[str, Hold] = {}

    def acquire(self, seconds: float, purpose: str) -> Hold:
        """Start a hold that expires after `seconds`; raises `TooManyHoldsError`."""
        active = self.active()
        if len(active) >= MAX_HOLDS:
            raise TooManyHoldsError(min(hold.ends_at for hold in active) - self._now())
        hold = Hold(self._new_id(), purpose, self._now() + seconds)
        self._holds[hold.id] = hold
        return hold

    def release(self, hold_id: str) -> bool:
        """Release a hold; returns False if no active hold has this ID."""
        hold = self._holds.pop(hold_id, None)
        return hold is not None and hold.ends_at > self._now()

    def active(self) -> list[Hold]:
        """Return the holds that have not expired."""
        now = self._now()
        self._holds = {name: hold for name, hold in self._holds.items() if hold.ends_at > now}
        return list(self._holds.values())

    def last_end(self) -> float | None:
        """Return when the last hold expires, or None if there is none."""
        return max((hold.ends_at for hold in self.active()), default=None)
