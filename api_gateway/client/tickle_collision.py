"""Tickle collision: a 429 because another program tickled in the same second does not start a penalty."""

from __future__ import annotations

from api_gateway.client.interpretation import retry_after, tickle_collision_error
from api_gateway.client.pipeline import Exchange
from api_gateway.client.rate_limiter import Reservation
from api_gateway.client.request import GatewayRequest
from api_gateway.client.transport import RawResponse

RETRY_AFTER = 2.0  # seconds after which the caller may send the tickle again


class TickleCollision:
    """Raises `RateLimited` for a 429 without Retry-After; a second one in a row counts as a rate limit."""

    def __init__(self) -> None:
        self._collided = False

    async def __call__(
        self, proceed: Exchange, request: GatewayRequest, reservation: Reservation, timeout: float
    ) -> RawResponse:
        received = await proceed(request, reservation, timeout)
        first = received.status == 429 and not self._collided and not retry_after(received.headers)
        self._collided = received.status == 429
        if first:
            raise tickle_collision_error(request, RETRY_AFTER)
        return received
