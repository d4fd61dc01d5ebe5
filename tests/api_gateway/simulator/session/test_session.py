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
    """The state now; a function, because what a property said before proves nothing here."""
    return session.state


def at(hour: int, minute: int = 0, *, day: int = 3, month: int = 3) -> float:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("America/New_York")).timestamp()


def test_nobody_is_logged_in_at_first(session: LoginSession) -> None:
    assert state(session) is LoginState.NO_LOGIN
    assert session.logged_in_at is None
    assert session.login_expires_ms == 0


def test_a_login_opens_the_brokerage_session_which_takes_a_second(
    session: LoginSession, clock: Clock
) -> None:
    session.login()
    assert state(session) is LoginState.CONNECTING
    clock.advance(0.99)
    assert state(session) is LoginState.CONNECTING
    clock.advance(0.02)
    assert state(session) is LoginState.BROKERAGE


def test_a_login_alone_can_leave_the_brokerage_session_closed(
    clock: Clock, preflights: PreflightState
) -> None:
    session = LoginSession(clock, preflights, opens_brokerage=False)
    session.login()
    assert state(session) is LoginState.SSO
    session.init(compete=False)
    assert state(session) is LoginState.CONNECTING


def test_six_minutes_without_a_request_close_the_brokerage_session_only(
    session: LoginSession, clock: Clock
) -> None:
    session.establish()
    clock.advance(359.9)
    assert state(session) is LoginState.BROKERAGE
    clock.advance(0.1)
    assert state(session) is LoginState.SSO


def test_any_request_starts_the_idle_time_anew(session: LoginSession, clock: Clock) -> None:
    session.establish()
    for _ in range(10):
        clock.advance(350)
        session.touch()
    assert state(session) is LoginState.BROKERAGE


def test_a_request_after_the_idle_time_does_not_bring_the_session_back(
    session: LoginSession, clock: Clock
) -> None:
    session.establish()
    clock.advance(361)
    session.touch()
    assert state(session) is LoginState.SSO


def test_a_login_ends_at_midnight_in_new_york_however_busy_it_is(session: LoginSession, clock: Clock) -> None:
    session.establish()
    while clock.now() < at(0, day=4) - 60:
        clock.advance(60)
        session.touch()
    assert state(session) is LoginState.BROKERAGE
    clock.advance(60)
    assert state(session) is LoginState.NO_LOGIN


def test_a_login_lasts_24_hours_where_the_day_has_25(preflights: PreflightState) -> None:
    # Clocks go back on 1 November 2026: that day's midnight comes 25 hours after its beginning.
    clock = Clock(start=at(0, day=1, month=11), frozen=True)
    session = LoginSession(clock, preflights)
    session.login()
    clock.advance(24 * HOUR - 1)
    assert state(session) is not LoginState.NO_LOGIN
    assert session.login_expires_ms == 1000
    clock.advance(1)
    assert state(session) is LoginState.NO_LOGIN


def test_midnight_comes_after_23_hours_where_the_day_has_no_more(preflights: PreflightState) -> None:
    clock = Clock(start=at(0, day=8, month=3), frozen=True)
    session = LoginSession(clock, preflights)
    session.login()
    assert session.login_expires_ms == 23 * HOUR * 1000


def test_the_time_to_the_end_of_the_login_counts_down_in_milliseconds(
    session: LoginSession, clock: Clock
) -> None:
    session.login()
    before = session.login_expires_ms
    clock.advance(1.5)
    session.touch()
    assert before - session.login_expires_ms == 1500


def test_the_brokerage_session_is_reset_at_one_in_the_morning(preflights: PreflightState) -> None:
    clock = Clock(start=at(0, 58), frozen=True)
    session = LoginSession(clock, preflights)
    session.establish()
    clock.advance(119)
    assert state(session) is LoginState.BROKERAGE
    clock.advance(1)
    assert state(session) is LoginState.SSO


def test_right_after_the_reset_no_brokerage_session_can_be_opened(preflights: PreflightState) -> None:
    clock = Clock(start=at(0, 58), frozen=True)
    session = LoginSession(clock, preflights)
    session.establish()
    clock.advance(120 + 29)
    with pytest.raises(MaintenanceError):
        session.init(compete=True)
    clock.advance(1)
    session.init(compete=True)
    assert state(session) is LoginState.CONNECTING


def test_a_reset_can_be_had_at_any_time(session: LoginSession, clock: Clock) -> None:
    session.establish()
    session.reset()
    assert state(session) is LoginState.SSO
    with pytest.raises(MaintenanceError):
        session.init(compete=True)
    clock.advance(30)
    session.init(compete=True)
    assert state(session) is LoginState.CONNECTING


def test_another_program_takes_the_session_and_loses_it_only_to_compete_true(
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


def test_a_browser_login_throws_another_program_out(session: LoginSession, clock: Clock) -> None:
    session.establish()
    session.displace()
    session.login()
    clock.advance(1)
    assert state(session) is LoginState.BROKERAGE


def test_another_program_competes_also_while_the_session_is_idle(session: LoginSession, clock: Clock) -> None:
    session.establish()
    session.displace()
    clock.advance(3600)
    assert state(session) is LoginState.COMPETING


def test_logging_out_ends_both_sessions(session: LoginSession) -> None:
    session.establish()
    session.logout()
    assert state(session) is LoginState.NO_LOGIN


def test_opening_an_open_session_again_keeps_it_open(session: LoginSession) -> None:
    session.establish()
    session.init(compete=True)
    assert state(session) is LoginState.BROKERAGE


def test_every_login_has_another_token_that_only_seed_and_time_decide(
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
def test_pre_flights_are_forgotten_when_the_brokerage_session_ends(
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


def test_an_init_that_leaves_the_other_program_in_place_forgets_nothing_more(
    session: LoginSession, preflights: PreflightState
) -> None:
    session.establish()
    session.displace()
    preflights.portfolio_called = True
    session.init(compete=False)
    assert preflights.portfolio_called
