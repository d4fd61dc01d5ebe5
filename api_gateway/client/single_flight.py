"""Callers who ask for the same thing at the same time share one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass
class _Flight(Generic[Answer]):
    task: asyncio.Task[Answer]
    passengers: int = 0


class Flights(Generic[Answer]):
    """Work that is under way, by key. It goes on while anybody waits for it and is cancelled after that."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[Answer]] = {}

    async def join(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """The answer of the work under way for `key`, started now if there is none."""
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight(asyncio.create_task(start()))
            self._flights[key] = flight
            flight.task.add_done_callback(lambda task: self._landed(key, task))
        flight.passengers += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.passengers -= 1
            if not flight.passengers and not flight.task.done():
                flight.task.cancel()
                self._remove(key, flight.task)

    def _landed(self, key: Hashable, task: asyncio.Task[Answer]) -> None:
        self._remove(key, task)
        if not task.cancelled():
            task.exception()  # seen, also when everybody had left by then

    def _remove(self, key: Hashable, task: asyncio.Task[Answer]) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]
