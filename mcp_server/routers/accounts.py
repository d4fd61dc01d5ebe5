"""Accounts: which accounts there are, their figures, and which one is selected."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from mcp_server.rest.parameters import AccountId, BodyAccountId, Gateway, matches
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Accounts"])


@router.get("/iserver/accounts")
async def list_brokerage_accounts(gateway: Gateway) -> Json:
    """List the accounts available for trading, the selected one, and what each is permitted to do.

    `acctProps` and `aliases` are keyed by account ID; `isPaper` is true for a paper account.
    \f
    Source: IBKR Web API reference, "Receive Brokerage Accounts".
    Found by: which accounts do I have, my account number, account ids, is this paper trading or live,
    switchable accounts, aliases and nicknames, permissions, allowed features, iserver accounts.
    """
    return await gateway.get("/iserver/accounts")


@router.post("/iserver/account")
async def select_account(gateway: Gateway, account_id: BodyAccountId) -> Json:
    """Select the account that orders, trades and profit and loss refer to.

    For users with several accounts; with one, the result is `Account already set`.
    \f
    Source: IBKR Web API reference, "Switch Account".
    Found by: switch account, change the active account, use another account, set current account, work
    with my other account.
    """
    return await gateway.post("/iserver/account", body={"acctId": account_id})


@router.get("/iserver/account/pnl/partitioned")
async def get_pnl(gateway: Gateway) -> Json:
    """Get today's profit and loss of the selected account.

    `upnl` is keyed `<account>.Core`: `dpl` daily and `upl` unrealized P&L, `nl` net liquidation value, `el`
    excess liquidity, `mv` market value, in base currency.
    \f
    Source: IBKR Web API reference, "Account Profit and Loss".
    Found by: how much did I make today, am I up or down, today's gain or loss, daily profit, earnings,
    day's performance, did I lose money, unrealized, PnL, intraday result.
    """
    return await gateway.get("/iserver/account/pnl/partitioned")


@router.get("/iserver/account/search/{pattern}")
async def search_dynamic_accounts(
    gateway: Gateway,
    pattern: Annotated[
        Annotated[str, matches("[A-Za-z0-9]{1,20}", "part of an account ID")],
        Path(description="Part of an account ID."),
    ],
) -> Json:
    """Find broker accounts by part of their ID.

    Only for brokers with dynamic accounts (DYNACCT); others are refused (503).
    \f
    Source: IBKR Web API reference, "Search Dynamic Account".
    Found by: look up a client, find customer account, account lookup by prefix, introducing broker
    clients.
    """
    return await gateway.get("/iserver/account/search/{pattern}", pattern)


@router.post("/iserver/dynaccount")
async def select_dynamic_account(gateway: Gateway, account_id: BodyAccountId) -> Json:
    """Select the dynamic account that later calls refer to.

    Only for brokers with dynamic accounts (DYNACCT); others are refused (401).
    \f
    Source: IBKR Web API reference, "Set Dynamic Account".
    Found by: switch to a client's account, change the active client, set customer account.
    """
    return await gateway.post("/iserver/dynaccount", body={"acctId": account_id})


@router.get("/iserver/account/{account_id}/summary")
async def get_account_summary(gateway: Gateway, account_id: AccountId) -> Json:
    """Get an account's headline figures: net liquidation value, cash, buying power, margins.

    Plain numbers in base currency; the last row of `cashBalances` is their total.
    \f
    Source: IBKR Web API reference, "Account Summary".
    Found by: account overview, how is my account doing, how much money do I have, total worth, net worth,
    account value, equity, NLV, leverage, cushion, settled cash, excess liquidity, snapshot of my account.
    """
    return await gateway.get("/iserver/account/{account}/summary", account_id)


@router.get("/iserver/account/{account_id}/summary/available_funds")
async def get_available_funds(gateway: Gateway, account_id: AccountId) -> Json:
    """Get the funds available for trading, now and after the next margin change, by segment.

    Segments: total, securities, commodities, crypto. Values are text such as "994,831 USD".
    \f
    Source: IBKR Web API reference, "Account Summary - Available Funds".
    Found by: how much can I spend, buying power, how much can I invest, free cash, money left for
    purchases, can I afford it, excess liquidity, purchasing power, withdrawable, dry powder.
    """
    return await gateway.get("/iserver/account/{account}/summary/available_funds", account_id)


@router.get("/iserver/account/{account_id}/summary/balances")
async def get_balances(gateway: Gateway, account_id: AccountId) -> Json:
    """Get cash, equity and net liquidation value by segment.

    Segments: total, securities, commodities, crypto. Values are text such as "994,831 USD".
    \f
    Source: IBKR Web API reference, "Account Summary - Balances".
    Found by: how much cash do I have, account balance, money in my account, total cash, accrued interest,
    dividends receivable, loan value, how much is my account worth, debit, borrowed money.
    """
    return await gateway.get("/iserver/account/{account}/summary/balances", account_id)


@router.get("/iserver/account/{account_id}/summary/margins")
async def get_margins(gateway: Gateway, account_id: AccountId) -> Json:
    """Get initial and maintenance margin, now and after the next margin change, by segment.

    Segments: total, securities, commodities, crypto. Values are text such as "994,831 USD".
    \f
    Source: IBKR Web API reference, "Account Summary - Margins".
    Found by: margin requirements, margin call, am I close to liquidation, will I be liquidated, leverage,
    RegT, how much margin am I using, overnight and intraday margin, cushion, collateral.
    """
    return await gateway.get("/iserver/account/{account}/summary/margins", account_id)


@router.get("/iserver/account/{account_id}/summary/market_value")
async def get_market_value(gateway: Gateway, account_id: AccountId) -> Json:
    """Get the market value of an account's holdings, by currency and asset type.

    Keyed by currency; values are text.
    \f
    Source: IBKR Web API reference, "Account Summary - Market Value".
    Found by: worth of my holdings, how much is in stocks, options, bonds, futures, funds or crypto,
    exposure, foreign currency exposure, value of investments, holdings value by asset type.
    """
    return await gateway.get("/iserver/account/{account}/summary/market_value", account_id)


@router.get("/acesws/{account_id}/signatures-and-owners")
async def get_signatures_and_owners(gateway: Gateway, account_id: AccountId) -> Json:
    """Get the names of an account's owners, users and applicants.

    Personal data (names, dates of birth): call it only if the user asks for exactly this.
    \f
    Source: IBKR Web API reference, "Signatures and Owners".
    Found by: who owns this account, account holder, whose account is it, joint owner, beneficiary,
    authorised persons, power of attorney, ownership, my name on file, date of birth.
    """
    return await gateway.get("/acesws/{account}/signatures-and-owners", account_id)
