"""The states of a session, and how to read them from what IBKR answers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class SessionState(StrEnum):
    """How far the way from a browser login to an open brokerage session has been gone.

    That the gateway does not answer at all is no state of the session: it is `errors.Unreachable`.
    """

    NOT_LOGGED_IN = "not logged in"
    LOGGED_IN = "logged in, brokerage session closed"
    OPENING = "brokerage session opening"
    ESTABLISHED = "brokerage session open"
    COMPETING = "another program holds the brokerage session"


def read_session(status: Mapping[str, Any]) -> SessionState:
    """The state that the body of `/iserver/auth/status`, `/iserver/auth/ssodh/init` or `/tickle` tells.

    `established` decides, as IBKR answers `/iserver` reads with empty bodies before it; where the key is
    absent, authenticated, connected and not competing together mean the same. Anything that is not
    such a body is `NOT_LOGGED_IN`.
    """
    if "iserver" in status or "session" in status:
        return _read_tickle(status)
    if status.get("competing") is True:
        return SessionState.COMPETING
    authenticated = status.get("authenticated") is True
    connected = status.get("connected") is True
    if not authenticated:
        return SessionState.LOGGED_IN if connected else SessionState.NOT_LOGGED_IN
    established = status.get("established", connected)
    return SessionState.ESTABLISHED if established is True else SessionState.OPENING


def _read_tickle(tickle: Mapping[str, Any]) -> SessionState:
    iserver = tickle.get("iserver")
    status = iserver.get("authStatus") if isinstance(iserver, Mapping) else None
    state = read_session(status) if isinstance(status, Mapping) else SessionState.NOT_LOGGED_IN
    if state is SessionState.NOT_LOGGED_IN and tickle.get("session"):
        return SessionState.LOGGED_IN  # only a live login has a session token
    return state
