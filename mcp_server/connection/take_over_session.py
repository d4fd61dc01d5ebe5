"""`take_over_session`: the user has decided that the other program loses the connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from fastmcp import Context
from fastmcp.server.dependencies import get_context
from fastmcp.tools.base import InputRequiredToolResult, ToolResult
from mcp import MCPError
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import PrivateAttr

from api_gateway.session.states import SessionState
from mcp_server.tools.builtin_tool import OwnTool

if TYPE_CHECKING:
    from mcp_server.connection.status import Connection, Picture
    from mcp_server.ticker.client import Ticker

NAME: Final = "take_over_session"
_DESCRIPTION = """\
Take IBKR's one connection for quotes and orders from the program that holds it (TWS, the phone).

Only if the user says so: that program loses it at once. Works while `connection_status` says that another \
program competes, and where the ticker runs with COMPETE=ask."""
_MESSAGE = (
    "Another program with the same IBKR username (TWS, the mobile app, another client) holds the one "
    "connection for quotes and orders. Shall it lose the connection, at once?"
)
_TAKE = "take_over"
_SCHEMA: Final = {
    "type": "object",
    "properties": {
        _TAKE: {
            "type": "boolean",
            "title": "Take the connection over",
            "description": "Yes: the other program loses it at once. No: it keeps it.",
            "default": False,
        }
    },
    "required": [_TAKE],
}


class TakeOverSession(OwnTool):
    """Asks the user, where the client can, and then the ticker, who alone opens sessions.

    It is offered in the modes that may change something only: throwing out a person's own program changes
    something, though not at the account.
    """

    _ticker: Ticker = PrivateAttr()
    _connection: Connection = PrivateAttr()

    def __init__(self, connection: Connection, ticker: Ticker) -> None:
        super().__init__(NAME, _DESCRIPTION, reads=False, found_by="compete, COMPETE=ask, log out TWS")
        self._connection = connection
        self._ticker = ticker

    async def answer(self, arguments: Mapping[str, Any]) -> ToolResult:  # noqa: ARG002 - it takes none
        context = get_context()
        if _asks(context):
            picture = await self._connection.picture()
            if why_not := _why_not(picture):
                return self.failed(f"{self.name}: {why_not}")
            if not _decided_before(picture):
                answer = await _answered(context)
                if answer is None:
                    return _asking()
                if answer.action != "accept" or (answer.content or {}).get(_TAKE) is not True:
                    return self.failed(
                        f"{self.name}: the user did not agree, so that program keeps the connection."
                    )
        taking = await self._ticker.take()
        if not taking.accepted:
            return self.failed(f"{self.name}: {taking.sentence}")
        step = "Ask `connection_status` in some seconds, or `wait_for_login`, whether it is open."
        return self.told({"sentence": taking.sentence, "next_step": step})


def _decided_before(picture: Picture) -> bool:
    """True if the ticker was started with a policy, and refuses in its own words whatever is asked of it."""
    report = picture.ticker.report
    return report is not None and report.compete in ("yield", "take")


def _why_not(picture: Picture) -> str:
    """Why the ticker is not to be asked without the user, who has nothing to decide; empty if they have.

    The ticker looks again before it takes, and would find a program that nobody has been told of.
    """
    report = picture.ticker.report
    if report is None:
        return f"{picture.ticker.sentence} {picture.ticker.next_step}".strip()
    found = picture.diagnosis.found if picture.diagnosis is not None else None
    if _decided_before(picture) or SessionState.COMPETING in (found, report.state):
        return ""
    return (
        "No other program is known to hold the connection, so there is nothing to take over. Ask "
        "`connection_status` how it stands."
    )


async def _answered(context: Context) -> ElicitResult | None:
    """The user's answer; None where the client has yet to be asked, and calls again with it."""
    if context.session.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        try:
            return await context.session.elicit_form(
                _MESSAGE, dict(_SCHEMA), related_request_id=context.request_id
            )
        except MCPError:
            return ElicitResult(action="cancel")
    answer = (context.input_responses or {}).get(_TAKE)
    if answer is None or isinstance(answer, ElicitResult):
        return answer
    return ElicitResult(action="cancel")


def _asking() -> ToolResult:
    """The question for clients that call again with its answer."""
    params = ElicitRequestFormParams(message=_MESSAGE, requested_schema=dict(_SCHEMA))
    request = ElicitRequest(method="elicitation/create", params=params)
    return InputRequiredToolResult(
        InputRequiredResult(result_type="input_required", input_requests={_TAKE: request})
    )


def _asks(context: Context) -> bool:
    """True if the client shows the user a form; one that names neither kind means this one."""
    capabilities = context.session.client_capabilities
    elicits = capabilities.elicitation if capabilities else None
    return elicits is not None and (elicits.form is not None or elicits.url is None)
