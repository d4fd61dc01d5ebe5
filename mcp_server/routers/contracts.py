"""Contracts: from a symbol to a conid, and its details."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from mcp_server.models.contracts import ContractSearch, RulesRequest, SecdefQuery, StrikesQuery
from mcp_server.rest.parameters import (
    Conid,
    ConidNumber,
    CurrencyCode,
    Exchange,
    ExchangeName,
    Gateway,
    IssuerId,
    QueryConid,
    Symbol,
    matches,
)
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Contracts"])

Symbols = Annotated[list[Symbol], Query(min_length=1, max_length=50, description='Symbols, e.g. ["AAPL"].')]


@router.get("/iserver/secdef/search")
async def search_contracts(gateway: Gateway, wanted: Annotated[ContractSearch, Query()]) -> Json:
    """Find the conid of a stock, index, fund or bond issuer by ticker or company name.

    The first step to options and futures: `sections` lists their types with `months` (JAN27;FEB27) and
    exchanges, for `get_strikes` and `get_secdef_info`. `conid` is text here. One symbol can belong to several
    companies: check `description` (the exchange). If nothing is found, the list is empty.
    \f
    Source: IBKR Web API reference, "Search Contract by Symbol".
    Found by: look up a ticker, symbol lookup, find a stock, which instrument, stock code, contract id of
    a company, conid of a ticker, search by name, ISIN, security search, instrument id, option and futures
    months available, expirations.
    For less: Pass the ticker instead of a name, leave out `more`, or name a `sec_type`.
    """
    return await gateway.get("/iserver/secdef/search", **wanted.sent())


@router.post("/iserver/secdef/search")
async def search_contracts_by_body(gateway: Gateway, wanted: ContractSearch) -> Json:
    """Find contracts as `search_contracts` does, for names with characters that are unsafe in a URL.

    Same arguments and result; use it for company names with accents, & or +.
    \f
    Source: IBKR Web API reference, "Search Contract by Symbol".
    Found by: special characters, ampersand, plus sign, umlauts, foreign company name, look up by company
    name, POST search.
    For less: Pass the ticker instead of a name, leave out `more`, or name a `sec_type`.
    """
    return await gateway.post("/iserver/secdef/search", body=wanted.sent())


@router.get("/iserver/secdef/strikes")
async def get_strikes(gateway: Gateway, wanted: Annotated[StrikesQuery, Query()]) -> Json:
    """Get the strikes of an option chain for one month, separately for calls and puts.

    A month without options returns empty lists. Next: `get_secdef_info` for the conids.
    \f
    Source: IBKR Web API reference, "Search Strikes by Underlying Contract ID".
    Found by: strike prices, exercise prices, which calls and puts exist, options available, chain of an
    expiration, strike list.
    For less: Request one `exchange`.
    """
    return await gateway.get("/iserver/secdef/strikes", **wanted.sent())


@router.get("/iserver/secdef/info")
async def get_secdef_info(gateway: Gateway, wanted: Annotated[SecdefQuery, Query()]) -> Json:
    """Get the conids of the options, futures or warrants of an underlying, or of an issuer's bonds.

    A list, one row per expiry and right (`maturityDate` is YYYYMMDD). OPT, FOP and WAR need month and
    strike, FUT the month.
    \f
    Source: IBKR Web API reference, "Search SecDef information by conid".
    Found by: option chain, options chain, find an option contract, expiration dates, call or put contract
    id, conid of a call or put, strike and expiry, weekly options, 0DTE, futures contract by month, warrants,
    derivative contract, bond contract of a company.
    For less: Pass `strike`, `right` and `exchange`.
    """
    return await gateway.get("/iserver/secdef/info", **wanted.sent())


@router.get("/iserver/secdef/bond-filters")
async def get_bond_filters(
    gateway: Gateway,
    issuer_id: Annotated[
        IssuerId,
        Query(description="From `search_contracts` with sec_type BOND, e.g. e1234567."),
    ],
) -> Json:
    """Get the maturities, coupons and currencies that an issuer's bonds can be filtered by.

    An unknown issuer returns an empty list. Next: `get_secdef_info` with `issuer_id`.
    \f
    Source: IBKR Web API reference, "Search Bond Filter Information".
    Found by: bonds of a company, corporate bonds, fixed income, coupon rate, maturity dates, treasury,
    debt, bond search criteria.
    """
    return await gateway.get("/iserver/secdef/bond-filters", symbol="BOND", issuerId=issuer_id)


@router.get("/iserver/contract/{conid}/info")
async def get_contract_info(gateway: Gateway, conid: Conid) -> Json:
    """Get a contract's details by conid: symbol, type, currency, exchanges, multiplier, expiry.
    \f
    Source: IBKR Web API reference, "Contract information by Contract ID".
    Found by: instrument details, what is this contract id, company name, sector, industry, stock details,
    lookup by conid, ISIN, CUSIP, describe an instrument, contract details, expiration date, tick size.
    """
    return await gateway.get("/iserver/contract/{conid}/info", conid)


@router.get("/iserver/contract/{conid}/info-and-rules")
async def get_contract_info_and_rules(
    gateway: Gateway,
    conid: Conid,
    is_buy: Annotated[bool | None, Query(description="true: rules for buying, false: for selling.")] = None,
) -> Json:
    """Get a contract's details and its trading rules in one call.

    The result of `get_contract_info` plus `rules`, the result of `get_contract_rules`.
    \f
    Source: IBKR Web API reference, "Find all Info and Rules for a given contract".
    Found by: everything about a contract, contract details with order rules, instrument details, minimum
    tick, allowed order types, CUSIP.
    """
    return await gateway.get("/iserver/contract/{conid}/info-and-rules", conid, isBuy=is_buy)


@router.get("/iserver/contract/{conid}/algos")
async def list_contract_algos(
    gateway: Gateway,
    conid: Conid,
    algos: Annotated[
        list[Annotated[str, matches("[A-Za-z0-9_]{1,40}", "an algo ID")]] | None,
        Query(min_length=1, max_length=8, description="Only these algo IDs, e.g. Adaptive; case-sensitive."),
    ] = None,
    add_description: Annotated[bool, Query(description="true: include descriptions.")] = False,
    add_params: Annotated[bool, Query(description="true: include parameters.")] = False,
) -> Json:
    """List the IB algos an order for this contract can use.

    Each has `id` and `name`.
    \f
    Source: IBKR Web API reference, "IB Algo Params".
    Found by: algorithmic orders, algo strategies, TWAP, VWAP, adaptive, accumulate distribute, arrival
    price, execution algorithm, iceberg, smart order strategy.
    For less: Name the `algos`, and request the parameters of one at a time.
    """
    return await gateway.get(
        "/iserver/contract/{conid}/algos",
        conid,
        algos=";".join(algos) if algos else None,
        addDescription=int(add_description),
        addParams=int(add_params),
    )


@router.post("/iserver/contract/rules")
async def get_contract_rules(gateway: Gateway, wanted: RulesRequest) -> Json:
    """Get the trading rules of a contract for one side: order types, times in force, increments.

    `orderTypes`, `tifTypes`, `increment` (tick size), `sizeIncrement`, `defaultSize`, `cashSize`; `error` is
    set if the contract cannot be traded.
    \f
    Source: IBKR Web API reference, "Search Contract Rules".
    Found by: can I trade this, permitted order types, minimum price increment, lot size, minimum
    quantity, allowed time in force, GTC or DAY, market limit stop, fractional shares, forex minimum,
    order presets, what orders can I place.
    """
    return await gateway.post("/iserver/contract/rules", body=wanted.sent())


@router.get("/iserver/currency/pairs")
async def list_currency_pairs(
    gateway: Gateway,
    currency: Annotated[CurrencyCode, Query(description="Currency code, e.g. EUR.")],
) -> Json:
    """List the currency pairs of a currency, with the conid to quote or trade each.
    \f
    Source: IBKR Web API reference, "Currency Pairs".
    Found by: forex pairs, FX, currency trading, foreign exchange, EURUSD, cash contracts, which
    currencies can I trade against.
    For less: Request the smaller of the two currencies.
    """
    return await gateway.get("/iserver/currency/pairs", currency=currency)


@router.get("/iserver/exchangerate")
async def get_exchange_rate(
    gateway: Gateway,
    source: Annotated[CurrencyCode, Query(description="Currency to convert from, e.g. EUR.")],
    target: Annotated[CurrencyCode, Query(description="Currency to convert to, e.g. USD.")],
) -> Json:
    """Get the exchange rate: what one unit of `source` is worth in `target`.
    \f
    Source: IBKR Web API reference, "Currency Exchange Rate".
    Found by: convert currency, currency conversion, FX rate, forex, dollars to euros, how many dollars is
    one euro, foreign exchange.
    """
    return await gateway.get("/iserver/exchangerate", target=target, source=source)


@router.get("/trsrv/stocks")
async def list_stocks(gateway: Gateway, symbols: Symbols) -> Json:
    """List every stock with one of these symbols, worldwide.

    Keyed by symbol: companies, each with `contracts` (conid, exchange, `isUS` for the US listing). An unknown
    symbol is left out.
    \f
    Source: IBKR Web API reference, "Security Stocks by Symbol".
    Found by: stock contract ids by ticker, lookup several tickers at once, equities, shares, which
    exchange is it listed on, listings worldwide, resolve symbols, batch lookup, ADR, ETF.
    For less: Request fewer `symbols` at a time.
    """
    return await gateway.get("/trsrv/stocks", symbols=symbols)


@router.get("/trsrv/futures")
async def list_futures(gateway: Gateway, symbols: Symbols, exchange: Exchange = None) -> Json:
    """List the futures that have not expired, by the symbol of the underlying.

    Keyed by symbol; `expirationDate` and `ltd` (last trading day) are YYYYMMDD. An unknown symbol is
    left out.
    \f
    Source: IBKR Web API reference, "Security Future by Symbol".
    Found by: futures contracts, front month, expiry months of ES, NQ, CL or GC, commodity contracts,
    index futures, oil, gold, rollover, next expiration, E-mini.
    For less: Request fewer `symbols` at a time, and name the `exchange`.
    """
    return await gateway.get("/trsrv/futures", symbols=symbols, exchange=exchange)


@router.get("/trsrv/secdef/schedule")
async def get_symbol_schedule(
    gateway: Gateway,
    asset_class: Annotated[
        Literal["STK", "OPT", "FUT", "CFD", "WAR", "SWP", "FND", "BND", "ICS"],
        Query(description="SWP is forex, FND funds, BND bonds, ICS inter-commodity spreads."),
    ],
    symbol: Annotated[Symbol, Query(description="Symbol of the underlying.")],
    conid: Annotated[ConidNumber | None, Query(description="Only this contract.")] = None,
    exchange: Exchange = None,
    exchange_filter: Annotated[
        list[ExchangeName] | None, Query(max_length=20, description="Only these exchanges.")
    ] = None,
) -> Json:
    """Get trading hours by symbol and venue, up to a month ahead.

    Times are HHmm in the venue's time zone; a `tradingScheduleDate` in 2000 means a weekday. For one conid,
    `get_trading_schedule` is simpler.
    \f
    Source: IBKR Web API reference, "Trading Schedule by Symbol".
    Found by: market hours, when does it open, when does it close, opening time, closing time, holidays,
    trading calendar, exchange hours, session times, is the exchange open.
    For less: Name the `conid` and the `exchange`, or use `get_trading_schedule`.
    """
    return await gateway.get(
        "/trsrv/secdef/schedule",
        assetClass=asset_class,
        symbol=symbol,
        conid=conid,
        exchange=exchange,
        exchangeFilter=exchange_filter,
    )


@router.get("/trsrv/secdef")
async def get_security_definitions(
    gateway: Gateway,
    conids: Annotated[
        list[ConidNumber], Query(min_length=1, max_length=200, description="Up to 200 conids.")
    ],
) -> Json:
    """Get the security definitions of many conids at once.

    `secdef` has a row for each known conid: name, ticker, assetClass, currency, sector, expiry, strike.
    \f
    Source: IBKR Web API reference, "Security Definition by Contract ID".
    Found by: batch contract details, names for many contract ids, bulk lookup, instrument metadata, what
    are these conids, display names, decimal increments.
    For less: Request fewer `conids` at a time.
    """
    return await gateway.get("/trsrv/secdef", conids=conids)


@router.get("/trsrv/all-conids")
async def list_exchange_conids(
    gateway: Gateway,
    exchange: Annotated[ExchangeName, Query(description="e.g. NASDAQ, NYSE, AMEX.")],
    asset_class: Annotated[Literal["STK"] | None, Query(description="Only STK is supported.")] = None,
) -> Json:
    """List the ticker and conid of every stock on one exchange.

    Several megabytes for a large exchange: prefer `list_stocks` for known symbols.
    \f
    Source: IBKR Web API reference, "All Conids by Exchange".
    Found by: all tickers on an exchange, every stock on NYSE, every listed company, list of securities,
    full listing, instrument universe, bulk download of contract ids.
    For less: Use `list_stocks` for the symbols you need, or `search_contracts` for one.
    """
    return await gateway.get("/trsrv/all-conids", exchange=exchange, assetClass=asset_class)


@router.get("/contract/trading-schedule")
async def get_trading_schedule(gateway: Gateway, conid: QueryConid, exchange: Exchange = None) -> Json:
    """Get the trading hours of a contract for about six trading days.

    `schedules` is keyed YYYYMMDD; `liquid_hours` and `extended_hours` are epoch seconds.
    \f
    Source: IBKR Web API reference, "Trading Schedule (NEW)".
    Found by: market hours, is the market open, opening hours, when does trading start, when does the
    market close, holidays, pre-market, after hours, session times, half day, overnight trading.
    """
    return await gateway.get("/contract/trading-schedule", conid=conid, exchange=exchange)
