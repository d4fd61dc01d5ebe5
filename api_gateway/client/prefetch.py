"""What is asked of a new session before anybody wants it, as its first answer is thin for five seconds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from api_gateway.operations import OPERATIONS

PREFETCHED: Final = tuple(
    row.key for row in sorted(OPERATIONS.values(), key=lambda row: row.prefetch) if row.prefetch
)
"""The operations that are limited to one request in five seconds, so that a repetition takes that long."""

RETRY_AFTER = 6.0
"""Seconds after a thin answer at which IBKR has collected, and may be asked again."""

MIN_INTERVAL = 60.0
"""Seconds from a beginning to the next: a session that comes and goes is not asked each time."""


class Prefetcher:
    """Which of them are to be asked now: each once, and once more if the answer was thin."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._begun_at = self._begun_again_at = float("-inf")
        self._done: set[tuple[str, str]] = set()
        self._incomplete: dict[tuple[str, str], float] = {}

    def due(self) -> Collection[tuple[str, str]]:
        """What is to be asked at this moment."""
        now = self._now()
        fresh = [key for key in PREFETCHED if key not in self._done and key not in self._incomplete]
        if fresh and now - self._begun_at >= MIN_INTERVAL:
            return fresh
        if now - self._begun_again_at >= MIN_INTERVAL:
            return [key for key, at in self._incomplete.items() if now - at >= RETRY_AFTER]
        return ()

    def start(self, due: Collection[tuple[str, str]]) -> None:
        """These are asked now; what fails of them has to wait."""
        if any(key in self._incomplete for key in due):
            self._begun_again_at = self._now()
        else:
            self._begun_at = self._now()

    def was_incomplete(self, key: tuple[str, str]) -> bool:
        """True if this was asked once and the answer was thin."""
        return key in self._incomplete

    def record_response(self, key: tuple[str, str], *, incomplete: bool) -> None:
        """This has been answered: the second answer is the last, whatever it is."""
        if incomplete and key not in self._incomplete:
            self._incomplete[key] = self._now()
        else:
            self._incomplete.pop(key, None)
            self._done.add(key)

    def reset(self) -> None:
        """The session has changed: all is to be asked again."""
        self._done.clear()
        self._incomplete.clear()
