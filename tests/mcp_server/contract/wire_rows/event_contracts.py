"""The rows of Event Contracts in the wire table."""

from __future__ import annotations

import json
from typing import Any

from fastmcp import FastMCP
from mcp_types import TextContent

from tests.mcp_server.contract.wire_rows.row import Prepare, Row

ABOUT_ONE = ("get_event_contract_details", "get_event_contract_rules", "get_event_contract_schedule")

ROWS: list[Row] = [
    Row("list_event_markets", {}, "GET /forecast/category/tree"),
    Row(
        "list_event_contracts",
        {"underlying_conid": 658663572, "exchange": "FORECASTX"},
        "GET /forecast/contract/market?underlyingConid=658663572&exchange=FORECASTX",
    ),
    Row(
        "list_event_contracts",
        {"underlying_conid": 658663572},
        "GET /forecast/contract/market?underlyingConid=658663572",
    ),
    Row("get_event_contract_details", {"conid": 722489372}, "GET /forecast/contract/details?conid=722489372"),
    Row("get_event_contract_rules", {"conid": 722489372}, "GET /forecast/contract/rules?conid=722489372"),
    Row(
        "get_event_contract_schedule",
        {"conid": 722489372},
        "GET /forecast/contract/schedules?conid=722489372",
    ),
]

NO_CONIDS: list[Any] = [0, -1, 2**31, 10**30, 1.5, "", "YES", "722489372&x=1", [722489372, 1], True]

# Calls with invalid arguments, which are rejected before anything is sent.
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *((tool, {"conid": each}) for tool in ABOUT_ONE for each in NO_CONIDS),
    *((tool, {}) for tool in (*ABOUT_ONE, "list_event_contracts")),
    *(("list_event_contracts", {"underlying_conid": each}) for each in NO_CONIDS),
    *(
        ("list_event_contracts", {"underlying_conid": 658663572, "exchange": each})
        for each in ["", "FORECASTX,CME", "CME&x=1"]
    ),
    ("list_event_markets", {"category": "g78664"}),
]


async def _call_json(server: FastMCP[Any], tool: str, arguments: dict[str, Any]) -> Any:
    answer = await server.call_tool(tool, arguments)
    content = answer.content[0]
    assert isinstance(content, TextContent)
    return json.loads(content.text)


async def _market_arguments(server: FastMCP[Any]) -> dict[str, Any]:
    tree = await _call_json(server, "list_event_markets", {})
    markets = [market for each in tree["categories"].values() for market in each.get("markets", [])]
    return {"underlying_conid": markets[0]["conid"]}


async def _contract_arguments(server: FastMCP[Any]) -> dict[str, Any]:
    market = await _call_json(server, "list_event_contracts", await _market_arguments(server))
    return {"conid": market["contracts"][0]["conid"]}


# Functions that create the state a tool needs in the simulator and return arguments for it.
PREPARED: dict[str, Prepare] = {
    "list_event_contracts": _market_arguments,
    **dict.fromkeys(ABOUT_ONE, _contract_arguments),
}

# The simulator profile for these tools, and the tools that IBKR forbids even with it.
PROFILE = "retail"
NOT_FOR_THIS_LOGIN: frozenset[str] = frozenset()

# Tools whose result may be empty.
MAY_BE_EMPTY: frozenset[str] = frozenset()
