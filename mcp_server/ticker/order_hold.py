"""The ticker holds still around an order: IBKR drops its question at the next request, a tickle too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from api_gateway.client.order_questions import QUESTION_OPERATIONS, QUESTION_TTL

if TYPE_CHECKING:
    from api_gateway.client.gateway import GatewayClient
    from mcp_server.ticker.client import Ticker


class OrderHold:
    """One hold at the ticker, from the first order under way to the last question's answer or its lease."""

    def __init__(self, gateway: GatewayClient, ticker: Ticker) -> None:
        self._gateway = gateway
        self._ticker = ticker
        self._names: list[str] = []
        self._under_way = 0
        self._releasing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def around(self, template: str) -> AsyncIterator[None]:
        """Hold while the request of this path is under way, and on while it has left a question open."""
        if template not in QUESTION_OPERATIONS:
            yield
            return
        self._under_way += 1
        try:
            # Anew each time, also for an answer: its lease begins again before the one it had is over.
            if name := await self._ticker.hold(QUESTION_TTL):
                before, self._names = self._names, [name]
                await self._release(before)
            yield
        finally:
            self._under_way -= 1
            if not self._under_way and not self._gateway.order_question.open:
                names, self._names = self._names, []
                await self._release(names)

    async def _release(self, names: list[str]) -> None:
        """Give them back, also where whoever took them is being cancelled and may wait for nothing more."""
        if names:
            releasing = asyncio.create_task(self._give_back(names))
            self._releasing.add(releasing)  # the loop itself would let go of it
            releasing.add_done_callback(self._releasing.discard)
            await asyncio.shield(releasing)

    async def _give_back(self, names: list[str]) -> None:
        for name in names:
            await self._ticker.release(name)
