"""An account's daily values and returns, parsed from Portfolio Analyst's two forms of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from mcp_server.answers.quotes import parse_number

PERIODS: Final = ("1D", "7D", "MTD", "1M", "YTD", "1Y")


@dataclass(frozen=True)
class DayValue:
    """The account at the end of a day: its value, and the return since the series' start as a fraction."""

    day: date
    value: float | None
    cumulative: float | None


@dataclass(frozen=True)
class ValueSeries:
    """The days of a period. `start` is the day before, with the value that the returns are measured from.

    `step` is the size of the last digit of the returns, which IBKR rounds.
    """

    start: DayValue | None
    days: tuple[DayValue, ...]
    step: float

    @property
    def points(self) -> tuple[DayValue, ...]:
        """The start, if it is known, and the days."""
        return (*((self.start,) if self.start else ()), *self.days)


def account_rows(value: Any) -> dict[str, dict[str, Any]]:
    """The part of each account in a response to /pa/allperiods: keyed by period, with `baseCurrency`."""
    body = value if isinstance(value, dict) else {}
    return {
        account: row
        for account, row in body.items()
        if isinstance(row, dict) and any(isinstance(row.get(period), dict) for period in PERIODS)
    }


def performance_rows(value: Any, period: str) -> dict[str, dict[str, Any]]:
    """The accounts in a response to /pa/performance, in the form of /pa/allperiods."""
    values, returns = _section(value, "nav"), _section(value, "cps")
    found: dict[str, dict[str, Any]] = {}
    for section, column, key in ((values, "navs", "nav"), (returns, "returns", "cps")):
        for row in _list(section.get("data")):
            if not isinstance(row, dict) or not row.get("id"):
                continue
            account = found.setdefault(str(row["id"]), {"baseCurrency": row.get("baseCurrency"), period: {}})
            series = account[period]
            series[key] = row.get(column)
            series["startNAV"] = row.get("startNAV") or series.get("startNAV")
            series["dates"] = series.get("dates") or section.get("dates")
    return found


def parse_series(row: Any) -> ValueSeries | None:
    """One period of one account; None if it has no day. Missing values and returns are None."""
    if not isinstance(row, dict):
        return None
    dates, values, returns = (_list(row.get(key)) for key in ("dates", "nav", "cps"))
    missing = [None] * len(dates)
    days = [
        DayValue(day, parse_number(worth), parse_number(cumulative))
        for text, worth, cumulative in zip(dates, values + missing, returns + missing, strict=False)
        if (day := _parse_day(text)) is not None
    ]
    days = sorted({each.day: each for each in days}.values(), key=lambda each: each.day)
    if not days:
        return None
    start, before = None, row.get("startNAV")
    if isinstance(before, dict) and (day := _parse_day(before.get("date"))) is not None and day < days[0].day:
        start = DayValue(day, parse_number(before.get("val")), 0.0)
    return ValueSeries(start, tuple(days), _step(returns))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _section(value: Any, name: str) -> dict[str, Any]:
    section = value.get(name) if isinstance(value, dict) else None
    return section if isinstance(section, dict) else {}


def _parse_day(text: Any) -> date | None:
    digits = str(text or "").replace("-", "")[:8]
    try:
        return datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day
    except ValueError:
        return None


def _step(returns: list[Any]) -> float:
    digits = [
        -int(exponent)
        for each in returns
        if (number := parse_number(each)) is not None
        and isinstance(exponent := Decimal(str(number)).as_tuple().exponent, int)
    ]
    return float(10.0 ** -max(digits, default=4))
