"""Delivery: sends one request over the transport, and reports to the rate limiter whether it was sent."""

from __future__ import annotations

from api_gateway.client.interpretation import no_response_error, not_sent_error
from api_gateway.client.rate_limiter import RateLimiter, Reservation
from api_gateway.client.request import GatewayRequest
from api_gateway.client.transport import NoResponseError, NotSentError, RawResponse, Transport


class Delivery:
    """Sends a request once. If it was never sent, releases its reservation and raises `Unreachable`.

    A request that was sent without a response is marked in doubt: the gateway may still forward it.
    """

    def __init__(self, transport: Transport, rate_limiter: RateLimiter) -> None:
        self._transport = transport
        self._rate_limiter = rate_limiter

    async def __call__(
        self, request: GatewayRequest, reservation: Reservation, timeout: float
    ) -> RawResponse:
        try:
            received = await self._transport.exchange(
                request.method,
                request.path.raw_path,
                request.body_bytes,
                timeout=timeout,
                fresh=not request.read_only,
                on_written=reservation.mark_sent,
            )
        except NotSentError as error:
            reservation.release()
            raise not_sent_error(request, error) from error
        except NoResponseError as error:
            self._rate_limiter.mark_in_doubt(request)
            raise no_response_error(request, error) from error
        self._rate_limiter.settle_in_doubt()
        return received
