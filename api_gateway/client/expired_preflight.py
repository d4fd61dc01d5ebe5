"""Expired preflight: if renewing it did not help, the caller gets IBKR's own error."""

from __future__ import annotations

from api_gateway.client.interpretation import PreflightExpired
from api_gateway.client.pipeline import Handler
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse


class ExpiredPreflight:
    """Turns `PreflightExpired`, which steps use among themselves, into the error that it carries."""

    async def __call__(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        try:
            return await proceed(request, budget)
        except PreflightExpired as error:
            raise error.failure from None
