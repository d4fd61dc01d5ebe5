"""Payload check: a response without the payload that its request promises is a failure."""

from __future__ import annotations

from api_gateway.client.interpretation import require_payload
from api_gateway.client.pipeline import Handler
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse


class PayloadCheck:
    """Raises `Failed`, or `OutcomeUnknown` for a write, if the response has no payload."""

    async def __call__(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        return require_payload(request, await proceed(request, budget))
