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
    Misdirected,
    Paced,
    Penalised,
    Refused,
    SessionLost,
    Unanswered,
    Unreachable,
)
from api_gateway.session.maintenance import Region, Window, login_just_ended, window_at
from api_gateway.session.states import SessionState, read_session


class Who(StrEnum):
    """Who can take the next step: the ticker, a person, or nobody, as it is only a matter of waiting."""

    WE = "we"
    USER = "user"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Meaning:
    """A state for somebody who has never heard of it.

    `sentence` and `next_step` may hold `{login}`, the address of the login page, `{what}` and `{until}` of a
    reset, and `{seconds}` of a penalty. `look_in` is after how many seconds the ticker looks again at first,
    in its default settings.
    """

    sentence: str
    next_step: str
    who: Who
    look_in: float


MEANINGS: Mapping[SessionState, Meaning] = MappingProxyType(
    {
        SessionState.UNREACHABLE: Meaning(
            "The gateway, the program on your side that talks to IBKR, cannot be reached.",
            "Start the gateway, or correct GATEWAY_URL; `docker compose ps` shows whether it runs. If it "
            "runs and does not answer, restart it and log in again at {login}.",
            Who.USER,
            5,
        ),
        SessionState.ADDRESS_REFUSED: Meaning(
            "The gateway (the program on your side that talks to IBKR) runs, but this program's address is "
            "not on its list of permitted addresses.",
            "Add the address that the gateway sees (for a container, that of Docker's network) to "
            "`ips.allow` in its conf.yaml, restart it and log in again at {login}.",
            Who.USER,
            5,
        ),
        SessionState.UPSTREAM_SILENT: Meaning(
            "The gateway (the program on your side that talks to IBKR) runs, but no answer from IBKR comes "
            "back through it.",
            "Check that this machine's internet connection works; if it does and the silence lasts for five "
            "minutes, restart the gateway and log in again at {login}.",
            Who.USER,
            5,
        ),
        SessionState.FAILING: Meaning(
            "The gateway (the program on your side that talks to IBKR) answers with an error instead of "
            "telling how the connection is.",
            "Wait a few minutes; if it lasts, look at IBKR's system status page and at the gateway's log.",
            Who.NOBODY,
            5,
        ),
        SessionState.PENALTY_BOX: Meaning(
            "IBKR refuses all questions for a while, because too many came at once (its penalty box).",
            "Wait {seconds} seconds and ask nothing before: asking makes it longer.",
            Who.NOBODY,
            600,
        ),
        SessionState.RESETTING: Meaning(
            "IBKR restarts its servers at this time ({what}), so breaks are expected until {until}.",
            "Wait: the connection comes back by itself.",
            Who.NOBODY,
            5,
        ),
        SessionState.NOT_LOGGED_IN: Meaning(
            "Nobody is logged in to IBKR at the gateway (a login to TWS or the app does not count); IBKR "
            "asks for a new login at least once a day.",
            "Open {login} in a browser on the machine that runs the gateway (its warning of the certificate "
            "is expected) and log in with your IBKR username.",
            Who.USER,
            5,
        ),
        SessionState.CLOSED: Meaning(
            "You are logged in, but IBKR has closed the connection that carries quotes and orders (the "
            "brokerage session).",
            "Wait a minute: the ticker opens it again, unless another program holds it; if it stays closed, "
            "`connection_status` says why.",
            Who.WE,
            5,
        ),
        SessionState.OPENING: Meaning(
            "You are logged in, and IBKR is opening the connection that carries quotes and orders (the "
            "brokerage session).",
            "Wait some seconds.",
            Who.NOBODY,
            5,
        ),
        SessionState.COMPETING: Meaning(
            "Another program with the same IBKR username (TWS, the mobile app, another client) uses the one "
            "connection for quotes and orders that IBKR gives to a username.",
            "Log out of that program, and the connection opens here again by itself; or use a second IBKR "
            "username here.",
            Who.USER,
            5,
        ),
        SessionState.ESTABLISHED: Meaning(
            "The connection to IBKR is open: quotes and orders can be asked for.",
            "Nothing is to be done.",
            Who.NOBODY,
            60,
        ),
    }
)

EXPLAINED_BY_A_RESET = frozenset({SessionState.CLOSED, SessionState.FAILING, SessionState.UPSTREAM_SILENT})
STATUS_KEYS = frozenset({"authenticated", "connected", "competing", "established", "iserver", "session"})
NOT_A_GATEWAY = "Let GATEWAY_URL name IBKR's gateway: its front page leads to /sso/Login."
NOT_REACHED = "Start the gateway behind it, or let GATEWAY_URL name the gateway itself."
NO_PERMISSION = "Let GATEWAY_URL name the gateway itself."
BROKEN_PATTERN = (
    'If a pattern of `ips` in the gateway\'s conf.yaml is broken, such as "*", correct it and restart the '
    "gateway; if it is not IBKR's gateway, correct GATEWAY_URL."
)
ELSEWHERE = (
    "If GATEWAY_URL names IBKR's gateway, wait a few minutes, as then IBKR sends everybody elsewhere; if "
    "not, correct GATEWAY_URL."
)
NO_RIGHT = (
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
    who: Who
    look_in: float
    found: SessionState
    detail: str = ""
    quiet_for: float = 0.0
    login_ends_in: float | None = None
    expected: Window | None = None

    @property
    def ready(self) -> bool:
        """True if quotes and orders can be asked for."""
        return self.state.ready


def needs_probe(found: object) -> bool:
    """True if only `Gateway.probe` can tell whether it is the gateway, and whether that or IBKR is ill."""
    if isinstance(found, GatewayError):
        return isinstance(found, Failed | Refused)
    return not tells_a_state(found)


def diagnose(
    found: object, *, at: datetime, region: Region, login_url: str, page: int | None = FRONT_PAGE
) -> Diagnosis | None:
    """What `found` means: the parsed answer to a tickle or to `/iserver/auth/status`, or the `GatewayError`.

    `page` is what a probe of the gateway's front page found, for what `needs_probe`. None is returned for
    what tells nothing about the session: our own request limit, or another tickle in the same second.
    """
    if isinstance(found, GatewayError):
        return _of_failure(found, at=at, region=region, login_url=login_url, page=page)
    if not isinstance(found, Mapping) or not tells_a_state(found):
        return _told(
            SessionState.FAILING,
            at=at,
            region=region,
            login_url=login_url,
            detail="It answered with something else than the state of a session.",
            no_gateway=_what_else_answers(page),
        )
    return _told(
        read_session(found),
        at=at,
        region=region,
        login_url=login_url,
        login_ends_in=_seconds_left(found),
    )


def diagnose_state(
    state: SessionState, *, at: datetime, region: Region, login_url: str, detail: str = ""
) -> Diagnosis:
    """The diagnosis of a state that is already known."""
    return _told(state, at=at, region=region, login_url=login_url, detail=detail)


def tells_a_state(found: object) -> bool:
    """True for the body of a tickle or of `/iserver/auth/status`."""
    return isinstance(found, Mapping) and bool(STATUS_KEYS & found.keys())


def _what_else_answers(page: int | None) -> str:
    """What to do where the front page is not one of IBKR's gateway; empty if it is, or does not answer."""
    if page is None or 300 <= page < 400:
        return ""
    return _OTHER_PAGES.get(page, NOT_A_GATEWAY)


_OTHER_PAGES: Mapping[int, str] = MappingProxyType(
    dict.fromkeys((502, 503, 504), NOT_REACHED)
    | dict.fromkeys((401, 403, 407), NO_PERMISSION)
    | {500: BROKEN_PATTERN}
)


def _of_failure(
    error: GatewayError, *, at: datetime, region: Region, login_url: str, page: int | None
) -> Diagnosis | None:
    if isinstance(error, Paced) and not isinstance(error, Penalised):
        return None
    state, next_step = _read_failure(error, page)
    return _told(
        state,
        at=at,
        region=region,
        login_url=login_url,
        detail="" if isinstance(error, LoginRequired | SessionLost) else as_sentence(error.happened),
        next_step=next_step,
        no_gateway=_what_else_answers(page) if state in _OF_WHATEVER_ANSWERS else "",
        quiet_for=error.seconds if isinstance(error, Penalised) else 0.0,
    )


def _read_failure(error: GatewayError, page: int | None) -> tuple[SessionState, str]:
    """The state that a failure tells, and its own next step where it knows a better one than the table."""
    if isinstance(error, AddressRefused):
        return SessionState.ADDRESS_REFUSED, ""
    if isinstance(error, Unreachable):
        return SessionState.UNREACHABLE, error.hint
    if isinstance(error, Unanswered):
        if page is None:
            return SessionState.UNREACHABLE, ""
        return (SessionState.UPSTREAM_SILENT if error.late else SessionState.FAILING), ""
    if isinstance(error, Penalised):
        return SessionState.PENALTY_BOX, ""
    if isinstance(error, LoginRequired):
        return SessionState.NOT_LOGGED_IN, ""
    if isinstance(error, SessionLost):
        return SessionState.CLOSED, ""
    if isinstance(error, Refused) and error.status == 403:
        return SessionState.ADDRESS_REFUSED, NO_RIGHT
    return SessionState.FAILING, ELSEWHERE if isinstance(error, Misdirected) else ""


_OF_WHATEVER_ANSWERS = frozenset({SessionState.FAILING, SessionState.UPSTREAM_SILENT})


def _told(
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
    elif found in EXPLAINED_BY_A_RESET and (expected := window_at(region, at)):
        state, next_step = SessionState.RESETTING, ""
    elif found is SessionState.NOT_LOGGED_IN:
        expected = login_just_ended(region, at)
    meaning = MEANINGS[state]
    names = {
        "login": login_url,
        "what": expected.what if expected else "",
        "until": time_of(expected.ends, region) if expected else "",
        "seconds": f"{quiet_for:.0f}",
    }
    return Diagnosis(
        state=state,
        sentence=meaning.sentence.format_map(names),
        next_step=next_step.replace("{login}", login_url) or meaning.next_step.format_map(names),
        who=Who.USER if next_step else meaning.who,
        look_in=quiet_for or meaning.look_in,
        found=found,
        detail=detail,
        quiet_for=quiet_for,
        login_ends_in=login_ends_in,
        expected=expected,
    )


def time_of(moment: datetime, region: Region) -> str:
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
