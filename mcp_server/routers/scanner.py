"""Scanner: contracts by rank and filter."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from mcp_server.models.scanner import ScanRequest
from mcp_server.rest.parameters import Gateway
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Scanner"])

ScannerPart = Literal["instrument_list", "scan_type_list", "filter_list", "location_tree"]


@router.get("/iserver/scanner/params")
async def get_scanner_parameters(
    gateway: Gateway,
    part: Annotated[
        ScannerPart | None, Query(description="Only this list; default: all of them, 200 KB.")
    ] = None,
) -> Json:
    """Get the instruments, rankings, filters and locations that `run_scanner` accepts.

    Cached for 15 minutes. `instrument_list` says which filters an instrument accepts.
    \f
    Source: IBKR Web API reference, "Iserver Scanner Parameters".
    Found by: screener criteria, available scan types, scan codes, filter codes, market scanner options,
    what can I screen for, scanner fields, location codes.
    For less: Name one `part`.
    """
    return await gateway.get("/iserver/scanner/params", only=part)


@router.post("/iserver/scanner/run")
async def run_scanner(gateway: Gateway, wanted: ScanRequest) -> Json:
    """Scan a market for the top 50 contracts: gainers, losers, most active and so on.

    Types: TOP_PERC_GAIN, TOP_PERC_LOSE, MOST_ACTIVE, HOT_BY_VOLUME, TOP_TRADE_COUNT, HIGH_VS_52W_HL,
    LOW_VS_52W_HL, HIGH_OPT_IMP_VOLAT. Filters: priceAbove, priceBelow, volumeAbove, changePercAbove,
    marketCapAbove1e6 (millions). More: `get_scanner_parameters`. Ranked, without figures: pass the `con_id`s
    to `get_market_snapshot`.
    \f
    Source: IBKR Web API reference, "Iserver Market Scanner".
    Found by: stock screener, screen stocks, top movers, biggest gainers, biggest losers, hot stocks, most
    traded, unusual volume, 52 week highs, market movers, find stocks that, high implied volatility, penny
    stocks, large caps, trending, ideas.
    """
    return await gateway.post("/iserver/scanner/run", body=wanted.sent())
