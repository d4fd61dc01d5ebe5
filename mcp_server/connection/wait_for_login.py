"""`wait_for_login`: until the connection is open, the client cancels, or the time is over."""

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
from mcp_server.connection.status import Connection, Picture
from mcp_server.tools.builtin_tool import OwnTool

NAME: Final = "wait_for_login"
LONGEST: Final = 600
USUAL: Final = 120
EVERY: Final = 2.0
"""Seconds between two looks."""

PROGRESS: Final = 5.0
"""Seconds between two notices of progress."""

LOGIN: Final = "login"
_DESCRIPTION = """\
Wait until the connection to IBKR is open, for instance while the user logs in, and tell how it stands then.

A client that can opens the login page for the user; otherwise give the user the `login_url`, which \
`connection_status` has, before you wait. Ends at once if everything is open already."""
_DECLINED = "The user does not want to open the login page now."


class WaitForLogin(OwnTool):
    """Looks again and again, with progress, and offers the login page where the client can open one."""

    _connection: Connection = PrivateAttr()

    def __init__(self, connection: Connection) -> None:
        super().__init__(
            NAME,
            _DESCRIPTION,
            {
                "timeout_seconds": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": LONGEST,
                    "default": USUAL,
                    "description": "Seconds to wait at most.",
                }
            },
        )
        self._connection = connection

    async def answer(self, arguments: Mapping[str, Any]) -> ToolResult:
        seconds = arguments.get("timeout_seconds", USUAL)
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= LONGEST:
            return self.failed(
                f"{self.name}: `timeout_seconds` should be a whole number from 1 to {LONGEST}. Nothing was "
                "sent to IBKR."
            )
        context = get_context()
        picture = await self._connection.picture()
        if not _misses_the_login(picture) or not _opens_pages(context):
            return await self._wait(context, picture, seconds)
        if context.session.protocol_version in MODERN_PROTOCOL_VERSIONS:
            answer = (context.input_responses or {}).get(LOGIN)
            if answer is None:
                return self._asking(picture)
            if not isinstance(answer, ElicitResult) or answer.action != "accept":
                return self._ended(picture, 0.0, _DECLINED)
            return await self._wait(context, picture, seconds)
        offer = asyncio.ensure_future(self._offered(context, picture))
        try:
            return await self._wait(context, picture, seconds, offer)
        finally:
            offer.cancel()
            await asyncio.gather(offer, return_exceptions=True)

    async def _wait(
        self, context: Context, picture: Picture, seconds: int, offer: asyncio.Future[bool] | None = None
    ) -> ToolResult:
        """Look until the connection is open, `offer` turns out to be declined, or the time is over."""
        now = asyncio.get_running_loop().time
        began, noticed = now(), float("-inf")
        while True:
            waited = now() - began
            declined = offer is not None and offer.done() and not offer.result()
            if declined and _misses_the_login(picture):
                return self._ended(picture, waited, _DECLINED)
            if _ready(picture) or waited >= seconds:
                return self._ended(picture, waited)
            if waited - noticed >= PROGRESS:
                noticed = waited
                sentence = "" if picture.diagnosis is None else picture.diagnosis.sentence
                await context.report_progress(round(waited), seconds, f"Still waiting. {sentence}".strip())
            until = min(EVERY, seconds - waited)
            if offer is None or offer.done():
                await asyncio.sleep(until)
            else:
                await asyncio.wait({offer}, timeout=until)
            picture = await self._connection.picture()

    def _ended(self, picture: Picture, waited: float, why: str = "") -> ToolResult:
        """How it stands now."""
        whole = self._connection.told(picture)
        told = {name: whole[name] for name in _TOLD if name in whole}
        if why:
            told["sentence"] = f"{why} {told['sentence']}"
        return self.told({**told, "waited_seconds": round(waited)})

    def _message(self, picture: Picture) -> str:
        sentence = "" if picture.diagnosis is None else picture.diagnosis.sentence
        return f"{sentence} Log in on this page with your IBKR username.".strip()

    def _asking(self, picture: Picture) -> ToolResult:
        """The question for clients that call again with its answer."""
        params = ElicitRequestURLParams(message=self._message(picture), url=self._page)
        request = ElicitRequest(method="elicitation/create", params=params)
        return InputRequiredToolResult(
            InputRequiredResult(result_type="input_required", input_requests={LOGIN: request})
        )

    async def _offered(self, context: Context, picture: Picture) -> bool:
        """Ask a client that answers at once; False if the user does not want to. It never fails."""
        try:
            answer = await context.session.elicit_url(
                self._message(picture), self._page, token_hex(8), related_request_id=context.request_id
            )
        except MCPError:
            return True  # it cannot after all; the address is in the text, too
        return answer.action == "accept"

    @property
    def _page(self) -> str:
        return self._connection.gateway.settings.gateway_login_url


_TOLD = ("sentence", "next_step", "who_acts", "login_url", "detail", "state", "ready", "since")


def _ready(picture: Picture) -> bool:
    return picture.diagnosis is not None and picture.diagnosis.ready


def _misses_the_login(picture: Picture) -> bool:
    return picture.diagnosis is not None and picture.diagnosis.found is SessionState.NOT_LOGGED_IN


def _opens_pages(context: Context) -> bool:
    capabilities = context.session.client_capabilities
    elicits = capabilities.elicitation if capabilities else None
    return elicits is not None and elicits.url is not None
