"""The ticker holds still around an order: IBKR drops its question at the next request, a tickle too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api_gateway.client.gateway import GatewayClient
from api_gateway.client.order_questions import QUESTION_TTL
from api_gateway.operations import find_operation
from mcp_server.ticker.client import TickerClient


class OrderHold:
    """One hold at the ticker, from the first order under way to the last question's answer or its lease."""

    def __init__(self, gateway: GatewayClient, ticker: TickerClient) -> None:
        self._gateway = gateway
        self._ticker = ticker
        self._hold_ids: list[str] = []
        self._in_flight = 0
        self._release_tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def around(self, template: str) -> AsyncIterator[None]:
        """Hold while the request of this path is under way, and on while it has left a question open."""
        if not find_operation(("POST", template)).may_question:
            yield
            return
        self._in_flight += 1
        try:
            # Anew each time, also for an answer: its lease begins again before the one it had is over.
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
        """Give them back, also where whoever took them is being cancelled and may wait for nothing more."""
        if hold_ids:
            task = asyncio.create_task(self._release_all(hold_ids))
            self._release_tasks.add(task)  # the loop itself would let go of it
            task.add_done_callback(self._release_tasks.discard)
            await asyncio.shield(task)

    async def _release_all(self, hold_ids: list[str]) -> None:
        for hold_id in hold_ids:
            await self._ticker.release(hold_id)
