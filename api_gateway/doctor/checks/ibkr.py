"""IBKR checks, through the gateway: the session, the accounts, and one quote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from api_gateway.access_policy import TradingMode
from api_gateway.causes import Cause, explain
from api_gateway.client.gateway import GatewayClient
from api_gateway.client.interpretation import (
    PreflightExpired,
    ServiceWarmingUp,
    interpret_response,
    no_response_error,
    not_sent_error,
    rate_limited_error,
    retry_after,
)
from api_gateway.client.opening_check import STATUS
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import build_request
from api_gateway.client.transport import NoResponseError, NotSentError, RawResponse, Transport
from api_gateway.doctor.findings import Finding, Layer, Outcome, broken, ok, skipped, warning
from api_gateway.errors import GatewayError, PenaltyBox, RateLimited
from api_gateway.redaction import redact_accounts, sanitize
from api_gateway.session.diagnosis import Diagnosis, diagnose, diagnose_state
from api_gateway.session.states import SessionState

STATUS_SECONDS = 4.0
TICKLE_SECONDS = 2.0
ACCOUNTS_SECONDS = 3.0
QUOTE_SECONDS = 4.0
WAIT_SECONDS = 1.0
"""How long our own rate limiter may delay one of these requests, in seconds."""

WELL_KNOWN = 265598
"""Apple's shares on NASDAQ: every login with any quotes sees at least delayed quotes for them."""

CLOCK_WARNING, CLOCK_BROKEN = 10.0, 120.0

_LAYERS: Mapping[SessionState, Layer] = {
    SessionState.UNREACHABLE: Layer.API,
    SessionState.ADDRESS_REFUSED: Layer.ADDRESS_LIST,
    SessionState.UPSTREAM_SILENT: Layer.UPSTREAM,
    SessionState.PENALTY_BOX: Layer.PACING,
    SessionState.NOT_LOGGED_IN: Layer.LOGIN,
    SessionState.CLOSED: Layer.SESSION,
    SessionState.OPENING: Layer.SESSION,
    SessionState.COMPETING: Layer.SESSION,
    SessionState.ESTABLISHED: Layer.SESSION,
}
_ABOUT_THE_REQUEST = frozenset(
    {
        SessionState.UNREACHABLE,
        SessionState.ADDRESS_REFUSED,
        SessionState.UPSTREAM_SILENT,
        SessionState.FAILING,
    }
)
"""States that an error implies only for its own request, once the session's state is known."""

_WORKS: Mapping[Layer, str] = {
    Layer.API: "The gateway forwards requests.",
    Layer.UPSTREAM: "IBKR responds through the gateway.",
    Layer.PACING: "IBKR is not rate-limiting this login.",
    Layer.LOGIN: "A user is logged in.",
    Layer.SESSION: "The brokerage session is open.",
}
_AVAILABILITY_KINDS: Mapping[str, str] = {"Y": "frozen and delayed", "D": "delayed by 15 to 20 minutes"}


class IbkrChecks:
    """A few requests to IBKR through one gateway, each only if those before it succeeded.

    `wall` is this machine's time, in seconds since 1970; `mode` is the trading mode.
    """

    def __init__(
        self,
        gateway: GatewayClient,
        transport: Transport,
        *,
        mode: TradingMode | None,
        wall: Callable[[], float],
    ) -> None:
        self._gateway = gateway
        self._transport = transport
        self._mode = mode
        self._wall = wall

    async def examine_session(self) -> list[Finding]:
        """The findings from one status request, up to the session and the clock."""
        request = build_request("POST", STATUS, read_only=True)
        rate_limiter = self._gateway.rate_limiter
        received: RawResponse | None = None
        found: object
        budget = WaitBudget(WAIT_SECONDS, float("inf"))
        try:
            async with rate_limiter.acquire(request, budget) as reservation:
                received = await self._transport.exchange(
                    request.method,
                    request.path.raw_path,
                    request.body_bytes,
                    timeout=STATUS_SECONDS,
                    fresh=True,
                    on_written=reservation.mark_sent,
                )
            if received.status == 429:
                found = rate_limited_error(
                    request, rate_limiter.enter_penalty_box(retry_after(received.headers))
                )
            else:
                found = interpret_response(request, received, login_url=self._login_url).value
        except GatewayError as error:
            found = error
        except (PreflightExpired, ServiceWarmingUp) as error:
            found = error.failure
        except NotSentError as error:
            found = not_sent_error(request, error)
        except NoResponseError as error:
            found = no_response_error(request, error)
        if isinstance(found, RateLimited) and not isinstance(found, PenaltyBox):
            return [_rate_limited_finding(Layer.API, found)]
        diagnosis = self._diagnose(found)
        if diagnosis.found is SessionState.NOT_LOGGED_IN and isinstance(found, Mapping):
            diagnosis = await self._tickle_to_distinguish(diagnosis)
        return [*_interpret_diagnosis(diagnosis, received), *self._check_clock(received)]

    async def _tickle_to_distinguish(self, before: Diagnosis) -> Diagnosis:
        """The diagnosis after a tickle: only a login without a brokerage session has a session token."""
        found: object
        try:
            async with asyncio.timeout(TICKLE_SECONDS):
                found = (await self._gateway.tickle()).value
        except (GatewayError, TimeoutError):
            return before
        diagnosis = self._diagnose(found)
        return before if diagnosis.found in (SessionState.FAILING, SessionState.ESTABLISHED) else diagnosis

    async def examine_accounts(self) -> list[Finding]:
        """The finding on the login's accounts, and whether TRADING_MODE fits them."""
        found = await self._request(Layer.ACCOUNTS, ACCOUNTS_SECONDS, "/iserver/accounts")
        if isinstance(found, Finding):
            return [found]
        ids = found.get("accounts") if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping) or not isinstance(ids, list) or not ids:
            return [broken(Layer.ACCOUNTS, explain(Cause.NO_ACCOUNTS))]
        paper = found.get("isPaper")
        kind = "paper" if paper is True else "live" if paper is False else "of unknown kind"
        shown = ", ".join(redact_accounts(str(each)) for each in ids[:3])
        more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
        sentence = f"The login is {kind}, with {shown}{more}."
        if self._mode is TradingMode.PAPER and paper is not True:
            return [warning(Layer.ACCOUNTS, explain(Cause.LIVE_LOGIN_IN_PAPER_MODE, accounts=sentence))]
        if self._mode is TradingMode.LIVE and paper is True:
            return [warning(Layer.ACCOUNTS, explain(Cause.PAPER_LOGIN_IN_LIVE_MODE, accounts=sentence))]
        return [ok(Layer.ACCOUNTS, sentence)]

    async def examine_quotes(self) -> list[Finding]:
        """The finding on the login's market data, from one quote of a well-known share."""
        found = await self._request(
            Layer.QUOTES,
            QUOTE_SECONDS,
            "/iserver/marketdata/snapshot",
            conids=str(WELL_KNOWN),
            fields="31,6509",
        )
        if isinstance(found, Finding):
            return [found]
        rows = found if isinstance(found, list) else []
        row = next((each for each in rows if isinstance(each, Mapping)), {})
        return [read_availability(row.get("6509"))]

    async def _request(self, layer: Layer, seconds: float, template: str, **query: str) -> Any:
        """Return the response, or the finding on its error."""
        try:
            async with asyncio.timeout(seconds):
                return (await self._gateway.get(template, **query)).value
        except TimeoutError:
            silent = explain(Cause.CHECK_TIMEOUT, seconds=f"{seconds:.0f}", login=self._login_url)
            return broken(layer, silent)
        except GatewayError as error:
            return self._describe_failure(layer, error)

    def _describe_failure(self, layer: Layer, error: GatewayError) -> Finding:
        if isinstance(error, RateLimited) and not isinstance(error, PenaltyBox):
            return _rate_limited_finding(layer, error)
        diagnosis = self._diagnose(error)
        if diagnosis.found in _ABOUT_THE_REQUEST:
            return _finding_on(layer, error, Outcome.BROKEN)
        return _finding_for(_LAYERS[diagnosis.found], diagnosis)

    def _diagnose(self, found: object) -> Diagnosis:
        at = datetime.fromtimestamp(self._wall(), tz=UTC)
        region = self._gateway.settings.gateway_region
        diagnosis = diagnose(found, at=at, region=region, login_url=self._login_url)
        return diagnosis or diagnose_state(
            SessionState.FAILING, at=at, region=region, login_url=self._login_url
        )

    @property
    def _login_url(self) -> str:
        return self._gateway.settings.gateway_login_url

    def _check_clock(self, received: RawResponse | None) -> list[Finding]:
        """How far this machine's clock is off, if the response has a date."""
        if received is None:
            return []
        try:
            reported = parsedate_to_datetime(received.headers.get("date", ""))
        except (TypeError, ValueError):
            return [skipped(Layer.CLOCK, "The response has no date to compare with.")]
        if reported.tzinfo is None:
            reported = reported.replace(tzinfo=UTC)
        off = self._wall() - reported.timestamp()
        if abs(off) < CLOCK_WARNING:
            return [ok(Layer.CLOCK, "This machine's clock is correct.")]
        off_by = explain(
            Cause.CLOCK_OFF, seconds=f"{abs(off):.0f}", direction="ahead" if off > 0 else "behind"
        )
        return [(broken if abs(off) >= CLOCK_BROKEN else warning)(Layer.CLOCK, off_by)]


def read_availability(code: object) -> Finding:
    """The finding on the login's market data, from field 6509."""
    text = code if isinstance(code, str) else ""
    first = text.lstrip("d")[:1]  # an internal code may precede the one that counts
    shown = f"6509 = {sanitize(text, max_length=12)}"
    if first in ("R", "Z"):
        note = "" if first == "R" else ", frozen at the last close because the market is closed"
        return ok(Layer.QUOTES, f"Apple's quote is real-time{note} ({shown}).")
    if first in _AVAILABILITY_KINDS:
        delayed = explain(Cause.QUOTES_DELAYED, kind=_AVAILABILITY_KINDS[first], field=shown)
        return warning(Layer.QUOTES, delayed)
    if first == "O":
        return broken(Layer.QUOTES, explain(Cause.TERMS_NOT_ACKNOWLEDGED, field=shown))
    cause = Cause.NO_QUOTES if first == "N" else Cause.QUOTES_UNCLEAR
    return warning(Layer.QUOTES, explain(cause, field=shown if text else "no field 6509"))


def _interpret_diagnosis(diagnosis: Diagnosis, received: RawResponse | None) -> list[Finding]:
    """The findings on all layers up to the one that the state concerns."""
    about = _LAYERS.get(diagnosis.found) or _layer_of_failure(received)
    order = (Layer.API, Layer.UPSTREAM, Layer.PACING, Layer.LOGIN, Layer.SESSION)
    if about is Layer.ADDRESS_LIST or (about is Layer.PACING and received is None):
        return [_finding_for(about, diagnosis)]  # nothing was sent to IBKR
    findings = [ok(each, _WORKS[each]) for each in order[: order.index(about)]]
    if diagnosis.found is SessionState.ESTABLISHED:
        return [*findings, ok(Layer.SESSION, _WORKS[Layer.SESSION])]
    return [*findings, _finding_for(about, diagnosis)]


def _layer_of_failure(received: RawResponse | None) -> Layer:
    """The layer at fault if a response has no session state: IBKR only if it returned an error."""
    if received is not None and (received.status >= 500 or received.status in (423,)):
        return Layer.UPSTREAM
    return Layer.API


def _finding_for(layer: Layer, diagnosis: Diagnosis) -> Finding:
    detail = f" {diagnosis.detail}" if diagnosis.detail else ""
    sentence = f"{diagnosis.sentence}{detail}"
    return Finding(layer, Outcome.BROKEN, sentence, diagnosis.next_step, diagnosis.cause)


def _finding_on(layer: Layer, error: GatewayError, outcome: Outcome) -> Finding:
    return Finding(layer, outcome, error.sentence, error.hint, error.cause)


def _rate_limited_finding(layer: Layer, error: RateLimited) -> Finding:
    return _finding_on(layer, error, Outcome.WARNING)
