"""Dividends of an instrument: what a share pays and when, from the columns of its listing.

The amounts and months come from the listing and never change. The days of the month are made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from api_gateway.simulator.calendar.trading_hours import HOURS, Hours, session_on
from api_gateway.simulator.instruments.instrument import Instrument
from api_gateway.simulator.prices.seeded_noise import hash_keys

_FIRST_DAY, _DAYS = 4, 18  # of the month
_DAYS_TO_PAYMENT = 21
_DIGITS = 6


class Dividend(NamedTuple):
    """One dividend: `per_share` in the instrument's currency.

    An account that holds shares before the session of `ex_date` receives it on `pay_date`.
    """

    ex_date: date
    pay_date: date
    per_share: float


@lru_cache(maxsize=8192)
def dividends_of_year(instrument: Instrument, year: int) -> tuple[Dividend, ...]:
    """The dividends with an ex-date in one year, the earliest first."""
    hours = HOURS[instrument.hours]
    days = (
        date(year, month, _FIRST_DAY + hash_keys(instrument.conid, month) % _DAYS)
        for month in sorted(instrument.dividend_months)
        if instrument.dividend
    )
    return tuple(
        Dividend(
            ex_date := _session_from(hours, day),
            _session_from(hours, ex_date + timedelta(days=_DAYS_TO_PAYMENT)),
            round(instrument.dividend / len(instrument.dividend_months), _DIGITS),
        )
        for day in days
    )


def dividends_from(instrument: Instrument, day: date) -> Iterator[Dividend]:
    """Yield the dividends with an ex-date on that day or later, without end; none if it pays no dividends."""
    year = day.year
    while instrument.dividend and instrument.dividend_months:
        for dividend in dividends_of_year(instrument, year):
            if dividend.ex_date >= day:
                yield dividend
        year += 1


def _session_from(hours: Hours, day: date) -> date:
    """The first trading day on or after a day."""
    while session_on(hours, day) is None:
        day += timedelta(days=1)
    return day
