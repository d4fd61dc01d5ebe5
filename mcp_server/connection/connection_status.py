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
Tell what of the connection to IBKR works, what does not, why, and the next step; answers within 2 s.

Ask it first, and whenever something fails. It has the login page if a login is missing, the account ids, \
paper or live, how long the login lasts, IBKR's coming resets, market-data lines and what IBKR's request \
limits still allow. An order's open question is left alone."""


class ConnectionStatusTool(BuiltinTool):
    """The picture of the connection, as text."""

    _reporter: ConnectionReporter = PrivateAttr()

    def __init__(self, reporter: ConnectionReporter) -> None:
        super().__init__(NAME, _DESCRIPTION)
        self._reporter = reporter

    async def execute(self, arguments: Mapping[str, Any]) -> ToolResult:  # noqa: ARG002 - it takes none
        return self.json_result(self._reporter.to_json(await self._reporter.current_status()))
