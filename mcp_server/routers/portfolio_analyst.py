"""Portfolio Analyst: performance over time. IBKR allows one request per operation every 15 minutes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from mcp_server.models.portfolio_analyst import (
    AccountsRequest,
    AllocationRequest,
    PerformanceRequest,
    TransactionsRequest,
)
from mcp_server.rest.parameters import AccountName, Gateway
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Portfolio Analyst"])


@router.post("/pa/performance")
async def get_performance_series(gateway: Gateway, wanted: PerformanceRequest) -> Json:
    """Get the performance of accounts over a period: net asset value and returns, day by day.

    `nav` values, `cps` cumulative and `tpps` single returns, as fractions (0.05 is 5%). Several accounts are
    combined. IBKR allows one request every 15 minutes; repeating it returns the cached result.
    \f
    Source: IBKR Web API reference, "Account Performance".
    Found by: how did my portfolio do, profit this year, year to date return, gain or loss last month,
    return on investment, equity curve, NAV history, time-weighted, TWR, chart of account value, how much
    have I made, growth.
    For less: Request a shorter `period`, or fewer accounts.
    """
    return await gateway.post("/pa/performance", body=wanted.sent())


@router.post("/pa/allperiods")
async def get_performance_all_periods(
    gateway: Gateway,
    wanted: AccountsRequest,
    only_account: Annotated[
        AccountName | None, Query(description="Only this account; IBKR then ignores `account_ids`.")
    ] = None,
) -> Json:
    """Get the performance of accounts over all periods at once: 1D, 7D, MTD, 1M, YTD and 1Y.

    Keyed by account ID, then period. IBKR allows one request every 15 minutes; repeating it returns the
    cached result.
    \f
    Source: IBKR Web API reference, "Account Performance (All Time Periods)".
    Found by: compare returns of day, week, month and year, all time frames, performance overview,
    historical growth, gains over time, NAV, past returns, since inception.
    For less: Use `get_performance_series`, which has one period.
    """
    return await gateway.post("/pa/allperiods", body=wanted.sent(), param=only_account)


@router.post("/pa/transactions")
async def list_transactions(gateway: Gateway, wanted: TransactionsRequest) -> Json:
    """List past transactions in a contract: buys, sells, dividends, transfers; and realized profit.

    `rpnl` is that profit, `rawDate` YYYYMMDD, `qty` negative for a sale. IBKR allows one request every 15
    minutes; repeating it returns the cached result. For this week, use `list_trades`.
    \f
    Source: IBKR Web API reference, "Transaction History".
    Found by: transaction history, trade history of a stock, when did I buy, purchases, dividends
    received, realized gain, old trades, past orders, taxes, what did I pay, deposits in kind, account
    activity, last quarter, 90 days.
    For less: Request fewer `days` or `conids`.
    """
    return await gateway.post("/pa/transactions", body=wanted.sent())


@router.post("/pa/allocation")
async def get_allocation_breakdown(gateway: Gateway, wanted: AllocationRequest) -> Json:
    """Get the asset allocation on a day: by instrument, asset class, sector, region or country.

    `long` and `short`, each with `total` and `items`. Without `date`: now (`realtime`), if the accounts
    share the currency. IBKR allows one request every 15 minutes; repeating it returns the cached result.
    \f
    Source: IBKR Web API reference, "Portfolio Allocation".
    Found by: asset allocation on a past date, geographic exposure, which countries, weights,
    diversification, exposure by industry, portfolio composition, percent per holding, long and short
    exposure, historical mix.
    For less: Request one `type` instead of ALL.
    """
    return await gateway.post("/pa/allocation", body=wanted.sent())
