"""The results that the answer shows: of each account, and of all that have the same currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mcp_server.answers.accounts import Account
from mcp_server.answers.performance.periods import Period, Selection, parse_period, select_values
from mcp_server.answers.performance.results import Result, combine_results, compute_result
from mcp_server.answers.portfolio_analyst.account_values import AccountValues
from mcp_server.answers.portfolio_analyst.value_series import PERIODS


@dataclass(frozen=True)
class AccountReport:
    """The result of one account in the period, and the values it is from."""

    account: Account
    values: AccountValues
    selection: Selection
    result: Result

    @property
    def currency(self) -> str:
        return self.values.currency


@dataclass(frozen=True)
class Total:
    """The result of one account, or of all that have a currency; also over each of IBKR's own periods."""

    name: str
    currency: str
    result: Result
    periods: tuple[tuple[str, Result], ...]


def account_reports(
    accounts: Sequence[Account], values: Mapping[str, AccountValues], period: Period
) -> list[AccountReport]:
    """The accounts that have values for the period, in their order."""
    found = []
    for account in accounts:
        known = values.get(account.id)
        selection = select_values(known, period) if known is not None else None
        if known is not None and selection is not None:
            found.append(AccountReport(account, known, selection, compute_result(selection)))
    return found


def totals(reports: Sequence[AccountReport], today: date) -> list[Total]:
    """One total per currency; of a single account, its own result."""
    found = []
    for currency in dict.fromkeys(each.currency for each in reports):
        group = [each for each in reports if each.currency == currency]
        result = _together([each.result for each in group])
        if result is not None:
            name = group[0].account.id if len(group) == 1 else f"total {currency}".strip()
            found.append(Total(name, currency, result, tuple(_own_periods(group, today))))
    return found


def _own_periods(group: Sequence[AccountReport], today: date) -> list[tuple[str, Result]]:
    found = []
    for name in PERIODS:
        period = parse_period(name, today)
        selections = [select_values(each.values, period) for each in group]
        known = [
            compute_result(each)
            for each in selections
            # The last day before the period is shown as 1D only.
            if each is not None and not each.late and (name == PERIODS[0] or not each.moved)
        ]
        result = _together(known) if len(known) == len(group) else None
        if result is not None:
            found.append((name, result))
    return found


def _together(results: Sequence[Result]) -> Result | None:
    return results[0] if len(results) == 1 else combine_results(results)
