"""`connection_status`: what works, what does not, why, and the next step, in one call and in any state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastmcp.tools.base import ToolResult
from pydantic import PrivateAttr

from mcp_server.connection.diagnose_connection import DiagnoseConnectionTool
from mcp_server.connection.status import ConnectionReporter
from mcp_server.connection.wait_for_login import MAX_WAIT, WaitForLoginTool
from mcp_server.tools.builtin_tool import BuiltinTool

NAME: Final = "connection_status"
_DESCRIPTION = """\
Report whether the connection to IBKR works, and if not, why and what to do next; takes up to 2 s.

Call it whenever something fails. Includes the login page if nobody is logged in, paper or live (real \
money), account IDs, when the login expires, IBKR's next resets, market-data lines and rate limits."""
_TRUE_TEXTS: Final = ("true", "1", "yes")
_FALSE_TEXTS: Final = ("false", "0", "no", "")


class ConnectionStatusTool(BuiltinTool):
    """The status of the connection as JSON text; on request after a wait, or a diagnosis of every layer."""

    _reporter: ConnectionReporter = PrivateAttr()
    _wait: WaitForLoginTool = PrivateAttr()
    _diagnose: DiagnoseConnectionTool = PrivateAttr()

    def __init__(
        self, reporter: ConnectionReporter, wait: WaitForLoginTool, diagnose: DiagnoseConnectionTool
    ) -> None:
        super().__init__(
            NAME,
            _DESCRIPTION,
            {
                "wait_seconds": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": MAX_WAIT,
                    "default": 0,
                    "description": "Seconds to wait for the connection to open, e.g. during a login.",
                },
                "diagnose": {
                    "type": "boolean",
                    "default": False,
                    "description": "Check every layer and market data (e.g. why it is delayed); takes 10 s.",
                },
            },
        )
        self._reporter = reporter
        self._wait = wait
        self._diagnose = diagnose

    async def execute(self, arguments: Mapping[str, Any]) -> ToolResult:
        seconds, diagnose = (
            _parse_seconds(arguments.get("wait_seconds")),
            _parse_flag(arguments.get("diagnose")),
        )
        if seconds is None or diagnose is None:
            name, expected = (
                ("wait_seconds", f"a whole number from 0 to {MAX_WAIT}")
                if seconds is None
                else ("diagnose", "true or false")
            )
            return self.error_result(
                f"{self.name}: `{name}` is invalid. Nothing was sent to IBKR. Use {expected}."
            )
        if diagnose:
            return await self._diagnose.execute({})
        if seconds:
            return await self._wait.execute({"timeout_seconds": seconds})
        return self.json_result(self._reporter.to_json(await self._reporter.current_status()))


def _parse_seconds(value: Any) -> int | None:
    if value is None:
        return 0
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAX_WAIT:
        return None
    return round(value)


def _parse_flag(value: Any) -> bool | None:
    text = "" if value is None else str(value).strip().lower()
    return True if text in _TRUE_TEXTS else False if text in _FALSE_TEXTS else None
