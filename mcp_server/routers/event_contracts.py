"""Event Contracts: yes-or-no questions, traded on ForecastEx and CME."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from mcp_server.rest.parameters import ConidNumber, Exchange, Gateway
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Event Contracts"])

EventConid = Annotated[ConidNumber, Query(description="Yes or no conid, from `list_event_contracts`.")]


@router.get("/forecast/category/tree")
async def list_event_markets(gateway: Gateway) -> Json:
    """List the categories of event contracts (prediction markets), and the markets in them.

    `categories` is keyed by id; `parent_id` is the parent category. Pass a market's `conid`, not its
    `product_conid`, to `list_event_contracts`.
    \f
    Source: IBKR Web API reference, "Event Contract Categories".
    Found by: ForecastEx, forecast contracts, betting, event trading, election, economic indicators,
    climate, Kalshi, Polymarket, category tree, what can I predict, Fed rate decision, binary options.
    """
    return await gateway.get("/forecast/category/tree")


@router.get("/forecast/contract/market")
async def list_event_contracts(
    gateway: Gateway,
    underlying_conid: Annotated[
        ConidNumber, Query(description="`conid` of a market in `list_event_markets`.")
    ],
    exchange: Exchange = None,
) -> Json:
    """List the event contracts of one market, with strike, expiry, and yes or no side.
    \f
    Source: IBKR Web API reference, "Event Contract Market".
    Found by: forecast contracts, ForecastEx, prediction market outcomes, bets available, binary, which
    thresholds, contract ids of an event.
    For less: Name the `exchange`.
    """
    return await gateway.get("/forecast/contract/market", underlyingConid=underlying_conid, exchange=exchange)


@router.get("/forecast/contract/details")
async def get_event_contract_details(gateway: Gateway, conid: EventConid) -> Json:
    """Get an event contract's question, its yes and no conids, strike, expiry and payout.
    \f
    Source: IBKR Web API reference, "Event Contract Details".
    Found by: forecast contract, ForecastEx, prediction, bet, what does it ask, opposite side, resolution
    date, binary.
    """
    return await gateway.get("/forecast/contract/details", conid=conid)


@router.get("/forecast/contract/rules")
async def get_event_contract_rules(gateway: Gateway, conid: EventConid) -> Json:
    """Get the rules by which an event contract is settled: threshold, source, payout and times.

    `last_trade_time`, `release_time` and `payout_time` are epoch seconds, prices are text.
    \f
    Source: IBKR Web API reference, "Event Contract Rules".
    Found by: resolution rules, how does it resolve, who decides the outcome, ForecastEx, forecast
    contract, prediction, bet, settlement, when is it paid, official data.
    """
    return await gateway.get("/forecast/contract/rules", conid=conid)


@router.get("/forecast/contract/schedules")
async def get_event_contract_schedule(gateway: Gateway, conid: EventConid) -> Json:
    """Get the trading hours of an event contract for each day of the week.

    `open` and `close` are on a 12-hour clock ("4:15 PM") in `timezone`.
    \f
    Source: IBKR Web API reference, "Event Contract Schedules".
    Found by: when can I trade forecasts, open and close times, prediction market hours, ForecastEx,
    opening times, forecast contract.
    """
    return await gateway.get("/forecast/contract/schedules", conid=conid)
