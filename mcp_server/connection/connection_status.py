"""`connection_status`: what works, what does not, why, and the next step, in one call and in any state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastmcp.tools.base import ToolResult
from pydantic import PrivateAttr

from mcp_server.connection.status import Connection
from mcp_server.tools.builtin_tool import OwnTool

NAME: Final = "connection_status"
_DESCRIPTION = """\
Tell what of the connection to IBKR works, what does not, why, and the next step; answers within 2 s.

Ask it first, and whenever something fails. It has the login page if a login is missing, the account ids, \
paper or live, how long the login lasts, IBKR's coming resets, market-data lines and what IBKR's request \
limits still allow. An order's open question is left alone."""


class ConnectionStatus(OwnTool):
    """The picture of the connection, as text."""

    _connection: Connection = PrivateAttr()

    def __init__(self, connection: Connection) -> None:
        super().__init__(NAME, _DESCRIPTION)
        self._connection = connection

    async def answer(self, arguments: Mapping[str, Any]) -> ToolResult:  # noqa: ARG002 - it takes none
        return self.told(self._connection.told(await self._connection.picture()))
