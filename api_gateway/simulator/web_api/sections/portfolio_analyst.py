"""Portfolio Analyst: performance, transactions and allocation over time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TypeGuard

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.portfolio_analyst.account_history import day_of, end_of, past_of
from api_gateway.simulator.portfolio_analyst.asset_allocation import TYPES, allocations
from api_gateway.simulator.portfolio_analyst.performance import PERIODS, all_periods, performance
from api_gateway.simulator.portfolio_analyst.transaction_rows import transactions
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Section, bad_request

SECTION = Section("Portfolio Analyst")

_DAYS = 90
_MOST_DAYS = 3650


@SECTION.answers("POST", "/pa/performance", needs=Needs.LOGIN, reads=True)
def performance_over(simulation: Simulation, call: Call) -> Any:
    """Values and returns of the accounts over one period."""
    body = _body(call)
    brokers = _brokers(simulation, _accounts(body))
    period = body.get("period")
    if period not in PERIODS:
        raise bad_request("Invalid period")
    return performance(brokers, period)


@SECTION.answers("POST", "/pa/allperiods", needs=Needs.LOGIN, reads=True)
def performance_over_all_periods(simulation: Simulation, call: Call) -> Any:
    """Values and returns over every period; an account in the query stands for those in the body."""
    one = call.query.get("param")
    return all_periods(_brokers(simulation, [one] if one else _accounts(_body(call))))


@SECTION.answers("POST", "/pa/transactions", needs=Needs.LOGIN, reads=True)
def transaction_history(simulation: Simulation, call: Call) -> Any:
    """What the accounts bought and sold of some contracts, and the profit of it."""
    body = _body(call)
    accounts, conids, currency = body.get("acctIds"), body.get("conids"), body.get("currency")
    if not (
        _listed(accounts) and isinstance(conids, list) and conids and isinstance(currency, str) and currency
    ):
        raise bad_request("acctIds, currency and conids are required")
    days = body.get("days", _DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MOST_DAYS:
        raise bad_request("Invalid days")
    wanted = {str(conid) for conid in conids}
    if not all(conid.isascii() and conid.isdecimal() for conid in wanted):
        raise bad_request("Invalid conids")
    try:
        return transactions(
            _brokers(simulation, accounts), {int(conid) for conid in wanted}, currency.upper(), days
        )
    except LookupError:
        raise bad_request("Invalid currency") from None


@SECTION.answers("POST", "/pa/allocation", needs=Needs.LOGIN, reads=True)
def allocation_by_type(simulation: Simulation, call: Call) -> Any:
    """What the accounts together are made of, now or at the end of a day."""
    body = _body(call)
    brokers = _brokers(simulation, _accounts(body))
    kind = str(body.get("type", "")).upper()
    if kind not in TYPES:
        raise bad_request("Invalid type")
    currency = str(body.get("currency") or brokers[0].base).upper()
    now = simulation.clock.now()
    day = _day(body.get("date"), day_of(now))
    moment = now if day is None else end_of(day, now)
    try:
        rate = brokers[0].rates.rate(currency, moment)
    except LookupError:
        raise bad_request("Invalid currency") from None
    # A model portfolio that an account has not invested in holds nothing of it.
    counted = [] if body.get("model") else brokers
    pasts = [past for broker in counted for past in past_of(broker, [moment])]
    reply = {"id": "getAllocation", "currency": currency, "realtime": day is None}
    if day is not None:
        reply["date"] = f"{day:%Y%m%d}"
    return reply | {"allocations": allocations(pasts, kind, rate)}


def _body(call: Call) -> dict[str, Any]:
    if not isinstance(call.body, dict):
        raise bad_request("a JSON object is expected")
    return call.body


def _listed(accounts: Any) -> TypeGuard[list[str]]:
    return isinstance(accounts, list) and bool(accounts) and all(isinstance(each, str) for each in accounts)


def _accounts(body: dict[str, Any]) -> list[str]:
    accounts = body.get("acctIds")
    if not _listed(accounts):
        raise bad_request("acctIds is required")
    return accounts


def _brokers(simulation: Simulation, accounts: list[str]) -> list[Broker]:
    known = simulation.accounts
    if not all(account in known for account in accounts):
        raise Refusal(500, {"error": "Internal Server Error", "statusCode": 500})
    return [known[account] for account in dict.fromkeys(accounts)]


def _day(text: Any, today: date) -> date | None:
    """The day asked for; None for today, which is told in real time."""
    if text is None or text == "":
        return None
    try:
        day = datetime.strptime(str(text), "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise bad_request("Invalid date") from None
    if day > today:
        raise bad_request("Invalid date")
    return None if day == today else day
