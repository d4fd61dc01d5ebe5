"""Whether a question about an order is open: IBKR drops it at the next request, whatever that is."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from api_gateway.client.pipeline import Exchange, Exchanging
from api_gateway.client.rate_limiter import Reservation
from api_gateway.client.request import GatewayRequest
from api_gateway.client.transport import RawResponse

QUESTION_TTL = 60.0
"""Seconds for which a question is taken to be open; nobody is known to answer one later."""


class OrderQuestionTracker:
    """Remembers the last question. `now` counts seconds."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._asked = float("-inf")
        self._under_way = 0

    @property
    def open(self) -> bool:
        """True while an order is under way, and from a question to the next request."""
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

    def on_send(self, call: GatewayRequest) -> None:
        """This leaves now: with it, a question is answered or dropped."""
        self._asked = float("-inf")
        self._under_way += _is_an_order(call)

    def on_response(self, call: GatewayRequest, body: bytes) -> None:
        """This was answered, with nothing where it failed."""
        if not _is_an_order(call):
            return
        self._under_way -= 1
        if _holds_a_question(body):
            self._asked = self._now()


def _is_an_order(call: GatewayRequest) -> bool:
    return call.row.may_question


def _holds_a_question(body: bytes) -> bool:
    try:
        rows = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(rows, list) and any(
        isinstance(row, dict) and "id" in row and "message" in row for row in rows
    )
