"""`take_over_session`: the user has decided that the other program loses the connection."""

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

from api_gateway.causes import Cause, explain
from api_gateway.session.states import SessionState
from mcp_server.connection.status import ConnectionReporter, ConnectionStatus
from mcp_server.ticker.client import TickerClient
from mcp_server.tools.builtin_tool import BuiltinTool

NAME: Final = "take_over_session"
_DESCRIPTION = """\
Take IBKR's one connection for quotes and orders from the program that holds it (TWS, the phone).

Only if the user says so: that program loses it at once. Works while `connection_status` says that another \
program competes, and where the ticker runs with COMPETE=ask."""
_MESSAGE = (
    "Another program with the same IBKR username (TWS, the mobile app, another client) holds the one "
    "connection for quotes and orders. Shall it lose the connection, at once?"
)
_CONSENT_KEY = "take_over"
_SCHEMA: Final = {
    "type": "object",
    "properties": {
        _CONSENT_KEY: {
            "type": "boolean",
            "title": "Take the connection over",
            "description": "Yes: the other program loses it at once. No: it keeps it.",
            "default": False,
        }
    },
    "required": [_CONSENT_KEY],
}


class TakeOverSessionTool(BuiltinTool):
    """Asks the user, where the client can, and then the ticker, who alone opens sessions.

    It is offered in the modes that may change something only: throwing out a person's own program changes
    something, though not at the account.
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
                    return self.error_result(
                        f"{self.name}: the user did not agree, so that program keeps the connection."
                    )
        takeover = await self._ticker.take_over()
        if not takeover.accepted:
            return self.error_result(f"{self.name}: {takeover.message}")
        step = "Ask `connection_status` in some seconds, or `wait_for_login`, whether it is open."
        return self.json_result({"sentence": takeover.message, "next_step": step})


def _has_fixed_policy(status: ConnectionStatus) -> bool:
    """True if the ticker was started with a policy, and refuses in its own words whatever is asked of it."""
    report = status.ticker.report
    return report is not None and report.compete in ("yield", "take")


def _refusal_reason(status: ConnectionStatus) -> str:
    """Why the ticker is not to be asked without the user, who has nothing to decide; empty if they have.

    The ticker looks again before it takes, and would find a program that nobody has been told of.
    """
    report = status.ticker.report
    if report is None:
        return f"{status.ticker.message} {status.ticker.next_step}".strip()
    found = status.diagnosis.found if status.diagnosis is not None else None
    if _has_fixed_policy(status) or SessionState.COMPETING in (found, report.state):
        return ""
    nothing = explain(Cause.NOTHING_TO_TAKE_OVER)
    return f"{nothing.sentence} {nothing.next_step}"


async def _elicit_consent(context: Context) -> ElicitResult | None:
    """The user's answer; None where the client has yet to be asked, and calls again with it."""
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
    """The question for clients that call again with its answer."""
    params = ElicitRequestFormParams(message=_MESSAGE, requested_schema=dict(_SCHEMA))
    request = ElicitRequest(method="elicitation/create", params=params)
    return InputRequiredToolResult(
        InputRequiredResult(result_type="input_required", input_requests={_CONSENT_KEY: request})
    )


def _supports_form_elicitation(context: Context) -> bool:
    """True if the client shows the user a form; one that names neither kind means this one."""
    capabilities = context.session.client_capabilities
    elicits = capabilities.elicitation if capabilities else None
    return elicits is not None and (elicits.form is not None or elicits.url is None)
