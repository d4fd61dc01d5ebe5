"""One heartbeat: tickle, determine the session's state, and reopen the session if the ticker may.

tickle ── unreachable, refused, no response, penalty box, not logged in → report it
   └──── established ──── first time after an outage → restart the gateway's own tickle
   └──── closed ───────── open it, once per loss; if that has no effect, retry after 30 s, 1 min, 2 min …
   └──── opening ──────── wait; after 30 s treat it as closed
   └──── competing ────── COMPETE=yield: report it; take: take over, once per loss; ask: after POST /take
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from api_gateway.causes import Cause
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import GatewayError, LoginRequired, PenaltyBox, RateLimited, Unreachable
from api_gateway.session.diagnosis import (
    FRONT_PAGE,
    Diagnosis,
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
"""Seconds between the first attempt to open the session and its retry; each retry doubles the delay."""

MAX_RETRY_DELAY = 300.0
"""Maximum delay between two attempts to open the session, in seconds."""

TAKEOVER_COOLDOWN = 600.0
"""Seconds a session must stay open before the next take-over, or two programs would keep alternating."""


@dataclass(frozen=True)
class Rules:
    """What the ticker may do, what its messages need, and its source of jitter."""

    compete: Compete
    region: Region
    login_url: str
    rng: random.Random


@dataclass
class HeartbeatMemory:
    """State carried from one heartbeat to the next. Times are those of the monotonic clock."""

    attempts: int = 0
    """Attempts to open the session since it was lost."""
    next_attempt: float | None = None
    """Earliest time of the next attempt; None: immediately."""
    had_outage: bool = False
    """The gateway was unreachable or failing, so its own tickle may have stopped permanently."""
    took_over: bool = False
    """The ticker took over the session, which has not yet stayed open for `TAKEOVER_COOLDOWN`."""
    takeover_approved: bool = False
    """A user approved taking over the current competing session."""
    established_since: float | None = None
    """Since when the session has been open without interruption."""


@dataclass(frozen=True)
class HeartbeatResult:
    """What one heartbeat found and did.

    `diagnosis` is None if the heartbeat learned nothing; then the next one is due in `retry_in` seconds.
    `failures` lists the kinds of error. `opening_result` is `accepted` or `refused` if the heartbeat tried to
    open the session, otherwise empty. `reopened` is true if a lost session is open again.
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
    """Send one tickle and the requests that its result calls for; never raises a `GatewayError`.

    `now` is monotonic, `at` is the time of day. While `on_hold()` is true the tickle is the only request.
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
        # Only now: the gateway follows this with its own login sequence, which disconnects a competing
        # program unless the session is already open.
        memory.had_outage = False
        await _restart_built_in_tickle(gateway)
    if diagnosis.found is SessionState.COMPETING:
        diagnosis = diagnosis.with_cause(_competing_cause(memory, rules.compete))
    return HeartbeatResult(diagnosis, failures=failures, opening_result=opening_result, reopened=reopened)


def _competing_cause(memory: HeartbeatMemory, compete: Compete) -> Cause:
    """Return the cause of a competing session, whose next step depends on the policy."""
    if compete is Compete.YIELD:
        return Cause.COMPETING_YIELD
    if compete is Compete.ASK and not memory.takeover_approved:
        return Cause.COMPETING_ASK
    return Cause.COMPETING_LOST_AGAIN if memory.took_over else Cause.COMPETING_TAKING


async def _tickle(gateway: GatewayClient) -> tuple[object, tuple[str, ...]]:
    """Return the response or the error, and the kind of error."""
    try:
        return (await gateway.tickle()).value, ()
    except GatewayError as error:
        return error, (type(error).__name__,)


def _update_memory(memory: HeartbeatMemory, state: SessionState, now: float) -> None:
    """Record what later heartbeats need to know about this state."""
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
        # A login restarts the gateway's own tickle, and a session lost after it is a new loss.
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
    """Open the brokerage session; the time of the next attempt is recorded first."""
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
    # Only a tickle shows whether the login is valid: this response has no field for it.
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
        detail=f"Reopening it failed: {error.sentence}",
    )


async def _restart_built_in_tickle(gateway: GatewayClient) -> None:
    """Restart the gateway's own tickle, which stops permanently after a three-second outage."""
    try:
        await gateway.post("/iserver/reauthenticate")
    except GatewayError as error:
        log_event(logger, logging.WARNING, "built_in_tickle", restarted=False, because=error.problem)
    else:
        log_event(logger, logging.INFO, "built_in_tickle", restarted=True)
