"""Order hold: pauses the ticker around an order, whose confirmation any request voids, even a tickle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_gateway.client.gateway import GatewayClient
from api_gateway.client.order_questions import QUESTION_TTL
from api_gateway.operations import find_operation
from mcp_server.ticker.client import TickerClient


class OrderHold:
    """Keeps the ticker on hold from the first order in flight to the last confirmation or the lease's end."""

    def __init__(self, gateway: GatewayClient, ticker: TickerClient) -> None:
        self._gateway = gateway
        self._ticker = ticker
        self._hold_ids: list[str] = []
        self._in_flight = 0
        self._release_tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def around(self, template: str) -> AsyncIterator[None]:
        """Async context manager: hold during a request of this path and while its order is unconfirmed."""
        if not find_operation(("POST", template)).may_question:
            yield
            return
        self._in_flight += 1
        try:
            # A new hold for each request, including a confirmation, so that the lease is renewed before it
            # expires.
            if hold_id := await self._ticker.hold(QUESTION_TTL):
                previous, self._hold_ids = self._hold_ids, [hold_id]
                await self._release_shielded(previous)
            yield
        finally:
            self._in_flight -= 1
            if not self._in_flight and not self._gateway.order_question.open:
                hold_ids, self._hold_ids = self._hold_ids, []
                await self._release_shielded(hold_ids)

    async def _release_shielded(self, hold_ids: list[str]) -> None:
        """Release them even if the caller is being cancelled and can no longer wait."""
        if hold_ids:
            task = asyncio.create_task(self._release_all(hold_ids))
            self._release_tasks.add(task)  # the event loop keeps only a weak reference
            task.add_done_callback(self._release_tasks.discard)
            await asyncio.shield(task)

    async def _release_all(self, hold_ids: list[str]) -> None:
        for hold_id in hold_ids:
            await self._ticker.release(hold_id)
