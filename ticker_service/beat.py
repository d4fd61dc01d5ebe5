"""One beat: tickle, read what the session is, and reopen it if that is ours to do.

tickle ── refused, unreachable, silent, paced, nobody logged in → say so
   └──── established ──── first time after an outage → restart the gateway's own tickle
   └──── closed ───────── open it, once per loss; if that leads to nothing, again after 30 s, 1 min, 2 min …
   └──── opening ──────── wait; after 30 s treat it as closed
   └──── competing ────── report it; with COMPETE=true take over, once per loss
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from api_gateway.client import Gateway
from api_gateway.errors import GatewayError, LoginRequired, Paced, Refused, SessionLost, Unreachable
from api_gateway.session import SessionState, read_session

logger = logging.getLogger("ticker")

PATIENCE = 30.0
"""Seconds an opening may take before it is tried again; each further attempt doubles them."""

LONGEST_PATIENCE = 300.0
"""Seconds after which an opening is tried again however often it has failed."""

REST = 600.0
"""Seconds a session must have stood after a take-over before another take-over: sooner is a fight."""


class State(StrEnum):
    """What the ticker can find."""

    STARTING = "starting"
    ESTABLISHED = "established"
    OPENING = "opening"
    CLOSED = "closed"
    COMPETING = "competing"
    LOGIN_REQUIRED = "login_required"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    BROKEN = "broken"
    PENALTY = "penalty"


@dataclass(frozen=True)
class Finding:
    """What one beat found: a sentence for a person, and what that person must do (empty: nothing)."""

    state: State
    sentence: str
    person_must: str = ""
    quiet_for: float = 0.0
    """Seconds during which nothing may be sent, because IBKR said so."""
    login_ends_in: float | None = None
    """Seconds until IBKR ends the login, when it says so."""


SAYS = {
    SessionState.ESTABLISHED: Finding(State.ESTABLISHED, "The brokerage session is open."),
    SessionState.OPENING: Finding(State.OPENING, "The brokerage session is being opened."),
    SessionState.LOGGED_IN: Finding(
        State.CLOSED, "The login holds, the brokerage session is closed; the ticker opens it."
    ),
    SessionState.COMPETING: Finding(
        State.COMPETING,
        "Another program (TWS, the mobile app, another client) holds this username's brokerage session.",
    ),
}
"""How the states of a session are told; without a login there is no session to tell about."""


@dataclass
class Memory:
    """What one beat leaves to the next. Times are seconds of the clock that `beat` is given."""

    attempts: int = 0
    """How often the present loss has been answered with an opening."""
    next_attempt: float | None = None
    """Not before this may an opening be tried; None: at once."""
    outage: bool = False
    """The gateway was away or broken, so its own tickle may have stopped for good."""
    competed: bool = False
    """An opening has thrown out whoever held the session, and it has not yet proved lasting."""
    established_since: float | None = None
    """Since when the session stands without a break."""


async def beat(gateway: Gateway, memory: Memory, *, compete: bool, login_url: str, now: float) -> Finding:
    """Send one tickle and whatever it calls for; never raises a `GatewayError`."""
    finding = await _tickle(gateway, login_url)
    _remember(memory, finding, now)
    if _may_open(memory, finding.state, compete=compete, now=now):
        opened = await _open(gateway, memory, compete=compete, login_url=login_url, now=now)
        finding = replace(opened, login_ends_in=finding.login_ends_in)
        _remember(memory, finding, now)
    if finding.state is State.ESTABLISHED and memory.outage:
        # Only now: the gateway answers this with a login chain of its own, which throws out any other
        # program unless the session already stands.
        memory.outage = False
        await _restart_built_in_tickle(gateway)
    if finding.state is State.COMPETING:
        return replace(finding, person_must=_advice(memory, compete=compete))
    return finding


def _advice(memory: Memory, *, compete: bool) -> str:
    if not compete:
        return (
            "End the other program's session, use a second username here, or let the ticker take over "
            "with COMPETE=true."
        )
    if memory.competed:
        return (
            "The ticker took the session over and has lost it again; it does not fight. End the other "
            "program's session, or use a second username here."
        )
    return ""


async def _tickle(gateway: Gateway, login_url: str) -> Finding:
    try:
        reply = await gateway.tickle()
    except GatewayError as error:
        return _failed(error, login_url)
    return _read(reply.value, login_url)


def _read(tickled: Any, login_url: str) -> Finding:
    """What the answer to a tickle says about the session."""
    if not isinstance(tickled, Mapping):
        return Finding(State.BROKEN, "The gateway answered the tickle with something else than a session.")
    session = read_session(tickled)
    if session is SessionState.NOT_LOGGED_IN:
        return _login_required(login_url)
    expires = tickled.get("ssoExpires")
    ends = expires / 1000 if isinstance(expires, int | float) and expires > 0 else None
    return replace(SAYS[session], login_ends_in=ends)


def _login_required(login_url: str) -> Finding:
    return Finding(
        State.LOGIN_REQUIRED,
        "Nobody is logged in at the gateway, or IBKR has ended the login, as it does once a day.",
        f"Open {login_url} in a browser on the gateway's machine and log in.",
    )


def _failed(error: GatewayError, login_url: str) -> Finding:
    """What a failed request says about the session."""
    if isinstance(error, LoginRequired):
        return _login_required(login_url)
    if isinstance(error, SessionLost):
        return SAYS[SessionState.LOGGED_IN]
    if isinstance(error, Paced):
        return Finding(
            State.PENALTY,
            f"{_as_sentence(error.happened)} Nothing is sent for {error.seconds:.0f} s.",
            quiet_for=error.seconds,
        )
    said = _as_sentence(error.happened)
    if isinstance(error, Unreachable):
        return Finding(State.UNREACHABLE, said, error.hint)
    if isinstance(error, Refused):
        # The client's advice is for a question about an account; nothing in a tickle can be wrong.
        return Finding(State.REFUSED, said, "Let GATEWAY_URL name IBKR's gateway: it never refuses a tickle.")
    return Finding(State.BROKEN, said, error.hint)


def _as_sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _remember(memory: Memory, finding: Finding, now: float) -> None:
    """Take from a finding what the next decision needs."""
    state = finding.state
    if state is State.ESTABLISHED:
        memory.attempts, memory.next_attempt = 0, None
        memory.established_since = now if memory.established_since is None else memory.established_since
        if now - memory.established_since >= REST:
            memory.competed = False
        return
    memory.established_since = None
    if state is State.LOGIN_REQUIRED:
        # A login starts the gateway's own tickle by itself, and what is lost after it is a new loss.
        memory.attempts, memory.next_attempt = 0, None
        memory.outage = memory.competed = False
    elif state in (State.UNREACHABLE, State.BROKEN):
        memory.outage = True
    elif state is State.OPENING and memory.next_attempt is None:
        memory.next_attempt = now + PATIENCE


def _may_open(memory: Memory, state: State, *, compete: bool, now: float) -> bool:
    if state not in (State.CLOSED, State.OPENING, State.COMPETING):
        return False
    if state is State.COMPETING and (memory.competed or not compete):
        return False
    return memory.next_attempt is None or now >= memory.next_attempt


async def _open(gateway: Gateway, memory: Memory, *, compete: bool, login_url: str, now: float) -> Finding:
    """Ask IBKR for the brokerage session, with the wait before the next attempt already remembered."""
    compete = compete and not memory.competed
    memory.competed = memory.competed or compete
    memory.attempts += 1
    memory.next_attempt = now + min(PATIENCE * 2.0 ** min(memory.attempts - 1, 10), LONGEST_PATIENCE)
    logger.info("Opening the brokerage session, attempt %d, compete=%s.", memory.attempts, compete)
    try:
        reply = await gateway.post("/iserver/auth/ssodh/init", body={"publish": True, "compete": compete})
    except (LoginRequired, Unreachable, Paced) as error:
        return _failed(error, login_url)
    except GatewayError as error:
        return Finding(
            State.CLOSED,
            f"The brokerage session is closed and opening it failed: {_as_sentence(error.happened)}",
        )
    state = read_session(reply.value) if isinstance(reply.value, Mapping) else SessionState.OPENING
    # Whether the login holds is the tickle's to say: this answer has no place for it.
    return SAYS[SessionState.LOGGED_IN if state is SessionState.NOT_LOGGED_IN else state]


async def _restart_built_in_tickle(gateway: Gateway) -> None:
    """Bring the gateway's own tickle back, which gives up for good after three seconds of trouble."""
    try:
        await gateway.post("/iserver/reauthenticate")
    except GatewayError as error:
        logger.warning("The gateway's own tickle was not restarted: %s", error)
    else:
        logger.info("The gateway's own tickle has been restarted after the outage.")
