"""`take_over_session`: the user has decided that the other program loses the connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from fastmcp.tools.base import ToolResult
from pydantic import PrivateAttr

from mcp_server.tools.own import OwnTool

if TYPE_CHECKING:
    from mcp_server.ticker import Ticker

NAME: Final = "take_over_session"
_DESCRIPTION = """\
Take IBKR's one connection for quotes and orders from the program that holds it (TWS, the phone).

Only if the user says so: that program loses it at once. Works while `connection_status` says that another \
program competes, and where the ticker runs with COMPETE=ask."""


class TakeOverSession(OwnTool):
    """Asks the ticker, who alone opens sessions.

    It is offered in the modes that may change something only: throwing out a person's own program changes
    something, though not at the account.
    """

    _ticker: Ticker = PrivateAttr()

    def __init__(self, ticker: Ticker) -> None:
        super().__init__(NAME, _DESCRIPTION, reads=False, found_by="compete, COMPETE=ask, log out TWS")
        self._ticker = ticker

    async def answer(self, arguments: Mapping[str, Any]) -> ToolResult:  # noqa: ARG002 - it takes none
        taking = await self._ticker.take()
        if not taking.accepted:
            return self.failed(f"{self.name}: {taking.sentence}")
        step = "Ask `connection_status` in some seconds, or `wait_for_login`, whether it is open."
        return self.told({"sentence": taking.sentence, "next_step": step})
