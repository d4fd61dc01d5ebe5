"""The states of the connection to IBKR, and how to read them from what IBKR answers.

    unreachable      the gateway itself does not answer
    address_refused  it answers, but not to this machine
    upstream_silent  it answers, but nothing comes back from IBKR through it
    failing          something comes back, but it is no word about the session
    penalty_box      IBKR wants silence
    resetting        IBKR restarts its servers at this time, and what fails is expected to
    not_logged_in    no browser login
    closed           a login, and no brokerage session ("no bridge")
    opening          a login, and a brokerage session that is not usable yet
    competing        another program holds the brokerage session
    established      everything works

A status or a tickle tells the last five; `diagnosis` tells them all, in sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from api_gateway.operations import SessionRequirement


class SessionState(StrEnum):
    """How far the way to an open brokerage session has been gone, or what is in it. Only one is ready."""

    UNREACHABLE = "unreachable"
    ADDRESS_REFUSED = "address_refused"
    UPSTREAM_SILENT = "upstream_silent"
    FAILING = "failing"
    PENALTY_BOX = "penalty_box"
    RESETTING = "resetting"
    NOT_LOGGED_IN = "not_logged_in"
    CLOSED = "closed"
    OPENING = "opening"
    COMPETING = "competing"
    ESTABLISHED = "established"

    @property
    def ready(self) -> bool:
        """True if quotes and orders can be asked for."""
        return self is SessionState.ESTABLISHED


_NO_LOGIN = frozenset(
    {
        SessionState.UNREACHABLE,
        SessionState.ADDRESS_REFUSED,
        SessionState.UPSTREAM_SILENT,
        SessionState.NOT_LOGGED_IN,
    }
)
_NO_BROKERAGE = _NO_LOGIN | {SessionState.CLOSED, SessionState.OPENING, SessionState.COMPETING}
BLOCKING_STATES: Mapping[SessionRequirement, frozenset[SessionState]] = MappingProxyType(
    {
        SessionRequirement.NONE: frozenset(),
        SessionRequirement.LOGIN: _NO_LOGIN,
        SessionRequirement.BROKERAGE: _NO_BROKERAGE,
    }
)
"""The states in which what is needed is certainly missing."""

STATE_NAMES: Mapping[SessionState, str] = MappingProxyType(
    {
        SessionState.UNREACHABLE: "gateway unreachable",
        SessionState.ADDRESS_REFUSED: "this machine's address refused",
        SessionState.UPSTREAM_SILENT: "no answer from IBKR",
        SessionState.FAILING: "IBKR answers with errors",
        SessionState.PENALTY_BOX: "IBKR wants silence",
        SessionState.RESETTING: "IBKR restarts its servers",
        SessionState.NOT_LOGGED_IN: "not logged in",
        SessionState.CLOSED: "logged in, brokerage session closed",
        SessionState.OPENING: "brokerage session opening",
        SessionState.COMPETING: "another program holds the brokerage session",
        SessionState.ESTABLISHED: "brokerage session open",
    }
)
"""Each state in a few words, to stand in a sentence."""


def parse_session(status: Mapping[str, Any]) -> SessionState:
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
        return SessionState.CLOSED if connected else SessionState.NOT_LOGGED_IN
    established = status.get("established", connected)
    return SessionState.ESTABLISHED if established is True else SessionState.OPENING


def _read_tickle(tickle: Mapping[str, Any]) -> SessionState:
    iserver = tickle.get("iserver")
    status = iserver.get("authStatus") if isinstance(iserver, Mapping) else None
    state = parse_session(status) if isinstance(status, Mapping) else SessionState.NOT_LOGGED_IN
    if state is SessionState.NOT_LOGGED_IN and tickle.get("session"):
        return SessionState.CLOSED  # only a live login has a session token
    return state
