"""Portfolio Analyst's performance: one value for every weekday of a period.

The account has no deposits or withdrawals after its opening, so a return since the start is simply the
quotient of two values.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.portfolio_analyst.account_history import (
    NEW_YORK,
    account_snapshots,
    end_of_day,
    new_york_date,
)

PERIODS = ("1D", "7D", "MTD", "1M", "YTD", "1Y")
_DIGITS = 8


@dataclass(frozen=True)
class PerformanceSeries:
    """An account's values at the end of each weekday from `start` to `end`, in base currency.

    `values` starts with the value on `baseline_date`, the weekday before `start`.
    """

    account_id: str
    base: str
    start: date
    end: date
    baseline_date: date
    days: tuple[date, ...]
    values: tuple[float, ...]

    @property
    def start_nav(self) -> dict[str, Any]:
        """The value that the returns are measured from."""
        return {"date": format_date(self.baseline_date), "val": self.values[0]}

    @property
    def navs(self) -> list[float]:
        """One value per day."""
        return list(self.values[1:])

    @property
    def dates(self) -> list[str]:
        """The days as yyyymmdd."""
        return [format_date(day) for day in self.days]

    @property
    def cumulative_returns(self) -> list[float]:
        """The return since `baseline_date` for each day, as a fraction."""
        return [_fractional_return(self.values[0], value) for value in self.navs]

    @property
    def calendar_days(self) -> int:
        """The number of calendar days from start to end, both included."""
        return (self.end - self.start).days + 1

    def monthly_returns(self) -> dict[str, float]:
        """Return the return of each month, or partial month, by yyyymm."""
        last: dict[str, float] = {}
        for day, value in zip(self.days, self.navs, strict=True):
            last[f"{day:%Y%m}"] = value
        returns, start_value = {}, self.values[0]
        for month, value in last.items():
            returns[month], start_value = _fractional_return(start_value, value), value
        return returns

    def row(self, **rest: Any) -> dict[str, Any]:
        """Return the fields that all performance rows share, plus `rest`."""
        return {
            "id": self.account_id,
            "idType": "acctid",
            "start": format_date(self.start),
            "end": format_date(self.end),
            **rest,
            "baseCurrency": self.base,
        }


def performance_series(paper_account: PaperAccount, period: str) -> PerformanceSeries:
    """Return the account's series for one of `PERIODS`, up to today or, on a weekend, to the last Friday."""
    now = paper_account.clock.now()
    end = _previous_weekday(new_york_date(now) + timedelta(days=1))
    start = _period_start(period, end)
    days = tuple(_weekdays(start, end))
    baseline_date = _previous_weekday(days[0])
    moments = [end_of_day(day, now) for day in (baseline_date, *days)]
    values = tuple(
        round(snapshot.net_liquidation, 2) for snapshot in account_snapshots(paper_account, moments)
    )
    return PerformanceSeries(
        paper_account.account_id, paper_account.base_currency, start, end, baseline_date, days, values
    )


def performance(paper_accounts: list[PaperAccount], period: str) -> dict[str, Any]:
    """Return the response of `/pa/performance`: values, cumulative returns and monthly returns."""
    series = [performance_series(paper_account, period) for paper_account in paper_accounts]
    first_series = series[0]
    months = [one.monthly_returns() for one in series]
    return {
        "cps": {
            "freq": "D",
            "dates": first_series.dates,
            "data": [one.row(returns=one.cumulative_returns) for one in series],
        },
        "tpps": {
            "freq": "M",
            "dates": list(months[0]),
            "data": [
                one.row(returns=list(returns.values())) for one, returns in zip(series, months, strict=True)
            ],
        },
        "nav": {
            "freq": "D",
            "dates": first_series.dates,
            "data": [one.row(startNAV=one.start_nav, navs=one.navs) for one in series],
        },
        "pm": "TWR",
        "nd": first_series.calendar_days,
        "id": "getPerformanceData",
        "included": [paper_account.account_id for paper_account in paper_accounts],
        "currencyType": "base",
        "rc": 0,
    }


def all_periods(paper_accounts: list[PaperAccount]) -> dict[str, Any]:
    """Return the response of `/pa/allperiods`: every period, in one property per account."""
    accounts = [paper_account.account_id for paper_account in paper_accounts]
    longest = performance_series(paper_accounts[0], PERIODS[-1])
    return {
        "pm": "TWR",
        "nd": longest.calendar_days,
        "id": "getPerformanceAllPeriods",
        "currencyType": "base",
        "rc": 0,
        "view": accounts,
        "included": accounts,
        **{paper_account.account_id: _account_periods(paper_account) for paper_account in paper_accounts},
    }


def format_date(day: date) -> str:
    """Return a date as yyyymmdd."""
    return f"{day:%Y%m%d}"


def _account_periods(paper_account: PaperAccount) -> dict[str, Any]:
    series_by_period = {period: performance_series(paper_account, period) for period in PERIODS}
    longest = series_by_period[PERIODS[-1]]
    updated = datetime.fromtimestamp(paper_account.clock.now(), tz=NEW_YORK)
    return {
        **{period: _period_row(series) for period, series in series_by_period.items()},
        "baseCurrency": paper_account.base_currency,
        "start": format_date(longest.start),
        "end": format_date(longest.end),
        "periods": list(PERIODS),
        "lastSuccessfulUpdate": f"{updated:%Y-%m-%d %H:%M:%S}",
    }


def _period_row(series: PerformanceSeries) -> dict[str, Any]:
    return {
        "freq": "D",
        "startNAV": series.start_nav,
        "dates": series.dates,
        "nav": series.navs,
        "cps": series.cumulative_returns,
    }


def _period_start(period: str, end: date) -> date:
    if period == "7D":
        return end - timedelta(days=6)
    if period == "MTD":
        return end.replace(day=1)
    if period == "1M":
        year, month = (end.year, end.month - 1) if end.month > 1 else (end.year - 1, 12)
        return date(year, month, min(end.day, calendar.monthrange(year, month)[1]))
    if period == "YTD":
        return date(end.year, 1, 1)
    if period == "1Y":
        return date(end.year - 1, end.month, min(end.day, calendar.monthrange(end.year - 1, end.month)[1]))
    return end


def _weekdays(start: date, end: date) -> Iterator[date]:
    for offset in range((end - start).days + 1):
        day = start + timedelta(days=offset)
        if day.weekday() < 5:
            yield day


def _previous_weekday(day: date) -> date:
    day -= timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day


def _fractional_return(before: float, after: float) -> float:
    return round(after / before - 1, _DIGITS) if before else 0.0
