"""Response cache: what IBKR answers only once in 15 minutes is cached that long per request."""

from __future__ import annotations

from collections.abc import Callable

from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.operations import ONE_PER_15_MINUTES

MAX_ENTRIES = 32  # of some 200 KB at most


class ResponseCache:
    """The last answers to the operations with that limit, by all that was asked."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._replies: dict[tuple[str, bytes | None], tuple[float, GatewayResponse]] = {}

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        if _is_cacheable(request):
            return self._get_or_store(proceed, request, budget)
        return proceed(request, budget)

    async def _get_or_store(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        return self.get(request) or self.store(request, await proceed(request, budget))

    def get(self, call: GatewayRequest) -> GatewayResponse | None:
        """The answer to the same question, if IBKR would not give it again yet."""
        kept = self._replies.get(_cache_key(call))
        return kept[1] if kept and self._now() - kept[0] < ONE_PER_15_MINUTES.padded_seconds else None

    def store(self, call: GatewayRequest, reply: GatewayResponse) -> GatewayResponse:
        """Keep the answer if it is one of those; it is handed back as it is."""
        if _is_cacheable(call):
            self._replies.pop(_cache_key(call), None)
            self._replies[_cache_key(call)] = (self._now(), reply)
            if len(self._replies) > MAX_ENTRIES:
                del self._replies[next(iter(self._replies))]
        return reply


def _is_cacheable(request: GatewayRequest) -> bool:
    return request.row.limit == ONE_PER_15_MINUTES


def _cache_key(call: GatewayRequest) -> tuple[str, bytes | None]:
    return f"{call.method} {call.path.raw_path}", call.body_bytes
