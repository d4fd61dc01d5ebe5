"""Accounts: which there are, which is selected, and what it is worth in headlines."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.account_checks import need_accounts, unauthorized, unavailable
from api_gateway.simulator.formatted_summaries import available_funds, balances, margins, market_value
from api_gateway.simulator.routing import Call, Needs, Refusal, Section, bad_request
from api_gateway.simulator.sections.session import SERVER_INFO, USER_NAME
from api_gateway.simulator.simulation import Simulation

SECTION = Section("Accounts")

_ASSET_TYPES = (
    "STK,CFD,OPT,FOP,WAR,FUT,BAG,PDC,CASH,IND,BOND,BILL,FUND,SLB,News,CMDTY,IOPT,ICU,ICS,PHYSS,CRYPTO,EC"
)
_CHARTED = (
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
_SHORT_CHARTS = {"OPT": ("2h", "1d", "2d", "1w", "1m"), "FOP": ("2h", "1d", "2d", "1w", "1m")}


def _own(simulation: Simulation, call: Call) -> None:
    if call.values["accountId"] != simulation.broker.account_id:
        raise bad_request("unknown account")


def _account_in_body(call: Call) -> str:
    account = call.body.get("acctId") if isinstance(call.body, dict) else None
    if not isinstance(account, str) or not account:
        raise bad_request("acctId is required")
    return account


@SECTION.answers("GET", "/iserver/accounts", needs=Needs.BROKERAGE)
def brokerage_accounts(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """The accounts that can trade; everything under /iserver waits for this call."""
    simulation.preflights.accounts_called = True
    account = simulation.broker.account_id
    return {
        "accounts": [account],
        "acctProps": {
            account: {
                "hasChildAccounts": False,
                "supportsCashQty": True,
                "liteUnderPro": False,
                "noFXConv": False,
                "isProp": False,
                "supportsFractions": True,
                "allowCustomerTime": False,
                "autoFx": False,
            }
        },
        "aliases": {account: account},
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
            "allowDynAccount": False,
            "allowCrypto": False,
            "allowFA": False,
            "allowLiteUnderPro": False,
            "allowedAssetTypes": _ASSET_TYPES,
            "restrictTradeSubscription": False,
            "showUkUserLabels": False,
            "sideBySide": True,
        },
        "chartPeriods": {kind: list(_SHORT_CHARTS.get(kind, ("*",))) for kind in _CHARTED},
        "groups": [],
        "profiles": [],
        "selectedAccount": account,
        "serverInfo": dict(SERVER_INFO),
        "sessionId": f"{int(simulation.session.logged_in_at or 0):08x}.0000001e",
        "isFT": False,
        "isPaper": True,
    }


@SECTION.answers("POST", "/iserver/account", needs=Needs.BROKERAGE)
def switch_account(simulation: Simulation, call: Call) -> Any:
    """Select the account to work with: here there is but one, and it is selected."""
    account = _account_in_body(call)
    need_accounts(simulation)
    if account != simulation.broker.account_id:
        raise Refusal(500, {"error": "Account is not available", "statusCode": 500})
    return {"success": "Account already set"}


@SECTION.answers("GET", "/iserver/account/pnl/partitioned", needs=Needs.BROKERAGE)
def profit_and_loss(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """Profit of the day and open profit; the first call only wakes the subscription."""
    need_accounts(simulation)
    if not simulation.preflights.pnl_warm:
        simulation.preflights.pnl_warm = True
        return {"upnl": {}}
    valuation = simulation.broker.valuation()
    return {
        "upnl": {
            f"{simulation.broker.account_id}.Core": {
                "rowType": 1,
                "dpl": round(float(valuation.daily), 2),
                "nl": round(valuation.net_liquidation, 2),
                "upl": round(float(valuation.base_ledger.unrealised), 2),
                "uel": round(valuation.total.equity_with_loan, 2),
                "el": round(valuation.total.excess_liquidity, 2),
                "mv": round(valuation.total.net_liquidation - valuation.total.total_cash, 2),
            }
        }
    }


@SECTION.answers("GET", "/iserver/account/{accountId}/summary", needs=Needs.BROKERAGE)
def account_summary(simulation: Simulation, call: Call) -> Any:
    """Balances and margins as numbers in base currency, cash by currency."""
    _own(simulation, call)
    valuation = simulation.broker.valuation()
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
        "accruedInterest": 0.0,
        "regTMargin": valuation.securities.reg_t_margin,
        "initialMargin": total.initial_margin,
        "maintenanceMargin": total.maintenance_margin,
    }
    cash = [(each.currency, each.cash, each.settled_cash) for each in valuation.ledgers]
    base = valuation.base_ledger
    cash.append((f"Total (in {valuation.base})", base.cash, base.settled_cash))
    return {
        "accountType": "",
        "status": "",
        **{name: float(round(amount)) for name, amount in amounts.items()},
        "cashBalances": [
            {"currency": currency, "balance": float(round(balance)), "settledCash": float(round(settled))}
            for currency, balance, settled in cash
        ],
    }


@SECTION.answers("GET", "/iserver/account/{accountId}/summary/available_funds", needs=Needs.BROKERAGE)
def account_available_funds(simulation: Simulation, call: Call) -> Any:
    """What can be spent, by segment, as text."""
    _own(simulation, call)
    return available_funds(simulation.broker.valuation())


@SECTION.answers("GET", "/iserver/account/{accountId}/summary/balances", needs=Needs.BROKERAGE)
def account_balances(simulation: Simulation, call: Call) -> Any:
    """Equity and cash by segment, as text."""
    _own(simulation, call)
    return balances(simulation.broker.valuation())


@SECTION.answers("GET", "/iserver/account/{accountId}/summary/margins", needs=Needs.BROKERAGE)
def account_margins(simulation: Simulation, call: Call) -> Any:
    """Margin requirements by segment, as text."""
    _own(simulation, call)
    return margins(simulation.broker.valuation())


@SECTION.answers("GET", "/iserver/account/{accountId}/summary/market_value", needs=Needs.BROKERAGE)
def account_market_value(simulation: Simulation, call: Call) -> Any:
    """Market value by currency and kind of instrument, as text."""
    _own(simulation, call)
    return market_value(simulation.broker.valuation())


@SECTION.answers("GET", "/iserver/account/search/{searchPattern}", needs=Needs.BROKERAGE)
def search_accounts(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """Only brokers with dynamic accounts may search."""
    raise unavailable()


@SECTION.answers("POST", "/iserver/dynaccount", needs=Needs.BROKERAGE)
def set_dynamic_account(simulation: Simulation, call: Call) -> Any:  # noqa: ARG001
    """Only brokers with dynamic accounts have one to set."""
    _account_in_body(call)
    raise Refusal(401, {"error": "Unauthorized", "statusCode": 401})


@SECTION.answers("GET", "/acesws/{accountId}/signatures-and-owners", needs=Needs.LOGIN)
def signatures_and_owners(simulation: Simulation, call: Call) -> Any:
    """The people behind the account."""
    account = call.values["accountId"]
    if account != simulation.broker.account_id:
        raise unauthorized()
    return {
        "accountId": account,
        "users": [
            {
                "roleId": "OWNER",
                "hasRightCodeInd": True,
                "userName": USER_NAME,
                "entity": {
                    "firstName": "Paper",
                    "lastName": "Trader",
                    "entityType": "INDIVIDUAL",
                    "entityName": "Paper Trader",
                    "dateOfBirth": "1980-01-31",
                },
            }
        ],
        "applicant": {"signatures": ["Paper Trader"]},
    }
