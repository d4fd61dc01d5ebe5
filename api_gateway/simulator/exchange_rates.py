"""What one unit of a currency is worth in the account's base currency."""

from __future__ import annotations

from api_gateway.simulator.prices import Prices
from api_gateway.simulator.universe import Universe


class ExchangeRates:
    """Rates from the currency pairs of the universe, at the clock's time."""

    def __init__(self, base: str, universe: Universe, prices: Prices) -> None:
        self.base = base
        self._universe = universe
        self._prices = prices

    def rate(self, currency: str) -> float:
        """Units of the base currency for one of `currency`; raises LookupError where no pair is traded."""
        if currency == self.base:
            return 1.0
        direct = self._universe.pair(currency, self.base)
        if direct is not None:
            return self._prices.quote(direct).last
        inverse = self._universe.pair(self.base, currency)
        if inverse is not None:
            return 1.0 / self._prices.quote(inverse).last
        raise LookupError(f"no exchange rate between {currency} and {self.base}")
