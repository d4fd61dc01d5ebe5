"""What is asked of a new session before anybody wants it, as its first answer is thin for five seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from api_gateway.client.cold_start import ColdStartRetry
from api_gateway.client.interpretation import PreflightExpired, ServiceWarmingUp, require_payload
from api_gateway.client.order_questions import OrderQuestionTracker
from api_gateway.client.pipeline import Handler
from api_gateway.client.preflight import ACCOUNTS, Preflight
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.errors import GatewayError
from api_gateway.operations import OPERATIONS
from api_gateway.settings import GatewaySettings

logger = logging.getLogger(__name__)

PREFETCHED: Final = tuple(
    row.key for row in sorted(OPERATIONS.values(), key=lambda row: row.prefetch) if row.prefetch
)
"""The operations that are limited to one request in five seconds, so that a repetition takes that long."""

RETRY_AFTER = 6.0
"""Seconds after a thin answer at which IBKR has collected, and may be asked again."""

MIN_INTERVAL = 60.0
"""Seconds from a beginning to the next: a session that comes and goes is not asked each time."""

TIMEOUT = 4.0
"""Seconds for the accounts, and again for everything that is prefetched."""


class PrefetchSchedule:
    """Which of them are to be asked now: each once, and once more if the answer was thin."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._begun_at = self._begun_again_at = float("-inf")
        self._done: set[tuple[str, str]] = set()
        self._incomplete: dict[tuple[str, str], float] = {}

    def due(self) -> Collection[tuple[str, str]]:
        """What is to be asked at this moment."""
        now = self._now()
        fresh = [key for key in PREFETCHED if key not in self._done and key not in self._incomplete]
        if fresh and now - self._begun_at >= MIN_INTERVAL:
            return fresh
        if now - self._begun_again_at >= MIN_INTERVAL:
            return [key for key, at in self._incomplete.items() if now - at >= RETRY_AFTER]
        return ()

    def start(self, due: Collection[tuple[str, str]]) -> None:
        """These are asked now; what fails of them has to wait."""
        if any(key in self._incomplete for key in due):
            self._begun_again_at = self._now()
        else:
            self._begun_at = self._now()

    def was_incomplete(self, key: tuple[str, str]) -> bool:
        """True if this was asked once and the answer was thin."""
        return key in self._incomplete

    def record_response(self, key: tuple[str, str], *, incomplete: bool) -> None:
        """This has been answered: the second answer is the last, whatever it is."""
        if incomplete and key not in self._incomplete:
            self._incomplete[key] = self._now()
        else:
            self._incomplete.pop(key, None)
            self._done.add(key)

    def reset(self) -> None:
        """The session has changed: all is to be asked again."""
        self._done.clear()
        self._incomplete.clear()


class Prefetcher:
    """Sends the first requests of a new session before anybody wants their responses.

    It waits for no rate limit, and stops at the first failure without an error; what is left is tried
    later. It sends nothing while an order is under way or waits for confirmation, as that would void it.
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
        """Send what is due, unless an order is open here or, as `is_held` says, in another program."""
        due = self._schedule.due()
        if not due or self._order_question.open:
            return
        self._schedule.start(due)
        try:
            async with asyncio.timeout(TIMEOUT):
                # Whoever joins this preflight waits for it as for its own, so it has any request's time.
                deadline = self._now() + self._settings.gateway_timeout
                await self._preflight.ensure(ACCOUNTS, WaitBudget(0.0, deadline))
            budget = WaitBudget(0.0, self._now() + TIMEOUT)
            for method, template in due:
                if await is_held() or self._order_question.open:
                    return
                await self._fetch(build_request(method, template, read_only=True), budget)
        # The session monitor is not told: that no response came so early is no trouble of the session.
        except (GatewayError, PreflightExpired, ServiceWarmingUp, TimeoutError) as error:
            logger.debug("Prefetching stopped: %s", error)

    async def _fetch(self, request: GatewayRequest, budget: WaitBudget) -> None:
        repeated = self._schedule.was_incomplete(request.operation)
        response = require_payload(request, await self._send(request, budget))
        incomplete = self._cold_start.record(request, response, again=repeated)
        self._schedule.record_response(request.operation, incomplete=incomplete)
