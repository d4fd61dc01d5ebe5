"""What works: whether the gateway answers, and how far its session has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api_gateway import errors
from api_gateway.errors import GatewayError
from api_gateway.session import NAMES, SessionState, read_session

if TYPE_CHECKING:
    from api_gateway.client import Gateway

_NEXT_STEP: Mapping[SessionState, str] = {
    SessionState.NOT_LOGGED_IN: "Open {login} in a browser and log in.",
    SessionState.CLOSED: "The ticker opens it; if this lasts, look at the ticker's log.",
    SessionState.OPENING: "Wait some seconds and ask again.",
    SessionState.ESTABLISHED: "",
    SessionState.COMPETING: "Log out of TWS or the mobile app, or start the ticker with COMPETE=take.",
}
_FAILURES: Mapping[type[GatewayError], tuple[str, str]] = {
    errors.Unreachable: ("unreachable", "unknown"),
    errors.LoginRequired: ("answers", NAMES[SessionState.NOT_LOGGED_IN]),
    errors.SessionLost: ("answers", NAMES[SessionState.CLOSED]),
    errors.Paced: ("not asked", "unknown"),
}


@dataclass(frozen=True)
class Standing:
    """One look at the gateway. Holds nothing secret: it is told to whoever asks."""

    ready: bool
    gateway: str
    session: str
    happened: str
    hint: str

    def told(self) -> dict[str, str]:
        """The look as JSON."""
        return {
            "status": "ready" if self.ready else "not ready",
            "gateway": self.gateway,
            "session": self.session,
            "happened": self.happened,
            "hint": self.hint,
        }


class Readiness:
    """Looks at the gateway for everybody who asks: one look at a time, kept for `keep` seconds.

    An answer takes `patience` seconds at most, also when the gateway hangs; the look that hangs goes on,
    so that impatient questions do not pile up at the gateway.
    """

    def __init__(
        self,
        gateway: Gateway,
        *,
        patience: float = 1.5,
        keep: float = 1.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gateway = gateway
        self._patience = patience
        self._keep = keep
        self._now = now
        self._look: asyncio.Task[Standing] | None = None
        self._ended = 0.0

    async def standing(self) -> Standing:
        look = self._look
        if look is None or (look.done() and self._now() - self._ended >= self._keep):
            look = self._look = asyncio.create_task(self._take())
        await asyncio.wait({look}, timeout=self._patience)
        if not look.done():
            return Standing(
                ready=False,
                gateway="silent",
                session="unknown",
                happened=f"The gateway has not answered within {self._patience:g} seconds.",
                hint="Ask again; if this lasts, restart the gateway.",
            )
        return look.result()

    async def aclose(self) -> None:
        """End the look that is going on, if there is one."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait({self._look})

    async def _take(self) -> Standing:
        try:
            return await self._asked()
        finally:
            self._ended = self._now()

    async def _asked(self) -> Standing:
        try:
            status = (await self._gateway.post("/iserver/auth/status", reads=True)).value
        except GatewayError as error:
            gateway, session = next(
                (told for kind, told in _FAILURES.items() if isinstance(error, kind)), ("fails", "unknown")
            )
            return Standing(
                ready=False, gateway=gateway, session=session, happened=error.happened, hint=error.hint
            )
        state = read_session(status if isinstance(status, dict) else {})
        return Standing(
            ready=state is SessionState.ESTABLISHED,
            gateway="answers",
            session=NAMES[state],
            happened=f"The gateway answers: {NAMES[state]}.",
            hint=_NEXT_STEP[state].format(login=self._gateway.settings.gateway_login_url),
        )
