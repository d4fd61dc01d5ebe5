"""Lanes: which queue of the rate limiter a request waits in, and how long its exchange may take then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from api_gateway.client.rate_limiter import RateLimiter, Reservation, WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.settings import GatewaySettings


class Lane(Protocol):
    """A way through the rate limiter."""

    @property
    def acquire(self) -> Callable[[GatewayRequest, WaitBudget], AbstractAsyncContextManager[Reservation]]:
        """Wait until the limits have room for the request, and hold that place."""

    def timeout(self, budget: WaitBudget) -> float:
        """The seconds for the exchange, from now on; none are left where it is not positive."""


class RequestLane:
    """The lane of ordinary requests: within every limit, and within what is left of the call's budget."""

    def __init__(
        self, rate_limiter: RateLimiter, settings: GatewaySettings, *, now: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._now = now
        self.acquire = rate_limiter.acquire

    def timeout(self, budget: WaitBudget) -> float:
        return min(self._settings.gateway_timeout, budget.ends_at - self._now())


class PriorityLane:
    """The lane of session checks: ahead of every request that waits, with a deadline of its own."""

    def __init__(self, rate_limiter: RateLimiter, settings: GatewaySettings, *, deadline: float) -> None:
        self._rate_limiter = rate_limiter
        self._settings = settings
        self._deadline = deadline

    def acquire(self, request: GatewayRequest, _: WaitBudget) -> AbstractAsyncContextManager[Reservation]:
        return self._rate_limiter.acquire_priority(request)

    def timeout(self, _: WaitBudget) -> float:
        return min(self._deadline, self._settings.gateway_timeout)


class TickleLane:
    """The tickle's lane, which no other request and no penalty blocks, with a deadline of its own."""

    def __init__(self, rate_limiter: RateLimiter, settings: GatewaySettings, *, deadline: float) -> None:
        self._rate_limiter = rate_limiter
        self._settings = settings
        self._deadline = deadline

    def acquire(self, _: GatewayRequest, __: WaitBudget) -> AbstractAsyncContextManager[Reservation]:
        return self._rate_limiter.acquire_tickle()

    def timeout(self, _: WaitBudget) -> float:
        return min(self._deadline, self._settings.gateway_timeout)
