"""The currency of raw quotes and price bars, which IBKR's responses lack.

Each contract is looked up once, in one request for all that are new; without a result, the response stays as
it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

import orjson

from api_gateway.errors import GatewayError

# The fields to add to each conid: `currency`, and `price_unit` where prices count something else.
Find = Callable[[Collection[int]], Awaitable[Mapping[int, Mapping[str, str]]]]

QUOTES: Final = "get_market_snapshot"
BARS: Final = "get_price_bars"

_RETRY_AFTER: Final = 60.0
_TIMEOUT: Final = 3.0


class PriceCurrencies:
    """Adds the fields that `find` finds to the prices of a contract. `now` counts seconds."""

    def __init__(self, find: Find, now: Callable[[], float]) -> None:
        self._find = find
        self._now = now
        self._known: dict[int, Mapping[str, str]] = {}
        self._missing_until: dict[int, float] = {}

    async def add_to(self, tool: str, arguments: Mapping[str, Any], body: bytes) -> bytes:
        """The body of a result of this tool, with the currency if it has prices."""
        if tool == BARS:
            return await self._add_to_bars(str(arguments.get("conid")), body)
        return await self._add_to_quotes(body) if tool == QUOTES else body

    async def _add_to_bars(self, conid: str, body: bytes) -> bytes:
        if not conid.strip().isdigit() or not body.startswith(b'{"'):
            return body
        found = (await self._lookup({int(conid)})).get(int(conid))
        # Before the rest, which stays byte for byte.
        return orjson.dumps(found)[:-1] + b"," + body[1:] if found else body

    async def _add_to_quotes(self, body: bytes) -> bytes:
        rows = orjson.loads(body)
        if not isinstance(rows, list):
            return body
        quotes = [row for row in rows if isinstance(row, dict) and isinstance(row.get("conid"), int)]
        found = await self._lookup({row["conid"] for row in quotes})
        for row in quotes:
            row.update(found.get(row["conid"], {}))
        return orjson.dumps(rows) if found else body

    async def _lookup(self, conids: Collection[int]) -> Mapping[int, Mapping[str, str]]:
        now = self._now()
        new = [
            each for each in conids if each not in self._known and self._missing_until.get(each, 0.0) <= now
        ]
        if new:
            try:
                async with asyncio.timeout(_TIMEOUT):
                    self._known.update(await self._find(new))
            except (GatewayError, TimeoutError):
                pass
            self._missing_until.update((each, now + _RETRY_AFTER) for each in new if each not in self._known)
        return {each: self._known[each] for each in conids if each in self._known}
