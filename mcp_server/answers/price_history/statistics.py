"""Statistics of a series of bars: return, extremes, drawdown, volume, volatility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import log, sqrt
from typing import Final

from mcp_server.answers.price_history.bars import DAY_SECONDS, Bar, History

_MIN_RETURNS: Final = 10
_TRADING_DAYS: Final = 252
_WEEK_SECONDS: Final = 7 * DAY_SECONDS
_WEEKS: Final = 52


@dataclass(frozen=True)
class Drawdown:
    """The largest fall of closes from a peak, in percent (negative), and when."""

    percent: float
    peak: Bar
    trough: Bar


@dataclass(frozen=True)
class Summary:
    """The figures of one instrument. `base` is the price that the return is counted from."""

    bars: Sequence[Bar]
    base: float
    base_bar: Bar
    base_is_open: bool
    drawdown: Drawdown | None
    average_volume: float | None
    volatility: float | None

    @property
    def last(self) -> Bar:
        return self.bars[-1]

    @property
    def high(self) -> Bar:
        """The bar with the highest price."""
        return max(self.bars, key=lambda bar: bar.high)

    @property
    def low(self) -> Bar:
        """The bar with the lowest price."""
        return min(self.bars, key=lambda bar: bar.low)

    @property
    def percent(self) -> float | None:
        """The return in percent; None if the first price is zero or negative."""
        return (self.last.close / self.base - 1) * 100 if self.base > 0 else None


def summarize(history: History, *, today: date, open_now: bool, trades_daily: bool) -> Summary | None:
    """The figures of a history; None without bars.

    Returns are counted from the close before the bars if it is noted, else from the first close; for bars
    shorter than a day from the first open. `open_now`: today's bar is not complete, and its volume does not
    count. `trades_daily`: also on weekends, as cryptocurrencies do.
    """
    if not history.bars:
        return None
    bars, first = history.bars, history.bars[0]
    from_open = history.before is None and history.intraday
    base_bar = history.before or first
    base = first.open if from_open else base_bar.close
    closes = [*([history.before] if history.before else []), *bars]
    return Summary(
        bars=bars,
        base=base,
        base_bar=base_bar,
        base_is_open=from_open,
        drawdown=_drawdown(closes),
        average_volume=None if history.intraday else _average_volume(bars, today if open_now else None),
        volatility=_volatility(closes, history.bar_seconds, trades_daily=trades_daily),
    )


def _drawdown(bars: Sequence[Bar]) -> Drawdown | None:
    peak, worst = bars[0], None
    for bar in bars:
        if bar.close >= peak.close:
            peak = bar
        elif peak.close > 0:
            percent = (bar.close / peak.close - 1) * 100
            if worst is None or percent < worst.percent:
                worst = Drawdown(percent, peak, bar)
    return worst


def _average_volume(bars: Sequence[Bar], incomplete: date | None) -> float | None:
    volumes = [bar.volume for bar in bars if bar.volume is not None and bar.day != incomplete]
    return sum(volumes) / len(volumes) if volumes and any(volumes) else None


def _volatility(bars: Sequence[Bar], bar_seconds: int, *, trades_daily: bool) -> float | None:
    """The annualized standard deviation of the logarithmic returns of daily or weekly closes, in percent."""
    periods = {DAY_SECONDS: 365 if trades_daily else _TRADING_DAYS, _WEEK_SECONDS: _WEEKS}.get(bar_seconds)
    returns = [log(b.close / a.close) for a, b in pairwise(bars) if a.close > 0 and b.close > 0]
    if periods is None or len(returns) < _MIN_RETURNS:
        return None
    mean = sum(returns) / len(returns)
    variance = sum((each - mean) ** 2 for each in returns) / (len(returns) - 1)
    return sqrt(variance * periods) * 100
