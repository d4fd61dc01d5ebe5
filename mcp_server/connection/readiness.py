"""What /ready says: whether quotes and orders can be asked for, in the words of `connection_status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api_gateway.causes import Cause, explain
from api_gateway.session.monitor import SessionMonitor
from api_gateway.session.states import STATE_NAMES, SessionState
from mcp_server.connection.status import CHECK_TIMEOUT, CHECK_TTL

_GATEWAY_STATUS: Mapping[SessionState, str] = {
    SessionState.UNREACHABLE: "unreachable",
    SessionState.UPSTREAM_SILENT: "silent",
    SessionState.FAILING: "fails",
    SessionState.PENALTY_BOX: "not asked",
}
_SESSION_UNKNOWN = frozenset(_GATEWAY_STATUS)


@dataclass(frozen=True)
class Readiness:
    """The result of one check of the gateway. It holds nothing secret, as anyone can read it."""

    ready: bool
    gateway: str
    session: str
    message: str
    hint: str

    def to_json(self) -> dict[str, str]:
        """The look as JSON."""
        return {
            "status": "ready" if self.ready else "not ready",
            "gateway": self.gateway,
            "session": self.session,
            "happened": self.message,
            "hint": self.hint,
        }


async def check_readiness(monitor: SessionMonitor) -> Readiness:
    """A look in less than two seconds, shared with everybody who asks within the same one."""
    check = await monitor.check_within(timeout=CHECK_TIMEOUT, max_age=CHECK_TTL)
    if check is None:
        order_waits = explain(Cause.ORDER_AWAITS_CONFIRMATION)
        return Readiness(
            ready=False,
            gateway="not asked",
            session="unknown",
            message=order_waits.sentence,
            hint=order_waits.next_step,
        )
    diagnosis = check.diagnosis
    return Readiness(
        ready=diagnosis.ready,
        gateway=_GATEWAY_STATUS.get(diagnosis.found, "answers"),
        session="unknown" if diagnosis.found in _SESSION_UNKNOWN else STATE_NAMES[diagnosis.state],
        message=f"{diagnosis.sentence} {diagnosis.detail}".rstrip(),
        hint=diagnosis.next_step,
    )
