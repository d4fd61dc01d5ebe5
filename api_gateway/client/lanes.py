"""Lanes: which queue of the rate limiter a request waits in, and the timeout of its exchange."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from api_gateway.client.rate_limiter import RateLimiter, Reservation, WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.settings import GatewaySettings


class Lane(Protocol):
    """A queue of the rate limiter, and the timeout of its requests."""

    @property
    def acquire(self) -> Callable[[GatewayRequest, WaitBudget], AbstractAsyncContextManager[Reservation]]:
        """Return an async context manager that waits until the limits allow the request."""

    def timeout(self, budget: WaitBudget) -> float:
        """Return the timeout of the exchange in seconds; 0 or less if the call's time is up."""


class RequestLane:
    """The lane of ordinary requests: within every limit, and within the rest of the call's budget."""

    def __init__(
        self, rate_limiter: RateLimiter, settings: GatewaySettings, *, now: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._now = now
        self.acquire = rate_limiter.acquire

    def timeout(self, budget: WaitBudget) -> float:
        return min(self._settings.gateway_timeout, budget.ends_at - self._now())


class PriorityLane:
    """The lane of session checks: ahead of all waiting requests, with its own timeout."""

    def __init__(self, rate_limiter: RateLimiter, settings: GatewaySettings, *, deadline: float) -> None:
        self._rate_limiter = rate_limiter
        self._settings = settings
        self._deadline = deadline

    def acquire(self, request: GatewayRequest, _: WaitBudget) -> AbstractAsyncContextManager[Reservation]:
        return self._rate_limiter.acquire_priority(request)

    def timeout(self, _: WaitBudget) -> float:
        return min(self._deadline, self._settings.gateway_timeout)


class TickleLane:
    """The tickle's lane, which no other request and no penalty blocks, with its own timeout."""

    def __init__(self, rate_limiter: RateLimiter, settings: GatewaySettings, *, deadline: float) -> None:
        self._rate_limiter = rate_limiter
        self._settings = settings
        self._deadline = deadline

    def acquire(self, _: GatewayRequest, __: WaitBudget) -> AbstractAsyncContextManager[Reservation]:
        return self._rate_limiter.acquire_tickle()

    def timeout(self, _: WaitBudget) -> float:
        return min(self._deadline, self._settings.gateway_timeout)
