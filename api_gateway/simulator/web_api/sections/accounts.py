"""Accounts: the list, the selected account, and its balances."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.accounts.formatted_summaries import (
    available_funds,
    balances,
    margins,
    market_value,
)
from api_gateway.simulator.accounts.valuation import Valuation
from api_gateway.simulator.advisors.pnl_rows import partitioned_pnl_rows
from api_gateway.simulator.replies import ApiError, bad_request
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.account_views import find_account_view
from api_gateway.simulator.web_api.guards import (
    require_accounts_call,
    server_error,
    unauthorized,
    unavailable,
)
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section
from api_gateway.simulator.web_api.sections.session import SERVER_INFO, USER_NAME

SECTION = Section("Accounts")

_ASSET_TYPES = (
    "STK,CFD,OPT,FOP,WAR,FUT,BAG,PDC,CASH,IND,BOND,BILL,FUND,SLB,News,CMDTY,IOPT,ICU,ICS,PHYSS,CRYPTO,EC"
)
_CHART_ASSET_TYPES = (
    "STK",
    "CFD",
    "OPT",
    "FOP",
    "WAR",
    "IOPT",
    "FUT",
    "CASH",
    "IND",
    "BOND",
    "FUND",
    "CMDTY",
    "PHYSS",
    "CRYPTO",
)
_LIMITED_CHART_PERIODS = {"OPT": ("2h", "1d", "2d", "1w", "1m"), "FOP": ("2h", "1d", "2d", "1w", "1m")}


def _required_valuation(simulation: Simulation, request: ApiRequest) -> Valuation:
    """Return the current valuation of the account in the path; rejects an account of another login."""
    view = find_account_view(simulation, request.path_params["accountId"])
    if view is None:
        raise bad_request("unknown account")
    return view.valuation()


def _select_account(simulation: Simulation, account: str) -> None:
    """Select an account; the next calls have to load its orders and trades again."""
    simulation.selected_account_id = account
    simulation.preflights.reset_account()


def _required_account(request: ApiRequest) -> str:
    account = request.body.get("acctId") if isinstance(request.body, dict) else None
    if not isinstance(account, str) or not account:
        raise bad_request("acctId is required")
    return account


@SECTION.route("GET", "/iserver/accounts", requires=RequiredSession.BROKERAGE)
def brokerage_accounts(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the accounts that can trade; the calls below /iserver require this one first."""
    simulation.preflights.accounts_called = True
    return accounts_row(simulation)


def accounts_row(simulation: Simulation) -> dict[str, Any]:
    """Return the accounts that can trade, as this call lists them and the WebSocket announces them.

    For an advisor, the names of the groups are listed too, including "All". That is documented; the order,
    and that only accounts have properties, is assumed.
    """
    profile = simulation.profile
    names = [*simulation.tradable_account_ids, *simulation.allocation_groups.group_names]
    aliases = {account.id: account.alias or account.id for account in profile.all_accounts}
    return {
        "accounts": names,
        "acctProps": {
            account: {
                "hasChildAccounts": profile.master is not None and account == profile.master.id,
                "supportsCashQty": True,
                "liteUnderPro": False,
                "noFXConv": False,
                "isProp": False,
                "supportsFractions": True,
                "allowCustomerTime": False,
                "autoFx": False,
            }
            for account in simulation.tradable_account_ids
        },
        "aliases": {name: aliases.get(name, name) for name in names},
        "allowFeatures": {
            "showGFIS": True,
            "showEUCostReport": False,
            "allowEventContract": True,
            "allowFXConv": True,
            "allowFinancialLens": False,
            "allowMTA": True,
            "allowTypeAhead": True,
            "allowEventTrading": True,
            "snapshotRefreshTimeout": 30,
            "liteUser": False,
            "showWebNews": True,
            "research": True,
            "debugPnl": True,
            "showTaxOpt": True,
            "showImpactDashboard": True,
            "allowDynAccount": profile.dynamic,
            "allowCrypto": False,
            "allowFA": profile.master is not None,
            "allowLiteUnderPro": False,
            "allowedAssetTypes": _ASSET_TYPES,
            "restrictTradeSubscription": False,
            "showUkUserLabels": False,
            "sideBySide": True,
        },
        "chartPeriods": {kind: list(_LIMITED_CHART_PERIODS.get(kind, ("*",))) for kind in _CHART_ASSET_TYPES},
        "groups": simulation.allocation_groups.group_names,
        "profiles": [],
        "selectedAccount": simulation.selected_account_id,
        "serverInfo": dict(SERVER_INFO),
        "sessionId": f"{int(simulation.session.logged_in_at or 0):08x}.0000001e",
        "isFT": False,
        "isPaper": profile.paper,
    }


@SECTION.route("POST", "/iserver/account", requires=RequiredSession.BROKERAGE)
def switch_account(simulation: Simulation, request: ApiRequest) -> Any:
    """Select an account. Assumed: a group cannot be selected, nor "All"."""
    account = _required_account(request)
    require_accounts_call(simulation)
    if account not in simulation.tradable_account_ids:
        raise server_error("Account is not available")
    if account == simulation.selected_account_id:
        return {"success": "Account already set"}
    _select_account(simulation, account)
    return {"set": True, "acctId": account}


@SECTION.route("GET", "/iserver/account/pnl/partitioned", requires=RequiredSession.BROKERAGE)
def profit_and_loss(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the selected account's daily and open profit; the first call only starts the subscription.

    A client account that is invested in models has one row per model, and a Core row for everything else.
    """
    require_accounts_call(simulation)
    if not simulation.preflights.pnl_warm:
        simulation.preflights.pnl_warm = True
        return {"upnl": {}}
    return {
        "upnl": partitioned_pnl_rows(
            simulation.selected_account,
            simulation.models.value_account_holdings(simulation.selected_account_id),
        )
    }


@SECTION.route("GET", "/iserver/account/{accountId}/summary", requires=RequiredSession.BROKERAGE)
def account_summary(simulation: Simulation, request: ApiRequest) -> Any:
    """Return balances and margins as numbers in base currency, and cash by currency."""
    valuation = _required_valuation(simulation, request)
    total = valuation.total
    amounts = {
        "balance": total.available_funds,
        "SMA": valuation.securities.special_memorandum,
        "buyingPower": total.buying_power,
        "availableFunds": total.available_funds,
        "excessLiquidity": total.excess_liquidity,
        "netLiquidationValue": total.net_liquidation,
        "equityWithLoanValue": total.equity_with_loan,
        "regTLoan": max(0.0, -total.cash),
        "securitiesGVP": total.gross_position_value,
        "totalCashValue": total.total_cash,
        "accruedInterest": total.accrued_interest,
        "regTMargin": valuation.securities.reg_t_margin,
        "initialMargin": total.initial_margin,
        "maintenanceMargin": total.maintenance_margin,
    }
    cash = [(ledger.currency, ledger.cash, ledger.settled_cash) for ledger in valuation.ledgers]
    base = valuation.base_ledger
    cash.append((f"Total (in {valuation.base_currency})", base.cash, base.settled_cash))
    return {
        "accountType": "",
        "status": "",
        **{name: float(round(amount)) for name, amount in amounts.items()},
        "cashBalances": [
            {"currency": currency, "balance": float(round(balance)), "settledCash": float(round(settled))}
            for currency, balance, settled in cash
        ],
    }


@SECTION.route(
    "GET", "/iserver/account/{accountId}/summary/available_funds", requires=RequiredSession.BROKERAGE
)
def account_available_funds(simulation: Simulation, request: ApiRequest) -> Any:
    """Return available funds by segment, as text."""
    return available_funds(_required_valuation(simulation, request))


@SECTION.route("GET", "/iserver/account/{accountId}/summary/balances", requires=RequiredSession.BROKERAGE)
def account_balances(simulation: Simulation, request: ApiRequest) -> Any:
    """Return equity and cash by segment, as text."""
    return balances(_required_valuation(simulation, request))


@SECTION.route("GET", "/iserver/account/{accountId}/summary/margins", requires=RequiredSession.BROKERAGE)
def account_margins(simulation: Simulation, request: ApiRequest) -> Any:
    """Return margin requirements by segment, as text."""
    return margins(_required_valuation(simulation, request))


@SECTION.route("GET", "/iserver/account/{accountId}/summary/market_value", requires=RequiredSession.BROKERAGE)
def account_market_value(simulation: Simulation, request: ApiRequest) -> Any:
    """Return market value by currency and asset type, as text."""
    return market_value(_required_valuation(simulation, request))


@SECTION.route("GET", "/iserver/account/search/{searchPattern}", requires=RequiredSession.BROKERAGE)
def search_accounts(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the accounts whose ID or alias starts with the pattern; needs a login with dynamic accounts.

    Matching the start follows from IBKR's examples; ignoring case is assumed.
    """
    if not simulation.profile.dynamic:
        raise unavailable()
    pattern = request.path_params["searchPattern"]
    matched = [
        {"accountId": account.id, "alias": account.alias or account.id, "allocationId": account.id}
        for account in simulation.profile.accounts
        if any(name.upper().startswith(pattern.upper()) for name in (account.id, account.alias))
    ]
    return {"matchedAccounts": matched, "pattern": pattern}


@SECTION.route("POST", "/iserver/dynaccount", requires=RequiredSession.BROKERAGE)
def set_dynamic_account(simulation: Simulation, request: ApiRequest) -> Any:
    """Select an account; needs a login with dynamic accounts. Assumed: an unknown account is 500."""
    account = _required_account(request)
    if not simulation.profile.dynamic:
        raise ApiError(401, {"error": "Unauthorized", "statusCode": 401})
    if account not in simulation.accounts:
        raise server_error("Account is not available")
    _select_account(simulation, account)
    return {"set": True, "acctId": account}


@SECTION.route("GET", "/acesws/{accountId}/signatures-and-owners", requires=RequiredSession.LOGIN)
def signatures_and_owners(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the owners of the account."""
    account = request.path_params["accountId"]
    if account not in simulation.accounts:
        raise unauthorized()
    title = simulation.profile.account(account).title
    first_name, _, last_name = title.partition(" ")
    return {
        "accountId": account,
        "users": [
            {
                "roleId": "OWNER",
                "hasRightCodeInd": True,
                "userName": USER_NAME,
                "entity": {
                    "firstName": first_name,
                    "lastName": last_name,
                    "entityType": "INDIVIDUAL",
                    "entityName": title,
                    "dateOfBirth": "1980-01-31",
                },
            }
        ],
        "applicant": {"signatures": [title]},
    }
