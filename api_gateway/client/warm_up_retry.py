"""Warm-up retry: IBKR's notification service needs time to start before it responds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from api_gateway.client.interpretation import ServiceWarmingUp
from api_gateway.client.pipeline import Handler
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse

PAUSES = (1.0, 1.0, 2.0)  # seconds between requests to a service that is not ready


class WarmUpRetry:
    """Retries a read a few times while the service behind it starts; then raises the error."""

    def __init__(self, *, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._sleep = sleep

    async def __call__(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        for pause in PAUSES:
            try:
                return await proceed(request, budget)
            except ServiceWarmingUp:
                await self._sleep(pause)
        try:
            return await proceed(request, budget)
        except ServiceWarmingUp as error:
            raise error.failure from None
