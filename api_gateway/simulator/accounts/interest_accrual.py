"""Interest accrual: the interest on each currency's cash, night by night, until it is booked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.interest_rates import INTEREST_RATES, OTHER_CURRENCY

_NEW_YORK = ZoneInfo("America/New_York")
# Whole units add up to the same sum in any order, however the nights are grouped.
_UNITS_PER_CENT = 10_000


class InterestAccrual:
    """Accrued and not yet booked interest, by currency and month. Nights end at midnight in New York."""

    def __init__(self, since: float) -> None:
        self._day = _new_york_day(since)
        self._units: dict[tuple[str, date], int] = {}

    def copy(self) -> InterestAccrual:
        """An independent copy."""
        twin = InterestAccrual.__new__(InterestAccrual)
        twin._day, twin._units = self._day, dict(self._units)
        return twin

    def advance(self, until: float, balances: Mapping[str, float]) -> None:
        """Accrue the nights up to `until` (seconds since 1970), during which the balances did not change."""
        last = _new_york_day(until)
        while self._day < last:
            month = self._day.replace(day=1)
            end = min(last, (month + timedelta(days=32)).replace(day=1))
            nights = (end - self._day).days
            for currency, balance in balances.items():
                nightly = INTEREST_RATES.get(currency, OTHER_CURRENCY).nightly_interest(balance)
                units = nights * round(nightly * 100 * _UNITS_PER_CENT)
                if units:
                    key = currency, month
                    self._units[key] = self._units.get(key, 0) + units
            self._day = end

    def accrued(self) -> dict[str, float]:
        """The accrued interest by currency, in whole cents; negative on loans."""
        return _sum_by_currency(self._units)

    def due_before(self, month: date) -> dict[str, float]:
        """The accrued interest by currency for all months before the month that begins on `month`."""
        return _sum_by_currency({key: units for key, units in self._units.items() if key[1] < month})

    def clear_before(self, month: date) -> None:
        """Remove the interest of all months before the month that begins on `month`: it was booked."""
        self._units = {key: units for key, units in self._units.items() if key[1] >= month}


def _new_york_day(epoch: float) -> date:
    return datetime.fromtimestamp(epoch, tz=_NEW_YORK).date()


def _sum_by_currency(units_by_month: Mapping[tuple[str, date], int]) -> dict[str, float]:
    amounts: dict[str, float] = {}
    for (currency, _), units in units_by_month.items():
        amounts[currency] = round(amounts.get(currency, 0.0) + _to_amount(units), 2)
    return amounts


def _to_amount(units: int) -> float:
    return round(units / _UNITS_PER_CENT) / 100
