"""Portfolio: accounts, positions, ledger, summary and allocation, from a back end with a cache of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from api_gateway.simulator.accounts.portfolio_summary import portfolio_summary
from api_gateway.simulator.accounts.position_rows import PAGE_SIZE, full_row, ordered, thin_row, uncached_row
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.accounts.valued_position import Line
from api_gateway.simulator.profiles import Account
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.account_rows import account_attributes, allocation, ledger, no_allocation
from api_gateway.simulator.web_api.account_views import AccountView, account_view, consolidated
from api_gateway.simulator.web_api.guards import unauthorized, whole_number, yes
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Reply, Section, bad_request

SECTION = Section("Portfolio")

_SUBACCOUNTS_PAGE, _MOST_SUBACCOUNTS = 20, 100
_PERIODS = {"7D": timedelta(days=6), "1M": timedelta(days=30)}


def _entered(simulation: Simulation, empty: Any) -> Reply | None:
    """None once the accounts were called; before that a refusal, or with `strict` off what `empty` holds."""
    if simulation.preflights.portfolio_called:
        return None
    if simulation.options.strict:
        raise unauthorized()
    return Reply(200, empty)


def _view(simulation: Simulation, call: Call) -> AccountView:
    """The account that the path names, refused if it is none of the login's."""
    view = account_view(simulation, call.values["accountId"])
    if view is None:
        raise unauthorized()
    return view


def _position_rows(
    simulation: Simulation, view: AccountView, lines: Iterable[Line], *, full: bool, period: str = ""
) -> list[dict[str, Any]]:
    longer = _PERIODS.get(period)
    profits = view.realised_in(longer.total_seconds()) if longer else None
    rows = []
    for line in lines:
        conid, under = line.instrument.conid, line.instrument.underlying_conid
        realised = line.realised if profits is None else profits.get(conid, 0.0)
        if full:
            underlying = simulation.universe.by_conid(under) if under else None
            rows.append(full_row(view.account_id, line, realised, underlying))
        else:
            rows.append(thin_row(view.account_id, line, realised))
    return rows


def _known(simulation: Simulation, call: Call, account_id: str) -> bool:
    """Whether the contracts are looked up already; this call starts that if they are not."""
    warm = simulation.preflights.positions_warm
    known = account_id in warm or yes(call, "waitForSecDef")
    warm.add(account_id)
    return known


def _held(simulation: Simulation, call: Call, view: AccountView, valuation: Valuation) -> tuple[Line, ...]:
    """The positions, or with `model` those of the account's share of one; "All" has no shares."""
    model = call.query.get("model", "")
    if not model:
        return valuation.held
    stakes = simulation.models.stakes_of(view.account_id)
    return next((stake.lines for stake in stakes if stake.model.name == model), ())


def _sorted(call: Call, rows: list[dict[str, Any]], default: str) -> list[dict[str, Any]]:
    named = [row | {"model": call.query.get("model", "")} for row in rows]
    return ordered(named, call.query.get("sort") or default, call.query.get("direction", "a") == "d")


def _attributes(
    simulation: Simulation, accounts: Iterable[Account], *, brokerage_access: bool
) -> list[dict[str, Any]]:
    simulation.preflights.portfolio_called = True
    return [
        account_attributes(simulation.profile, each.id, brokerage_access=brokerage_access)
        for each in accounts
    ]


@SECTION.answers("GET", "/portfolio/accounts", needs=Needs.LOGIN)
def portfolio_accounts(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """The accounts with positions and balances; every other portfolio call waits for this one.

    An advisor's login gets the master account alone, as IBKR sends it to the subaccounts for the others.
    """
    master = simulation.profile.master
    accounts = (master,) if master else simulation.profile.accounts
    return _attributes(simulation, accounts, brokerage_access=True)


@SECTION.answers("GET", "/portfolio/subaccounts", needs=Needs.LOGIN)
def portfolio_subaccounts(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """An advisor's clients, at most a hundred; for everybody else the same accounts again."""
    accounts = simulation.profile.accounts[:_MOST_SUBACCOUNTS]
    return _attributes(simulation, accounts, brokerage_access=False)


@SECTION.answers("GET", "/portfolio/subaccounts2", needs=Needs.LOGIN)
def portfolio_subaccounts_page(simulation: Simulation, call: Call) -> Any:
    """The same list in pages of twenty."""
    page = whole_number(call.query.get("page", "0"), "page")
    accounts, first = simulation.profile.accounts, page * _SUBACCOUNTS_PAGE
    listed = accounts[first : first + _SUBACCOUNTS_PAGE]
    return {
        "metadata": {"total": len(accounts), "pageSize": _SUBACCOUNTS_PAGE, "pageNum": page},
        "subaccounts": _attributes(simulation, listed, brokerage_access=False),
    }


@SECTION.answers("GET", "/portfolio/{accountId}/meta", needs=Needs.LOGIN)
def account_meta(simulation: Simulation, call: Call) -> Any:
    """The attributes of one account; "All" is none."""
    view = _view(simulation, call)
    early = _entered(simulation, {})
    if early is not None:
        return early
    try:
        return account_attributes(simulation.profile, view.account_id, brokerage_access=False)
    except LookupError:
        raise unauthorized() from None


@SECTION.answers("GET", "/portfolio/{accountId}/summary", needs=Needs.LOGIN)
def account_values(simulation: Simulation, call: Call) -> Any:
    """Every value of the account, by segment."""
    view = _view(simulation, call)
    return _entered(simulation, {}) or portfolio_summary(view.account_id, view.valuation())


@SECTION.answers("GET", "/portfolio/{accountId}/ledger", needs=Needs.LOGIN)
def account_ledger(simulation: Simulation, call: Call) -> Any:
    """Balances by currency."""
    view = _view(simulation, call)
    return _entered(simulation, {}) or ledger(view.account_id, view.valuation())


@SECTION.answers("GET", "/portfolio/{accountId}/allocation", needs=Needs.LOGIN)
def account_allocation(simulation: Simulation, call: Call) -> Any:
    """Positions by asset class, sector and group; with `model` those of a model, without its cash."""
    view = _view(simulation, call)
    early = _entered(simulation, no_allocation())
    if early is not None:
        return early
    valuation = view.valuation()
    if call.query.get("model"):
        valuation = replace(valuation, lines=_held(simulation, call, view, valuation), rates={})
    return allocation(valuation)


@SECTION.answers("POST", "/portfolio/allocation", needs=Needs.LOGIN)
def joint_allocation(simulation: Simulation, call: Call) -> Any:
    """The allocation of several accounts together; the positions of each must have been loaded before."""
    accounts = call.body.get("acctIds") if isinstance(call.body, dict) else None
    if not isinstance(accounts, list) or not accounts or not all(isinstance(each, str) for each in accounts):
        raise bad_request("acctIds is required")
    early = _entered(simulation, no_allocation())
    if early is not None:
        return early
    if not set(accounts) <= set(simulation.accounts):
        raise unauthorized()
    if not set(accounts) <= simulation.preflights.positions_warm:
        raise Refusal(500, {"error": "Internal Server Error", "statusCode": 500})
    brokers = (simulation.accounts[account] for account in dict.fromkeys(accounts))
    return allocation(consolidated(broker.valuation() for broker in brokers))


@SECTION.answers("GET", "/portfolio/{accountId}/positions/{pageId}", needs=Needs.LOGIN)
def positions_page(simulation: Simulation, call: Call) -> Any:
    """A hundred positions, as they were up to 45 s ago; the first time without the contracts' details."""
    page = whole_number(call.values["pageId"], "pageId")
    view = _view(simulation, call)
    early = _entered(simulation, [])
    if early is not None:
        return early
    lines = _held(simulation, call, view, view.cached_valuation())
    full = _known(simulation, call, view.account_id)
    rows = _position_rows(simulation, view, lines, full=full, period=call.query.get("period", ""))
    return _sorted(call, rows, "contractDesc")[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]


@SECTION.answers("GET", "/portfolio2/{accountId}/positions", needs=Needs.LOGIN)
def current_positions(simulation: Simulation, call: Call) -> Any:
    """All positions as they are now, in a shape of their own."""
    view = _view(simulation, call)
    early = _entered(simulation, [])
    if early is not None:
        return early
    valuation = view.valuation()
    lines = _held(simulation, call, view, valuation)
    return _sorted(call, [uncached_row(line, int(valuation.at)) for line in lines], "description")


@SECTION.answers("GET", "/portfolio/{accountId}/position/{conid}", needs=Needs.LOGIN)
def position_in(simulation: Simulation, call: Call) -> Any:
    """The position in one instrument, as a list; an empty one when nothing is held."""
    conid = whole_number(call.values["conid"], "conid")
    view = _view(simulation, call)
    early = _entered(simulation, [])
    if early is not None:
        return early
    line = view.cached_valuation().line(conid)
    full = _known(simulation, call, view.account_id)
    return _position_rows(simulation, view, [line] if line else [], full=full)


@SECTION.answers("GET", "/portfolio/positions/{conid}", needs=Needs.LOGIN)
def positions_in(simulation: Simulation, call: Call) -> Any:
    """The positions in one instrument by account; only the accounts that hold it."""
    conid = whole_number(call.values["conid"], "conid")
    early = _entered(simulation, {})
    if early is not None:
        return early
    found = {}
    for account, broker in simulation.accounts.items():
        view, line = AccountView(account, (broker,)), broker.cached_valuation().line(conid)
        full = _known(simulation, call, account)
        if line:
            found[account] = _position_rows(simulation, view, [line], full=full)
    return found


@SECTION.answers("GET", "/portfolio/{accountId}/combo/positions", needs=Needs.LOGIN)
def combination_positions(simulation: Simulation, call: Call) -> Any:
    """Positions that were bought as one combination: there are none."""
    _view(simulation, call)
    return _entered(simulation, []) or []


@SECTION.answers("POST", "/portfolio/{accountId}/positions/invalidate", needs=Needs.LOGIN)
def invalidate_positions(simulation: Simulation, call: Call) -> Any:
    """Forget the positions of up to 45 s ago."""
    view = _view(simulation, call)
    early = _entered(simulation, {"message": "success"})
    if early is not None:
        return early
    view.invalidate()
    return {"message": "success"}
