"""What works, what does not, why, and what to do: one sentence each, from whatever the gateway answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from api_gateway.errors import (
    AddressRefused,
    Failed,
    GatewayError,
    LoginRequired,
    NoResponse,
    PenaltyBox,
    RateLimited,
    Redirected,
    Refused,
    SessionLost,
    Unreachable,
)
from api_gateway.session.maintenance import MaintenanceWindow, Region, login_just_ended, window_at
from api_gateway.session.states import SessionState, parse_session


class Actor(StrEnum):
    """Who can take the next step: the ticker, a person, or nobody, as it is only a matter of waiting."""

    TICKER = "we"
    USER = "user"
    NOBODY = "nobody"


@dataclass(frozen=True)
class StateText:
    """A state for somebody who has never heard of it.

    `sentence` and `next_step` may hold `{login}`, the address of the login page, `{what}` and `{until}` of a
    reset, and `{seconds}` of a penalty. `check_in` is after how many seconds the ticker looks again at first,
    in its default settings.
    """

    sentence: str
    next_step: str
    actor: Actor
    check_in: float


STATE_TEXTS: Mapping[SessionState, StateText] = MappingProxyType(
    {
        SessionState.UNREACHABLE: StateText(
            "The gateway, the program on your side that talks to IBKR, cannot be reached.",
            "Start the gateway, or correct GATEWAY_URL; `docker compose ps` shows whether it runs. If it "
            "runs and does not answer, restart it and log in again at {login}.",
            Actor.USER,
            5,
        ),
        SessionState.ADDRESS_REFUSED: StateText(
            "The gateway (the program on your side that talks to IBKR) runs, but this program's address is "
            "not on its list of permitted addresses.",
            "Add the address that the gateway sees (for a container, that of Docker's network) to "
            "`ips.allow` in its conf.yaml, restart it and log in again at {login}.",
            Actor.USER,
            5,
        ),
        SessionState.UPSTREAM_SILENT: StateText(
            "The gateway (the program on your side that talks to IBKR) runs, but no answer from IBKR comes "
            "back through it.",
            "Check that this machine's internet connection works; if it does and the silence lasts for five "
            "minutes, restart the gateway and log in again at {login}.",
            Actor.USER,
            5,
        ),
        SessionState.FAILING: StateText(
            "The gateway (the program on your side that talks to IBKR) answers with an error instead of "
            "telling how the connection is.",
            "Wait a few minutes; if it lasts, look at IBKR's system status page and at the gateway's log.",
            Actor.NOBODY,
            5,
        ),
        SessionState.PENALTY_BOX: StateText(
            "IBKR refuses all questions for a while, because too many came at once (its penalty box).",
            "Wait {seconds} seconds and ask nothing before: asking makes it longer.",
            Actor.NOBODY,
            600,
        ),
        SessionState.RESETTING: StateText(
            "IBKR restarts its servers at this time ({what}), so breaks are expected until {until}.",
            "Wait: the connection comes back by itself.",
            Actor.NOBODY,
            5,
        ),
        SessionState.NOT_LOGGED_IN: StateText(
            "Nobody is logged in to IBKR at the gateway (a login to TWS or the app does not count); IBKR "
            "asks for a new login at least once a day.",
            "Open {login} in a browser on the machine that runs the gateway (its warning of the certificate "
            "is expected) and log in with your IBKR username.",
            Actor.USER,
            5,
        ),
        SessionState.CLOSED: StateText(
            "You are logged in, but IBKR has closed the connection that carries quotes and orders (the "
            "brokerage session).",
            "Wait a minute: the ticker opens it again, unless another program holds it; if it stays closed, "
            "`connection_status` says why.",
            Actor.TICKER,
            5,
        ),
        SessionState.OPENING: StateText(
            "You are logged in, and IBKR is opening the connection that carries quotes and orders (the "
            "brokerage session).",
            "Wait some seconds.",
            Actor.NOBODY,
            5,
        ),
        SessionState.COMPETING: StateText(
            "Another program with the same IBKR username (TWS, the mobile app, another client) uses the one "
            "connection for quotes and orders that IBKR gives to a username.",
            "Log out of that program, and the connection opens here again by itself; or use a second IBKR "
            "username here.",
            Actor.USER,
            5,
        ),
        SessionState.ESTABLISHED: StateText(
            "The connection to IBKR is open: quotes and orders can be asked for.",
            "Nothing is to be done.",
            Actor.NOBODY,
            60,
        ),
    }
)

EXPLAINED_BY_MAINTENANCE = frozenset(
    {SessionState.CLOSED, SessionState.FAILING, SessionState.UPSTREAM_SILENT}
)
STATUS_KEYS = frozenset({"authenticated", "connected", "competing", "established", "iserver", "session"})
NOT_A_GATEWAY = "Let GATEWAY_URL name IBKR's gateway: its front page leads to /sso/Login."
PAGE_UNREACHABLE = "Start the gateway behind it, or let GATEWAY_URL name the gateway itself."
NO_PERMISSION = "Let GATEWAY_URL name the gateway itself."
BROKEN_PATTERN = (
    'If a pattern of `ips` in the gateway\'s conf.yaml is broken, such as "*", correct it and restart the '
    "gateway; if it is not IBKR's gateway, correct GATEWAY_URL."
)
REDIRECTED_ELSEWHERE = (
    "If GATEWAY_URL names IBKR's gateway, wait a few minutes, as then IBKR sends everybody elsewhere; if "
    "not, correct GATEWAY_URL."
)
NO_TRADING_RIGHT = (
    "Add this machine's address to `ips.allow` in the gateway's conf.yaml, restart the gateway and log in "
    "again at {login}; if it is there already, IBKR itself refuses this machine or login."
)
FRONT_PAGE = 302
"""What the gateway's front page is answered with: it leads to the login."""


@dataclass(frozen=True)
class Diagnosis:
    """One look at the gateway: the state in words, and what to do.

    `found` is the state itself where `state` is `RESETTING`, and else the same. `detail` is what exactly the
    network or IBKR said, empty where nothing is to add. `quiet_for` is for how many seconds IBKR wants
    silence, `login_ends_in` after how many it ends the login, when it says so. `expected` is the reset that
    explains what is missing.
    """

    state: SessionState
    sentence: str
    next_step: str
    actor: Actor
    check_in: float
    found: SessionState
    detail: str = ""
    quiet_for: float = 0.0
    login_ends_in: float | None = None
    expected: MaintenanceWindow | None = None

    @property
    def ready(self) -> bool:
        """True if quotes and orders can be asked for."""
        return self.state.ready


def needs_probe(found: object) -> bool:
    """True if only `Gateway.probe` can tell whether it is the gateway, and whether that or IBKR is ill."""
    if isinstance(found, GatewayError):
        return isinstance(found, Failed | Refused)
    return not is_session_status(found)


def diagnose(
    found: object, *, at: datetime, region: Region, login_url: str, page: int | None = FRONT_PAGE
) -> Diagnosis | None:
    """What `found` means: the parsed answer to a tickle or to `/iserver/auth/status`, or the `GatewayError`.

    `page` is what a probe of the gateway's front page found, for what `needs_probe`. None is returned for
    what tells nothing about the session: our own request limit, or another tickle in the same second.
    """
    if isinstance(found, GatewayError):
        return _diagnose_failure(found, at=at, region=region, login_url=login_url, page=page)
    if not isinstance(found, Mapping) or not is_session_status(found):
        return _build(
            SessionState.FAILING,
            at=at,
            region=region,
            login_url=login_url,
            detail="It answered with something else than the state of a session.",
            no_gateway=_identify_other_program(page),
        )
    return _build(
        parse_session(found),
        at=at,
        region=region,
        login_url=login_url,
        login_ends_in=_seconds_left(found),
    )


def diagnose_state(
    state: SessionState, *, at: datetime, region: Region, login_url: str, detail: str = ""
) -> Diagnosis:
    """The diagnosis of a state that is already known."""
    return _build(state, at=at, region=region, login_url=login_url, detail=detail)


def is_session_status(found: object) -> bool:
    """True for the body of a tickle or of `/iserver/auth/status`."""
    return isinstance(found, Mapping) and bool(STATUS_KEYS & found.keys())


def _identify_other_program(page: int | None) -> str:
    """What to do where the front page is not one of IBKR's gateway; empty if it is, or does not answer."""
    if page is None or 300 <= page < 400:
        return ""
    return _OTHER_PAGES.get(page, NOT_A_GATEWAY)


_OTHER_PAGES: Mapping[int, str] = MappingProxyType(
    dict.fromkeys((502, 503, 504), PAGE_UNREACHABLE)
    | dict.fromkeys((401, 403, 407), NO_PERMISSION)
    | {500: BROKEN_PATTERN}
)


def _diagnose_failure(
    error: GatewayError, *, at: datetime, region: Region, login_url: str, page: int | None
) -> Diagnosis | None:
    if isinstance(error, RateLimited) and not isinstance(error, PenaltyBox):
        return None
    state, next_step = _read_failure(error, page)
    return _build(
        state,
        at=at,
        region=region,
        login_url=login_url,
        detail="" if isinstance(error, LoginRequired | SessionLost) else as_sentence(error.problem),
        next_step=next_step,
        no_gateway=_identify_other_program(page) if state in _OF_WHATEVER_ANSWERS else "",
        quiet_for=error.seconds if isinstance(error, PenaltyBox) else 0.0,
    )


def _read_failure(error: GatewayError, page: int | None) -> tuple[SessionState, str]:
    """The state that a failure tells, and its own next step where it knows a better one than the table."""
    if isinstance(error, AddressRefused):
        return SessionState.ADDRESS_REFUSED, ""
    if isinstance(error, Unreachable):
        return SessionState.UNREACHABLE, error.hint
    if isinstance(error, NoResponse):
        if page is None:
            return SessionState.UNREACHABLE, ""
        return (SessionState.UPSTREAM_SILENT if error.late else SessionState.FAILING), ""
    if isinstance(error, PenaltyBox):
        return SessionState.PENALTY_BOX, ""
    if isinstance(error, LoginRequired):
        return SessionState.NOT_LOGGED_IN, ""
    if isinstance(error, SessionLost):
        return SessionState.CLOSED, ""
    if isinstance(error, Refused) and error.status == 403:
        return SessionState.ADDRESS_REFUSED, NO_TRADING_RIGHT
    return SessionState.FAILING, REDIRECTED_ELSEWHERE if isinstance(error, Redirected) else ""


_OF_WHATEVER_ANSWERS = frozenset({SessionState.FAILING, SessionState.UPSTREAM_SILENT})


def _build(
    found: SessionState,
    *,
    at: datetime,
    region: Region,
    login_url: str,
    detail: str = "",
    next_step: str = "",
    no_gateway: str = "",
    quiet_for: float = 0.0,
    login_ends_in: float | None = None,
) -> Diagnosis:
    """The state in words, or the reset that explains it.

    `no_gateway` is what to do where it is not IBKR's gateway that answers: no reset explains that.
    """
    state, expected = found, None
    if no_gateway:
        state = found = SessionState.FAILING
        next_step = no_gateway
    elif found in EXPLAINED_BY_MAINTENANCE and (expected := window_at(region, at)):
        state, next_step = SessionState.RESETTING, ""
    elif found is SessionState.NOT_LOGGED_IN:
        expected = login_just_ended(region, at)
    meaning = STATE_TEXTS[state]
    names = {
        "login": login_url,
        "what": expected.what if expected else "",
        "until": format_time(expected.ends, region) if expected else "",
        "seconds": f"{quiet_for:.0f}",
    }
    return Diagnosis(
        state=state,
        sentence=meaning.sentence.format_map(names),
        next_step=next_step.replace("{login}", login_url) or meaning.next_step.format_map(names),
        actor=Actor.USER if next_step else meaning.actor,
        check_in=quiet_for or meaning.check_in,
        found=found,
        detail=detail,
        quiet_for=quiet_for,
        login_ends_in=login_ends_in,
        expected=expected,
    )


def format_time(moment: datetime, region: Region) -> str:
    """A time of day as it stands in a sentence, to the nearest minute: `01:45 New York time`."""
    nearest = (moment.astimezone(UTC) + timedelta(seconds=30)).astimezone(region.zone)
    return f"{nearest:%H:%M} {region.city} time"


def as_sentence(text: str) -> str:
    """The text with a capital at its beginning and a full stop at its end."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _seconds_left(tickled: Mapping[str, Any]) -> float | None:
    expires = tickled.get("ssoExpires")
    if isinstance(expires, bool) or not isinstance(expires, int | float) or not 0 < expires < 1e9:
        return None
    return expires / 1000
