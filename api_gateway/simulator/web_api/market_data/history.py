"""Price history: the supported periods and bar sizes, and the response."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from math import ceil
from types import MappingProxyType
from typing import Any

from api_gateway.simulator.calendar.bars import DAY, MONTH, WEEK
from api_gateway.simulator.calendar.trading_hours import HOURS, sessions_before
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.prices.prices import Bar
from api_gateway.simulator.simulation import Simulation

MAX_POINTS = 1000
TIME_FORMAT = "%Y%m%d-%H:%M:%S"
SOURCES = ("Last", "Trades", "Bid_Ask", "Midpoint")
_DEFAULT_BARS = 84  # recorded for an unknown period
_UNITS = MappingProxyType(
    {
        "min": (60.0, 30),
        "h": (3600.0, 8),
        "d": (DAY, 1000),
        "w": (WEEK, 792),
        "m": (MONTH, 182),
        "y": (365 * DAY, 15),
    }
)
_BARS = MappingProxyType(
    {f"{n}min": n * 60.0 for n in (1, 2, 3, 5, 10, 15, 30)}
    | {f"{n}h": n * 3600.0 for n in (1, 2, 3, 4, 8)}
    | {"1d": DAY, "1w": WEEK, "1m": MONTH}
)
# By minimum period (seconds): the smallest bar, the largest, and the replacement for any other bar.
_BAR_RULES = (
    (60.0, "1min", "1min", "1min"),
    (3600.0, "1min", "8h", "1min"),
    (DAY, "1min", "8h", "1min"),
    (WEEK, "10min", "1w", "15min"),
    (MONTH, "1h", "1m", "30min"),
    (3 * MONTH, "2h", "1m", "1d"),
    (6 * MONTH, "4h", "1m", "1d"),
    (365 * DAY, "8h", "1m", "1d"),
    (730 * DAY, "1d", "1m", "1d"),
    (1095 * DAY, "1d", "1m", "1w"),
    (5475 * DAY, "1w", "1m", "1w"),
)


@dataclass(frozen=True)
class Period:
    """A time period: `count` of a unit. None instead of a period means that IBKR does not know the text."""

    count: int
    unit: str

    @property
    def seconds(self) -> float:
        """Its length, with months of 30 and years of 365 days."""
        return self.count * _UNITS[self.unit][0]


def parse_period(text: str) -> Period | None:
    """Return the period of `1d` or `3m`; None for a text that IBKR replaces by its default."""
    match = re.fullmatch(r"([1-9]\d{0,3})(min|h|d|w|m|y)", text)
    if match is None or int(match[1]) > _UNITS[match[2]][1]:
        return None
    return Period(int(match[1]), match[2])


def bar_seconds(period: Period, text: str) -> float:
    """Return the requested bar size, or IBKR's replacement if the period does not support that size."""
    row = [step for step in _BAR_RULES if step[0] <= period.seconds][-1]
    largest = next((step[2] for step in _BAR_RULES if step[0] >= period.seconds), "1m")
    seconds = _BARS.get(text)
    if seconds is not None and _BARS[row[1]] <= seconds <= _BARS[largest]:
        return seconds
    return _BARS[row[3]]


def bars_for_period(
    simulation: Simulation,
    instrument: Instrument,
    period: Period | None,
    bar: str,
    end: float,
    *,
    outside_rth: bool,
) -> tuple[float, list[Bar]]:
    """Return the bar size in seconds and the bars, at most the last 1000."""
    prices = simulation.prices
    if period is None:
        step = _BARS.get(bar, 300.0)
        return step, prices.bars(instrument, end, step, _DEFAULT_BARS, outside_rth)
    step = bar_seconds(period, bar)
    if period.unit in ("min", "h"):
        count = max(1, ceil(period.seconds / step))
        return step, prices.bars(instrument, end, step, count, outside_rth)
    if period.unit == "d":
        days = sessions_before(HOURS[instrument.hours], end)
        starts = (day.start if outside_rth else day.opens for day in days)
        *_, begin = islice((start for start in starts if start < end), period.count)
    else:
        begin = end - period.seconds
    return step, prices.bars_between(instrument, begin, end, step, outside_rth, limit=MAX_POINTS)


def history_response(
    instrument: Instrument,
    bars: list[Bar],
    step: float,
    *,
    period: str,
    end: float,
    outside_rth: bool,
    source: str,
    delay: float = 0.0,
) -> dict[str, Any]:
    """Return IBKR's response: `v` is divided by `volumeFactor`, `points` is one less than the bars.

    `delay` is the age of the prices, in seconds.
    """
    digits = max(2, instrument.decimals)
    factor = 10**digits
    volume_factor = 40 if instrument.sec_type == "STK" else 1
    rows = [_bar_row(instrument, bar, source, volume_factor) for bar in bars]
    high = max(range(len(rows)), key=lambda i: rows[i]["h"])
    low = min(range(len(rows)), key=lambda i: rows[i]["l"])

    def extreme(index: int, name: str) -> str:
        minutes = round((bars[index].start - bars[0].start + step) / 60)
        volume = f"{rows[index]['v']:.2f}".rstrip("0").rstrip(".")
        return f"{round(rows[index][name] * factor)}/{volume}/{minutes}"

    hours = HOURS[instrument.hours]
    return {
        "serverId": str(20_477 + instrument.conid % 9_000),
        "symbol": instrument.symbol,
        "text": instrument.name,
        "priceFactor": factor,
        "startTime": _format_time(bars[0].start),
        "high": extreme(high, "h"),
        "low": extreme(low, "l"),
        "timePeriod": period,
        "barLength": int(step),
        "mdAvailability": "S",
        "mktDataDelay": int(delay * 1000),
        "outsideRth": outside_rth,
        "tradingDayDuration": hours.closes - hours.opens,
        "volumeFactor": volume_factor,
        "priceDisplayRule": 1,
        "priceDisplayValue": str(digits),
        "chartPanStartTime": _format_time(end),
        "direction": -1,
        "negativeCapable": False,
        "messageVersion": 2,
        "data": rows,
        "points": len(rows) - 1,
        "travelTime": 6 + instrument.conid % 40,
    }


def _bar_row(instrument: Instrument, bar: Bar, source: str, volume_factor: int) -> dict[str, Any]:
    first, high, low, last, volume = bar.open, bar.high, bar.low, bar.close, bar.volume / volume_factor
    if source in ("Bid_Ask", "Midpoint"):
        volume = 0.0
    if source == "Bid_Ask":  # average bid, highest ask, lowest bid, average ask
        tick = instrument.tick
        first, last = (first + last) / 2 - tick, (first + last) / 2 + tick
        high, low = high + tick, low - tick
        if bar.low >= 0:
            first, low = max(0.0, first), max(0.0, low)
    digits = max(2, instrument.decimals)
    prices = {name: round(float(p), digits) for name, p in zip("ochl", (first, last, high, low), strict=True)}
    return prices | {"v": round(float(volume), 4), "t": int(bar.start * 1000)}


def _format_time(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, tz=UTC).strftime(TIME_FORMAT)
