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

# Calls that are refused before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("open_brokerage_session", {"compete": "yes please"}),
]

# How to come to arguments that a simulated account can answer, where a row's own will not do.
PREPARED: dict[str, Prepare] = {}

# The simulator's profile in which these tools are asked, and the tools that even there are refused.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose answer may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
