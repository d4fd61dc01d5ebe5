"""`connection_status`: what works, what does not, why, and the next step, in one call and in any state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastmcp.tools.base import ToolResult
from pydantic import PrivateAttr

from mcp_server.connection.status import ConnectionReporter
from mcp_server.tools.builtin_tool import BuiltinTool

NAME: Final = "connection_status"
_DESCRIPTION = """\
Report what works and what doesn't in the connection to IBKR, why, and what to do next; takes up to 2 s.

Call it first, and whenever something fails. Includes the login page if nobody is logged in, account IDs, \
paper or live, when the login expires, IBKR's next resets, market-data lines and the remaining rate limits. \
Safe to call while an order is waiting for confirmation."""


class ConnectionStatusTool(BuiltinTool):
    """The status of the connection, as JSON text."""

    _reporter: ConnectionReporter = PrivateAttr()

    def __init__(self, reporter: ConnectionReporter) -> None:
        super().__init__(NAME, _DESCRIPTION)
        self._reporter = reporter

    async def execute(self, arguments: Mapping[str, Any]) -> ToolResult:  # noqa: ARG002 - it takes none
        return self.json_result(self._reporter.to_json(await self._reporter.current_status()))
