"""The rows of Order Monitoring in the wire table."""

from __future__ import annotations

from typing import Any

from fastmcp import FastMCP

from tests.mcp_server.contract.wire_rows.row import PATH_ESCAPES, Prepare, Row

ROWS: list[Row] = [
    Row("list_live_orders", {}, "GET /iserver/account/orders"),
    Row(
        "list_live_orders",
        {"filters": ["submitted", "filled"], "force": False, "account_id": "DU1234567"},
        "GET /iserver/account/orders?filters=submitted,filled&force=false&accountId=DU1234567",
    ),
    Row("get_order_status", {"order_id": 602801486}, "GET /iserver/account/order/status/602801486"),
    Row("list_trades", {}, "GET /iserver/account/trades"),
    Row(
        "list_trades",
        {"days": 7, "account_id": "DU1234567"},
        "GET /iserver/account/trades?days=7&accountId=DU1234567",
    ),
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(("list_trades", {"account_id": each}) for each in PATH_ESCAPES),
    *(("get_order_status", {"order_id": each}) for each in [-1, 0, 2**63, "-1", "1/../2"]),
    *(("list_trades", {"days": each}) for each in [0, 8, "8 days", "month"]),
    ("list_live_orders", {"filters": ["open"]}),
]


async def _known_order(_: FastMCP[Any]) -> dict[str, Any]:
    return {"order_id": 602801489}


PREPARED: dict[str, Prepare] = {"get_order_status": _known_order}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
