"""Reading the session's state from IBKR's responses."""

from __future__ import annotations

from typing import Any

import pytest

from api_gateway.session.states import SessionState, parse_session

OPEN = {"authenticated": True, "established": True, "competing": False, "connected": True}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (OPEN, SessionState.ESTABLISHED),
        ({**OPEN, "established": False}, SessionState.OPENING),
        ({**OPEN, "established": None}, SessionState.OPENING),
        ({"authenticated": True, "competing": False, "connected": True}, SessionState.ESTABLISHED),
        ({"authenticated": True, "competing": False, "connected": False}, SessionState.OPENING),
        ({**OPEN, "competing": True}, SessionState.COMPETING),
        ({"authenticated": False, "competing": True, "connected": True}, SessionState.COMPETING),
        ({"authenticated": False, "competing": False, "connected": True}, SessionState.CLOSED),
        (
            {"authenticated": False, "competing": False, "connected": False, "MAC": "x"},
            SessionState.NOT_LOGGED_IN,
        ),
        ({"error": "no session"}, SessionState.NOT_LOGGED_IN),
        ({}, SessionState.NOT_LOGGED_IN),
        ({"authenticated": "true"}, SessionState.NOT_LOGGED_IN),
    ],
)
def test_each_status_has_its_state(status: dict[str, Any], state: SessionState) -> None:
    assert parse_session(status) is state


def test_a_tickle_has_the_state_of_the_status_inside_it() -> None:
    tickle = {"session": "x", "hmds": {"error": "no bridge"}, "iserver": {"authStatus": OPEN}}
    assert parse_session(tickle) is SessionState.ESTABLISHED


def test_a_tickle_with_a_token_means_a_login_even_without_a_brokerage_session() -> None:
    closed = {"authenticated": False, "competing": False, "connected": False}
    assert parse_session({"session": "x", "iserver": {"authStatus": closed}}) is SessionState.CLOSED
    assert parse_session({"session": "x"}) is SessionState.CLOSED


def test_a_tickle_without_a_token_means_that_nobody_is_logged_in() -> None:
    assert parse_session({"session": "", "iserver": {}}) is SessionState.NOT_LOGGED_IN
