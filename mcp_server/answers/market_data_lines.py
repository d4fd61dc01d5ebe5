"""Market-data lines: a login has about 100, each quoted contract occupies one until it is released."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError

MAX_LINES: Final = 90
"""Of IBKR's 100; the others are for streams and for other programs of the login."""

_CONCURRENT: Final = 4


class MarketDataLines:
    """Releases the lines that were not used for longest, because a quote without a line stays empty."""

    def __init__(self, gateway: GatewayClient) -> None:
        self._gateway = gateway
        self._used: dict[int, None] = {}  # in the order of their last use

    async def make_room(self, conids: Collection[int]) -> None:
        """Release as many lines as quotes of these contracts need; none if enough are free. Never fails."""
        if not self._gateway.market_data_lines:  # a new session
            self._used.clear()
        wanted = set(conids)
        known = len(self._used)
        added = len(wanted - self._used.keys())
        excess = max(self._gateway.market_data_lines, known) + added - MAX_LINES
        oldest = [conid for conid in self._used if conid not in wanted][: max(0, excess)]
        for conid in (*oldest, *wanted):
            self._used.pop(conid, None)
        self._used |= dict.fromkeys(conids)
        slots = asyncio.Semaphore(_CONCURRENT)
        await asyncio.gather(*(self._release(conid, slots) for conid in oldest))

    async def _release(self, conid: int, slots: asyncio.Semaphore) -> None:
        async with slots:
            with suppress(GatewayError):  # the line may have ended by itself, and the quotes report the rest
                await self._gateway.post("/iserver/marketdata/unsubscribe", body={"conid": conid})
