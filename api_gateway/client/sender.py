"""Sender: the end of every pipeline, where one request is sent once: rate limit, exchange, interpretation."""

from __future__ import annotations

from collections.abc import Callable

from api_gateway.causes import Cause, explain
from api_gateway.client.lanes import Lane
from api_gateway.client.pipeline import Exchange
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.client.transport import RawResponse
from api_gateway.errors import Failed


class Sender:
    """Waits in `lane`, sends the request with `exchange`, and returns the result of `interpret`."""

    def __init__(
        self,
        lane: Lane,
        exchange: Exchange,
        interpret: Callable[[GatewayRequest, RawResponse], GatewayResponse],
    ) -> None:
        self._lane = lane
        self._exchange = exchange
        self._interpret = interpret

    async def __call__(self, request: GatewayRequest, budget: WaitBudget) -> GatewayResponse:
        async with self._lane.acquire(request, budget) as reservation:
            timeout = self._lane.timeout(budget)
            if timeout <= 0:
                reservation.release()
                late = explain(Cause.PRELIMINARIES_TOO_SLOW)
                raise Failed(request=request.description, **late.error_text)
            received = await self._exchange(request, reservation, timeout)
        return self._interpret(request, received)
