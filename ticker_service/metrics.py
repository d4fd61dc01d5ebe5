"""The ticker's Prometheus metrics."""

from __future__ import annotations

from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from api_gateway.session.states import SessionState
from ticker_service.heartbeat import HeartbeatResult

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STARTING = "starting"
"""The state before the first heartbeat."""

DURATION_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0)


class Metrics:
    """The ticker's metrics, in their own registry."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._state = Gauge(
            "ib_mcp_session_state",
            "1 for the current state of the connection to IBKR, 0 for the others.",
            ["state"],
            registry=registry,
        )
        self._ready = Gauge(
            "ib_mcp_session_ready", "1 if the session is open for quotes and orders.", registry=registry
        )
        self._login_expiry = Gauge(
            "ib_mcp_login_ends_seconds",
            "Seconds until the login expires; NaN if nobody is logged in.",
            registry=registry,
        )
        self._holds = Gauge("ib_mcp_ticker_holds", "Active holds.", registry=registry)
        self._heartbeats = Counter(
            "ib_mcp_ticker_beats", "Heartbeats, by the state they found.", ["state"], registry=registry
        )
        self._failures = Counter(
            "ib_mcp_ticker_failures", "Failed requests, by kind of error.", ["kind"], registry=registry
        )
        self._openings = Counter(
            "ib_mcp_ticker_openings",
            "Attempts to open the brokerage session, by IBKR's response.",
            ["answer"],
            registry=registry,
        )
        self._reopenings = Counter(
            "ib_mcp_session_reopenings", "Lost sessions that were reopened.", registry=registry
        )
        self._durations = Histogram(
            "ib_mcp_ticker_beat_seconds",
            "Duration of a heartbeat.",
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        for answer in ("accepted", "refused"):
            self._openings.labels(answer)
        self._set_state(None)

    def record_heartbeat(self, result: HeartbeatResult, seconds: float) -> None:
        """Count one heartbeat."""
        self._heartbeats.labels("unknown" if result.diagnosis is None else result.diagnosis.state.value).inc()
        for kind in result.failures:
            self._failures.labels(kind).inc()
        if result.opening_result:
            self._openings.labels(result.opening_result).inc()
        if result.reopened:
            self._reopenings.inc()
        self._durations.observe(seconds)

    def text(self, *, state: SessionState | None, login_expires_in: float | None, holds: int) -> bytes:
        """Return all metrics in Prometheus' text format."""
        self._set_state(state)
        self._login_expiry.set(nan if login_expires_in is None else login_expires_in)
        self._holds.set(holds)
        return generate_latest(self._registry)

    def _set_state(self, state: SessionState | None) -> None:
        for each in (STARTING, *SessionState):
            self._state.labels(str(each)).set(each == (state or STARTING))
        self._ready.set(state is not None and state.ready)
