"""Response cache: operations that IBKR allows once every 15 minutes are cached that long, per request."""

from __future__ import annotations

from collections.abc import Callable

from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.operations import ONE_PER_15_MINUTES

MAX_ENTRIES = 32  # of some 200 KB at most


class ResponseCache:
    """The last responses to operations with that limit, by method, path, query and body."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._cached: dict[tuple[str, bytes | None], tuple[float, GatewayResponse]] = {}

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        if _is_cacheable(request):
            return self._get_or_store(proceed, request, budget)
        return proceed(request, budget)

    async def _get_or_store(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        return self.get(request) or self.store(request, await proceed(request, budget))

    def get(self, request: GatewayRequest) -> GatewayResponse | None:
        """Return the cached response to an identical request, or None if IBKR allows a new one."""
        entry = self._cached.get(_cache_key(request))
        return entry[1] if entry and self._now() - entry[0] < ONE_PER_15_MINUTES.padded_seconds else None

    def store(self, request: GatewayRequest, response: GatewayResponse) -> GatewayResponse:
        """Cache the response if its operation has that limit; returns it unchanged."""
        if _is_cacheable(request):
            self._cached.pop(_cache_key(request), None)
            self._cached[_cache_key(request)] = (self._now(), response)
            if len(self._cached) > MAX_ENTRIES:
                del self._cached[next(iter(self._cached))]
        return response


def _is_cacheable(request: GatewayRequest) -> bool:
    return request.row.limit == ONE_PER_15_MINUTES


def _cache_key(request: GatewayRequest) -> tuple[str, bytes | None]:
    return f"{request.method} {request.path.raw_path}", request.body_bytes
