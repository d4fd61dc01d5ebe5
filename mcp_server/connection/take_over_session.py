"""`take_over_session`: disconnects a competing program, with the user's consent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastmcp import Context
from fastmcp.server.dependencies import get_context
from fastmcp.tools.base import InputRequiredToolResult, ToolResult
from mcp import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import PrivateAttr

from api_gateway.causes import OUTCOME_SENTENCES, Cause, Outcome, explain
from api_gateway.session.states import SessionState
from mcp_server.connection.status import ConnectionReporter, ConnectionStatus
from mcp_server.ticker.client import TickerClient
from mcp_server.tools.builtin_tool import BuiltinTool

NAME: Final = "take_over_session"
_DESCRIPTION = """\
Take over IBKR's one connection for quotes and orders from the program that holds it (TWS, the mobile app).

Call it only if the user agrees: that program is disconnected immediately. Works only while \
`connection_status` reports a competing program and the ticker runs with COMPETE=ask."""
_MESSAGE = (
    "Another program with the same IBKR username (TWS, the mobile app, another client) holds the one "
    "connection for quotes and orders. Disconnect that program now and take over the connection?"
)
_CONSENT_KEY = "take_over"
_SCHEMA: Final = {
    "type": "object",
    "properties": {
        _CONSENT_KEY: {
            "type": "boolean",
            "title": "Take over the connection",
            "description": "Yes: the other program is disconnected now. No: it stays connected.",
            "default": False,
        }
    },
    "required": [_CONSENT_KEY],
}


class TakeOverSessionTool(BuiltinTool):
    """Gets the user's consent, if the client supports that, and has the ticker take over the session.

    Not available with TRADING_MODE=read: disconnecting a user's own program is a change, though not to the
    account.
    """

    _ticker: TickerClient = PrivateAttr()
    _reporter: ConnectionReporter = PrivateAttr()

    def __init__(self, reporter: ConnectionReporter, ticker: TickerClient) -> None:
        super().__init__(
            NAME, _DESCRIPTION, read_only=False, search_terms="compete, COMPETE=ask, log out TWS"
        )
        self._reporter = reporter
        self._ticker = ticker

    async def execute(self, arguments: Mapping[str, Any]) -> ToolResult:  # noqa: ARG002 - it takes none
        context = get_context()
        if _supports_form_elicitation(context):
            status = await self._reporter.current_status()
            if reason := _refusal_reason(status):
                return self.error_result(f"{self.name}: {reason}")
            if not _has_fixed_policy(status):
                answer = await _elicit_consent(context)
                if answer is None:
                    return _elicitation_result()
                if answer.action != "accept" or (answer.content or {}).get(_CONSENT_KEY) is not True:
                    declined = explain(Cause.TAKEOVER_DECLINED)
                    return self.error_result(f"{self.name}: {declined.problem} {declined.next_step}")
        takeover = await self._ticker.take_over()
        if not takeover.accepted:
            return self.error_result(f"{self.name}: {takeover.message}")
        step = "Call `wait_for_login`, or `connection_status` in a few seconds, to see whether it is open."
        return self.json_result({"sentence": takeover.message, "next_step": step})


def _has_fixed_policy(status: ConnectionStatus) -> bool:
    """True if the ticker runs with COMPETE=yield or take, and so rejects every take-over, saying why."""
    report = status.ticker.report
    return report is not None and report.compete in ("yield", "take")


def _refusal_reason(status: ConnectionStatus) -> str:
    """Why there is nothing for the user to decide; empty if there is.

    The ticker is not called then: it checks again, and could disconnect a program that the user has not
    heard of.
    """
    report = status.ticker.report
    if report is None:
        unchanged = OUTCOME_SENTENCES[Outcome.UNCHANGED]
        return f"{status.ticker.message} {unchanged} {status.ticker.next_step}"
    found = status.diagnosis.found if status.diagnosis is not None else None
    if _has_fixed_policy(status) or SessionState.COMPETING in (found, report.state):
        return ""
    nothing = explain(Cause.NOTHING_TO_TAKE_OVER)
    return f"{nothing.problem} {nothing.next_step}"


async def _elicit_consent(context: Context) -> ElicitResult | None:
    """The user's answer; None if the client still has to prompt for it and will then call again."""
    if context.session.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        try:
            return await context.session.elicit_form(
                _MESSAGE, dict(_SCHEMA), related_request_id=context.request_id
            )
        except MCPError:
            return ElicitResult(action="cancel")
    answer = (context.input_responses or {}).get(_CONSENT_KEY)
    if answer is None or isinstance(answer, ElicitResult):
        return answer
    return ElicitResult(action="cancel")


def _elicitation_result() -> ToolResult:
    """The prompt, for clients that call again with the answer."""
    params = ElicitRequestFormParams(message=_MESSAGE, requested_schema=dict(_SCHEMA))
    request = ElicitRequest(method="elicitation/create", params=params)
    return InputRequiredToolResult(
        InputRequiredResult(result_type="input_required", input_requests={_CONSENT_KEY: request})
    )


def _supports_form_elicitation(context: Context) -> bool:
    """True if the client can show a form; one that names no kind of elicitation supports forms."""
    capabilities = context.session.client_capabilities
    elicits = capabilities.elicitation if capabilities else None
    return elicits is not None and (elicits.form is not None or elicits.url is None)
