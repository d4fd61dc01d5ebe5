"""Market-data lines: a login has about 100, each quoted contract occupies one until it is released."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError

MAX_LINES: Final = 90
"""Of IBKR's 100; the others are for streams and for other programs of the login."""

_CONCURRENT: Final = 4


class MarketDataLines:
    """Releases the least recently used lines, because a quote without a line stays empty."""

    def __init__(self, gateway: GatewayClient) -> None:
        self._gateway = gateway
        self._used: dict[int, None] = {}  # in the order of their last use
        self._running: Counter[int] = Counter()  # by how many reads
        self._turn = asyncio.Lock()
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def reserve(self, conids: Collection[int]) -> AsyncIterator[bool]:
        """Lines for quotes of these contracts while they are read; whether there are enough. Never fails.

        As many lines are released as these need, but none of a running read: this one waits for its end.
        """
        wanted = set(conids)
        async with self._turn:  # held while waiting, so reads get their lines in the order of their calls
            while self._running and len(wanted | self._running.keys()) > MAX_LINES:
                self._ended.clear()
                await self._ended.wait()
            self._running.update(wanted)
            try:
                enough = await self._make_room(conids)
            except BaseException:
                self._end(wanted)
                raise
        try:
            yield enough
        finally:
            self._end(wanted)

    def _end(self, conids: set[int]) -> None:
        self._running -= Counter(conids)
        self._ended.set()

    async def _make_room(self, conids: Collection[int]) -> bool:
        if not self._gateway.market_data_lines:  # a new session
            self._used = {conid: None for conid in self._used if conid in self._running}
        wanted = set(conids)
        known = len(self._used)
        added = len(wanted - self._used.keys())
        excess = max(0, max(self._gateway.market_data_lines, known) + added - MAX_LINES)
        oldest = [conid for conid in self._used if conid not in self._running][:excess]
        for conid in (*oldest, *wanted):
            self._used.pop(conid, None)
        self._used |= dict.fromkeys(conids)
        slots = asyncio.Semaphore(_CONCURRENT)
        await asyncio.gather(*(self._release(conid, slots) for conid in oldest))
        return len(oldest) == excess

    async def _release(self, conid: int, slots: asyncio.Semaphore) -> None:
        async with slots:
            with suppress(GatewayError):  # the line may have ended by itself, and the quotes report the rest
                await self._gateway.post("/iserver/marketdata/unsubscribe", body={"conid": conid})
