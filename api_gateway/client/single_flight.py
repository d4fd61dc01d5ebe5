"""Single-flight: concurrent calls with the same key share one task and its result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


@dataclass
class _Flight(Generic[Result]):
    task: asyncio.Task[Result]
    waiters: int = 0


class SingleFlight(Generic[Result]):
    """Running tasks by key. A task runs while anybody waits for it, and is cancelled when nobody does."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[Result]] = {}

    async def run(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Return the result of the running task for `key`, or of `start()` if there is none."""
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight(asyncio.create_task(start()))
            self._flights[key] = flight
            flight.task.add_done_callback(lambda task: self._finish(key, task))
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiters -= 1
            if not flight.waiters and not flight.task.done():
                flight.task.cancel()
                self._remove(key, flight.task)

    def _finish(self, key: Hashable, task: asyncio.Task[Result]) -> None:
        self._remove(key, task)
        if not task.cancelled():
            task.exception()  # retrieved, or asyncio would log it if no caller is left

    def _remove(self, key: Hashable, task: asyncio.Task[Result]) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]
