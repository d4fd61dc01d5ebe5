"""Exchange rates to the account's base currency."""

from __future__ import annotations

from api_gateway.simulator.instruments.universe import Instrument, Universe
from api_gateway.simulator.prices.prices import Prices


class ExchangeRates:
    """Exchange rates, derived from the currency pairs of the universe."""

    def __init__(self, base_currency: str, universe: Universe, prices: Prices) -> None:
        self.base_currency = base_currency
        self._universe = universe
        self._prices = prices

    def rate(self, currency: str, epoch: float | None = None) -> float:
        """Units of the base currency per unit of `currency`, now or at `epoch` (seconds since 1970).

        Raises LookupError if no such pair is listed.
        """
        if currency == self.base_currency:
            return 1.0
        direct = self._universe.currency_pair(currency, self.base_currency)
        if direct is not None:
            return self._price(direct, epoch)
        inverse = self._universe.currency_pair(self.base_currency, currency)
        if inverse is not None:
            return 1.0 / self._price(inverse, epoch)
        raise LookupError(f"no exchange rate between {currency} and {self.base_currency}")

    def _price(self, pair: Instrument, epoch: float | None) -> float:
        return self._prices.quote(pair).last if epoch is None else self._prices.price_at(pair, epoch)
