"""Holds: somebody answers an order's questions, and nothing may be sent in between.

IBKR drops a question at the next request. So whoever places an order asks for a hold first, and while one is
alive the ticker sends nothing, until the lease is over, or until a tickle can wait no longer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

LONGEST = 120.0
"""Seconds that one hold may last."""

MOST = 4
"""Holds alive at once: more orders than that are not answered by one person."""


class TooManyHoldsError(Exception):
    """`MOST` holds are alive; `seconds` is when the first of them ends."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{MOST} holds are alive; the first ends in {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Hold:
    """One lease: what for, and when it ends by itself, in seconds of the ticker's clock."""

    id: str
    purpose: str
    ends: float


def _new_id() -> str:
    return secrets.token_hex(8)


class Holds:
    """The holds that are alive. `now` counts seconds, `new_id` names them."""

    def __init__(self, now: Callable[[], float], new_id: Callable[[], str] = _new_id) -> None:
        self._now = now
        self._new_id = new_id
        self._holds: dict[str, Hold] = {}

    def take(self, seconds: float, purpose: str) -> Hold:
        """A new hold of so many seconds, from now. Raises `TooManyHoldsError`."""
        alive = self.alive()
        if len(alive) >= MOST:
            raise TooManyHoldsError(min(hold.ends for hold in alive) - self._now())
        hold = Hold(self._new_id(), purpose, self._now() + seconds)
        self._holds[hold.id] = hold
        return hold

    def release(self, name: str) -> bool:
        """End a hold before its time; False if there is none of this id any more."""
        hold = self._holds.pop(name, None)
        return hold is not None and hold.ends > self._now()

    def alive(self) -> list[Hold]:
        """Every hold whose lease is not over."""
        now = self._now()
        self._holds = {name: hold for name, hold in self._holds.items() if hold.ends > now}
        return list(self._holds.values())

    def ends(self) -> float | None:
        """When the last of them ends; None if there is none."""
        return max((hold.ends for hold in self.alive()), default=None)
