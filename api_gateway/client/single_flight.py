"""Callers who ask for the same thing at the same time share one answer."""

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
    """Work that is under way, by key. It goes on while anybody waits for it and is cancelled after that."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[Result]] = {}

    async def run(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The answer of the work under way for `key`, started now if there is none."""
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
            task.exception()  # seen, also when everybody had left by then

    def _remove(self, key: Hashable, task: asyncio.Task[Result]) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]
