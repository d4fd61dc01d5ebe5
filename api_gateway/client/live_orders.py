"""Live orders with `force`: two requests, because IBKR responds to the refresh with an empty list."""

from __future__ import annotations

from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse

LIVE_ORDERS = ("GET", "/iserver/account/orders")


class LiveOrdersRefresh:
    """Sends a request with `force` through `refresh`, then proceeds with the same request without it."""

    def __init__(self, refresh: Handler) -> None:
        self._refresh = refresh

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        if request.operation == LIVE_ORDERS and request.query.get("force"):
            return self._refresh_first(proceed, request, budget)
        return proceed(request, budget)

    async def _refresh_first(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        await self._refresh(request, budget)
        query = {name: value for name, value in request.query.items() if name != "force"}
        return await proceed(build_request("GET", request.path.template, (), query, read_only=True), budget)
