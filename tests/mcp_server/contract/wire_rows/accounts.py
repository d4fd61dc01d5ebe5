"""The rows of Accounts in the wire table."""

from __future__ import annotations

from typing import Any

from tests.mcp_server.contract.wire_rows.row import PATH_ESCAPES, Prepare, Row

A = {"account_id": "DU1234567"}

ROWS: list[Row] = [
    Row("list_brokerage_accounts", {}, "GET /iserver/accounts"),
    Row("select_account", A, "POST /iserver/account", {"acctId": "DU1234567"}),
    Row("get_pnl", {}, "GET /iserver/account/pnl/partitioned"),
    Row("search_dynamic_accounts", {"pattern": "DU12"}, "GET /iserver/account/search/DU12"),
    Row("select_dynamic_account", A, "POST /iserver/dynaccount", {"acctId": "DU1234567"}),
    Row("get_account_summary", A, "GET /iserver/account/DU1234567/summary"),
    Row("get_available_funds", A, "GET /iserver/account/DU1234567/summary/available_funds"),
    Row("get_balances", A, "GET /iserver/account/DU1234567/summary/balances"),
    Row("get_margins", A, "GET /iserver/account/DU1234567/summary/margins"),
    Row("get_market_value", A, "GET /iserver/account/DU1234567/summary/market_value"),
    Row("get_signatures_and_owners", A, "GET /acesws/DU1234567/signatures-and-owners"),
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("select_account", {"account_id": each}) for each in [*PATH_ESCAPES, "All", 1234567]),
    *(("search_dynamic_accounts", {"pattern": each}) for each in ["", "*", "../..", "a b", "x" * 33]),
    ("get_pnl", {"account_id": "DU1234567"}),
]

# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset({"search_dynamic_accounts", "select_dynamic_account"})

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
