"""What is asked of a new session before anybody wants it, as its first answer is thin for five seconds."""

from __future__ import annotations

from collections.abc import Callable, Collection

AHEAD = (
    ("GET", "/iserver/account/orders"),
    ("GET", "/iserver/account/trades"),
    ("GET", "/iserver/account/pnl/partitioned"),
)
"""The operations that are limited to one request in five seconds, so that a repetition takes so long."""

COLLECTED = 6.0
"""Seconds after a thin answer at which IBKR has collected, and may be asked again."""

ANEW = 60.0
"""Seconds from a beginning to the next: a session that comes and goes is not asked each time."""


class Ahead:
    """Which of them are to be asked now: each once, and once more if the answer was thin."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._begun_at = self._begun_again_at = float("-inf")
        self._done: set[tuple[str, str]] = set()
        self._thin: dict[tuple[str, str], float] = {}

    def due(self) -> Collection[tuple[str, str]]:
        """What is to be asked at this moment."""
        now = self._now()
        fresh = [key for key in AHEAD if key not in self._done and key not in self._thin]
        if fresh and now - self._begun_at >= ANEW:
            return fresh
        if now - self._begun_again_at >= ANEW:
            return [key for key, at in self._thin.items() if now - at >= COLLECTED]
        return ()

    def begin(self, due: Collection[tuple[str, str]]) -> None:
        """These are asked now; what fails of them has to wait."""
        if any(key in self._thin for key in due):
            self._begun_again_at = self._now()
        else:
            self._begun_at = self._now()

    def is_thin(self, key: tuple[str, str]) -> bool:
        """True if this was asked once and the answer was thin."""
        return key in self._thin

    def answered(self, key: tuple[str, str], *, thin: bool) -> None:
        """This has been answered: the second answer is the last, whatever it is."""
        if thin and key not in self._thin:
            self._thin[key] = self._now()
        else:
            self._thin.pop(key, None)
            self._done.add(key)

    def forget(self) -> None:
        """The session has changed: all is to be asked again."""
        self._done.clear()
        self._thin.clear()
