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
from ticker_service.logfmt import log
from ticker_service.settings import Compete

logger = logging.getLogger("ticker")

PATIENCE = 30.0
"""Seconds an opening may take before it is tried again; each further attempt doubles them."""

LONGEST_PATIENCE = 300.0
"""Seconds after which an opening is tried again however often it has failed."""

REST = 600.0
"""Seconds a session must have stood after a take-over before another take-over: sooner is a fight."""


@dataclass(frozen=True)
class Rules:
    """What the ticker may do, what it says, and where its randomness comes from."""

    compete: Compete
    region: Region
    login_url: str
    chance: random.Random


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
    may_take: bool = False
    """Somebody has decided that the present competing session is to be taken over."""
    established_since: float | None = None
    """Since when the session stands without a break."""


@dataclass(frozen=True)
class Beat:
    """What one beat found and did.

    `diagnosis` is None where it found nothing out; then another look is due `again_in` seconds later.
    `failures` are the kinds of failure it met. `opening` is how an attempt to open the session was answered,
    `accepted` or `refused`, empty if there was none. `reopened` says that the session stands again after it.
    """

    diagnosis: Diagnosis | None
    again_in: float = 0.0
    failures: tuple[str, ...] = ()
    opening: str = ""
    reopened: bool = False


async def beat(
    gateway: GatewayClient,
    memory: Memory,
    rules: Rules,
    *,
    now: float,
    at: datetime,
    held: Callable[[], bool] = lambda: False,
) -> Beat:
    """Send one tickle and whatever it calls for; never raises a `GatewayError`.

    `now` counts seconds for intervals, `at` is the time of day. While `held()` is true the tickle is the only
    request.
    """
    found, failures = await _tickle(gateway)
    page = await gateway.probe() if needs_probe(found) else FRONT_PAGE
    diagnosis = diagnose(found, at=at, region=rules.region, login_url=rules.login_url, page=page)
    if diagnosis is None:
        return Beat(None, found.seconds if isinstance(found, RateLimited) else 0.0, failures)
    reopened = memory.attempts > 0 and diagnosis.ready
    _remember(memory, diagnosis.found, now)
    opening = ""
    if not held() and _may_open(memory, diagnosis.found, rules.compete, now):
        opened, failure = await _open(gateway, memory, diagnosis.found, rules, now=now, at=at)
        opened_up = opened.found in (SessionState.OPENING, SessionState.ESTABLISHED)
        opening = "accepted" if opened_up else "refused"
        failures += failure
        diagnosis = replace(opened, login_ends_in=diagnosis.login_ends_in)
        _remember(memory, diagnosis.found, now)
    if diagnosis.ready and memory.outage and not held():
        # Only now: the gateway answers this with a login chain of its own, which throws out any other
        # program unless the session already stands.
        memory.outage = False
        await _restart_built_in_tickle(gateway)
    if diagnosis.found is SessionState.COMPETING:
        diagnosis = _advised(diagnosis, memory, rules.compete)
    return Beat(diagnosis, failures=failures, opening=opening, reopened=reopened)


def _advised(diagnosis: Diagnosis, memory: Memory, compete: Compete) -> Diagnosis:
    """The next step that the policy leaves."""
    if compete is Compete.YIELD:
        step = (
            "Log out of that program, use a second IBKR username here, or let the ticker take over with "
            "COMPETE=take."
        )
    elif compete is Compete.ASK and not memory.may_take:
        step = (
            "Log out of that program, or decide that it loses the connection: `take_over_session` in the "
            "chat, or `POST /take` to the ticker."
        )
    elif memory.competed:
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


def _remember(memory: Memory, found: SessionState, now: float) -> None:
    """Take from what was found what the next decision needs."""
    if found is not SessionState.COMPETING:
        memory.may_take = False
    if found is SessionState.ESTABLISHED:
        memory.attempts, memory.next_attempt = 0, None
        memory.established_since = now if memory.established_since is None else memory.established_since
        if now - memory.established_since >= REST:
            memory.competed = False
        return
    memory.established_since = None
    if found is SessionState.NOT_LOGGED_IN:
        # A login starts the gateway's own tickle by itself, and what is lost after it is a new loss.
        memory.attempts, memory.next_attempt = 0, None
        memory.outage = memory.competed = False
    elif found in (SessionState.UNREACHABLE, SessionState.UPSTREAM_SILENT, SessionState.FAILING):
        memory.outage = True
    elif found is SessionState.OPENING and memory.next_attempt is None:
        memory.next_attempt = now + PATIENCE


def _may_open(memory: Memory, found: SessionState, compete: Compete, now: float) -> bool:
    if found is SessionState.COMPETING:
        willing = memory.may_take if compete is Compete.ASK else compete is Compete.TAKE
        if memory.competed or not willing:
            return False
    elif found not in (SessionState.CLOSED, SessionState.OPENING):
        return False
    return memory.next_attempt is None or now >= memory.next_attempt


async def _open(
    gateway: GatewayClient, memory: Memory, found: SessionState, rules: Rules, *, now: float, at: datetime
) -> tuple[Diagnosis, tuple[str, ...]]:
    """Ask IBKR for the brokerage session, with the wait before the next attempt already remembered."""
    compete = found is SessionState.COMPETING
    memory.competed = memory.competed or compete
    memory.may_take = False
    memory.attempts += 1
    patience = min(PATIENCE * 2.0 ** min(memory.attempts - 1, 10), LONGEST_PATIENCE)
    memory.next_attempt = now + patience * (1 + rules.chance.uniform(-JITTER, JITTER))
    log(logger, logging.INFO, "opening", attempt=memory.attempts, compete=compete)
    try:
        value = (
            await gateway.post("/iserver/auth/ssodh/init", body={"publish": True, "compete": compete})
        ).value
    except GatewayError as error:
        return _not_opened(error, rules, at=at), (type(error).__name__,)
    state = parse_session(value) if isinstance(value, Mapping) else SessionState.OPENING
    # Whether the login holds is the tickle's to say: this answer has no place for it.
    state = SessionState.CLOSED if state is SessionState.NOT_LOGGED_IN else state
    return diagnose_state(state, at=at, region=rules.region, login_url=rules.login_url), ()


def _not_opened(error: GatewayError, rules: Rules, *, at: datetime) -> Diagnosis:
    if isinstance(error, LoginRequired | Unreachable | PenaltyBox):
        told = diagnose(error, at=at, region=rules.region, login_url=rules.login_url)
        if told is not None:
            return told
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
        log(logger, logging.WARNING, "built_in_tickle", restarted=False, because=error.problem)
    else:
        log(logger, logging.INFO, "built_in_tickle", restarted=True)
