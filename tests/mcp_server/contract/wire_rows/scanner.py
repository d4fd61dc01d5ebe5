"""The rows of the Scanner in the wire table."""

from __future__ import annotations

from typing import Any

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

GAINERS: dict[str, Any] = {"instrument": "STK", "type": "TOP_PERC_GAIN", "location": "STK.US.MAJOR"}
XETRA_FUNDS: dict[str, Any] = {
    "instrument": "STOCK.EU",
    "type": "MOST_ACTIVE",
    "location": "STK.EU.IBIS-ETF",
    "filter": [],
}

ROWS: list[Row] = [
    Row("get_scanner_parameters", {}, "GET /iserver/scanner/params"),
    # IBKR has no request for a part: the whole is requested, and the part returned.
    Row("get_scanner_parameters", {"part": "filter_list"}, "GET /iserver/scanner/params"),
    Row("run_scanner", GAINERS, "POST /iserver/scanner/run", GAINERS),
    Row("run_scanner", XETRA_FUNDS, "POST /iserver/scanner/run", XETRA_FUNDS),
    Row(
        "run_scanner",
        {
            **GAINERS,
            "filter": [
                {"code": "priceAbove", "value": 5},
                {"code": "changePercAbove", "value": 2.5},
                {"code": "changePercBelow", "value": -1},
                {"code": "stkTypes", "value": "inc:CORP"},
            ],
        },
        "POST /iserver/scanner/run",
        {
            **GAINERS,
            "filter": [
                {"code": "priceAbove", "value": 5},
                {"code": "changePercAbove", "value": 2.5},
                {"code": "changePercBelow", "value": -1},
                {"code": "stkTypes", "value": "inc:CORP"},
            ],
        },
    ),
]

NO_CODES: list[Any] = ["", "STK;FUT", "STK\nFUT", "../STK", "5", "S" * 65, 5, ["STK"], {"code": "STK"}]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("get_scanner_parameters", {"part": each}) for each in ["filters", "", 1, ["filter_list"]]),
    *(("run_scanner", {**GAINERS, name: each}) for name in GAINERS for each in NO_CODES),
    *(("run_scanner", {k: v for k, v in GAINERS.items() if k != each}) for each in GAINERS),
    ("run_scanner", {**GAINERS, "scanCode": "TOP_PERC_GAIN"}),
    ("run_scanner", {**GAINERS, "size": 100}),
    *(
        ("run_scanner", {**GAINERS, "filter": each})
        for each in [
            ["priceAbove"],
            [{"code": "priceAbove"}],
            [{"value": 5}],
            [{"code": "price above", "value": 5}],
            [{"code": "priceAbove", "value": None}],
            [{"code": "priceAbove", "value": True}],
            [{"code": "priceAbove", "value": [5]}],
            [{"code": "priceAbove", "value": {"above": 5}}],
            [{"code": "priceAbove", "value": 10**16}],
            [{"code": "priceAbove", "value": float("nan")}],
            [{"code": "priceAbove", "value": float("inf")}],
            [{"code": "priceAbove", "value": "5\r\n6"}],
            [{"code": "priceAbove", "value": ""}],
            [{"code": "priceAbove", "value": 5, "name": "Price"}],
        ]
    ),
]

# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
