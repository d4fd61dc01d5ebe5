"""Bars of past prices, from IBKR's response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Any, Final

from mcp_server.answers.quotes import parse_number
from mcp_server.answers.times import from_epoch, in_new_york

DAY_SECONDS: Final = 86_400
MAX_BARS: Final = 1000
"""IBKR returns at most this many, the newest."""

_BAR_NAMES: Final = {DAY_SECONDS: "daily", 7 * DAY_SECONDS: "weekly", 30 * DAY_SECONDS: "monthly"}

# Currencies, futures and Asian shares begin a trading day on the evening before in New York: with these
# added, every time of a session is on its day there. Daily bars have the time of the opening only.
_DAILY_SHIFT: Final = timedelta(hours=12)
_INTRADAY_SHIFT: Final = timedelta(hours=6, minutes=50)


@dataclass(frozen=True)
class Bar:
    """One bar of the trading day `day`, from `at` on. Only the close is certain."""

    at: datetime
    day: date
    open: float
    high: float
    low: float
    close: float
    volume: float | None


@dataclass(frozen=True)
class History:
    """The bars of one instrument, the oldest first. `delay_seconds` is the age of the newest price."""

    bars: Sequence[Bar]
    bar_seconds: int
    delay_seconds: float = 0.0
    before: Bar | None = None
    """The bar before the first, if returns are counted from its close."""

    @property
    def intraday(self) -> bool:
        """Whether the bars are shorter than a day."""
        return 0 < self.bar_seconds < DAY_SECONDS

    @property
    def is_one_day(self) -> bool:
        """Whether all bars have the same date in New York."""
        return len({in_new_york(bar.at).date() for bar in self.bars}) == 1

    def between(self, first: date | None, last: date | None) -> History:
        """The bars of these trading days, both included, with the bar before them."""
        inside = [
            bar
            for bar in self.bars
            if (first is None or bar.day >= first) and (last is None or bar.day <= last)
        ]
        earlier = [bar for bar in self.bars if first is not None and bar.day < first]
        return replace(self, bars=inside, before=earlier[-1] if earlier else None)


def parse_history(value: Any, *, never_closes: bool = False) -> History:
    """The bars in a response, without those that have no time or no close. Volumes are in whole units.

    `never_closes`: bars shorter than a day belong to New York's calendar days, as for cryptocurrencies.
    """
    body = value if isinstance(value, dict) else {}
    factor = parse_number(body.get("volumeFactor")) or 1.0
    rows = body.get("data")
    bar_seconds = int(parse_number(body.get("barLength")) or 0)
    shift = _DAILY_SHIFT
    if 0 < bar_seconds < DAY_SECONDS:
        shift = timedelta() if never_closes else _INTRADAY_SHIFT
    found = {}
    for row in rows if isinstance(rows, list) else ():
        at = from_epoch(row.get("t")) if isinstance(row, dict) else None
        close = parse_number(row.get("c")) if at is not None else None
        if at is None or close is None or not isfinite(close):
            continue
        opened, high, low, volume = (parse_number(row.get(name)) for name in "ohlv")
        opened = close if opened is None else opened
        found[at] = Bar(
            at,
            in_new_york(at + shift).date(),
            opened,
            max(opened, close) if high is None else high,
            min(opened, close) if low is None else low,
            close,
            volume * factor if volume is not None and volume >= 0 else None,
        )
    return History(
        [found[at] for at in sorted(found)],
        bar_seconds,
        (parse_number(body.get("mktDataDelay")) or 0.0) / 1000,
    )


def bar_name(history: History) -> str:
    """daily, weekly, or the length of shorter bars: 5min, 2h."""
    seconds = history.bar_seconds
    minutes, hours = seconds // 60, seconds // 3600
    return _BAR_NAMES.get(seconds) or (f"{hours}h" if hours and not seconds % 3600 else f"{minutes}min")
