"""An account event: a booking that is due at a time of the calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from api_gateway.simulator.accounts.paper_account import PaperAccount


class AccountEvent(NamedTuple):
    """A booking that is due `at` (seconds since 1970); `apply` books it."""

    at: float
    apply: Callable[[], object]


# Yields the next event of each position and schedule after a time (seconds since 1970).
EventSource = Callable[[PaperAccount, float], Iterable[AccountEvent]]
