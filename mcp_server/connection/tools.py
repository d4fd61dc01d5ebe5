"""The tools made for people's questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api_gateway.access_policy import TradingMode
from mcp_server.connection.connection_status import ConnectionStatus
from mcp_server.connection.diagnose_connection import DiagnoseConnection
from mcp_server.connection.take_over_session import TakeOverSession
from mcp_server.connection.wait_for_login import WaitForLogin
from mcp_server.tools.builtin_tool import OwnTool, OwnTools

if TYPE_CHECKING:
    from mcp_server.connection.status import Connection
    from mcp_server.settings import ServerSettings
    from mcp_server.ticker.client import Ticker


def own_tools(connection: Connection, ticker: Ticker, settings: ServerSettings) -> OwnTools:
    """Those of the settings' mode, in the order of the list."""
    tools: list[OwnTool] = [
        ConnectionStatus(connection),
        WaitForLogin(connection),
        DiagnoseConnection(connection.gateway, settings),
    ]
    if settings.trading_mode is not TradingMode.READ:
        tools.append(TakeOverSession(connection, ticker))
    return OwnTools(tools)
