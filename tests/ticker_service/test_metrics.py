"""The ticker's Prometheus metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api_gateway.session.diagnosis import diagnose_state
from api_gateway.session.maintenance import Region
from api_gateway.session.states import SessionState
from ticker_service.heartbeat import HeartbeatResult
from ticker_service.metrics import Metrics


def values(text: bytes) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and label values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def found(state: SessionState) -> HeartbeatResult:
    noon = datetime(2026, 3, 3, 17, tzinfo=UTC)
    return HeartbeatResult(
        diagnose_state(state, at=noon, region=Region.AMERICA, login_url="https://localhost:5055")
    )


@pytest.mark.parametrize("state", [None, *SessionState])
def test_exactly_one_state_is_1(state: SessionState | None) -> None:
    text = values(Metrics().text(state=state, login_expires_in=None, holds=0))
    states = {labels[1]: value for labels, value in text.items() if labels[0] == "ib_mcp_session_state"}
    assert set(states) == {"starting", *SessionState}
    assert [name for name, value in states.items() if value] == [state or "starting"]
    assert text[("ib_mcp_session_ready",)] == (state is SessionState.ESTABLISHED)


def test_heartbeats_failures_openings_and_reopenings_are_counted_by_kind() -> None:
    metrics = Metrics()
    metrics.record_heartbeat(found(SessionState.ESTABLISHED), 0.2)
    metrics.record_heartbeat(found(SessionState.ESTABLISHED), 0.3)
    metrics.record_heartbeat(HeartbeatResult(None, 2, ("RateLimited",)), 0.1)
    closed = found(SessionState.CLOSED)
    metrics.record_heartbeat(
        HeartbeatResult(closed.diagnosis, failures=("Failed",), opening_result="refused"), 3
    )
    metrics.record_heartbeat(HeartbeatResult(closed.diagnosis, reopened=True), 0.1)
    text = values(metrics.text(state=SessionState.CLOSED, login_expires_in=90, holds=2))
    assert text[("ib_mcp_ticker_beats_total", "established")] == 2
    assert text[("ib_mcp_ticker_beats_total", "closed")] == 2
    assert text[("ib_mcp_ticker_beats_total", "unknown")] == 1
    assert text[("ib_mcp_ticker_failures_total", "RateLimited")] == 1
    assert text[("ib_mcp_ticker_failures_total", "Failed")] == 1
    assert text[("ib_mcp_ticker_openings_total", "refused")] == 1
    assert text[("ib_mcp_ticker_openings_total", "accepted")] == 0
    assert text[("ib_mcp_session_reopenings_total",)] == 1
    assert text[("ib_mcp_ticker_beat_seconds_count",)] == 5
    assert text[("ib_mcp_ticker_beat_seconds_sum",)] == pytest.approx(3.7)
    assert text[("ib_mcp_login_ends_seconds",)] == 90
    assert text[("ib_mcp_ticker_holds",)] == 2


def test_without_a_login_the_expiry_is_nan() -> None:
    text = values(Metrics().text(state=None, login_expires_in=None, holds=0))
    assert isnan(text[("ib_mcp_login_ends_seconds",)])


def test_two_tickers_in_one_process_have_separate_metrics() -> None:
    one, other = Metrics(), Metrics()
    one.record_heartbeat(found(SessionState.ESTABLISHED), 0.1)
    text = values(other.text(state=None, login_expires_in=None, holds=0))
    assert text[("ib_mcp_ticker_beat_seconds_count",)] == 0
