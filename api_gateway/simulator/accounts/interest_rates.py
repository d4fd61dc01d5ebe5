"""Interest rates on cash and margin loans, by currency.

Known: IBKR pays its benchmark rate minus 0.5 % on cash above the first 10,000 dollars or their equivalent and
charges the benchmark rate plus 1.5 % on loans. The benchmark rates are made up and never change. Not
modelled: the lower rates of small accounts, the lower spreads of large loans, and short sale proceeds, which
count as cash.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_CREDIT_SPREAD, _DEBIT_SPREAD = 0.005, 0.015


class InterestRate(NamedTuple):
    """The rates of one currency: `benchmark` a year, cash that earns nothing, and days in a year."""

    benchmark: float
    free_cash: float
    year_days: int

    def nightly_interest(self, balance: float) -> float:
        """The interest of one night on a balance; negative on a loan."""
        if balance < 0:
            return balance * (self.benchmark + _DEBIT_SPREAD) / self.year_days
        earning = max(0.0, balance - self.free_cash)
        return earning * max(0.0, self.benchmark - _CREDIT_SPREAD) / self.year_days


INTEREST_RATES: Mapping[str, InterestRate] = MappingProxyType(
    {
        "USD": InterestRate(0.0364, 10_000, 360),
        "EUR": InterestRate(0.0193, 10_000, 360),
        "GBP": InterestRate(0.0372, 8_000, 365),
        "CHF": InterestRate(0.0, 10_000, 360),
        "JPY": InterestRate(0.0073, 1_500_000, 365),
        "CAD": InterestRate(0.0226, 14_000, 365),
        "AUD": InterestRate(0.0360, 15_000, 365),
        "HKD": InterestRate(0.0280, 78_000, 365),
        "SGD": InterestRate(0.0120, 13_000, 365),
        "MXN": InterestRate(0.0725, 185_000, 360),
        "NZD": InterestRate(0.0225, 17_000, 365),
        "CNH": InterestRate(0.0150, 70_000, 365),
        "SEK": InterestRate(0.0190, 95_000, 360),
        "NOK": InterestRate(0.0405, 100_000, 360),
    }
)
OTHER_CURRENCY = InterestRate(0.03, 10_000, 365)
