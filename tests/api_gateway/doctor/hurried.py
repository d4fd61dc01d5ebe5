"""An event loop that skips idle time: if nothing happens on any socket, its clock jumps to the next timer.

Sockets on loopback keep their real speed, so that timeouts pass in an instant.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Value = TypeVar("Value")

IDLE_SECONDS = 0.01
"""Real seconds without activity on any socket after which idle time is skipped."""


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
    """`time()` is real time plus the skipped time."""

    def __init__(self) -> None:
        self._hurried = _HurriedSelector()
        super().__init__(self._hurried)

    def time(self) -> float:
        return super().time() + self._hurried.skipped


def run_hurried(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Run a coroutine in a `HurriedLoop`."""
    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        return runner.run(coroutine)
