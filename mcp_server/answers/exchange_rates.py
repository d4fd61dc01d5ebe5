"""Exchange rates, cached for seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Refused
from mcp_server.answers.quotes import parse_number

MAX_AGE: Final = 30.0
"""Seconds."""


class ExchangeRates:
    """Reads rates between currencies. `now` counts seconds."""

    def __init__(self, gateway: GatewayClient, now: Callable[[], float]) -> None:
        self._gateway = gateway
        self._now = now
        self._rates: dict[tuple[str, str], tuple[float, float]] = {}

    async def rate(self, source: str, target: str) -> float | None:
        """What one unit of `source` is in `target`; None if IBKR has no rate. Raises GatewayError."""
        if source == target:
            return 1.0
        known = self._rates.get((source, target))
        if known is not None and 0 <= self._now() - known[1] <= MAX_AGE:
            return known[0]
        try:
            response = await self._gateway.get("/iserver/exchangerate", source=source, target=target)
        except Refused:
            return None
        body: Any = response.value
        rate = parse_number(body.get("rate")) if isinstance(body, dict) else None
        if rate is None or rate <= 0:
            return None
        self._rates[source, target] = (rate, self._now())
        return rate
