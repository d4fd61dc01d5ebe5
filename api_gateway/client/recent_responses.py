"""Recent responses: slow-changing data is returned again while IBKR allows no new request."""

from __future__ import annotations

from collections.abc import Callable

from api_gateway.client.cold_start import is_incomplete
from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.client.single_flight import SingleFlight


class RecentResponses:
    """Returns a recent response instead of waiting for the rate limit, and shares a request under way.

    The portfolio's accounts, for example, are requested by a preflight, by answers and by a model's own call,
    often within one second. Responses are discarded with the session and by anything that is not a read, and
    not returned while the session has a problem, so that the caller learns of the problem.
    """

    def __init__(self, *, now: Callable[[], float], has_problem: Callable[[], bool]) -> None:
        self._now = now
        self._has_problem = has_problem
        self._recent: dict[str, tuple[float, GatewayResponse]] = {}
        self._flights: SingleFlight[GatewayResponse] = SingleFlight()

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        if request.row.reuse:
            return self._get_or_send(proceed, request, budget)
        return proceed(request, budget)

    async def _get_or_send(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        expires_at, response = self._recent.get(request.path.raw_path, (float("-inf"), None))
        if response and self._now() < expires_at and not self._has_problem():
            return response
        return await self._flights.run(request.path.raw_path, lambda: proceed(request, budget))

    def observe(self, request: GatewayRequest, response: GatewayResponse) -> None:
        """Remember a response that may be reused, whoever sent its request."""
        if not request.row.read_only:
            self.reset()
        elif request.row.reuse and request.row.limit and not is_incomplete(request, response):
            expires_at = self._now() + request.row.limit.padded_seconds
            self._recent[request.path.raw_path] = (expires_at, response)

    def reset(self) -> None:
        """Forget everything, because the session or something at IBKR has changed."""
        self._recent.clear()
