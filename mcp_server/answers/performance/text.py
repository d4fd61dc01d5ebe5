"""The text of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from mcp_server.answers.formats import amount, fraction_as_percent
from mcp_server.answers.paging import Listing
from mcp_server.answers.performance.benchmarks import Benchmark
from mcp_server.answers.performance.periods import Period
from mcp_server.answers.performance.report import AccountReport, Total
from mcp_server.answers.performance.results import DayResult, Drawdown, Result, find_drawdown
from mcp_server.answers.table import Column, format_table

ROWS = 25
_MOST_FLOWS = 3

AccountRow = tuple[str, Result]


def describe_age(as_of: datetime, now: datetime) -> str:
    """`Portfolio Analyst, 12 min old`; without the age for the first minute."""
    minutes = (now - as_of) // timedelta(minutes=1)
    if minutes < 1:
        return "Portfolio Analyst"
    age = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    return f"Portfolio Analyst, {age} old"


def period_line(period: Period, result: Result, today: date, *, moved: bool = False) -> str:
    """`YTD, from the end of 2025-12-31 to 2026-11-18 so far`; `moved`: the period itself has no values."""
    if moved:
        return f"no values for {period.name}; last day: from the end of {result.start} to {result.end}"
    so_far = " so far" if result.end == today else ""
    return f"{period.name}, from the end of {result.start} to {result.end}{so_far}"


def summary_lines(result: Result, currency: str) -> str:
    """Gain, return, value and deposits; then best and worst day, and drawdown."""
    parts = [
        f"gain {amount(result.gain, signed=True)} {currency}".rstrip() if result.gain is not None else "",
        f"return {fraction_as_percent(result.rate)} % time-weighted" if result.rate is not None else "",
        f"value {amount(result.start_value)} -> {amount(result.end_value)}"
        if result.start_value is not None
        else "",
        _describe_flows(result),
    ]
    lines = [", ".join(filter(None, parts)) or "IBKR sent no values for these days"]
    details = [
        f"{name} day {day.day} {fraction_as_percent(day.rate)} % ({amount(day.gain, signed=True)})"
        for name, day in (("best", result.best), ("worst", result.worst))
        if day is not None
    ]
    drawdown = result.drawdown
    if drawdown is not None and len(result.days) > 1:
        details.append(
            f"max drawdown {fraction_as_percent(drawdown.rate)} % ({drawdown.peak} to {drawdown.low})"
        )
    return "\n".join(filter(None, (*lines, ", ".join(details))))


def account_listing(reports: Sequence[AccountReport]) -> Listing[AccountRow]:
    """A row per account."""
    rows = [(each.account.label, each.result) for each in reports]
    currencies = {each.account.label: each.currency for each in reports}
    one_currency = len(set(currencies.values())) == 1
    columns: list[Column[AccountRow]] = [
        Column("account", lambda row: row[0]),
        Column("currency", lambda row: "" if one_currency else currencies[row[0]]),
        Column("start value", lambda row: amount(row[1].start_value)),
        Column("value", lambda row: amount(row[1].end_value)),
        Column("gain", lambda row: amount(row[1].gain, signed=True)),
        Column("deposits", lambda row: amount(row[1].deposits, signed=True) if row[1].deposits else ""),
        Column("return%", lambda row: fraction_as_percent(row[1].rate)),
        Column("max drawdown%", lambda row: _drawdown(row[1])),
    ]
    return Listing(columns, rows, ROWS)


def comparison_table(total: Total, benchmarks: Sequence[Benchmark]) -> str:
    """The account and the benchmarks over the same days."""
    own = total.result
    rows: list[tuple[str, float | None, str]] = [(total.name, own.rate, _drawdown(own))]
    for each in benchmarks:
        levels = each.levels(own.start, own.end)
        if not each.problem:
            fall = find_drawdown([(own.start, 1.0), *levels])
            rate = levels[-1][1] - 1 if levels else None
            rows.append((each.name, rate, _fall(fall) if len(levels) > 1 else ""))

    def difference(row: tuple[str, float | None, str]) -> str:
        if row is rows[0] or row[1] is None or own.rate is None:
            return ""
        return fraction_as_percent(own.rate - row[1])

    columns: list[Column[tuple[str, float | None, str]]] = [
        Column("", lambda row: row[0]),
        Column("return%", lambda row: fraction_as_percent(row[1])),
        Column("max drawdown%", lambda row: row[2]),
        Column("account minus benchmark, % points", difference),
    ]
    return format_table(columns, rows)


def periods_table(total: Total, shown: Period) -> str:
    """IBKR's own periods, without the one that is shown already."""
    rows = [each for each in total.periods if each[0] != shown.name]
    columns: list[Column[AccountRow]] = [
        Column("period", lambda row: row[0]),
        Column("from the end of", lambda row: str(row[1].start)),
        Column("gain", lambda row: amount(row[1].gain, signed=True)),
        Column("deposits", lambda row: amount(row[1].deposits, signed=True) if row[1].deposits else ""),
        Column("return%", lambda row: fraction_as_percent(row[1].rate)),
    ]
    return format_table(columns, rows) if rows else ""


def _drawdown(result: Result) -> str:
    return _fall(result.drawdown) if len(result.days) > 1 else ""


def _fall(drawdown: Drawdown | None) -> str:
    return fraction_as_percent(drawdown.rate) if drawdown is not None else "0"


def _describe_flows(result: Result) -> str:
    if result.deposits is None:
        change = result.change
        return (
            ""
            if change is None
            else f"change {amount(change, signed=True)} including deposits and withdrawals"
        )
    flows = [each for each in result.days if each.flow]
    if not flows:
        return "no deposits or withdrawals"
    listed = [f"{each.day} {amount(each.flow, signed=True)}" for each in _largest(flows)]
    more = f" and {len(flows) - len(listed)} smaller" if len(flows) > len(listed) else ""
    total = amount(result.deposits, signed=True) or "0"
    return f"deposits minus withdrawals about {total} ({', '.join(listed)}{more})"


def _largest(flows: Sequence[DayResult]) -> list[DayResult]:
    largest = sorted(flows, key=lambda each: -abs(each.flow))[:_MOST_FLOWS]
    return sorted(largest, key=lambda each: each.day)
