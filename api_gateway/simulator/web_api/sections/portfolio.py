"""Portfolio: accounts, positions, ledger, summary and allocation, from a back end with its own cache."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from api_gateway.simulator.accounts.combination_positions import combination_positions
from api_gateway.simulator.accounts.portfolio_summary import portfolio_summary
from api_gateway.simulator.accounts.position_rows import (
    PAGE_SIZE,
    combination_row,
    complete_row,
    incomplete_row,
    portfolio2_row,
    sort_rows,
)
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.accounts.valued_position import ValuedPosition
from api_gateway.simulator.profiles import AccountProfile
from api_gateway.simulator.replies import ApiResponse, bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.account_rows import (
    account_attributes,
    allocation,
    empty_allocation,
    ledger,
)
from api_gateway.simulator.web_api.account_views import AccountView, consolidate, find_account_view
from api_gateway.simulator.web_api.guards import is_true, parse_whole_number, server_error, unauthorized
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Portfolio")

_SUBACCOUNTS_PAGE, _MAX_SUBACCOUNTS = 20, 100
_PERIODS = {"7D": timedelta(days=6), "1M": timedelta(days=30)}


def _early_response(simulation: Simulation, empty: Any) -> ApiResponse | None:
    """Return None once the accounts were requested; before, raise 401, or return `empty` if not `strict`."""
    if simulation.preflights.portfolio_called:
        return None
    if simulation.options.strict:
        raise unauthorized()
    return ApiResponse(200, empty)


def _required_view(simulation: Simulation, request: ApiRequest) -> AccountView:
    """Return the account in the path; rejects an account of another login."""
    view = find_account_view(simulation, request.path_params["accountId"])
    if view is None:
        raise unauthorized()
    return view


def _position_rows(
    simulation: Simulation,
    view: AccountView,
    positions: Iterable[ValuedPosition],
    *,
    full: bool,
    period: str = "",
) -> list[dict[str, Any]]:
    longer = _PERIODS.get(period)
    profits = view.realised_profits(longer.total_seconds()) if longer else None
    rows = []
    for position in positions:
        conid, underlying_conid = position.instrument.conid, position.instrument.underlying_conid
        realised = position.realised if profits is None else profits.get(conid, 0.0)
        if full:
            underlying = simulation.universe.by_conid(underlying_conid) if underlying_conid else None
            rows.append(complete_row(view.account_id, position, realised, underlying))
        else:
            rows.append(incomplete_row(view.account_id, position, realised))
    return rows


def _contracts_loaded(simulation: Simulation, request: ApiRequest, account_id: str) -> bool:
    """Return whether the contracts are loaded; if not, this call starts loading them."""
    loaded_accounts = simulation.preflights.positions_warm
    loaded = account_id in loaded_accounts or is_true(request, "waitForSecDef")
    loaded_accounts.add(account_id)
    return loaded


def _selected_positions(
    simulation: Simulation, request: ApiRequest, view: AccountView, valuation: Valuation
) -> tuple[ValuedPosition, ...]:
    """Return the positions, or with `model` the account's share of that model; none for "All"."""
    model = request.query.get("model", "")
    if not model:
        return valuation.open_positions
    stakes = simulation.models.value_account_holdings(view.account_id)
    return next((stake.positions for stake in stakes if stake.model.name == model), ())


def _sort_rows(request: ApiRequest, rows: list[dict[str, Any]], default: str) -> list[dict[str, Any]]:
    named = [row | {"model": request.query.get("model", "")} for row in rows]
    return sort_rows(named, request.query.get("sort") or default, request.query.get("direction", "a") == "d")


def _load_attributes(
    simulation: Simulation, accounts: Iterable[AccountProfile], *, brokerage_access: bool
) -> list[dict[str, Any]]:
    simulation.preflights.portfolio_called = True
    return [
        account_attributes(simulation.profile, account.id, brokerage_access=brokerage_access)
        for account in accounts
    ]


@SECTION.route("GET", "/portfolio/accounts", requires=RequiredSession.LOGIN)
def portfolio_accounts(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the accounts with positions and balances; other portfolio calls require this one first.

    An advisor gets only the master account: IBKR refers to the subaccounts for the others.
    """
    master = simulation.profile.master
    accounts = (master,) if master else simulation.profile.accounts
    return _load_attributes(simulation, accounts, brokerage_access=True)


@SECTION.route("GET", "/portfolio/subaccounts", requires=RequiredSession.LOGIN)
def portfolio_subaccounts(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return an advisor's client accounts, at most 100; for other logins the same as the accounts."""
    accounts = simulation.profile.accounts[:_MAX_SUBACCOUNTS]
    return _load_attributes(simulation, accounts, brokerage_access=False)


@SECTION.route("GET", "/portfolio/subaccounts2", requires=RequiredSession.LOGIN)
def portfolio_subaccounts_page(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the subaccounts in pages of 20."""
    page = parse_whole_number(request.query.get("page", "0"), "page")
    accounts, first = simulation.profile.accounts, page * _SUBACCOUNTS_PAGE
    page_accounts = accounts[first : first + _SUBACCOUNTS_PAGE]
    return {
        "metadata": {"total": len(accounts), "pageSize": _SUBACCOUNTS_PAGE, "pageNum": page},
        "subaccounts": _load_attributes(simulation, page_accounts, brokerage_access=False),
    }


@SECTION.route("GET", "/portfolio/{accountId}/meta", requires=RequiredSession.LOGIN)
def account_meta(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the attributes of one account; "All" has none."""
    view = _required_view(simulation, request)
    early = _early_response(simulation, {})
    if early is not None:
        return early
    try:
        return account_attributes(simulation.profile, view.account_id, brokerage_access=False)
    except LookupError:
        raise unauthorized() from None


@SECTION.route("GET", "/portfolio/{accountId}/summary", requires=RequiredSession.LOGIN)
def account_values(simulation: Simulation, request: ApiRequest) -> Any:
    """Return every value of the account, by segment."""
    view = _required_view(simulation, request)
    return _early_response(simulation, {}) or portfolio_summary(view.account_id, view.valuation())


@SECTION.route("GET", "/portfolio/{accountId}/ledger", requires=RequiredSession.LOGIN)
def account_ledger(simulation: Simulation, request: ApiRequest) -> Any:
    """Return balances by currency."""
    view = _required_view(simulation, request)
    return _early_response(simulation, {}) or ledger(view.account_id, view.valuation())


@SECTION.route("GET", "/portfolio/{accountId}/allocation", requires=RequiredSession.LOGIN)
def account_allocation(simulation: Simulation, request: ApiRequest) -> Any:
    """Return positions by asset class, sector and group; with `model` a model's, without its cash."""
    view = _required_view(simulation, request)
    early = _early_response(simulation, empty_allocation())
    if early is not None:
        return early
    valuation = view.valuation()
    if request.query.get("model"):
        valuation = replace(
            valuation, positions=_selected_positions(simulation, request, view, valuation), rates={}
        )
    return allocation(valuation)


@SECTION.route("POST", "/portfolio/allocation", requires=RequiredSession.LOGIN)
def joint_allocation(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the allocation of several accounts together; the positions of each must be loaded."""
    accounts = request.body.get("acctIds") if isinstance(request.body, dict) else None
    if (
        not isinstance(accounts, list)
        or not accounts
        or not all(isinstance(account, str) for account in accounts)
    ):
        raise bad_request("acctIds is required")
    early = _early_response(simulation, empty_allocation())
    if early is not None:
        return early
    if not set(accounts) <= set(simulation.accounts):
        raise unauthorized()
    if not set(accounts) <= simulation.preflights.positions_warm:
        raise server_error("Internal Server Error")
    paper_accounts = (simulation.accounts[account] for account in dict.fromkeys(accounts))
    return allocation(consolidate(paper_account.valuation() for paper_account in paper_accounts))


@SECTION.route("GET", "/portfolio/{accountId}/positions/{pageId}", requires=RequiredSession.LOGIN)
def positions_page(simulation: Simulation, request: ApiRequest) -> Any:
    """Return up to 100 positions, up to 45 s old; the first call lacks the contracts' details."""
    page = parse_whole_number(request.path_params["pageId"], "pageId")
    view = _required_view(simulation, request)
    early = _early_response(simulation, [])
    if early is not None:
        return early
    positions = _selected_positions(simulation, request, view, view.cached_valuation())
    full = _contracts_loaded(simulation, request, view.account_id)
    rows = _position_rows(simulation, view, positions, full=full, period=request.query.get("period", ""))
    return _sort_rows(request, rows, "contractDesc")[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]


@SECTION.route("GET", "/portfolio2/{accountId}/positions", requires=RequiredSession.LOGIN)
def current_positions(simulation: Simulation, request: ApiRequest) -> Any:
    """Return all current positions, uncached, in a different shape."""
    view = _required_view(simulation, request)
    early = _early_response(simulation, [])
    if early is not None:
        return early
    valuation = view.valuation()
    positions = _selected_positions(simulation, request, view, valuation)
    return _sort_rows(
        request, [portfolio2_row(position, int(valuation.at)) for position in positions], "description"
    )


@SECTION.route("GET", "/portfolio/{accountId}/position/{conid}", requires=RequiredSession.LOGIN)
def account_position(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the position in one instrument as a list, empty if there is none."""
    conid = parse_whole_number(request.path_params["conid"], "conid")
    view = _required_view(simulation, request)
    early = _early_response(simulation, [])
    if early is not None:
        return early
    position = view.cached_valuation().open_position(conid)
    full = _contracts_loaded(simulation, request, view.account_id)
    return _position_rows(simulation, view, [position] if position else [], full=full)


@SECTION.route("GET", "/portfolio/positions/{conid}", requires=RequiredSession.LOGIN)
def positions_by_account(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the positions in one instrument, for each account that holds it."""
    conid = parse_whole_number(request.path_params["conid"], "conid")
    early = _early_response(simulation, {})
    if early is not None:
        return early
    rows_by_account = {}
    for account, paper_account in simulation.accounts.items():
        view, position = (
            AccountView(account, (paper_account,)),
            paper_account.cached_valuation().open_position(conid),
        )
        full = _contracts_loaded(simulation, request, account)
        if position:
            rows_by_account[account] = _position_rows(simulation, view, [position], full=full)
    return rows_by_account


@SECTION.route("GET", "/portfolio/{accountId}/combo/positions", requires=RequiredSession.LOGIN)
def list_combination_positions(simulation: Simulation, request: ApiRequest) -> Any:
    """Return what was traded as one combination and is still held; up to 45 s old without `nocache`."""
    view = _required_view(simulation, request)
    early = _early_response(simulation, [])
    if early is not None:
        return early
    valuation = view.valuation() if is_true(request, "nocache") else view.cached_valuation()
    return [
        combination_row(view.account_id, position)
        for position in combination_positions(view.combination_executions(), valuation)
    ]


@SECTION.route("POST", "/portfolio/{accountId}/positions/invalidate", requires=RequiredSession.LOGIN)
def invalidate_positions(simulation: Simulation, request: ApiRequest) -> Any:
    """Clear the cached positions."""
    view = _required_view(simulation, request)
    early = _early_response(simulation, {"message": "success"})
    if early is not None:
        return early
    view.invalidate()
    return {"message": "success"}
