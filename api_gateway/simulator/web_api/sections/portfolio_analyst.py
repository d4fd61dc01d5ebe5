"""Portfolio Analyst: performance, transactions and allocation over time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TypeGuard

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.portfolio_analyst.account_history import (
    account_snapshots,
    end_of_day,
    new_york_date,
)
from api_gateway.simulator.portfolio_analyst.asset_allocation import ALLOCATION_TYPES, allocations
from api_gateway.simulator.portfolio_analyst.performance import PERIODS, all_periods, performance
from api_gateway.simulator.portfolio_analyst.transaction_rows import transactions
from api_gateway.simulator.replies import bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import server_error
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Portfolio Analyst")

_DEFAULT_DAYS = 90
_MAX_DAYS = 3650


@SECTION.route("POST", "/pa/performance", requires=RequiredSession.LOGIN, read_only=True)
def performance_for_period(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the accounts' values and returns over one period."""
    body = _required_body(request)
    paper_accounts = _required_paper_accounts(simulation, _required_accounts(body))
    period = body.get("period")
    if period not in PERIODS:
        raise bad_request("Invalid period")
    return performance(paper_accounts, period)


@SECTION.route("POST", "/pa/allperiods", requires=RequiredSession.LOGIN, read_only=True)
def performance_for_all_periods(simulation: Simulation, request: ApiRequest) -> Any:
    """Return values and returns over every period; an account in the query overrides the body."""
    account = request.query.get("param")
    return all_periods(
        _required_paper_accounts(
            simulation, [account] if account else _required_accounts(_required_body(request))
        )
    )


@SECTION.route("POST", "/pa/transactions", requires=RequiredSession.LOGIN, read_only=True)
def transaction_history(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the accounts' trades in some contracts, and the realised profit."""
    body = _required_body(request)
    accounts, conids, currency = body.get("acctIds"), body.get("conids"), body.get("currency")
    if not (
        _is_string_list(accounts)
        and isinstance(conids, list)
        and conids
        and isinstance(currency, str)
        and currency
    ):
        raise bad_request("acctIds, currency and conids are required")
    days = body.get("days", _DEFAULT_DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MAX_DAYS:
        raise bad_request("Invalid days")
    conid_texts = {str(conid) for conid in conids}
    if not all(conid.isascii() and conid.isdecimal() for conid in conid_texts):
        raise bad_request("Invalid conids")
    try:
        return transactions(
            _required_paper_accounts(simulation, accounts),
            {int(conid) for conid in conid_texts},
            currency.upper(),
            days,
        )
    except LookupError:
        raise bad_request("Invalid currency") from None


@SECTION.route("POST", "/pa/allocation", requires=RequiredSession.LOGIN, read_only=True)
def allocation_by_type(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the accounts' joint allocation, now or at the end of a day."""
    body = _required_body(request)
    paper_accounts = _required_paper_accounts(simulation, _required_accounts(body))
    kind = str(body.get("type", "")).upper()
    if kind not in ALLOCATION_TYPES:
        raise bad_request("Invalid type")
    currency = str(body.get("currency") or paper_accounts[0].base_currency).upper()
    now = simulation.clock.now()
    day = _parse_day(body.get("date"), new_york_date(now))
    moment = now if day is None else end_of_day(day, now)
    try:
        rate = paper_accounts[0].exchange_rates.rate(currency, moment)
    except LookupError:
        raise bad_request("Invalid currency") from None
    # The account is not invested in any model portfolio, so a model's allocation is empty.
    invested_accounts = [] if body.get("model") else paper_accounts
    snapshots = [
        snapshot
        for paper_account in invested_accounts
        for snapshot in account_snapshots(paper_account, [moment])
    ]
    response = {"id": "getAllocation", "currency": currency, "realtime": day is None}
    if day is not None:
        response["date"] = f"{day:%Y%m%d}"
    return response | {"allocations": allocations(snapshots, kind, rate)}


def _required_body(request: ApiRequest) -> dict[str, Any]:
    if not isinstance(request.body, dict):
        raise bad_request("a JSON object is expected")
    return request.body


def _is_string_list(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _required_accounts(body: dict[str, Any]) -> list[str]:
    accounts = body.get("acctIds")
    if not _is_string_list(accounts):
        raise bad_request("acctIds is required")
    return accounts


def _required_paper_accounts(simulation: Simulation, accounts: list[str]) -> list[PaperAccount]:
    paper_accounts = simulation.accounts
    if not all(account in paper_accounts for account in accounts):
        raise server_error("Internal Server Error")
    return [paper_accounts[account] for account in dict.fromkeys(accounts)]


def _parse_day(text: Any, today: date) -> date | None:
    """Return the requested day; None for today, whose allocation is real-time."""
    if text is None or text == "":
        return None
    try:
        day = datetime.strptime(str(text), "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise bad_request("Invalid date") from None
    if day > today:
        raise bad_request("Invalid date")
    return None if day == today else day
