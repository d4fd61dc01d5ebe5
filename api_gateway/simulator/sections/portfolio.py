"""Portfolio: accounts, positions, ledger, summary and allocation, from a back end with a cache of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from api_gateway.simulator.account_checks import unauthorized, whole_number, yes
from api_gateway.simulator.account_rows import account_attributes, allocation, ledger, no_allocation
from api_gateway.simulator.lines import Line
from api_gateway.simulator.portfolio_summary import portfolio_summary
from api_gateway.simulator.position_rows import PAGE_SIZE, full_row, ordered, thin_row, uncached_row
from api_gateway.simulator.routing import Call, Needs, Refusal, Reply, Section, bad_request
from api_gateway.simulator.simulation import Simulation

SECTION = Section("Portfolio")

_SUBACCOUNTS_PAGE = 20
_PERIODS = {"7D": timedelta(days=6), "1M": timedelta(days=30)}


def _entered(simulation: Simulation, empty: Any) -> Reply | None:
    """None once the accounts were called; before that a refusal, or with `strict` off what `empty` holds."""
    if simulation.preflights.portfolio_called:
        return None
    if simulation.options.strict:
        raise unauthorized()
    return Reply(200, empty)


def _account(simulation: Simulation, call: Call, empty: Any) -> Reply | None:
    if call.values["accountId"] != simulation.broker.account_id:
        raise unauthorized()
    return _entered(simulation, empty)


def _position_rows(
    simulation: Simulation, lines: Iterable[Line], *, full: bool, period: str = ""
) -> list[dict[str, Any]]:
    broker = simulation.broker
    longer = _PERIODS.get(period)
    profits = broker.realised_since(broker.day_start() - longer.total_seconds()) if longer else None
    rows = []
    for line in lines:
        conid, under = line.instrument.conid, line.instrument.underlying_conid
        realised = line.realised if profits is None else profits.get(conid, 0.0)
        if full:
            underlying = broker.universe.by_conid(under) if under else None
            rows.append(full_row(broker.account_id, line, realised, underlying))
        else:
            rows.append(thin_row(broker.account_id, line, realised))
    return rows


def _known(simulation: Simulation, call: Call) -> bool:
    """Whether the contracts are looked up already; this call starts that if they are not."""
    warm = simulation.preflights.positions_warm
    known = simulation.broker.account_id in warm or yes(call, "waitForSecDef")
    warm.add(simulation.broker.account_id)
    return known


def _sorted(call: Call, rows: list[dict[str, Any]], default: str) -> list[dict[str, Any]]:
    if call.query.get("model"):
        return []
    return ordered(rows, call.query.get("sort") or default, call.query.get("direction", "a") == "d")


@SECTION.answers("GET", "/portfolio/accounts", needs=Needs.LOGIN)
def portfolio_accounts(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """The accounts with positions and balances; every other portfolio call waits for this one."""
    simulation.preflights.portfolio_called = True
    return [account_attributes(simulation.broker.account_id, brokerage_access=True)]


@SECTION.answers("GET", "/portfolio/subaccounts", needs=Needs.LOGIN)
def portfolio_subaccounts(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """The same list for advisors; here it has the one account."""
    simulation.preflights.portfolio_called = True
    return [account_attributes(simulation.broker.account_id, brokerage_access=False)]


@SECTION.answers("GET", "/portfolio/subaccounts2", needs=Needs.LOGIN)
def portfolio_subaccounts_page(simulation: Simulation, call: Call) -> Any:
    """The same list in pages of twenty."""
    page = whole_number(call.query.get("page", "0"), "page")
    simulation.preflights.portfolio_called = True
    accounts = [account_attributes(simulation.broker.account_id, brokerage_access=False)]
    first = page * _SUBACCOUNTS_PAGE
    return {
        "metadata": {"total": len(accounts), "pageSize": _SUBACCOUNTS_PAGE, "pageNum": page},
        "subaccounts": accounts[first : first + _SUBACCOUNTS_PAGE],
    }


@SECTION.answers("GET", "/portfolio/{accountId}/meta", needs=Needs.LOGIN)
def account_meta(simulation: Simulation, call: Call) -> Any:
    """The attributes of one account."""
    return _account(simulation, call, {}) or account_attributes(
        simulation.broker.account_id, brokerage_access=False
    )


@SECTION.answers("GET", "/portfolio/{accountId}/summary", needs=Needs.LOGIN)
def account_values(simulation: Simulation, call: Call) -> Any:
    """Every value of the account, by segment."""
    broker = simulation.broker
    return _account(simulation, call, {}) or portfolio_summary(broker.account_id, broker.valuation())


@SECTION.answers("GET", "/portfolio/{accountId}/ledger", needs=Needs.LOGIN)
def account_ledger(simulation: Simulation, call: Call) -> Any:
    """Balances by currency."""
    broker = simulation.broker
    return _account(simulation, call, {}) or ledger(broker.account_id, broker.valuation())


@SECTION.answers("GET", "/portfolio/{accountId}/allocation", needs=Needs.LOGIN)
def account_allocation(simulation: Simulation, call: Call) -> Any:
    """Positions by asset class, sector and group."""
    early = _account(simulation, call, no_allocation())
    if early is not None:
        return early
    return no_allocation() if call.query.get("model") else allocation(simulation.broker.valuation())


@SECTION.answers("POST", "/portfolio/allocation", needs=Needs.LOGIN)
def joint_allocation(simulation: Simulation, call: Call) -> Any:
    """The allocation of several accounts together; the positions must have been loaded before."""
    accounts = call.body.get("acctIds") if isinstance(call.body, dict) else None
    if not isinstance(accounts, list) or not accounts or not all(isinstance(each, str) for each in accounts):
        raise bad_request("acctIds is required")
    early = _entered(simulation, no_allocation())
    if early is not None:
        return early
    if set(accounts) != {simulation.broker.account_id}:
        raise unauthorized()
    if simulation.broker.account_id not in simulation.preflights.positions_warm:
        raise Refusal(500, {"error": "Internal Server Error", "statusCode": 500})
    return allocation(simulation.broker.valuation())


@SECTION.answers("GET", "/portfolio/{accountId}/positions/{pageId}", needs=Needs.LOGIN)
def positions_page(simulation: Simulation, call: Call) -> Any:
    """A hundred positions, as they were up to 45 s ago; the first time without the contracts' details."""
    page = whole_number(call.values["pageId"], "pageId")
    early = _account(simulation, call, [])
    if early is not None:
        return early
    lines = simulation.broker.cached_valuation().held
    full = _known(simulation, call)
    rows = _position_rows(simulation, lines, full=full, period=call.query.get("period", ""))
    return _sorted(call, rows, "contractDesc")[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]


@SECTION.answers("GET", "/portfolio2/{accountId}/positions", needs=Needs.LOGIN)
def current_positions(simulation: Simulation, call: Call) -> Any:
    """All positions as they are now, in a shape of their own."""
    early = _account(simulation, call, [])
    if early is not None:
        return early
    valuation = simulation.broker.valuation()
    return _sorted(call, [uncached_row(line, int(valuation.at)) for line in valuation.held], "description")


@SECTION.answers("GET", "/portfolio/{accountId}/position/{conid}", needs=Needs.LOGIN)
def position_in(simulation: Simulation, call: Call) -> Any:
    """The position in one instrument, as a list; an empty one when nothing is held."""
    conid = whole_number(call.values["conid"], "conid")
    early = _account(simulation, call, [])
    if early is not None:
        return early
    line = simulation.broker.cached_valuation().line(conid)
    full = _known(simulation, call)
    return _position_rows(simulation, [line] if line else [], full=full)


@SECTION.answers("GET", "/portfolio/positions/{conid}", needs=Needs.LOGIN)
def positions_in(simulation: Simulation, call: Call) -> Any:
    """The positions in one instrument by account; no account when nothing is held."""
    conid = whole_number(call.values["conid"], "conid")
    early = _entered(simulation, {})
    if early is not None:
        return early
    line = simulation.broker.cached_valuation().line(conid)
    full = _known(simulation, call)
    return {simulation.broker.account_id: _position_rows(simulation, [line], full=full)} if line else {}


@SECTION.answers("GET", "/portfolio/{accountId}/combo/positions", needs=Needs.LOGIN)
def combination_positions(simulation: Simulation, call: Call) -> Any:
    """Positions that were bought as one combination: there are none."""
    return _account(simulation, call, []) or []


@SECTION.answers("POST", "/portfolio/{accountId}/positions/invalidate", needs=Needs.LOGIN)
def invalidate_positions(simulation: Simulation, call: Call) -> Any:
    """Forget the positions of up to 45 s ago."""
    early = _account(simulation, call, {"message": "success"})
    if early is not None:
        return early
    simulation.broker.invalidate()
    return {"message": "success"}
