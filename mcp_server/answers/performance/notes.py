"""Sentences where a number can be misread, or where IBKR cannot say more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from mcp_server.answers.accounts import Account
from mcp_server.answers.outside_text import outside_message
from mcp_server.answers.performance.benchmarks import Benchmark
from mcp_server.answers.performance.periods import Period
from mcp_server.answers.performance.report import AccountReport, Total
from mcp_server.answers.portfolio_analyst.account_values import Values
from mcp_server.answers.portfolio_analyst.limited_requests import INTERVAL
from mcp_server.answers.times import clock_time, months_before

_FEW_DAYS: Final = timedelta(days=7)
_MAX_CHOICES: Final = 6
_SATURDAY: Final = 5


def value_notes(
    period: Period, reports: Sequence[AccountReport], results: Sequence[Total], today: date
) -> list[str]:
    """About the days and the amounts that are shown."""
    notes = [*_about_days(period, reports, today)]
    if any(day.flow for each in reports for day in each.result.days):
        notes.append(
            "Gain and return exclude deposits and withdrawals; the change in value includes them. Their "
            "amounts are estimated from daily values and returns, because IBKR's Web API does not list them."
        )
    if any(each.result.deposits is None for each in reports):
        notes.append("IBKR sent no daily returns or values, so gains cannot be separated from deposits.")
    if period.name == "1D" or any(name == "1D" for each in results for name, _ in each.periods):
        notes.append(
            "1D counts from the end of the prior day and includes interest, fees and exchange rates; day P&L "
            "in get_portfolio covers only positions, since their prior closes."
        )
    if len({each.currency for each in reports}) > 1:
        notes.append("Accounts with different base currencies have separate totals.")
    return notes


def freshness_notes(
    accounts: Sequence[Account], values: Values, reports: Sequence[AccountReport], now: datetime
) -> list[str]:
    """Why there are no newer values, and which accounts have none."""
    notes = []
    if any(now - each.as_of >= INTERVAL for each in values.by_account.values()) or values.missing:
        notes += [why for why in [explain_limit(values, now)] if why]
    shown = {each.account.id for each in reports}
    without = [each.label for each in accounts if each.id not in shown]
    if without and reports:
        notes.append(f"No values for {', '.join(without)} in these days; they are not in the totals.")
    return notes


def explain_limit(values: Values, now: datetime) -> str:
    """When IBKR accepts a new request, or why it refused the last one."""
    if values.next_at is not None and values.next_at > now:
        return (
            "IBKR allows one such request every 15 minutes, and it has been used. Newer values are available "
            f"from {clock_time(values.next_at, now)}."
        )
    return f"IBKR did not return newer values: {values.refusal}" if values.refusal else ""


def benchmark_notes(results: Sequence[Total], benchmarks: Sequence[Benchmark]) -> list[str]:
    """What a benchmark's return is, and which benchmarks are missing."""
    shown = [each for each in benchmarks if not each.problem]
    notes = []
    if shown:
        names = ", ".join(each.name for each in shown)
        notes.append(f"{names}: price change over the same days, without dividends.")
    base = {each.currency for each in results}
    for each in shown:
        if each.currency and base != {each.currency}:
            notes.append(f"{each.name} is in {each.currency}; exchange rates are not included.")
        if each.is_delayed:
            notes.append(f"{each.name}: the last price is delayed.")
    for each in benchmarks:
        if each.problem:
            options = ", ".join(choice.write for choice in each.choices[:_MAX_CHOICES])
            write = f" Write one of: {options}." if options else ""
            notes.append(f"{outside_message(each.name)} is not compared: {each.problem}{write}")
        elif results and not each.levels(results[0].result.start, results[0].result.end):
            notes.append(f"{each.name} has no prices for all of these days.")
    return notes


def _about_days(period: Period, reports: Sequence[AccountReport], today: date) -> list[str]:
    notes = []
    result = reports[0].result
    if any(each.selection.moved for each in reports):
        notes.append(
            "There are no values for these days: markets were closed, or IBKR has not computed them yet. "
            f"This is the last day before: {result.end:%A %Y-%m-%d}."
        )
    elif result.end < today and today.weekday() < _SATURDAY and period.days.end >= today:
        notes.append(f"Today is not included: the last value that IBKR returned is for {result.end}.")
    begins = min(each.result.start for each in reports)
    late = any(each.selection.late for each in reports)
    ends = max(series.days[-1].day for each in reports for series in each.values.series.values())
    if period.everything or (late and begins - months_before(ends, 12) <= _FEW_DAYS):
        notes.append(
            f"IBKR's Web API has values for the last year only, from {begins}; statements in Client Portal "
            "go further back."
        )
    elif late:
        notes.append(f"Values begin on {begins}: IBKR's Web API has no earlier ones.")
    elif period.days.start - begins < -_FEW_DAYS:
        notes.append(f"The account has a value only from {begins} on.")
    return notes
