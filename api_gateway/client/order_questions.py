"""Whether a question about an order is open: IBKR drops it at the next request, whatever that is."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from api_gateway.client.request import GatewayRequest

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
