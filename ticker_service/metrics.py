"""What the ticker tells Prometheus."""

from __future__ import annotations

from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from api_gateway.session.states import SessionState
from ticker_service.heartbeat import Beat

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STARTING = "starting"
"""The state before the first look."""

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0)


class Metrics:
    """The ticker's metrics, in a registry of their own."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._state = Gauge(
            "ib_mcp_session_state",
            "1 for the state of the connection to IBKR, 0 for all others.",
            ["state"],
            registry=registry,
        )
        self._ready = Gauge(
            "ib_mcp_session_ready", "1 if quotes and orders can be asked for.", registry=registry
        )
        self._login_ends = Gauge(
            "ib_mcp_login_ends_seconds",
            "Seconds until IBKR ends the login; NaN where there is none.",
            registry=registry,
        )
        self._holds = Gauge("ib_mcp_ticker_holds", "Holds that are alive.", registry=registry)
        self._beats = Counter(
            "ib_mcp_ticker_beats", "Beats, by the state that they found.", ["state"], registry=registry
        )
        self._failures = Counter(
            "ib_mcp_ticker_failures", "Requests that failed, by kind.", ["kind"], registry=registry
        )
        self._openings = Counter(
            "ib_mcp_ticker_openings",
            "Attempts to open the brokerage session, by how they were answered.",
            ["answer"],
            registry=registry,
        )
        self._reopenings = Counter(
            "ib_mcp_session_reopenings", "Lost sessions that stood again after an opening.", registry=registry
        )
        self._seconds = Histogram(
            "ib_mcp_ticker_beat_seconds", "How long beats take.", buckets=SECONDS, registry=registry
        )
        for answer in ("accepted", "refused"):
            self._openings.labels(answer)
        self._show_state(None)

    def count(self, found: Beat, seconds: float) -> None:
        """Count one beat."""
        self._beats.labels("unknown" if found.diagnosis is None else found.diagnosis.state.value).inc()
        for kind in found.failures:
            self._failures.labels(kind).inc()
        if found.opening:
            self._openings.labels(found.opening).inc()
        if found.reopened:
            self._reopenings.inc()
        self._seconds.observe(seconds)

    def text(self, *, state: SessionState | None, login_ends_in: float | None, holds: int) -> bytes:
        """Everything in Prometheus' text format."""
        self._show_state(state)
        self._login_ends.set(nan if login_ends_in is None else login_ends_in)
        self._holds.set(holds)
        return generate_latest(self._registry)

    def _show_state(self, state: SessionState | None) -> None:
        for each in (STARTING, *SessionState):
            self._state.labels(str(each)).set(each == (state or STARTING))
        self._ready.set(state is not None and state.ready)
