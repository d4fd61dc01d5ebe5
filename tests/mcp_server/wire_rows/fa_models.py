"""The rows of one section of the wire table."""

from __future__ import annotations

from typing import Any

from tests.mcp_server.wire_rows.row import Prepare, Row

ROWS: list[Row] = []

# Calls that are refused before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = []

# How to come to arguments that a simulated account can answer, where a row's own will not do.
PREPARED: dict[str, Prepare] = {}

# The simulator's profile in which these tools are asked, and the tools that even there are refused.
PROFILE = "fa"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose answer may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
