from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.session.preflight import PreflightState
from api_gateway.simulator.session.session import LoginSession, LoginState, MaintenanceError

HOUR = 3600.0


@pytest.fixture
def preflights() -> PreflightState:
    return PreflightState()


@pytest.fixture
def session(clock: Clock, preflights: PreflightState) -> LoginSession:
    return LoginSession(clock, preflights)


def state(session: LoginSession) -> LoginState:
    """The current state; a call, so that the type checker does not assume it constant."""
    return session.state


def at(hour: int, minute: int = 0, *, day: int = 3, month: int = 3) -> float:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("America/New_York")).timestamp()


def test_session_starts_without_a_login(session: LoginSession) -> None:
    assert state(session) is LoginState.NO_LOGIN
    assert session.logged_in_at is None
    assert session.login_expires_ms == 0


def test_login_opens_the_brokerage_session_within_a_second(session: LoginSession, clock: Clock) -> None:
    session.login()
    assert state(session) is LoginState.CONNECTING
    clock.advance(0.99)
    assert state(session) is LoginState.CONNECTING
    clock.advance(0.02)
    assert state(session) is LoginState.BROKERAGE


def test_login_does_not_open_the_brokerage_session_if_so_configured(
    clock: Clock, preflights: PreflightState
) -> None:
    session = LoginSession(clock, preflights, opens_brokerage=False)
    session.login()
    assert state(session) is LoginState.SSO
    session.init(compete=False)
    assert state(session) is LoginState.CONNECTING


def test_six_idle_minutes_close_only_the_brokerage_session(session: LoginSession, clock: Clock) -> None:
    session.establish()
    clock.advance(359.9)
    assert state(session) is LoginState.BROKERAGE
    clock.advance(0.1)
    assert state(session) is LoginState.SSO


def test_any_request_restarts_the_idle_timeout(session: LoginSession, clock: Clock) -> None:
    session.establish()
    for _ in range(10):
        clock.advance(350)
        session.touch()
    assert state(session) is LoginState.BROKERAGE


def test_request_after_the_idle_timeout_does_not_reopen_the_session(
    session: LoginSession, clock: Clock
) -> None:
    session.establish()
    clock.advance(361)
    session.touch()
    assert state(session) is LoginState.SSO


def test_login_expires_at_midnight_in_new_york_even_if_active(session: LoginSession, clock: Clock) -> None:
    session.establish()
    while clock.now() < at(0, day=4) - 60:
        clock.advance(60)
        session.touch()
    assert state(session) is LoginState.BROKERAGE
    clock.advance(60)
    assert state(session) is LoginState.NO_LOGIN


def test_login_expires_after_24_hours_on_a_25_hour_day(preflights: PreflightState) -> None:
    # Clocks go back on 1 November 2026, so that day has 25 hours.
    clock = Clock(start=at(0, day=1, month=11), frozen=True)
    session = LoginSession(clock, preflights)
    session.login()
    clock.advance(24 * HOUR - 1)
    assert state(session) is not LoginState.NO_LOGIN
    assert session.login_expires_ms == 1000
    clock.advance(1)
    assert state(session) is LoginState.NO_LOGIN


def test_login_expires_after_23_hours_on_a_23_hour_day(preflights: PreflightState) -> None:
    clock = Clock(start=at(0, day=8, month=3), frozen=True)
    session = LoginSession(clock, preflights)
    session.login()
    assert session.login_expires_ms == 23 * HOUR * 1000


def test_time_to_login_expiry_counts_down_in_milliseconds(session: LoginSession, clock: Clock) -> None:
    session.login()
    before = session.login_expires_ms
    clock.advance(1.5)
    session.touch()
    assert before - session.login_expires_ms == 1500


def test_brokerage_session_is_reset_at_0100(preflights: PreflightState) -> None:
    clock = Clock(start=at(0, 58), frozen=True)
    session = LoginSession(clock, preflights)
    session.establish()
    clock.advance(119)
    assert state(session) is LoginState.BROKERAGE
    clock.advance(1)
    assert state(session) is LoginState.SSO


def test_brokerage_session_cannot_be_opened_right_after_the_reset(preflights: PreflightState) -> None:
    clock = Clock(start=at(0, 58), frozen=True)
    session = LoginSession(clock, preflights)
    session.establish()
    clock.advance(120 + 29)
    with pytest.raises(MaintenanceError):
        session.init(compete=True)
    clock.advance(1)
    session.init(compete=True)
    assert state(session) is LoginState.CONNECTING


def test_reset_can_be_triggered_at_any_time(session: LoginSession, clock: Clock) -> None:
    session.establish()
    session.reset()
    assert state(session) is LoginState.SSO
    with pytest.raises(MaintenanceError):
        session.init(compete=True)
    clock.advance(30)
    session.init(compete=True)
    assert state(session) is LoginState.CONNECTING


def test_competing_program_keeps_the_session_until_init_with_compete(
    session: LoginSession, clock: Clock
) -> None:
    session.establish()
    session.displace()
    assert state(session) is LoginState.COMPETING
    session.init(compete=False)
    clock.advance(2)
    assert state(session) is LoginState.COMPETING
    session.init(compete=True)
    clock.advance(2)
    assert state(session) is LoginState.BROKERAGE
    assert not session.is_competing


def test_browser_login_disconnects_another_program(session: LoginSession, clock: Clock) -> None:
    session.establish()
    session.displace()
    session.login()
    clock.advance(1)
    assert state(session) is LoginState.BROKERAGE


def test_competing_program_is_still_reported_after_the_idle_timeout(
    session: LoginSession, clock: Clock
) -> None:
    session.establish()
    session.displace()
    clock.advance(3600)
    assert state(session) is LoginState.COMPETING


def test_logout_ends_both_sessions(session: LoginSession) -> None:
    session.establish()
    session.logout()
    assert state(session) is LoginState.NO_LOGIN


def test_init_of_an_open_session_keeps_it_open(session: LoginSession) -> None:
    session.establish()
    session.init(compete=True)
    assert state(session) is LoginState.BROKERAGE


def test_token_differs_per_login_and_depends_only_on_seed_and_time(
    clock: Clock, preflights: PreflightState
) -> None:
    one, same, other = (LoginSession(clock, preflights, seed=seed) for seed in (1, 1, 2))
    for session in (one, same, other):
        session.login()
    first = one.token
    assert first == same.token
    assert first != other.token
    clock.advance(1)
    one.login()
    assert one.token != first


@pytest.mark.parametrize("end", ["logout", "init", "displace", "reset", "drop", "idle", "midnight"])
def test_preflights_are_reset_when_the_brokerage_session_ends(
    session: LoginSession, preflights: PreflightState, clock: Clock, end: str
) -> None:
    session.establish()
    preflights.accounts_called = True
    preflights.searched_conids.add(265598)
    match end:
        case "init":
            session.init(compete=True)
        case "idle":
            clock.advance(360)
            session.touch()
        case "midnight":
            clock.advance(12 * HOUR)
            session.touch()
        case _:
            getattr(session, end)()
    assert preflights == PreflightState()


def test_init_without_compete_does_not_reset_preflights_again(
    session: LoginSession, preflights: PreflightState
) -> None:
    session.establish()
    session.displace()
    preflights.portfolio_called = True
    session.init(compete=False)
    assert preflights.portfolio_called


def test_each_login_has_different_tokens_and_cookies_even_at_the_same_time(session: LoginSession) -> None:
    secrets = []
    for _ in range(3):
        session.login()
        secrets.append((session.token, *session.login_cookies.values()))
    assert len({secret for login in secrets for secret in login}) == 9
    assert session.login_cookies.keys() == {"XYZAB_AM.LOGIN", "XYZAB"}


def test_the_latest_reset_is_the_nightly_or_a_later_manual_one(session: LoginSession, clock: Clock) -> None:
    assert session.last_reset == at(1)
    assert not session.is_under_maintenance
    session.login()
    session.reset()
    assert session.last_reset == clock.now()
    assert session.is_under_maintenance
    clock.advance(at(1, day=4) - clock.now())
    assert session.last_reset == at(1, day=4)
    assert session.is_under_maintenance
    clock.advance(30)
    assert not session.is_under_maintenance
