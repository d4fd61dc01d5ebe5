"""Market Data: current quotes, price history, and market-data lines."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query

from mcp_server.models.market_data import PriceHistoryQuery
from mcp_server.rest.parameters import BodyConid, ConidNumber, Gateway, matches
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Market Data"])

# last, bid, ask and their sizes; volume; change; the day's range; open, prior close; symbol; availability
QUOTE_FIELDS: Final = (
    *("31", "84", "86", "88", "85", "7059", "7762", "82", "83"),
    *("70", "71", "7295", "7741", "55", "6509"),
)


@router.get("/iserver/marketdata/snapshot")
async def get_market_snapshot(
    gateway: Gateway,
    conids: Annotated[
        list[ConidNumber], Query(min_length=1, max_length=100, description="Up to 100 conids.")
    ],
    fields: Annotated[
        list[Annotated[str, matches("[0-9]{1,5}", "a field ID, digits only")]] | None,
        Query(min_length=1, max_length=50, description="Up to 50 field IDs; default: a full quote."),
    ] = None,
) -> Json:
    """Get current quotes of up to 100 contracts, keyed by field ID.

    31 last, 84 bid, 86 ask, 88/85 bid/ask size, 7762 volume, 82/83 change and %, 70/71 high/low, 7295 open,
    7741 prior close, 55 symbol, 7308-7311 Greeks, 7633 option's implied volatility, 7638 open interest.
    Values are text; C253.5 is the prior close (market closed), H is halted. A missing field is unknown, not
    zero. 6509 starts with R real-time, D delayed, Z frozen, Y frozen and delayed, N not subscribed, O not
    signed. Each conid uses one of about 100 lines until `unsubscribe_market_data`.
    \f
    Source: IBKR Web API reference, "Live Market Data Snapshot".
    Found by: current price, stock price, what is it trading at, trading at now, how much is a share, what
    does one share cost, share price, bid and ask, real-time quote, last traded price, market price, delta
    gamma theta vega, greeks, implied vol, spread, price now, volume today, percent change, 52 week high,
    dividend yield, market cap, P/E, how is a stock doing today.
    For less: Request fewer `conids` or `fields` at a time.
    """
    return await gateway.get("/iserver/marketdata/snapshot", conids=conids, fields=fields or QUOTE_FIELDS)


@router.get("/iserver/marketdata/history")
async def get_price_bars(gateway: Gateway, wanted: Annotated[PriceHistoryQuery, Query()]) -> Json:
    """Get bars of open, high, low, close and volume, at most 1000.

    `data` rows: `t` epoch ms, `o` `h` `l` `c` prices, and `v`, to be multiplied by the result's
    `volumeFactor`. To page back, pass the first bar's time as `start_time`.
    \f
    Source: IBKR Web API reference, "Historical Market Data".
    Found by: historical prices, OHLC, OHLCV, candles, candlestick, chart data, past prices, time series,
    price last week, where did it close, yesterday's close, backtest, daily data, intraday data, how has it
    moved, trend, charts.
    For less: Request a shorter `period` or a larger `bar`.
    """
    return await gateway.get("/iserver/marketdata/history", **wanted.sent())


@router.post("/iserver/marketdata/unsubscribe")
async def unsubscribe_market_data(gateway: Gateway, conid: BodyConid) -> Json:
    """Release the market-data line of one contract.

    If the contract has no line, IBKR refuses ("unknown").
    \f
    Source: IBKR Web API reference, "Unsubscribe (Single)".
    Found by: stop streaming, cancel quotes, close a data stream, end subscription, release line, stop
    receiving prices.
    """
    return await gateway.post("/iserver/marketdata/unsubscribe", body={"conid": conid})


@router.get("/iserver/marketdata/unsubscribeall")
async def unsubscribe_all_market_data(gateway: Gateway) -> Json:
    """Release all market-data lines, including those of other programs on this gateway.
    \f
    Source: IBKR Web API reference, "Unsubscribe (All)".
    Found by: stop all streaming, cancel every quote subscription, clear all data streams, end all
    subscriptions, too many tickers, line limit reached, release lines.
    """
    return await gateway.get("/iserver/marketdata/unsubscribeall")
