"""Answers that IBKR gives only once in fifteen minutes, kept for that long for the same question."""

from __future__ import annotations

from collections.abc import Callable

from api_gateway.client.rate_limiter import FIFTEEN_MINUTES, PUBLISHED
from api_gateway.client.request import Call
from api_gateway.client.response import Reply

MOST = 32  # of some 200 KB at most


class Kept:
    """The last answers to the operations with that limit, by all that was asked."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._replies: dict[tuple[str, bytes | None], tuple[float, Reply]] = {}

    def find(self, call: Call) -> Reply | None:
        """The answer to the same question, if IBKR would not give it again yet."""
        kept = self._replies.get(_question(call))
        return kept[1] if kept and self._now() - kept[0] < FIFTEEN_MINUTES.window else None

    def keep(self, call: Call, reply: Reply) -> Reply:
        """Keep the answer if it is one of those; it is handed back as it is."""
        if PUBLISHED.get(call.key) == FIFTEEN_MINUTES:
            self._replies.pop(_question(call), None)
            self._replies[_question(call)] = (self._now(), reply)
            if len(self._replies) > MOST:
                del self._replies[next(iter(self._replies))]
        return reply


def _question(call: Call) -> tuple[str, bytes | None]:
    return f"{call.method} {call.address.target}", call.content
