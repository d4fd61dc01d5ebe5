"""What /ready says: whether quotes and orders can be asked for, in the words of `connection_status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api_gateway.session.states import STATE_NAMES, SessionState
from mcp_server.connection.status import KEPT, PATIENCE

if TYPE_CHECKING:
    from api_gateway.session.monitor import SessionMonitor

_GATEWAY: Mapping[SessionState, str] = {
    SessionState.UNREACHABLE: "unreachable",
    SessionState.UPSTREAM_SILENT: "silent",
    SessionState.FAILING: "fails",
    SessionState.PENALTY_BOX: "not asked",
}
_NO_WORD = frozenset(_GATEWAY)


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


async def standing(looks: SessionMonitor) -> Standing:
    """A look in less than two seconds, shared with everybody who asks within the same one."""
    look = await looks.check_within(timeout=PATIENCE, max_age=KEPT)
    if look is None:
        return Standing(
            ready=False,
            gateway="not asked",
            session="unknown",
            happened="The gateway was not asked, as that would void an order's open question.",
            hint="Ask again in a minute.",
        )
    found = look.diagnosis
    return Standing(
        ready=found.ready,
        gateway=_GATEWAY.get(found.found, "answers"),
        session="unknown" if found.found in _NO_WORD else STATE_NAMES[found.state],
        happened=f"{found.sentence} {found.detail}".rstrip(),
        hint=found.next_step,
    )
