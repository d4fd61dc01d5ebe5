"""Time limit: how long a call may wait for rate limits, and how long all its requests may take together."""

from __future__ import annotations

from collections.abc import Callable

from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.settings import GatewaySettings


class TimeLimit:
    """Starts the budget that all later steps share; the time that earlier steps took does not count."""

    def __init__(self, settings: GatewaySettings, *, now: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        wait = self._settings.gateway_max_wait
        budget = WaitBudget(wait, self._now() + wait + self._settings.gateway_timeout)
        return proceed(request, budget)
