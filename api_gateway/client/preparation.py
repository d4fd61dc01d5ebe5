"""Preflight as a step: required requests are sent first, and again if IBKR has discarded their effect."""

from __future__ import annotations

from api_gateway.client.interpretation import BareUnauthorized, PreflightExpired, unknown_account_error
from api_gateway.client.pipeline import Handler
from api_gateway.client.preflight import PORTFOLIO, Preflight
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse


class PrepareRead:
    """Sends a read's preflights before it; if IBKR has discarded them, sends both once more.

    A 401 without a body means an unknown account or a missing login. Requesting the list of accounts again
    distinguishes them: it fails if nobody is logged in.
    """

    def __init__(self, preflight: Preflight) -> None:
        self._preflight = preflight

    async def __call__(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        prepared = await self._preflight.prepare(request, budget)
        try:
            return await proceed(request, budget)
        except BareUnauthorized:
            if prepared:
                raise unknown_account_error(request) from None
            self._preflight.reset()
            await self._preflight.ensure(PORTFOLIO, budget)
        except PreflightExpired:
            self._preflight.reset()
            if prepared:
                raise
        await self._preflight.prepare(request, budget)
        try:
            return await proceed(request, budget)
        except BareUnauthorized:
            raise unknown_account_error(request) from None


class PrepareWrite:
    """Sends a write's preflights before it, and the write once, whatever the response."""

    def __init__(self, preflight: Preflight) -> None:
        self._preflight = preflight

    async def __call__(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        try:
            prepared = await self._preflight.prepare(request, budget)
            try:
                return await proceed(request, budget)
            except BareUnauthorized:
                if not prepared:
                    self._preflight.reset()
                    await self._preflight.ensure(PORTFOLIO, budget)
                raise unknown_account_error(request) from None
        except PreflightExpired as error:
            self._preflight.reset()
            raise error.failure from None


class PrepareAgain:
    """Sends a read's preflights before its retry, including those that IBKR may have discarded."""

    def __init__(self, preflight: Preflight) -> None:
        self._preflight = preflight

    async def __call__(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        await self._preflight.prepare_again(request, budget)
        return await proceed(request, budget)
