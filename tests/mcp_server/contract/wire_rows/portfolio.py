"""The rows of Portfolio in the wire table."""

from __future__ import annotations

from typing import Any

from tests.mcp_server.contract.wire_rows.row import PATH_ESCAPES, Prepare, Row

A = {"account_id": "DU1234567"}

ROWS: list[Row] = [
    Row("list_portfolio_accounts", {}, "GET /portfolio/accounts"),
    Row("list_subaccounts", {}, "GET /portfolio/subaccounts"),
    Row("list_large_subaccounts", {}, "GET /portfolio/subaccounts2?page=0"),
    Row(
        "list_large_subaccounts",
        {"page": 3, "account_id": "DU1234567", "nocache": True},
        "GET /portfolio/subaccounts2?page=3&accountId=DU1234567&nocache=true",
    ),
    Row("get_account_attributes", A, "GET /portfolio/DU1234567/meta"),
    Row("get_portfolio_summary", A, "GET /portfolio/DU1234567/summary"),
    Row("get_ledger", A, "GET /portfolio/DU1234567/ledger"),
    Row("get_allocation", A, "GET /portfolio/DU1234567/allocation"),
    Row("get_allocation", {**A, "model": "Growth"}, "GET /portfolio/DU1234567/allocation?model=Growth"),
    Row(
        "get_combined_allocation",
        {"account_ids": ["DU1234567"]},
        "POST /portfolio/allocation",
        {"acctIds": ["DU1234567"]},
    ),
    Row("list_positions", A, "GET /portfolio/DU1234567/positions/0"),
    Row(
        "list_positions",
        {
            **A,
            "page": 2,
            "model": "Growth",
            "sort": "name",
            "direction": "d",
            "period": "1W",
            "wait_for_sec_def": True,
        },
        "GET /portfolio/DU1234567/positions/2"
        "?model=Growth&sort=name&direction=d&period=1W&waitForSecDef=true",
    ),
    Row("list_uncached_positions", A, "GET /portfolio2/DU1234567/positions"),
    Row(
        "list_uncached_positions",
        {**A, "model": "Growth", "sort": "description", "direction": "a"},
        "GET /portfolio2/DU1234567/positions?model=Growth&sort=description&direction=a",
    ),
    Row("get_position", {**A, "conid": 265598}, "GET /portfolio/DU1234567/position/265598"),
    Row("list_positions_by_conid", {"conid": 265598}, "GET /portfolio/positions/265598"),
    Row("list_combo_positions", A, "GET /portfolio/DU1234567/combo/positions"),
    Row(
        "list_combo_positions",
        {**A, "nocache": True},
        "GET /portfolio/DU1234567/combo/positions?nocache=true",
    ),
    Row("invalidate_position_cache", A, "POST /portfolio/DU1234567/positions/invalidate", {}),
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("get_ledger", {"account_id": each}) for each in [*PATH_ESCAPES, "", "1234567", "DU12"]),
    *(("get_combined_allocation", {"account_ids": each}) for each in [[], ["DU1234567", "x"], ["A"] * 101]),
    *(("list_positions", {**A, "page": each}) for each in [-1, 10_000, "a", 1.5]),
    ("list_positions", {**A, "direction": "asc"}),
    ("list_positions", {**A, "period": "2d"}),
    ("list_positions", {**A, "sort": "name&x=1"}),
    ("list_positions", {**A, "model": "a\nb"}),
]

# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset({"list_combo_positions"})
