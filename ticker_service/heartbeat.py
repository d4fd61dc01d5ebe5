"""One beat: tickle, read what the session is, and reopen it if that is ours to do.

tickle ── refused, unreachable, silent, penalty, nobody logged in → say so
   └──── established ──── first time after an outage → restart the gateway's own tickle
   └──── closed ───────── open it, once per loss; if that leads to nothing, again after 30 s, 1 min, 2 min …
   └──── opening ──────── wait; after 30 s treat it as closed
   └──── competing ────── COMPETE=yield: report it; take: take over, once per loss; ask: when told to
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError, LoginRequired, PenaltyBox, RateLimited, Unreachable
from api_gateway.session.diagnosis import (
    FRONT_PAGE,
    Actor,
    Diagnosis,
    as_sentence,
    diagnose,
    diagnose_state,
    needs_probe,
)
from api_gateway.session.maintenance import Region
from api_gateway.session.states import SessionState, parse_session
from ticker_service.backoff import JITTER
from ticker_service.logfmt import log_event
from ticker_service.settings import Compete

logger = logging.getLogger("ticker")

RETRY_DELAY = 30.0
"""Seconds an opening may take before it is tried again; each further attempt doubles them."""

MAX_RETRY_DELAY = 300.0
"""Seconds after which an opening is tried again however often it has failed."""

TAKEOVER_COOLDOWN = 600.0
"""Seconds a session must have stood after a take-over before another take-over: sooner is a fight."""


@dataclass(frozen=True)
class Rules:
    """What the ticker may do, what it says, and where its randomness comes from."""

    compete: Compete
    region: Region
    login_url: str
    rng: random.Random


@dataclass
class HeartbeatMemory:
    """What one beat leaves to the next. Times are seconds of the clock that `beat` is given."""

    attempts: int = 0
    """How often the present loss has been answered with an opening."""
    next_attempt: float | None = None
    """Not before this may an opening be tried; None: at once."""
    had_outage: bool = False
    """The gateway was away or broken, so its own tickle may have stopped for good."""
    took_over: bool = False
    """An opening has thrown out whoever held the session, and it has not yet proved lasting."""
    takeover_approved: bool = False
    """Somebody has decided that the present competing session is to be taken over."""
    established_since: float | None = None
    """Since when the session stands without a break."""


@dataclass(frozen=True)
class HeartbeatResult:
    """What one beat found and did.

    `diagnosis` is None where it found nothing out; then another look is due `again_in` seconds later.
    `failures` are the kinds of failure it met. `opening` is how an attempt to open the session was answered,
    `accepted` or `refused`, empty if there was none. `reopened` says that the session stands again after it.
    """

    diagnosis: Diagnosis | None
    retry_in: float = 0.0
    failures: tuple[str, ...] = ()
    opening_result: str = ""
    reopened: bool = False


async def send_heartbeat(
    gateway: GatewayClient,
    memory: HeartbeatMemory,
    rules: Rules,
    *,
    now: float,
    at: datetime,
    on_hold: Callable[[], bool] = lambda: False,
) -> HeartbeatResult:
    """Send one tickle and whatever it calls for; never raises a `GatewayError`.

    `now` counts seconds for intervals, `at` is the time of day. While `held()` is true the tickle is the only
    request.
    """
    outcome, failures = await _tickle(gateway)
    page = await gateway.probe() if needs_probe(outcome) else FRONT_PAGE
    diagnosis = diagnose(outcome, at=at, region=rules.region, login_url=rules.login_url, page=page)
    if diagnosis is None:
        return HeartbeatResult(None, outcome.seconds if isinstance(outcome, RateLimited) else 0.0, failures)
    reopened = memory.attempts > 0 and diagnosis.ready
    _update_memory(memory, diagnosis.found, now)
    opening_result = ""
    if not on_hold() and _may_open(memory, diagnosis.found, rules.compete, now):
        after_opening, failure = await _open_session(gateway, memory, diagnosis.found, rules, now=now, at=at)
        accepted = after_opening.found in (SessionState.OPENING, SessionState.ESTABLISHED)
        opening_result = "accepted" if accepted else "refused"
        failures += failure
        diagnosis = replace(after_opening, login_ends_in=diagnosis.login_ends_in)
        _update_memory(memory, diagnosis.found, now)
    if diagnosis.ready and memory.had_outage and not on_hold():
        # Only now: the gateway answers this with a login chain of its own, which throws out any other
        # program unless the session already stands.
        memory.had_outage = False
        await _restart_built_in_tickle(gateway)
    if diagnosis.found is SessionState.COMPETING:
        diagnosis = _add_next_step(diagnosis, memory, rules.compete)
    return HeartbeatResult(diagnosis, failures=failures, opening_result=opening_result, reopened=reopened)


def _add_next_step(diagnosis: Diagnosis, memory: HeartbeatMemory, compete: Compete) -> Diagnosis:
    """The next step that the policy leaves."""
    if compete is Compete.YIELD:
        step = (
            "Log out of that program, use a second IBKR username here, or let the ticker take over with "
            "COMPETE=take."
        )
    elif compete is Compete.ASK and not memory.takeover_approved:
        step = (
            "Log out of that program, or decide that it loses the connection: `take_over_session` in the "
            "chat, or `POST /take` to the ticker."
        )
    elif memory.took_over:
        step = (
            "The ticker took the connection over and has lost it again; it does not fight. Log out of that "
            "program, or use a second IBKR username here."
        )
    else:
        return replace(diagnosis, next_step="Wait: the ticker takes the connection over.", actor=Actor.TICKER)
    return replace(diagnosis, next_step=step)


async def _tickle(gateway: GatewayClient) -> tuple[object, tuple[str, ...]]:
    """The answer or the failure, and the kind of failure."""
    try:
        return (await gateway.tickle()).value, ()
    except GatewayError as error:
        return error, (type(error).__name__,)


def _update_memory(memory: HeartbeatMemory, state: SessionState, now: float) -> None:
    """Take from what was found what the next decision needs."""
    if state is not SessionState.COMPETING:
        memory.takeover_approved = False
    if state is SessionState.ESTABLISHED:
        memory.attempts, memory.next_attempt = 0, None
        memory.established_since = now if memory.established_since is None else memory.established_since
        if now - memory.established_since >= TAKEOVER_COOLDOWN:
            memory.took_over = False
        return
    memory.established_since = None
    if state is SessionState.NOT_LOGGED_IN:
        # A login starts the gateway's own tickle by itself, and what is lost after it is a new loss.
        memory.attempts, memory.next_attempt = 0, None
        memory.had_outage = memory.took_over = False
    elif state in (SessionState.UNREACHABLE, SessionState.UPSTREAM_SILENT, SessionState.FAILING):
        memory.had_outage = True
    elif state is SessionState.OPENING and memory.next_attempt is None:
        memory.next_attempt = now + RETRY_DELAY


def _may_open(memory: HeartbeatMemory, state: SessionState, compete: Compete, now: float) -> bool:
    if state is SessionState.COMPETING:
        willing = memory.takeover_approved if compete is Compete.ASK else compete is Compete.TAKE
        if memory.took_over or not willing:
            return False
    elif state not in (SessionState.CLOSED, SessionState.OPENING):
        return False
    return memory.next_attempt is None or now >= memory.next_attempt


async def _open_session(
    gateway: GatewayClient,
    memory: HeartbeatMemory,
    state_before: SessionState,
    rules: Rules,
    *,
    now: float,
    at: datetime,
) -> tuple[Diagnosis, tuple[str, ...]]:
    """Ask IBKR for the brokerage session, with the wait before the next attempt already remembered."""
    compete = state_before is SessionState.COMPETING
    memory.took_over = memory.took_over or compete
    memory.takeover_approved = False
    memory.attempts += 1
    delay = min(RETRY_DELAY * 2.0 ** min(memory.attempts - 1, 10), MAX_RETRY_DELAY)
    memory.next_attempt = now + delay * (1 + rules.rng.uniform(-JITTER, JITTER))
    log_event(logger, logging.INFO, "opening", attempt=memory.attempts, compete=compete)
    try:
        value = (
            await gateway.post("/iserver/auth/ssodh/init", body={"publish": True, "compete": compete})
        ).value
    except GatewayError as error:
        return _diagnose_failed_opening(error, rules, at=at), (type(error).__name__,)
    state = parse_session(value) if isinstance(value, Mapping) else SessionState.OPENING
    # Whether the login holds is the tickle's to say: this answer has no place for it.
    state = SessionState.CLOSED if state is SessionState.NOT_LOGGED_IN else state
    return diagnose_state(state, at=at, region=rules.region, login_url=rules.login_url), ()


def _diagnose_failed_opening(error: GatewayError, rules: Rules, *, at: datetime) -> Diagnosis:
    if isinstance(error, LoginRequired | Unreachable | PenaltyBox):
        diagnosis = diagnose(error, at=at, region=rules.region, login_url=rules.login_url)
        if diagnosis is not None:
            return diagnosis
    return diagnose_state(
        SessionState.CLOSED,
        at=at,
        region=rules.region,
        login_url=rules.login_url,
        detail=f"Opening it failed: {as_sentence(error.problem)}",
    )


async def _restart_built_in_tickle(gateway: GatewayClient) -> None:
    """Bring the gateway's own tickle back, which gives up for good after three seconds of trouble."""
    try:
        await gateway.post("/iserver/reauthenticate")
    except GatewayError as error:
        log_event(logger, logging.WARNING, "built_in_tickle", restarted=False, because=error.problem)
    else:
        log_event(logger, logging.INFO, "built_in_tickle", restarted=True)
