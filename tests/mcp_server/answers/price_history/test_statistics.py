"""The figures of a series of bars."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import sqrt
from typing import Any

import pytest

from mcp_server.answers.price_history.bars import Bar, History
from mcp_server.answers.price_history.statistics import Summary, summarize

FIRST = datetime(2026, 11, 2, 14, 30, tzinfo=UTC)


def history(*closes: float, seconds: int = 86_400, **values: Any) -> History:
    bars = [
        Bar(
            FIRST + timedelta(seconds=seconds * n),
            (FIRST + timedelta(seconds=seconds * n)).date(),
            close - 0.5,
            close + 1,
            close - 1,
            close,
            100.0 * (n + 1),
        )
        for n, close in enumerate(closes)
    ]
    return History(bars, seconds, **values)


def summary(
    of: History, *, today: date = date(2027, 1, 1), open_now: bool = False, trades_daily: bool = False
) -> Summary:
    found = summarize(of, today=today, open_now=open_now, trades_daily=trades_daily)
    assert found is not None
    return found


def test_return_extremes_and_drawdown_are_those_of_the_bars() -> None:
    found = summary(history(100, 120, 90, 108, 110))
    assert found.percent == pytest.approx(10)
    assert (found.high.high, found.low.low) == (121, 89)
    assert found.drawdown is not None
    assert found.drawdown.percent == pytest.approx(-25)
    assert (found.drawdown.peak.close, found.drawdown.trough.close) == (120, 90)
    assert summary(history(1, 2, 3)).drawdown is None


def test_the_return_counts_from_the_close_before_and_within_a_day_from_the_open() -> None:
    before = history(80).bars[0]
    assert summary(history(100, 110, before=before)).percent == pytest.approx(37.5)
    assert summary(history(100, 110, seconds=300)).percent == pytest.approx((110 / 99.5 - 1) * 100)


def test_a_price_that_is_not_positive_has_no_return() -> None:
    found = summary(history(0, 10))
    assert found.percent is None
    assert summary(history(-37, 10)).percent is None


def test_the_average_volume_leaves_out_a_day_that_is_not_over() -> None:
    bars = history(100, 101, 102)
    assert summary(bars).average_volume == 200
    assert summary(bars, today=bars.bars[-1].day, open_now=True).average_volume == 150


def test_volatility_is_annualised_and_needs_enough_returns() -> None:
    closes = [100 * 1.01 ** (n % 2) for n in range(21)]
    daily = summary(history(*closes)).volatility
    assert daily == pytest.approx(0.01 * sqrt(252) * 100, rel=0.05)
    weekly = summary(history(*closes, seconds=7 * 86_400)).volatility
    around_the_clock = summary(history(*closes), trades_daily=True).volatility
    assert weekly == pytest.approx((daily or 0) * sqrt(52 / 252))
    assert around_the_clock == pytest.approx((daily or 0) * sqrt(365 / 252))
    assert summary(history(*closes[:5])).volatility is None
    assert summary(history(*closes, seconds=300)).volatility is None


def test_without_bars_there_are_no_figures() -> None:
    assert summarize(History([], 86_400), today=date(2027, 1, 1), open_now=False, trades_daily=False) is None
