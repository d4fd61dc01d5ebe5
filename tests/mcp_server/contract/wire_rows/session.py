"""The rows of Session in the wire table."""

from __future__ import annotations

from typing import Any

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

ROWS: list[Row] = [
    Row("open_brokerage_session", {}, "POST /iserver/auth/ssodh/init", {"publish": True, "compete": False}),
    Row(
        "open_brokerage_session",
        {"compete": True},
        "POST /iserver/auth/ssodh/init",
        {"publish": True, "compete": True},
    ),
    Row("get_session_status", {}, "POST /iserver/auth/status", {}),
    Row("tickle", {}, "POST /tickle", {}),
    Row("validate_sso", {}, "GET /sso/validate"),
    Row("logout", {}, "POST /logout", {}),
]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("open_brokerage_session", {"compete": "yes please"}),
]

# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
