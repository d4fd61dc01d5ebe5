"""Requests of Portfolio Analyst's paths: each once in 15 minutes, over all processes of the data folder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import (
    Forbidden,
    Invalid,
    LoginRequired,
    PenaltyBox,
    RateLimited,
    SessionLost,
    Unreachable,
)
from api_gateway.operations import ONE_PER_15_MINUTES
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.facts.fact_store import FactStore

KIND: Final = "portfolio analyst limit"

INTERVAL: Final = timedelta(seconds=ONE_PER_15_MINUTES.padded_seconds + 1)
"""A second more than the client caches a response, so that a new request is never answered from its cache."""

_NOT_SENT = (Unreachable, LoginRequired, SessionLost, Invalid, Forbidden)


class LimitReached(Exception):
    """IBKR accepts no request of this path now; one at `until` at the latest."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until}")
        self.until = until


@dataclass(frozen=True)
class Received:
    """A response, and when IBKR sent it."""

    value: Any
    at: datetime


class LimitedRequests:
    """Sends the requests, and records in the fact store when the next one is allowed.

    The record precedes the request, because the answer to one request too many is a penalty for the whole
    login. Two processes that send within the same few milliseconds are not prevented.
    """

    def __init__(self, gateway: GatewayClient, facts: FactStore, clock: IbkrClock) -> None:
        self._gateway = gateway
        self._facts = facts
        self._clock = clock
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def run_once(self, scope: str, path: str, update: Callable[[], Awaitable[None]]) -> None:
        """Single-flight: run `update`, which sends and stores, or await the one of this path that is running.

        It is not cancelled with its callers: a response that nobody stores would be lost for 15 minutes.
        """
        key = (scope, path)
        task = self._running.get(key)
        if task is None:
            task = asyncio.ensure_future(_as_coroutine(update))
            self._running[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        await asyncio.shield(task)

    async def check(self, scope: str, path: str) -> None:
        """Raise LimitReached if a request is certain to be rejected now."""
        now = self._clock.now()
        if (until := await self._recorded(scope, path)) > now:
            raise LimitReached(until)
        if (penalty := self._gateway.rate_limiter.penalty_left) > 0:
            raise LimitReached(now + timedelta(seconds=penalty))

    async def post(self, scope: str, path: str, body: Mapping[str, Any]) -> Received:
        """The response. Raises LimitReached, and GatewayError."""
        await self.check(scope, path)
        now = self._clock.now()
        # Another tool of this process may have sent the same request: then the client returns its cached
        # response, which is older.
        waiting = timedelta(seconds=self._gateway.rate_limiter.status().blocked.get(("POST", path), 0.0))
        await self._record(scope, path, now + (waiting or INTERVAL))
        try:
            response = await self._gateway.post(path, body=body, reads=True)
        except PenaltyBox:
            # Another program has used up the limit at an unknown time.
            raise LimitReached(now + INTERVAL) from None
        except RateLimited as error:
            until = self._clock.now() + timedelta(seconds=error.seconds)
            await self._record(scope, path, until)
            raise LimitReached(until) from None
        except _NOT_SENT:
            await self._record(scope, path, now)
            raise
        received = self._clock.now()
        if waiting:
            return Received(response.value, received - (INTERVAL - waiting))
        await self._record(scope, path, received + INTERVAL)
        return Received(response.value, received)

    async def _recorded(self, scope: str, path: str) -> datetime:
        fact = await self._facts.read(scope, KIND, path, INTERVAL)
        seconds = fact.value if fact is not None and isinstance(fact.value, (int, float)) else 0
        return datetime.fromtimestamp(seconds, UTC)

    async def _record(self, scope: str, path: str, until: datetime) -> None:
        await self._facts.write(scope, KIND, path, until.timestamp())

    def _finish(self, key: tuple[str, str], done: asyncio.Task[None]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # retrieved, also if every caller was cancelled


async def _as_coroutine(update: Callable[[], Awaitable[None]]) -> None:
    await update()
