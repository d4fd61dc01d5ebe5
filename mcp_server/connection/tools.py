"""The list of connection tools."""

from __future__ import annotations

from api_gateway.access_policy import TradingMode
from mcp_server.connection.connection_status import ConnectionStatusTool
from mcp_server.connection.diagnose_connection import DiagnoseConnectionTool
from mcp_server.connection.status import ConnectionReporter
from mcp_server.connection.take_over_session import TakeOverSessionTool
from mcp_server.connection.wait_for_login import WaitForLoginTool
from mcp_server.settings import ServerSettings
from mcp_server.ticker.client import TickerClient
from mcp_server.tools.builtin_tool import BuiltinTool


def connection_tools(
    reporter: ConnectionReporter, ticker: TickerClient, settings: ServerSettings
) -> list[BuiltinTool]:
    """The connection tools of the trading mode, in the order they are listed."""
    wait, diagnose = WaitForLoginTool(reporter), DiagnoseConnectionTool(reporter.gateway, settings)
    tools: list[BuiltinTool] = [ConnectionStatusTool(reporter, wait, diagnose), wait, diagnose]
    if settings.trading_mode is not TradingMode.READ:
        tools.append(TakeOverSessionTool(reporter, ticker))
    return tools
