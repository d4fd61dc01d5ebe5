"""The instructions that a client receives when it connects."""

from __future__ import annotations

from typing import Final

from api_gateway.access_policy import TradingMode
from mcp_server.connection.connection_status import NAME as STATUS
from mcp_server.connection.wait_for_login import NAME as WAIT
from mcp_server.search.search_tools import CALL, CALL_WRITING, SEARCH, SearchToolProvider
from mcp_server.tools.operation_tool import OperationToolProvider

_MODES: Final = {
    TradingMode.READ: "This server only reads data (TRADING_MODE=read): it cannot trade or change anything.",
    TradingMode.PAPER: "Trading is limited to paper accounts (TRADING_MODE=paper).",
    TradingMode.LIVE: "Changes are real (TRADING_MODE=live), but orders cannot be placed or modified.",
}


def instructions(
    mode: TradingMode, tools: OperationToolProvider, provider: OperationToolProvider | SearchToolProvider
) -> str:
    """How to start and what to know; names only tools that are available here."""
    reachable, listed_names = tools.by_name, provider.names
    parts = ["Interactive Brokers' Web API over the user's own gateway and account."]
    if SEARCH in listed_names:
        parts.append(
            f"Find one of its {len(reachable)} operations with `{SEARCH}`, then run it with `{CALL}` "
            + "(read-only)"
            + (f" or `{CALL_WRITING}` (makes changes)." if CALL_WRITING in listed_names else ".")
            + (" The most used ones are also listed as tools." if len(listed_names) > 3 else "")
            + " Do the same for any tool that a description names and your list lacks."
        )
    else:
        parts.append("Each operation is a tool.")
    parts.append(_MODES[mode])
    parts.append(f"`{STATUS}` reports what works, what doesn't and why, and what to do next.")
    if "list_portfolio_accounts" in reachable:
        parts.append("Start with `list_portfolio_accounts`: most operations need an account ID.")
    if "search_contracts" in reachable:
        parts.append(
            "Instruments are identified by conid, a numeric contract ID: find it with `search_contracts`, "
            "never guess it, and check exchange and currency: one symbol can be listed in many places."
        )
    parts.append(
        "Prices, sizes and times are as IBKR sends them; amounts are in the currency shown next to them. "
        "Quotes may be delayed or frozen, and say so. An empty list is a valid result, not an error. An "
        "error says what happened and what to do next: do that, and do not repeat a call unchanged unless it "
        "says so. A step that needs a browser, a command or a setting is for the user: pass it on. If nobody "
        f"is logged in, give the user the login URL and call `{WAIT}`."
    )
    return "\n".join(parts)
