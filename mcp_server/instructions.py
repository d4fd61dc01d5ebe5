"""What the server says about itself when a client connects."""

from __future__ import annotations

from typing import Final

from api_gateway.access_policy import TradingMode
from mcp_server.connection.connection_status import NAME as STATUS
from mcp_server.connection.wait_for_login import NAME as WAIT
from mcp_server.search.search_tools import CALL, CALL_WRITING, SEARCH, SearchToolProvider
from mcp_server.tools.operation_tool import OperationToolProvider

_MODES: Final = {
    TradingMode.READ: "This server only reads (TRADING_MODE=read): it cannot trade or change anything.",
    TradingMode.PAPER: "Trading is open for paper accounts, and for no other.",
    TradingMode.LIVE: "This is a real-money account: changes are real. Live orders are not supported.",
}


def instructions(
    mode: TradingMode, tools: OperationToolProvider, provider: OperationToolProvider | SearchToolProvider
) -> str:
    """How to begin and what to know, naming only tools that can be called here."""
    reachable, listed_names = tools.by_name, provider.names
    parts = ["Interactive Brokers' Web API over the user's own gateway and account."]
    if SEARCH in listed_names:
        parts.append(
            f"`{SEARCH}` finds the right one of its {len(reachable)} operations and tells its arguments; "
            f"`{CALL}` calls one that reads"
            + (f", `{CALL_WRITING}` one that changes something." if CALL_WRITING in listed_names else ".")
            + (" The most used ones are tools of their own." if len(listed_names) > 3 else "")
        )
    else:
        parts.append("Each operation is a tool.")
    parts.append(_MODES[mode])
    parts.append(f"`{STATUS}` says what works, why something does not, and the next step.")
    if "list_portfolio_accounts" in reachable:
        parts.append("Begin with `list_portfolio_accounts`: most operations ask for an account id.")
    if "search_contracts" in reachable:
        parts.append(
            "Instruments are meant by conid, a number: find it with `search_contracts`, never guess it, and "
            "check exchange and currency, for one symbol trades in many places."
        )
    parts.append(
        "Prices, sizes and times are as IBKR sends them; amounts are in the currency named beside them. "
        "Quotes may be delayed or frozen, and say so. An empty list is an answer, not an error. A failure "
        "says what happened and what to do next: do that, and do not repeat a call unchanged. A step with a "
        "browser, a command or a setting is the user's: tell them. If a login is missing, give them the "
        f"login URL and `{WAIT}`."
    )
    return "\n".join(parts)
