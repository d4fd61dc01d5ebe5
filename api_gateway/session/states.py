"""Session states: the states of the connection to IBKR, and how to read them from IBKR's responses.

    unreachable      the gateway does not respond
    address_refused  it responds, but rejects this machine's address
    upstream_silent  it responds, but gets no response from IBKR
    failing          it responds, but not with the state of a session
    penalty_box      IBKR rejects all requests for a while
    resetting        IBKR is restarting its servers, so failures are expected
    not_logged_in    no browser login
    closed           a login, but no brokerage session ("no bridge")
    opening          a login, and a brokerage session that is not usable yet
    competing        another program holds the brokerage session
    established      everything works

A status or a tickle reports the last five; `diagnosis` derives the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from api_gateway.operations import SessionRequirement


class SessionState(StrEnum):
    """How far the connection is from an open brokerage session. Only one state is ready."""

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
        """True if quotes and orders are available."""
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
"""The states in which a requirement is certainly not met."""

STATE_NAMES: Mapping[SessionState, str] = MappingProxyType(
    {
        SessionState.UNREACHABLE: "gateway unreachable",
        SessionState.ADDRESS_REFUSED: "this machine's address rejected",
        SessionState.UPSTREAM_SILENT: "no response from IBKR",
        SessionState.FAILING: "IBKR returns errors",
        SessionState.PENALTY_BOX: "IBKR rejects all requests",
        SessionState.RESETTING: "IBKR is restarting its servers",
        SessionState.NOT_LOGGED_IN: "not logged in",
        SessionState.CLOSED: "logged in, brokerage session closed",
        SessionState.OPENING: "brokerage session opening",
        SessionState.COMPETING: "another program holds the brokerage session",
        SessionState.ESTABLISHED: "brokerage session open",
    }
)
"""Each state in a few words, as part of a sentence."""


def parse_session(status: Mapping[str, Any]) -> SessionState:
    """The state in a body of `/iserver/auth/status`, `/iserver/auth/ssodh/init` or `/tickle`.

    `established` decides, because IBKR returns empty bodies to `/iserver` reads until then; if the key is
    absent, authenticated, connected and not competing together mean the same. Anything else is
    `NOT_LOGGED_IN`.
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
