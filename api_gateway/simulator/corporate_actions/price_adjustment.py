"""Price adjustment: on an ex-date, a share's price drops by the dividend, or is divided by the split.

The adjustment is a factor applied to a price path that contains neither. It is 1 on the first day of the
simulation, larger before and smaller after each ex-date, so that the holder's wealth does not jump.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from api_gateway.simulator.corporate_actions.dividends import dividends_from
from api_gateway.simulator.corporate_actions.splits import shares_per_share
from api_gateway.simulator.instruments.instrument import Instrument

_LEAST = 0.05  # keeps prices positive after centuries of dividends


class PriceAdjustment:
    """The factors of one share. `close_before` returns the unadjusted close before a trading day."""

    def __init__(
        self, instrument: Instrument, first_day: date, close_before: Callable[[date], float]
    ) -> None:
        self._instrument = instrument
        self._first_day = first_day
        self._close_before = close_before
        self.factor = lru_cache(maxsize=4096)(self._factor)

    def _factor(self, day: date) -> float:
        """The factor from the session of `day` on."""
        lost = self._dividends_between(self._first_day, day) - self._dividends_between(day, self._first_day)
        return max(_LEAST, 1.0 - lost) / shares_per_share(self._instrument, self._first_day, day)

    def _dividends_between(self, after: date, until: date) -> float:
        """The dividends after one day and up to another, as fractions of unadjusted prices."""
        total = 0.0
        for dividend in dividends_from(self._instrument, after + timedelta(days=1)):
            if dividend.ex_date > until:
                break
            total += dividend.per_share / self._close_before(dividend.ex_date)
        return total
