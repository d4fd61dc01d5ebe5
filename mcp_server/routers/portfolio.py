"""Portfolio: positions, cash and allocation. Needs the login, not the brokerage session."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query

from mcp_server.models.moments import as_upper_length
from mcp_server.rest.parameters import (
    AccountFilter,
    AccountId,
    AccountText,
    BypassCache,
    Conid,
    Gateway,
    ModelFilter,
    Page,
    SortColumn,
    SortDirection,
)
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Portfolio"])

ProfitPeriod = Annotated[
    Literal["1D", "7D", "1W", "1M"] | None,
    Query(description="Period of the profit-and-loss column."),
    as_upper_length,
]


@router.get("/portfolio/accounts")
async def list_portfolio_accounts(gateway: Gateway) -> Json:
    """List the accounts whose positions and balances this login can read, with their attributes.
    \f
    Source: IBKR Web API reference, "Portfolio Accounts".
    Found by: my accounts, which accounts do I have, account number, account ids, account list, base
    currency, account type, what can I look at, start here, first call, needed ahead of positions and other
    portfolio calls.
    """
    return await gateway.get("/portfolio/accounts")


@router.get("/portfolio/subaccounts")
async def list_subaccounts(gateway: Gateway) -> Json:
    """List the sub-accounts of an advisor or broker, at most 100.

    For more, use `list_large_subaccounts`. An individual's login returns its one account.
    \f
    Source: IBKR Web API reference, "Portfolio Subaccounts".
    Found by: client accounts, advisor's clients, accounts under management, customers, child accounts,
    linked accounts, family accounts.
    For less: Use `list_large_subaccounts`, which has pages.
    """
    return await gateway.get("/portfolio/subaccounts")


@router.get("/portfolio/subaccounts2")
async def list_large_subaccounts(
    gateway: Gateway, page: Page = 0, account_id: AccountFilter = None, nocache: BypassCache = None
) -> Json:
    """List the sub-accounts of a large account structure, 20 per page.
    \f
    Source: IBKR Web API reference, "Portfolio Subaccounts (Large Account Structures)".
    Found by: client accounts page by page, many customers, more than a hundred clients, accounts under
    management, paginated accounts, tiered structure.
    """
    return await gateway.get("/portfolio/subaccounts2", page=page, accountId=account_id, nocache=nocache)


@router.post("/portfolio/allocation")
async def get_combined_allocation(
    gateway: Gateway,
    account_ids: Annotated[
        list[AccountText],
        Body(embed=True, min_length=1, max_length=100, description='e.g. ["DU1234567"].'),
    ],
) -> Json:
    """Get the combined allocation of several accounts by asset class, sector and group.

    `long` and `short` market values in base currency.
    \f
    Source: IBKR Web API reference, "Portfolio Allocation (All)".
    Found by: asset allocation of all accounts, diversification, overall breakdown, consolidated exposure,
    portfolio mix, household, combined sector exposure, pie chart.
    """
    return await gateway.post("/portfolio/allocation", body={"acctIds": account_ids})


@router.get("/portfolio/positions/{conid}")
async def list_positions_by_conid(gateway: Gateway, conid: Conid) -> Json:
    """List the positions in one contract in all accounts that hold it.

    Keyed by account ID (also segments such as U1234567C); empty if no account holds it.
    \f
    Source: IBKR Web API reference, "Position & Contract Info".
    Found by: do I own this stock, do I hold it, how many shares of one company, which account holds it,
    position across accounts, holding of a stock.
    For less: Use `get_position` for one account.
    """
    return await gateway.get("/portfolio/positions/{conid}", conid)


@router.get("/portfolio/{account_id}/meta")
async def get_account_attributes(gateway: Gateway, account_id: AccountId) -> Json:
    """Get the attributes of one account: type, title, base currency, parent.
    \f
    Source: IBKR Web API reference, "Specific Account's Portfolio Information".
    Found by: account details, account metadata, account settings, account type, base currency, margin or
    cash account, is it an IRA, nickname, description, when was it opened.
    """
    return await gateway.get("/portfolio/{account}/meta", account_id)


@router.get("/portfolio/{account_id}/summary")
async def get_portfolio_summary(gateway: Gateway, account_id: AccountId) -> Json:
    """Get every balance, margin and limit that IBKR has for an account, about 140 of them.

    `amount` is a number in `currency`. Suffix -s securities, -c commodities, -p crypto; none is the total.
    `get_account_summary` has only the headline figures.
    \f
    Source: IBKR Web API reference, "Portfolio Summary".
    Found by: account values, detailed balances, all figures, leverage, cushion, accrued dividend, gross
    position value, excess liquidity, day trades remaining, net liquidation, buying power, full account
    details, equity with loan value.
    For less: Use `get_account_summary`, which has the headline figures.
    """
    return await gateway.get("/portfolio/{account}/summary", account_id)


@router.get("/portfolio/{account_id}/ledger")
async def get_ledger(gateway: Gateway, account_id: AccountId) -> Json:
    """Get cash and values per currency, with `BASE` as the total in base currency.

    `timestamp` is epoch seconds; `exchangerate` converts to base currency.
    \f
    Source: IBKR Web API reference, "Portfolio Ledger".
    Found by: cash balances by currency, how much cash do I have, how many euros, dollars, foreign cash,
    settled cash, interest, dividends, currency holdings, unrealized and realized profit, money per
    currency, FX balances.
    """
    return await gateway.get("/portfolio/{account}/ledger", account_id)


@router.get("/portfolio/{account_id}/allocation")
async def get_allocation(gateway: Gateway, account_id: AccountId, model: ModelFilter = None) -> Json:
    """Get an account's allocation by asset class, sector and group.

    `long` and `short` market values in base currency.
    \f
    Source: IBKR Web API reference, "Portfolio Allocation (Single)".
    Found by: asset allocation, diversification, how diversified am I, sector exposure, breakdown,
    portfolio mix, weights, percent in stocks, industry, concentration, pie chart, how is my money
    invested.
    """
    return await gateway.get("/portfolio/{account}/allocation", account_id, model=model)


# IBKR takes the page from the path. Here it is a query parameter, because a path value cannot be omitted.
@router.get("/portfolio/{account_id}/positions")
async def list_positions(
    gateway: Gateway,
    account_id: AccountId,
    page: Page = 0,
    model: ModelFilter = None,
    sort: SortColumn = None,
    direction: SortDirection = None,
    period: ProfitPeriod = None,
    wait_for_sec_def: Annotated[bool | None, Query(description="Wait for names and sectors.")] = None,
) -> Json:
    """List the open positions of one account, 100 per page.

    Prices and values are in each contract's own `currency`. IBKR's cache can be a minute old: see
    `list_uncached_positions`. Past the last page, the list is empty.
    \f
    Source: IBKR Web API reference, "Positions".
    Found by: holdings, what do I own, my portfolio, my stocks, investments, shares held, average cost,
    unrealized gain, what stocks do I have, my shares, securities, portfolio contents, how are my
    investments doing, cost basis.
    For less: Use `get_position` for one contract.
    """
    return await gateway.get(
        "/portfolio/{account}/positions/{page}",
        account_id,
        page,
        model=model,
        sort=sort,
        direction=direction,
        period=period,
        waitForSecDef=wait_for_sec_def,
    )


@router.get("/portfolio2/{account_id}/positions")
async def list_uncached_positions(
    gateway: Gateway,
    account_id: AccountId,
    model: ModelFilter = None,
    sort: SortColumn = None,
    direction: SortDirection = None,
) -> Json:
    """List all current positions of one account, without paging.

    Field names differ from `list_positions`: `description`, `marketPrice`, `marketValue`; `conid` is text.
    \f
    Source: IBKR Web API reference, "Positions (NEW)".
    Found by: real-time positions, fresh holdings, live portfolio, up to date positions, current holdings,
    just traded, without cache, latest, portfolio2.
    For less: Use `list_positions`, which has pages, or `get_position` for one contract.
    """
    return await gateway.get(
        "/portfolio2/{account}/positions", account_id, model=model, sort=sort, direction=direction
    )


@router.get("/portfolio/{account_id}/position/{conid}")
async def get_position(gateway: Gateway, account_id: AccountId, conid: Conid) -> Json:
    """Get the position in one contract in one account.

    A list of one row; empty if there is no position. The first response may lack name and sector.
    \f
    Source: IBKR Web API reference, "Positions by Conid".
    Found by: how many shares do I have of a stock, do I own it, holding in one stock, my average price,
    average cost, cost basis, profit on one stock, position size, single holding.
    """
    return await gateway.get("/portfolio/{account}/position/{conid}", account_id, conid)


@router.get("/portfolio/{account_id}/combo/positions")
async def list_combo_positions(gateway: Gateway, account_id: AccountId, nocache: BypassCache = None) -> Json:
    """List the positions held as combinations, with their legs.

    If there are none, IBKR returns an empty list or an error (500).
    \f
    Source: IBKR Web API reference, "Combination Positions".
    Found by: spreads, option strategies, multi-leg, verticals, straddles, iron condor, calendar spread,
    combos, strategy positions, complex positions.
    """
    return await gateway.get("/portfolio/{account}/combo/positions", account_id, nocache=nocache)


@router.post("/portfolio/{account_id}/positions/invalidate")
async def invalidate_position_cache(gateway: Gateway, account_id: AccountId) -> Json:
    """Invalidate IBKR's cached positions, so that `list_positions` returns fresh ones.
    \f
    Source: IBKR Web API reference, "Invalidate Backend Portfolio Cache".
    Found by: refresh positions, stale holdings, positions out of date, update portfolio, reload, clear
    cache, positions not updating, after a trade.
    """
    return await gateway.post("/portfolio/{account}/positions/invalidate", account_id)
