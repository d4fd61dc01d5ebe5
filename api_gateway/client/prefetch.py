"""Prefetch: when a session opens, requests both account lists and what IBKR needs 5 s to collect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from api_gateway.client.cold_start import ColdStartRetry
from api_gateway.client.interpretation import PreflightExpired, ServiceWarmingUp, require_payload
from api_gateway.client.order_questions import OrderQuestionTracker
from api_gateway.client.pipeline import Handler
from api_gateway.client.preflight import ACCOUNTS, PORTFOLIO, Preflight
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.errors import GatewayError
from api_gateway.operations import OPERATIONS
from api_gateway.settings import GatewaySettings

logger = logging.getLogger(__name__)

PREFETCHED: Final = tuple(
    row.key for row in sorted(OPERATIONS.values(), key=lambda row: row.prefetch) if row.prefetch
)
"""The operations to prefetch, in order. IBKR allows one request every 5 s, so a retry waits that long."""

RETRY_AFTER = 6.0
"""Seconds after an incomplete response after which IBKR has collected the data and allows another request."""

MIN_INTERVAL = 60.0
"""Seconds between two rounds, for a session that opens and closes repeatedly."""

TIMEOUT = 4.0
"""Timeout in seconds of the accounts request, and separately of all prefetched requests together."""


class PrefetchSchedule:
    """Which operations to prefetch when: each once, and once more if the response was incomplete."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._started_at = self._retried_at = float("-inf")
        self._done: set[tuple[str, str]] = set()
        self._incomplete: dict[tuple[str, str], float] = {}

    def due(self) -> Collection[tuple[str, str]]:
        """Return the operations to request now."""
        now = self._now()
        fresh = [key for key in PREFETCHED if key not in self._done and key not in self._incomplete]
        if fresh and now - self._started_at >= MIN_INTERVAL:
            return fresh
        if now - self._retried_at >= MIN_INTERVAL:
            return [key for key, at in self._incomplete.items() if now - at >= RETRY_AFTER]
        return ()

    def start(self, due: Collection[tuple[str, str]]) -> None:
        """Record that these are requested now; one that fails waits for the next round."""
        if any(key in self._incomplete for key in due):
            self._retried_at = self._now()
        else:
            self._started_at = self._now()

    def was_incomplete(self, key: tuple[str, str]) -> bool:
        """Return True if this was requested once and the response was incomplete."""
        return key in self._incomplete

    def record_response(self, key: tuple[str, str], *, incomplete: bool) -> None:
        """Record the response to this operation; a second one is final, even if incomplete."""
        if incomplete and key not in self._incomplete:
            self._incomplete[key] = self._now()
        else:
            self._incomplete.pop(key, None)
            self._done.add(key)

    def reset(self) -> None:
        """Start over, because the session has changed."""
        self._done.clear()
        self._incomplete.clear()


class Prefetcher:
    """Sends the first requests of a new session before anybody wants their responses.

    It never waits for a rate limit, and stops at the first failure without raising; the rest is tried later.
    It sends nothing while an order is in flight or awaits confirmation, because that would void the
    confirmation.
    """

    def __init__(
        self,
        schedule: PrefetchSchedule,
        *,
        send: Handler,
        preflight: Preflight,
        cold_start: ColdStartRetry,
        order_question: OrderQuestionTracker,
        settings: GatewaySettings,
        now: Callable[[], float],
    ) -> None:
        self._schedule = schedule
        self._send = send
        self._preflight = preflight
        self._cold_start = cold_start
        self._order_question = order_question
        self._settings = settings
        self._now = now

    async def run(self, is_held: Callable[[], Awaitable[bool]]) -> None:
        """Send what is due, unless an order is in flight or unconfirmed, here or (`is_held`) elsewhere."""
        due = self._schedule.due()
        if not due or self._order_question.open:
            return
        self._schedule.start(due)
        try:
            async with asyncio.timeout(TIMEOUT):
                # Other callers may join this preflight, so it gets the timeout of an ordinary request.
                deadline = self._now() + self._settings.gateway_timeout
                await self._preflight.ensure(ACCOUNTS, WaitBudget(0.0, deadline))
            budget = WaitBudget(0.0, self._now() + TIMEOUT)
            for method, template in due:
                if await is_held() or self._order_question.open:
                    return
                await self._fetch(build_request(method, template, read_only=True), budget)
            if not (await is_held() or self._order_question.open):
                await self._preflight.ensure(PORTFOLIO, budget)
        # Not reported to the session monitor: a failure this early says nothing about the session.
        except (GatewayError, PreflightExpired, ServiceWarmingUp, TimeoutError) as error:
            logger.debug("Prefetching stopped: %s", error)

    async def _fetch(self, request: GatewayRequest, budget: WaitBudget) -> None:
        repeated = self._schedule.was_incomplete(request.operation)
        response = require_payload(request, await self._send(request, budget))
        incomplete = self._cold_start.record(request, response, is_retry=repeated)
        self._schedule.record_response(request.operation, incomplete=incomplete)
