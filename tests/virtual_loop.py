"""An event loop in virtual time: its clock jumps to the next timer whenever nothing else is ready."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Timeouts and sleeps work as usual, but take no real time."""

    def __init__(self) -> None:
        self._seconds = 1_000_000.0
        super().__init__(_LeapingSelector(self))

    def time(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Advance the clock by `seconds`, without running the timers in between first."""
        self._seconds += seconds


class _LeapingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("Every task is waiting, and no timer is pending.")
        ready = super().select(0)
        if not ready and timeout > 0:
            self._loop.advance(timeout)
        return ready


def run_in_virtual_time(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Run the coroutine in a new `VirtualLoop` and return its result."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
