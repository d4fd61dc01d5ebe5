"""The rows of Market Data in the wire table."""

from __future__ import annotations

from typing import Any

from fastmcp import FastMCP

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

QUOTE = "31,84,86,88,85,7059,7762,82,83,70,71,7295,7741,55,6509"

ROWS: list[Row] = [
    Row(
        "get_market_snapshot",
        {"conids": [265598, 8314]},
        f"GET /iserver/marketdata/snapshot?conids=265598,8314&fields={QUOTE}",
    ),
    Row(
        "get_market_snapshot",
        {"conids": [265598], "fields": ["31", "7633"]},
        "GET /iserver/marketdata/snapshot?conids=265598&fields=31,7633",
    ),
    Row(
        "get_price_bars",
        {"conid": 265598},
        "GET /iserver/marketdata/history?bar=1min&conid=265598&period=1d",
    ),
    Row(
        "get_price_bars",
        {"conid": 265598, "period": "1y"},
        "GET /iserver/marketdata/history?bar=1d&conid=265598&period=1y",
    ),
    Row(
        "get_price_bars",
        {
            "conid": 265598,
            "period": "6m",
            "bar": "1d",
            "exchange": "SMART",
            "outside_rth": True,
            "start_time": "20261120-21:00:00",
            "direction": -1,
            "source": "Midpoint",
        },
        "GET /iserver/marketdata/history?bar=1d&conid=265598&period=6m&exchange=SMART&outsideRth=true"
        "&startTime=20261120-21%3A00%3A00&direction=-1&source=Midpoint",
    ),
    Row(
        "unsubscribe_market_data",
        {"conid": 265598},
        "POST /iserver/marketdata/unsubscribe",
        {"conid": 265598},
    ),
    Row("unsubscribe_all_market_data", {}, "GET /iserver/marketdata/unsubscribeall"),
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("unsubscribe_market_data", {"conid": each}) for each in [0, -1, 2**31, "AAPL;1"]),
    *(
        ("get_market_snapshot", {"conids": each})
        for each in [[], [0], [1, "x;y"], list(range(1, 102)), "1;2"]
    ),
    *(
        ("get_market_snapshot", {"conids": [1], "fields": each})
        for each in [["last"], ["31,84"], ["-1"], ["31"] * 51, ["123456"]]
    ),
    *(
        ("get_price_bars", {"conid": 265598, "period": each})
        for each in [
            "0d",
            "31min",
            "9h",
            "1001d",
            "793w",
            "183m",
            "16y",
            "1",
            "d",
            "-1d",
            "ytd",
        ]
    ),
    *(
        ("get_price_bars", {"conid": 265598, "period": period, "bar": bar})
        for period, bar in [("1y", "1min"), ("1d", "1w"), ("1w", "1min"), ("15y", "1d")]
    ),
    *(
        ("get_price_bars", {"conid": 265598, "start_time": each})
        for each in ["20261301-00:00:00", "20260230-00:00:00", "03/04/2026 10:00", "now"]
    ),
    ("get_price_bars", {"conid": 265598, "direction": 0}),
    ("get_price_bars", {"conid": 265598, "source": "close"}),
]


async def _subscribe(server: FastMCP[Any]) -> dict[str, Any]:
    await server.call_tool("get_market_snapshot", {"conids": [265598]})
    return {"conid": 265598}


PREPARED: dict[str, Prepare] = {"unsubscribe_market_data": _subscribe}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
