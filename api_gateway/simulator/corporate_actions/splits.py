"""Share splits: a table of made-up splits, dated from the first day of the simulation.

Only shares without options, CFDs and other contracts on them are split: adjusted contracts are not modelled.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from math import prod
from typing import NamedTuple

from api_gateway.simulator.calendar.trading_hours import HOURS, session_on
from api_gateway.simulator.instruments.instrument import Instrument


class SplitRow(NamedTuple):
    """One split: each share becomes `ratio` shares, that many calendar days after the first day."""

    symbol: str
    exchange: str
    ratio: int
    days: int


class Split(NamedTuple):
    """A split on its trading day: it takes effect when the session of `ex_date` begins."""

    ex_date: date
    ratio: int


SPLITS: tuple[SplitRow, ...] = (
    SplitRow("SAP", "IBIS", 2, -45),
    SplitRow("7203", "TSEJ", 5, 60),
    SplitRow("SAP", "IBIS", 3, 200),
)


@lru_cache(maxsize=8192)
def splits_of(instrument: Instrument, first_day: date) -> tuple[Split, ...]:
    """The splits of an instrument, the earliest first, in a simulation that starts on `first_day`."""
    if instrument.sec_type != "STK":
        return ()
    splits = (
        Split(_session_from(instrument, first_day + timedelta(row.days)), row.ratio)
        for row in SPLITS
        if (row.symbol, row.exchange) == (instrument.symbol, instrument.exchange)
    )
    return tuple(sorted(splits))


def shares_per_share(instrument: Instrument, first_day: date, day: date) -> float:
    """How many shares on `day` one share on the first day corresponds to; below 1 before a past split."""
    splits = splits_of(instrument, first_day)
    after = prod(split.ratio for split in splits if first_day < split.ex_date <= day)
    before = prod(split.ratio for split in splits if day < split.ex_date <= first_day)
    return after / before


def _session_from(instrument: Instrument, day: date) -> date:
    while session_on(HOURS[instrument.hours], day) is None:
        day += timedelta(days=1)
    return day
