"""`wait_for_login`: waits until the connection is open, the client cancels, or the timeout expires."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from secrets import token_hex
from typing import Any, Final

from fastmcp import Context
from fastmcp.server.dependencies import get_context
from fastmcp.tools.base import InputRequiredToolResult, ToolResult
from mcp import MCPError
from mcp_types import ElicitRequest, ElicitRequestURLParams, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import PrivateAttr

from api_gateway.session.states import SessionState
from mcp_server.connection.status import ConnectionReporter, ConnectionStatus
from mcp_server.tools.builtin_tool import BuiltinTool

NAME: Final = "wait_for_login"
MAX_WAIT: Final = 600
DEFAULT_WAIT: Final = 120
POLL_INTERVAL: Final = 2.0
"""Seconds between two checks."""

PROGRESS_INTERVAL: Final = 5.0
"""Seconds between two progress notifications."""

LOGIN_REQUEST_KEY: Final = "login"
_DESCRIPTION = """\
Wait until the connection to IBKR is open, for example while the user logs in, and report its status.

Opens the login page if the client supports it; otherwise give the user the `login_url` from \
`connection_status` before you wait. Returns immediately if the connection is already open."""
_DECLINED = "The user does not want to open the login page now."


class WaitForLoginTool(BuiltinTool):
    """Polls the connection, reports progress, and offers the login page if the client can open it."""

    _reporter: ConnectionReporter = PrivateAttr()

    def __init__(self, reporter: ConnectionReporter) -> None:
        super().__init__(
            NAME,
            _DESCRIPTION,
            {
                "timeout_seconds": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_WAIT,
                    "default": DEFAULT_WAIT,
                    "description": "Maximum time to wait, in seconds.",
                }
            },
        )
        self._reporter = reporter

    async def execute(self, arguments: Mapping[str, Any]) -> ToolResult:
        seconds = arguments.get("timeout_seconds", DEFAULT_WAIT)
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= MAX_WAIT:
            return self.error_result(
                f"{self.name}: `timeout_seconds` is invalid. Nothing was sent to IBKR. "
                f"Use a whole number from 1 to {MAX_WAIT}."
            )
        context = get_context()
        status = await self._reporter.current_status()
        if not _needs_login(status) or not _supports_url_elicitation(context):
            return await self._wait(context, status, seconds)
        if context.session.protocol_version in MODERN_PROTOCOL_VERSIONS:
            answer = (context.input_responses or {}).get(LOGIN_REQUEST_KEY)
            if answer is None:
                return self._elicitation_result(status)
            if not isinstance(answer, ElicitResult) or answer.action != "accept":
                return self._final_result(status, 0.0, _DECLINED)
            return await self._wait(context, status, seconds)
        offer = asyncio.ensure_future(self._offer_login_page(context, status))
        try:
            return await self._wait(context, status, seconds, offer)
        finally:
            offer.cancel()
            await asyncio.gather(offer, return_exceptions=True)

    async def _wait(
        self,
        context: Context,
        status: ConnectionStatus,
        seconds: int,
        offer: asyncio.Future[bool] | None = None,
    ) -> ToolResult:
        """Poll until the connection is open, `offer` is declined, or the timeout expires."""
        now = asyncio.get_running_loop().time
        started, last_progress = now(), float("-inf")
        while True:
            waited = now() - started
            declined = offer is not None and offer.done() and not offer.result()
            if declined and _needs_login(status):
                return self._final_result(status, waited, _DECLINED)
            if _is_ready(status) or waited >= seconds:
                return self._final_result(status, waited)
            if waited - last_progress >= PROGRESS_INTERVAL:
                last_progress = waited
                sentence = "" if status.diagnosis is None else status.diagnosis.sentence
                await context.report_progress(round(waited), seconds, f"Still waiting. {sentence}".strip())
            timeout = min(POLL_INTERVAL, seconds - waited)
            if offer is None or offer.done():
                await asyncio.sleep(timeout)
            else:
                await asyncio.wait({offer}, timeout=timeout)
            status = await self._reporter.current_status()

    def _final_result(self, status: ConnectionStatus, waited: float, reason: str = "") -> ToolResult:
        """The result of the last check."""
        full = self._reporter.to_json(status)
        reported = {name: full[name] for name in _REPORTED_FIELDS if name in full}
        if reason:
            reported["sentence"] = f"{reason} {reported['sentence']}"
        return self.json_result({**reported, "waited_seconds": round(waited)})

    def _login_message(self, status: ConnectionStatus) -> str:
        sentence = "" if status.diagnosis is None else status.diagnosis.sentence
        return f"{sentence} Log in on this page with your IBKR username.".strip()

    def _elicitation_result(self, status: ConnectionStatus) -> ToolResult:
        """The prompt, for clients that call again with the answer."""
        params = ElicitRequestURLParams(message=self._login_message(status), url=self._login_page)
        request = ElicitRequest(method="elicitation/create", params=params)
        return InputRequiredToolResult(
            InputRequiredResult(result_type="input_required", input_requests={LOGIN_REQUEST_KEY: request})
        )

    async def _offer_login_page(self, context: Context, status: ConnectionStatus) -> bool:
        """Prompt a client that responds within the call; False if the user declines. Never fails."""
        try:
            answer = await context.session.elicit_url(
                self._login_message(status),
                self._login_page,
                token_hex(8),
                related_request_id=context.request_id,
            )
        except MCPError:
            return True  # not supported after all; the URL is in the result, too
        return answer.action == "accept"

    @property
    def _login_page(self) -> str:
        return self._reporter.gateway.settings.gateway_login_url


_REPORTED_FIELDS = ("sentence", "next_step", "who_acts", "login_url", "detail", "state", "ready", "since")


def _is_ready(status: ConnectionStatus) -> bool:
    return status.diagnosis is not None and status.diagnosis.ready


def _needs_login(status: ConnectionStatus) -> bool:
    return status.diagnosis is not None and status.diagnosis.found is SessionState.NOT_LOGGED_IN


def _supports_url_elicitation(context: Context) -> bool:
    capabilities = context.session.client_capabilities
    elicits = capabilities.elicitation if capabilities else None
    return elicits is not None and elicits.url is not None
