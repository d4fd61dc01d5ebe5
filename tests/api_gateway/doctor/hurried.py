"""An event loop that does not wait: where nothing happens on any socket, its time goes on by itself.

Sockets on loopback are as quick as they are, so what hangs is found out in an instant.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")

IDLE_SECONDS = 0.01
"""Seconds of real time without anything on any socket after which nothing more is expected."""


class _HurriedSelector(selectors.DefaultSelector):
    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= IDLE_SECONDS:
            return super().select(timeout)
        ready = super().select(IDLE_SECONDS)
        if not ready:
            self.skipped += timeout - IDLE_SECONDS
        return ready


class HurriedLoop(asyncio.SelectorEventLoop):
    """`time()` is the real one and what was skipped of it."""

    def __init__(self) -> None:
        self._hurried = _HurriedSelector()
        super().__init__(self._hurried)

    def time(self) -> float:
        return super().time() + self._hurried.skipped


def run_hurried(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Run this in a loop that does not wait."""
    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        return runner.run(coroutine)
