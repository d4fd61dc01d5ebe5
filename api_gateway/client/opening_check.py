"""Opening check: while a brokerage session opens, IBKR returns empty responses instead of errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from api_gateway.causes import Cause, explain
from api_gateway.client.interpretation import require_payload, session_error
from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.errors import Failed, RateLimited
from api_gateway.session.diagnosis import is_session_status
from api_gateway.session.states import SessionState, parse_session

STATUS = "/iserver/auth/status"
STATUS_TTL = 5.0  # seconds for which an open session is assumed to remain open


class OpeningCheck:
    """Accepts an empty response to a read of the brokerage session only if the session is open.

    If its status had to be requested, the session may have opened only after the empty response: the read is
    sent once more. `send` sends one request, once.
    """

    def __init__(self, send: Handler, *, login_url: str, now: Callable[[], float]) -> None:
        self._send = send
        self._login_url = login_url
        self._now = now
        self._established_at = float("-inf")

    def reset(self) -> None:
        """Forget that the session was open, because it has changed."""
        self._established_at = float("-inf")

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        template = request.path.template
        if request.read_only and template.startswith(("/iserver/", "/fa/")) and template != STATUS:
            return self._check_empty(proceed, request, budget)
        return proceed(request, budget)

    async def _check_empty(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        response = await proceed(request, budget)
        if not response.value and await self._confirm_open(request, budget):
            try:
                return replace(await self._send(request, budget), attempts=response.attempts + 1)
            except RateLimited:
                if response.value is not None:
                    raise
        return response

    async def _confirm_open(self, request: GatewayRequest, budget: WaitBudget) -> bool:
        """False if the session was known to be open, True if its status had to be requested and is open.

        Raises `SessionLost` if it is not open, and `LoginRequired` if nobody is logged in.
        """
        if self._now() - self._established_at < STATUS_TTL:
            return False
        status = build_request("POST", STATUS, read_only=True)
        reported = require_payload(status, await self._send(status, budget)).value
        if not is_session_status(reported):
            raise Failed(request=request.description, **explain(Cause.STATUS_MISSING).error_text)
        state = parse_session(reported)
        if state is not SessionState.ESTABLISHED:
            raise session_error(request, state, self._login_url)
        self._established_at = self._now()
        return True
