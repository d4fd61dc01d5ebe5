"""Session diagnosis: the state of the connection and its cause, from whatever the gateway returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from api_gateway.causes import Actor, Cause, Explanation, Outcome, as_sentence, explain
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

STATE_CAUSES: Mapping[SessionState, Cause] = MappingProxyType(
    {
        SessionState.UNREACHABLE: Cause.GATEWAY_UNREACHABLE,
        SessionState.ADDRESS_REFUSED: Cause.ADDRESS_REFUSED,
        SessionState.UPSTREAM_SILENT: Cause.IBKR_SILENT,
        SessionState.FAILING: Cause.GATEWAY_FAILING,
        SessionState.PENALTY_BOX: Cause.PENALTY_BOX,
        SessionState.RESETTING: Cause.RESETTING,
        SessionState.NOT_LOGGED_IN: Cause.NOT_LOGGED_IN,
        SessionState.CLOSED: Cause.SESSION_CLOSED,
        SessionState.OPENING: Cause.SESSION_OPENING,
        SessionState.COMPETING: Cause.COMPETING,
        SessionState.ESTABLISHED: Cause.ESTABLISHED,
    }
)
"""The cause of each state, if nothing more specific is known."""

CHECK_IN = 5.0
"""Seconds after which the ticker checks a state again at first, in its default settings."""

CHECK_ESTABLISHED_IN, CHECK_PENALTY_BOX_IN = 60.0, 600.0

EXPLAINED_BY_MAINTENANCE = frozenset(
    {SessionState.CLOSED, SessionState.FAILING, SessionState.UPSTREAM_SILENT}
)
STATUS_KEYS = frozenset({"authenticated", "connected", "competing", "established", "iserver", "session"})
FRONT_PAGE = 302
"""The status of the gateway's front page: it redirects to the login."""


@dataclass(frozen=True)
class Diagnosis:
    """The result of one check of the gateway: the state, its cause in words, and what to do.

    `found` is the state that was observed if `state` is `RESETTING`, and otherwise the same. `detail` is the
    exact message from the network or IBKR, empty if there is nothing to add. `quiet_for` is the seconds for
    which IBKR rejects requests, `login_ends_in` the seconds until the login ends, if IBKR reports that.
    `expected` is the maintenance window that explains what is missing.
    """

    state: SessionState
    cause: Cause
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
        """True if quotes and orders are available."""
        return self.state.ready

    @property
    def explanation(self) -> Explanation:
        """The diagnosis as the reason for not sending a request."""
        said = Explanation(self.cause, self.sentence, self.next_step, self.actor, Outcome.NOT_SENT)
        return said.with_detail(self.detail)

    def with_cause(self, cause: Cause) -> Diagnosis:
        """The same state, explained by a cause that says more."""
        said = explain(cause)
        # During maintenance, the sentence about it comes first.
        expected = self.state is SessionState.RESETTING
        sentence = f"{self.sentence} {said.sentence}" if expected else said.sentence
        return replace(self, cause=cause, sentence=sentence, next_step=said.next_step, actor=said.actor)


def check_interval(state: SessionState) -> float:
    """Seconds after which the ticker checks this state again at first, in its default settings."""
    if state is SessionState.ESTABLISHED:
        return CHECK_ESTABLISHED_IN
    return CHECK_PENALTY_BOX_IN if state is SessionState.PENALTY_BOX else CHECK_IN


def needs_probe(found: object) -> bool:
    """True if only `GatewayClient.probe` shows whether it is the gateway, and whether it or IBKR fails."""
    if isinstance(found, GatewayError):
        return isinstance(found, Failed | Refused)
    return not is_session_status(found)


def diagnose(
    found: object, *, at: datetime, region: Region, login_url: str, page: int | None = FRONT_PAGE
) -> Diagnosis | None:
    """Diagnose `found`: a parsed tickle or `/iserver/auth/status` response, or the `GatewayError`.

    `page` is the status of the gateway's front page, required if `needs_probe(found)`. Returns None for what
    says nothing about the session: our own rate limit, or another tickle in the same second.
    """
    if isinstance(found, GatewayError):
        return _diagnose_failure(found, at=at, region=region, login_url=login_url, page=page)
    if not isinstance(found, Mapping) or not is_session_status(found):
        return _build(
            SessionState.FAILING,
            at=at,
            region=region,
            login_url=login_url,
            cause=Cause.STATUS_UNREADABLE,
            page=page,
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


def foreign_page_cause(status: int) -> Cause | None:
    """Why a front page with this status is not that of IBKR's gateway; None for a redirect."""
    if 300 <= status < 400:
        return None
    return _FOREIGN_PAGES.get(status, Cause.NOT_THE_GATEWAY)


_FOREIGN_PAGES: Mapping[int, Cause] = MappingProxyType(
    dict.fromkeys((502, 503, 504), Cause.PROXY_WITHOUT_GATEWAY)
    | dict.fromkeys((401, 403, 407), Cause.PROXY_DENIES)
    | {500: Cause.BROKEN_ADDRESS_PATTERN}
)


def _diagnose_failure(
    error: GatewayError, *, at: datetime, region: Region, login_url: str, page: int | None
) -> Diagnosis | None:
    if isinstance(error, RateLimited) and not isinstance(error, PenaltyBox):
        return None
    state = _read_failure(error, page)
    error_advises = state is SessionState.UNREACHABLE and isinstance(error, Unreachable)
    error_advises = error_advises or (state is SessionState.FAILING and isinstance(error, Redirected))
    error_advises = error_advises or (state is SessionState.ADDRESS_REFUSED and isinstance(error, Refused))
    return _build(
        state,
        at=at,
        region=region,
        login_url=login_url,
        detail="" if isinstance(error, LoginRequired | SessionLost) else error.sentence,
        advised_by=error if error_advises else None,
        page=page if state in _DEPEND_ON_FRONT_PAGE else None,
        quiet_for=error.seconds if isinstance(error, PenaltyBox) else 0.0,
    )


def _read_failure(error: GatewayError, page: int | None) -> SessionState:
    """The state that a failure implies."""
    if isinstance(error, AddressRefused):
        return SessionState.ADDRESS_REFUSED
    if isinstance(error, Unreachable):
        return SessionState.UNREACHABLE
    if isinstance(error, NoResponse):
        if page is None:
            return SessionState.UNREACHABLE
        return SessionState.UPSTREAM_SILENT if error.late else SessionState.FAILING
    if isinstance(error, PenaltyBox):
        return SessionState.PENALTY_BOX
    if isinstance(error, LoginRequired):
        return SessionState.NOT_LOGGED_IN
    if isinstance(error, SessionLost):
        return SessionState.CLOSED
    if isinstance(error, Refused) and error.status == 403:
        return SessionState.ADDRESS_REFUSED
    return SessionState.FAILING


_DEPEND_ON_FRONT_PAGE = frozenset({SessionState.FAILING, SessionState.UPSTREAM_SILENT})


def _build(
    found: SessionState,
    *,
    at: datetime,
    region: Region,
    login_url: str,
    cause: Cause | None = None,
    detail: str = "",
    advised_by: GatewayError | None = None,
    page: int | None = None,
    quiet_for: float = 0.0,
    login_ends_in: float | None = None,
) -> Diagnosis:
    """Return the state with its cause, or with the maintenance window that explains it.

    No maintenance explains a front page that is not the gateway's. `advised_by` is an error whose own next
    step is more specific.
    """
    state, expected = found, None
    foreign = None if page is None else foreign_page_cause(page)
    if foreign is not None:
        state = found = SessionState.FAILING
        cause, advised_by = foreign, None
    elif found in EXPLAINED_BY_MAINTENANCE and (expected := window_at(region, at)):
        state, cause, advised_by = SessionState.RESETTING, None, None
    elif found is SessionState.NOT_LOGGED_IN:
        expected = login_just_ended(region, at)
    said = explain(
        cause or STATE_CAUSES[state],
        login=login_url,
        what=expected.what if expected else "",
        until=format_time(expected.ends, region) if expected else "",
        seconds=f"{quiet_for:.0f}",
        status=page,
    )
    advice = advised_by.explanation if advised_by is not None else None
    return Diagnosis(
        state=state,
        cause=said.cause if advice is None else advice.cause,
        sentence=said.sentence,
        next_step=said.next_step if advised_by is None else advised_by.hint,
        actor=said.actor if advised_by is None else Actor.USER,
        check_in=quiet_for or check_interval(state),
        found=found,
        detail=as_sentence(detail) if detail else "",
        quiet_for=quiet_for,
        login_ends_in=login_ends_in,
        expected=expected,
    )


def format_time(moment: datetime, region: Region) -> str:
    """A time of day for a sentence, to the nearest minute: `01:45 New York time`."""
    nearest = (moment.astimezone(UTC) + timedelta(seconds=30)).astimezone(region.zone)
    return f"{nearest:%H:%M} {region.city} time"


def _seconds_left(tickled: Mapping[str, Any]) -> float | None:
    expires = tickled.get("ssoExpires")
    if isinstance(expires, bool) or not isinstance(expires, int | float) or not 0 < expires < 1e9:
        return None
    return expires / 1000
