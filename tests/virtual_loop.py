"""An event loop whose seconds pass only when nobody has anything to do before them."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time-outs and sleeps are real ones that take no time."""

    def __init__(self) -> None:
        self._seconds = 1_000_000.0
        super().__init__(_LeapingSelector(self))

    def time(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Let so many seconds have passed, whatever was due in between."""
        self._seconds += seconds


class _LeapingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("Everybody waits, and nothing is left to happen.")
        ready = super().select(0)
        if not ready and timeout > 0:
            self._loop.advance(timeout)
        return ready


def run_in_virtual_time(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """What `work` returns, on a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
