"""/ready: whether quotes and orders are available, in the words of `connection_status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api_gateway.causes import Cause, explain
from api_gateway.session.monitor import SessionMonitor
from api_gateway.session.states import STATE_NAMES, SessionState
from mcp_server.connection.status import CHECK_TIMEOUT, CHECK_TTL

_GATEWAY_STATUS: Mapping[SessionState, str] = {
    SessionState.UNREACHABLE: "unreachable",
    SessionState.UPSTREAM_SILENT: "no response from IBKR",
    SessionState.FAILING: "failing",
    SessionState.PENALTY_BOX: "not checked",
}
_SESSION_UNKNOWN = frozenset(_GATEWAY_STATUS)


@dataclass(frozen=True)
class Readiness:
    """The result of one check of the gateway. It contains no secrets, because anyone can read it."""

    ready: bool
    gateway: str
    session: str
    problem: str
    hint: str

    def to_json(self) -> dict[str, str]:
        """The result as JSON; like an error, it has a `problem` and a `hint` unless the server is ready."""
        status = {
            "status": "ready" if self.ready else "not ready",
            "gateway": self.gateway,
            "session": self.session,
        }
        return status if self.ready else {**status, "problem": self.problem, "hint": self.hint}


async def check_readiness(monitor: SessionMonitor) -> Readiness:
    """Check the gateway in less than two seconds; calls within one second share the result."""
    check = await monitor.check_within(timeout=CHECK_TIMEOUT, max_age=CHECK_TTL)
    if check is None:
        order_waits = explain(Cause.ORDER_AWAITS_CONFIRMATION)
        return Readiness(
            ready=False,
            gateway="not checked",
            session="unknown",
            problem=order_waits.sentence,
            hint=order_waits.next_step,
        )
    diagnosis = check.diagnosis
    return Readiness(
        ready=diagnosis.ready,
        gateway=_GATEWAY_STATUS.get(diagnosis.found, "responds"),
        session="unknown" if diagnosis.found in _SESSION_UNKNOWN else STATE_NAMES[diagnosis.state],
        problem=f"{diagnosis.sentence} {diagnosis.detail}".rstrip(),
        hint=diagnosis.next_step,
    )
