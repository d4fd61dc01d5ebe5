"""The rows of one section of the wire table."""

from __future__ import annotations

from typing import Any

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

ONE = {"watchlist_id": "101"}
LIST = {"watchlist_id": "1234", "name": "Banks & Söhne", "rows": [{"conid": 265598}]}

ROWS: list[Row] = [
    Row("list_watchlists", {}, "GET /iserver/watchlists?SC=USER_WATCHLIST"),
    Row("get_watchlist", ONE, "GET /iserver/watchlist?id=101"),
    Row(
        "save_watchlist",
        {
            "watchlist_id": "1234",
            "name": "Banks & Söhne",
            "rows": [{"conid": 265598}, {"heading": ""}, {"conid": 8314}],
        },
        "POST /iserver/watchlist",
        {"id": "1234", "name": "Banks & Söhne", "rows": [{"C": 265598}, {"H": ""}, {"C": 8314}]},
    ),
    Row(
        "save_watchlist",
        LIST | {"watchlist_id": "-7"},
        "POST /iserver/watchlist",
        {"id": "-7", "name": "Banks & Söhne", "rows": [{"C": 265598}]},
    ),
    Row("delete_watchlist", ONE, "DELETE /iserver/watchlist?id=101"),
]

WRONG_IDS = ["", "abc", "1 2", "1&id=2", "101\n2", "--1", "1" * 20, None, "\u0661"]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("get_watchlist", {"watchlist_id": each}) for each in WRONG_IDS),
    *(("delete_watchlist", {"watchlist_id": each}) for each in WRONG_IDS),
    *(("save_watchlist", LIST | {"watchlist_id": each}) for each in WRONG_IDS),
    *(("save_watchlist", LIST | {"name": each}) for each in ["", "a\nb", "x" * 101, None]),
    *(
        ("save_watchlist", LIST | {"rows": each})
        for each in [
            [],
            [{}],
            [{"conid": 0}],
            [{"conid": "AAPL;1"}],
            [{"conid": 265598, "heading": ""}],
            [{"heading": "Banks"}],
            [{"conid": 265598, "symbol": "AAPL"}],
            [{"X": 265598}],
            [265598],
            [None],
            [{"conid": 265598}] * 501,
            {"conid": 265598, "x": 1},
        ]
    ),
    ("save_watchlist", {"watchlist_id": "1234", "name": "Banks"}),
]

# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
