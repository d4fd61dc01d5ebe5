"""Progress of slow calls: a notification every two seconds."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from fastmcp.server.dependencies import get_context

INTERVAL: Final = 2.0
"""Seconds until the first notification, and between two."""


class ProgressReport:
    """Reports progress while a block runs longer than two seconds. A shorter block costs one timer."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._report())

    async def _report(self) -> None:
        seconds = INTERVAL
        while True:
            with suppress(RuntimeError):  # outside a request, there is no listener
                await get_context().report_progress(
                    seconds, None, f"{self._title}: waiting for IBKR, {seconds:.0f} s."
                )
            await asyncio.sleep(INTERVAL)
            seconds += INTERVAL
