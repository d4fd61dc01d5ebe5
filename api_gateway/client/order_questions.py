"""Order questions: whether an order awaits confirmation. IBKR discards its question at the next request."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from api_gateway.client.pipeline import Exchange, Exchanging
from api_gateway.client.rate_limiter import Reservation
from api_gateway.client.request import GatewayRequest
from api_gateway.client.transport import RawResponse

QUESTION_TTL = 60.0
"""Seconds for which a question is assumed to be open. How long IBKR keeps one is not documented."""


class OrderQuestionTracker:
    """Tracks orders in flight and the last question about one. `now` is a monotonic clock."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._asked = float("-inf")
        self._under_way = 0
        self._listeners: list[Callable[[], None]] = []

    def on_order(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever an order is about to be sent."""
        self._listeners.append(listener)

    @property
    def open(self) -> bool:
        """True while an order is in flight, and from a question about it to the next request."""
        return self._under_way > 0 or self._now() - self._asked < QUESTION_TTL

    def __call__(
        self, proceed: Exchange, request: GatewayRequest, reservation: Reservation, timeout: float
    ) -> Exchanging:
        if _is_an_order(request):
            return self._exchange_order(proceed, request, reservation, timeout)
        self.on_send(request)
        return proceed(request, reservation, timeout)

    async def _exchange_order(
        self, proceed: Exchange, request: GatewayRequest, reservation: Reservation, timeout: float
    ) -> RawResponse:
        self.on_send(request)
        body = b""
        try:
            received = await proceed(request, reservation, timeout)
            body = received.body
            return received
        finally:
            self.on_response(request, body)

    def on_send(self, request: GatewayRequest) -> None:
        """Record that this request is sent now: it answers an open question or makes IBKR discard it."""
        self._asked = float("-inf")
        if _is_an_order(request):
            self._under_way += 1
            for listener in self._listeners:
                listener()

    def on_response(self, request: GatewayRequest, body: bytes) -> None:
        """Record the body of the response to this request, empty if it failed."""
        if not _is_an_order(request):
            return
        self._under_way -= 1
        if _holds_a_question(body):
            self._asked = self._now()


def _is_an_order(request: GatewayRequest) -> bool:
    return request.row.may_question


def _holds_a_question(body: bytes) -> bool:
    try:
        rows = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(rows, list) and any(
        isinstance(row, dict) and "id" in row and "message" in row for row in rows
    )
