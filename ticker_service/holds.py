"""Holds: somebody answers an order's questions, and nothing may be sent in between.

IBKR drops a question at the next request. So whoever places an order asks for a hold first, and while one is
alive the ticker sends nothing, until the lease is over, or until a tickle can wait no longer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

MAX_HOLD_SECONDS = 120.0
"""Seconds that one hold may last."""

MAX_HOLDS = 4
"""Holds alive at once: more orders than that are not answered by one person."""


class TooManyHoldsError(Exception):
    """`MOST` holds are alive; `seconds` is when the first of them ends."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{MAX_HOLDS} holds are alive; the first ends in {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Hold:
    """One lease: what for, and when it ends by itself, in seconds of the ticker's clock."""

    id: str
    purpose: str
    ends_at: float


def _new_id() -> str:
    return secrets.token_hex(8)


class Holds:
    """The holds that are alive. `now` counts seconds, `new_id` names them."""

    def __init__(self, now: Callable[[], float], new_id: Callable[[], str] = _new_id) -> None:
        self._now = now
        self._new_id = new_id
        self._holds: dict[str, Hold] = {}

    def acquire(self, seconds: float, purpose: str) -> Hold:
        """A new hold of so many seconds, from now. Raises `TooManyHoldsError`."""
        active = self.active()
        if len(active) >= MAX_HOLDS:
            raise TooManyHoldsError(min(hold.ends_at for hold in active) - self._now())
        hold = Hold(self._new_id(), purpose, self._now() + seconds)
        self._holds[hold.id] = hold
        return hold

    def release(self, hold_id: str) -> bool:
        """End a hold before its time; False if there is none of this id any more."""
        hold = self._holds.pop(hold_id, None)
        return hold is not None and hold.ends_at > self._now()

    def active(self) -> list[Hold]:
        """Every hold whose lease is not over."""
        now = self._now()
        self._holds = {name: hold for name, hold in self._holds.items() if hold.ends_at > now}
        return list(self._holds.values())

    def last_end(self) -> float | None:
        """When the last of them ends; None if there is none."""
        return max((hold.ends_at for hold in self.active()), default=None)
