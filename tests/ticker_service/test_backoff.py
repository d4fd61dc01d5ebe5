"""The delay between heartbeats."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from api_gateway.errors import PenaltyBox
from api_gateway.session.diagnosis import Diagnosis, check_interval, diagnose, diagnose_state
from api_gateway.session.maintenance import Region
from api_gateway.session.states import SessionState
from ticker_service.backoff import Backoff

NOON = datetime(2026, 3, 3, 17, tzinfo=UTC)
BACKOFF = Backoff(healthy=60, unhealthy=5)


def of(state: SessionState) -> Diagnosis:
    return diagnose_state(state, at=NOON, region=Region.AMERICA, login_url="https://localhost:5055")


def penalty(seconds: float) -> Diagnosis:
    error = PenaltyBox(request="x", problem="429.", hint="Wait.", seconds=seconds)
    found = diagnose(error, at=NOON, region=Region.AMERICA, login_url="https://localhost:5055")
    assert found
    return found


@pytest.mark.parametrize(
    ("diagnosis", "lasted", "wait"),
    [
        (of(SessionState.ESTABLISHED), 0, 60),
        (of(SessionState.ESTABLISHED), 9999, 60),
        (of(SessionState.CLOSED), 0, 5),
        (of(SessionState.COMPETING), 200, 20),
        (of(SessionState.NOT_LOGGED_IN), 9999, 60),
        (of(SessionState.UPSTREAM_SILENT), 9999, 60),
        (of(SessionState.UNREACHABLE), 9999, 5),
        (penalty(600), 0, 600),
        (penalty(10), 0, 60),
    ],
)
def test_the_delay_is_60_s_while_the_session_is_open_and_grows_from_5_s_in_an_outage(
    diagnosis: Diagnosis, lasted: float, wait: float
) -> None:
    assert BACKOFF.delay(diagnosis, lasted) == wait


@pytest.mark.parametrize(
    ("backoff", "wait"),
    [(BACKOFF, 10), (Backoff(healthy=8, unhealthy=5), 8), (Backoff(healthy=60, unhealthy=20), 20)],
)
def test_the_delay_of_an_open_session_is_shorter_in_a_reset_window(backoff: Backoff, wait: float) -> None:
    assert backoff.delay(of(SessionState.ESTABLISHED), 0, in_reset_window=True) == wait
    assert backoff.delay(of(SessionState.NOT_LOGGED_IN), 9999, in_reset_window=True) == backoff.healthy


@pytest.mark.parametrize("state", [state for state in SessionState if state is not SessionState.PENALTY_BOX])
def test_the_table_of_meanings_says_when_the_ticker_checks_again(state: SessionState) -> None:
    assert BACKOFF.delay(of(state), 0) == check_interval(state)


@pytest.mark.parametrize(
    ("diagnosis", "least", "most"),
    [
        (of(SessionState.ESTABLISHED), 54, 60),
        (of(SessionState.CLOSED), 4.5, 5.5),
        (penalty(600), 600, 660),
    ],
    ids=["healthy is only shortened", "unhealthy varies both ways", "a penalty is only lengthened"],
)
def test_jitter_is_at_most_a_tenth_of_the_delay(diagnosis: Diagnosis, least: float, most: float) -> None:
    rng = random.Random(3)  # noqa: S311
    waits = [BACKOFF.jittered_delay(diagnosis, 0, rng) for _ in range(500)]
    assert least <= min(waits) < least + (most - least) / 20
    assert most - (most - least) / 20 < max(waits) <= most


def test_the_same_seed_gives_the_same_jitter() -> None:
    closed = of(SessionState.CLOSED)
    one, other = (
        [BACKOFF.jittered_delay(closed, 0, rng) for _ in range(9)]
        for rng in (random.Random(5), random.Random(5))  # noqa: S311
    )
    assert one == other
