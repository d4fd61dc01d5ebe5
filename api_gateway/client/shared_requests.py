"""Single-flight: concurrent identical requests share one response."""

from __future__ import annotations

from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.client.single_flight import SingleFlight


class SharedRequests:
    """Sends a request once for all callers of the same path and query at the same time.

    Only for requests that change nothing: what a caller gets may have been sent before it called.
    """

    def __init__(self) -> None:
        self._flights: SingleFlight[GatewayResponse] = SingleFlight()

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        return self._flights.run(request.path.raw_path, lambda: proceed(request, budget))
