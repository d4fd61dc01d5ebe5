"""Interpretation as a step: a raw response becomes a response or an error, and observers see it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from api_gateway.client.interpretation import interpret_response, rate_limited_error, retry_after
from api_gateway.client.rate_limiter import RateLimiter
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.client.transport import RawResponse
from api_gateway.errors import LoginRequired

logger = logging.getLogger(__name__)

Observer = Callable[[GatewayRequest, GatewayResponse], None]


class ResponseInterpreter:
    """Returns the response or raises its error. A 429 starts the penalty for all requests."""

    def __init__(self, rate_limiter: RateLimiter, *, login_url: str) -> None:
        self._rate_limiter = rate_limiter
        self._login_url = login_url
        self._observers: list[Observer] = []
        self._on_login_required: list[Callable[[], None]] = []

    def on_response(self, observe: Observer) -> None:
        """Register `observe`, which is called with each request that succeeds, and its response."""
        self._observers.append(observe)

    def on_login_required(self, then: Callable[[], None]) -> None:
        """Register `then`, which is called whenever a response shows that nobody is logged in."""
        self._on_login_required.append(then)

    def __call__(self, request: GatewayRequest, received: RawResponse) -> GatewayResponse:
        if received.status == 429:
            seconds = self._rate_limiter.enter_penalty_box(retry_after(received.headers))
            logger.warning(
                "429 to %s: nothing but the tickle is sent for %.0f s", request.description, seconds
            )
            raise rate_limited_error(request, seconds)
        try:
            response = interpret_response(request, received, login_url=self._login_url)
        except LoginRequired:
            for then in self._on_login_required:
                then()
            raise
        for observe in self._observers:
            observe(request, response)
        return response
