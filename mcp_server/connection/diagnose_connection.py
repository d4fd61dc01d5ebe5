"""`diagnose_connection`: every layer between here and IBKR, the first broken one, and the fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastmcp.tools.base import ToolResult
from pydantic import PrivateAttr

from api_gateway.causes import Cause, explain
from api_gateway.client.gateway import GatewayClient
from api_gateway.doctor.doctor import DoctorContext, run_doctor
from api_gateway.doctor.findings import Layer, ok
from mcp_server.http.endpoint import startup_problems
from mcp_server.settings import ServerSettings
from mcp_server.tools.builtin_tool import BuiltinTool

NAME: Final = "diagnose_connection"
_DESCRIPTION = """\
Find out what is broken between this server and IBKR, layer by layer; report the first fault and its fix.

Use it if `connection_status` does not explain a failure. Checks settings, host name, port, certificate, \
gateway, permitted addresses, IBKR, rate limits, login, session, accounts, a quote, clock and ticker. Takes \
up to 10 s; changes nothing."""
_ENDPOINT_WORKS = "This call came through it, so it works for this client."


class DiagnoseConnectionTool(BuiltinTool):
    """The report of the command `ib-mcp doctor`, as JSON."""

    _gateway: GatewayClient = PrivateAttr()
    _settings: ServerSettings = PrivateAttr()

    def __init__(self, gateway: GatewayClient, settings: ServerSettings) -> None:
        super().__init__(NAME, _DESCRIPTION, search_terms="doctor, troubleshoot, why does nothing work")
        self._gateway = gateway
        self._settings = settings

    async def execute(self, arguments: Mapping[str, Any]) -> ToolResult:  # noqa: ARG002 - it takes none
        if self._gateway.order_question.open:
            waits = explain(Cause.ORDER_AWAITS_CONFIRMATION)
            return self.error_result(f"{self.name}: {waits.problem} {waits.next_step}")
        context = DoctorContext(
            gateway=self._gateway,
            problems=tuple(startup_problems(self._settings)),
            mode=self._settings.trading_mode,
            ticker_url=self._settings.ticker_url.rstrip("/"),
            known=(ok(Layer.ENDPOINT, _ENDPOINT_WORKS), ok(Layer.CLIENTS, _ENDPOINT_WORKS)),
        )
        return self.json_result((await run_doctor(context)).report.to_json())
