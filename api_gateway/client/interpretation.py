"""Response interpretation: a raw response becomes a `GatewayResponse`, or one of the errors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from api_gateway.causes import Cause, Explanation, Outcome, WriteKind, as_sentence, explain
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.client.transport import NoResponseError, NotSentError, RawResponse
from api_gateway.errors import (
    AddressRefused,
    Failed,
    GatewayError,
    Invalid,
    LoginRequired,
    NoResponse,
    OutcomeUnknown,
    PenaltyBox,
    RateLimited,
    Redirected,
    Refused,
    SessionLost,
    Unreachable,
)
from api_gateway.operations import EVERYBODY, SessionRequirement
from api_gateway.outside_text import clean_json, quote
from api_gateway.redaction import sanitize
from api_gateway.session.diagnosis import STATE_CAUSES, Diagnosis
from api_gateway.session.states import SessionState

MAX_PENALTY = 86_400.0
NO_SESSION = ("no session", "not logged in", "not authenticated")
NO_BRIDGE = "no bridge"
NO_ACCOUNTS = "please query /accounts first"

_TYPE_NAMES: Mapping[type, str] = {str: "text", int: "number", float: "number", bool: "true or false"}
ORDER_REPLY = ("POST", "/iserver/reply/{reply}")


class PreflightExpired(Exception):
    """IBKR has discarded the preflight requests; `failure` is the error if repeating them does not help."""

    def __init__(self, failure: GatewayError) -> None:
        super().__init__(str(failure))
        self.failure = failure


class ServiceWarmingUp(Exception):
    """A service of IBKR is still starting; `failure` is the error if waiting does not help."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(str(failure))
        self.failure = failure


class BareUnauthorized(PreflightExpired):
    """A 401 without a body: IBKR's response to an unknown account as well as to a missing login."""


def interpret_response(request: GatewayRequest, received: RawResponse, *, login_url: str) -> GatewayResponse:
    """Return the response, or raise the error that it reports."""
    status = received.status
    if 200 <= status < 300 or status == 304:
        return _interpret_body(request, received, login_url)
    if 300 <= status < 400:
        raise _redirect_error(request, status, received.headers.get("location", ""), login_url)
    said = _error_text(received.body)
    # A write that ended in a server error may have been carried out before the session was found missing.
    certain = request.read_only or not (status >= 500 or status == 408)
    if error := _session_error_from_text(request, said, login_url, certain=certain):
        raise error
    raise _interpret_status(request, status, received.body, said, login_url)


def session_error(
    request: GatewayRequest, state: SessionState, login_url: str, detail: str = "", *, certain: bool = True
) -> GatewayError:
    """The error for a request that IBKR did not process because of this session state.

    `detail` is the exact message from IBKR or the gateway, if it is worth reporting. `certain` is False if
    the request may have been processed after all; in that case the error makes no claim about the outcome.
    """
    kind = LoginRequired if state is SessionState.NOT_LOGGED_IN else SessionLost
    said = explain(STATE_CAUSES[state], login=login_url).with_detail(detail)
    if not certain:
        said = said.with_outcome(Outcome.NONE)
    return kind(request=request.description, **said.error_text)


def unavailable_error(request: GatewayRequest, diagnosis: Diagnosis) -> GatewayError:
    """The error for a request that was not sent because a check found no usable session."""
    kind = _ERROR_BY_STATE.get(diagnosis.found, SessionLost)
    return kind(request=request.description, **diagnosis.explanation.error_text)


_ERROR_BY_STATE: Mapping[SessionState, type[GatewayError]] = {
    SessionState.UNREACHABLE: Unreachable,
    SessionState.UPSTREAM_SILENT: Unreachable,
    SessionState.ADDRESS_REFUSED: AddressRefused,
    SessionState.NOT_LOGGED_IN: LoginRequired,
}


def unknown_outcome_error(request: GatewayRequest, cause: Cause, **facts: object) -> GatewayError:
    """The error for a request that got no clear response: a write may have been carried out."""
    write = _write_kind(request)
    kind = Failed if write in (None, WriteKind.IDEMPOTENT) else OutcomeUnknown
    said = explain(cause, **facts)
    if write is not None:
        said = said.after_write(write)
    return kind(request=request.description, **said.error_text)


def no_response_error(request: GatewayRequest, error: NoResponseError) -> GatewayError:
    """The error for a request that was sent without a complete response."""
    said = unknown_outcome_error(request, error.cause, **error.facts)
    if not isinstance(said, Failed) or said.explanation is None:
        return said
    return NoResponse(request=request.description, late=error.late, **said.explanation.error_text)


def not_sent_error(request: GatewayRequest, error: NotSentError) -> Unreachable:
    """The error for a request that was not sent at all."""
    return Unreachable(request=request.description, **error.explanation.error_text)


def unknown_account_error(request: GatewayRequest) -> Refused:
    """The error for a request about an account that this login cannot see."""
    return Refused(request=request.description, **explain(Cause.ACCOUNT_NOT_SHOWN).error_text)


def _write_kind(request: GatewayRequest) -> WriteKind | None:
    """Return the kind of write, or None for a read."""
    if request.row.unsubscribes:
        return WriteKind.IDEMPOTENT
    if request.read_only:
        return None
    about_the_session = request.row.required_session is SessionRequirement.NONE
    return WriteKind.SESSION if about_the_session else WriteKind.OTHER


def retry_after(headers: httpx.Headers) -> float:
    """Return the seconds in the Retry-After header, at most a day; 0 without a valid one."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 6:
        return min(float(text), MAX_PENALTY)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(tz=UTC)).total_seconds()), MAX_PENALTY)


def rate_limited_error(request: GatewayRequest, seconds: float) -> PenaltyBox:
    """The error for a request that IBKR rejected with 429, which starts a penalty of `seconds`."""
    said = explain(Cause.IBKR_RATE_LIMIT, seconds=f"{seconds:.0f}")
    return PenaltyBox(request=request.description, seconds=seconds, **said.error_text)


def tickle_collision_error(request: GatewayRequest, seconds: float) -> RateLimited:
    """The error for a tickle that IBKR rejected because of another one in the same second."""
    said = explain(Cause.TICKLE_COLLISION)
    return RateLimited(request=request.description, seconds=seconds, **said.error_text)


def _interpret_body(request: GatewayRequest, received: RawResponse, login_url: str) -> GatewayResponse:
    body = clean_json(received.body)
    if not body or body.isspace():
        return GatewayResponse(received.status, b"null")
    response = GatewayResponse(received.status, body)
    try:
        value = response.value
    except orjson.JSONDecodeError:
        raise unknown_outcome_error(request, Cause.UNUSABLE_RESPONSE, what=_describe_non_json(body)) from None
    if isinstance(value, dict) and (_find_error(value) or value.get("success") is False):
        said = _error_text(body)
        if error := _session_error_from_text(request, said, login_url):
            raise error
        raise _refusal_error(request, said)
    return response


def _find_error(value: Mapping[str, Any]) -> Any:
    """Return the error in an object. When presets are saved successfully, IBKR sends the error "None"."""
    error = value.get("error")
    return None if error == "None" and value.get("success") is True else error


def _describe_non_json(body: bytes) -> str:
    """Describe a body that is not JSON; a truncated one is not quoted, because it may end inside a token."""
    if body.lstrip()[:1] in (b"{", b"["):
        return f"truncated or malformed JSON ({len(body)} bytes)"
    if body.startswith(b"\x1f\x8b"):
        return f"compressed, which was not requested ({len(body)} bytes)"
    return f"{'a web page' if b'<' in body[:200] else 'not JSON'} ({quote(_excerpt(body))})"


def require_payload(request: GatewayRequest, response: GatewayResponse) -> GatewayResponse:
    """Return the response, or raise an error if it has no payload.

    The response to a read is an object or a list; anything else raises `Failed`. The response to a write may
    also be a text or a 204, unless it concerns an order: then it names the order or requires its
    confirmation. After any other response the write may have been carried out or not, which raises
    `OutcomeUnknown`.
    """
    value = response.value
    if _concerns_an_order(request):
        if _reports_an_order(value):
            return response
        if refusals := _refusal_reasons(value):
            raise _refusal_error(request, " ".join(refusals))
        raise unknown_outcome_error(request, Cause.ORDER_UNCLEAR, what=_describe_value(value))
    if isinstance(value, (dict, list)):
        return response
    if not request.read_only:
        if isinstance(value, str):
            return response
        if value is None and (
            response.status == 204 or (response.status < 300 and request.row.empty_success)
        ):
            return response
    raise unknown_outcome_error(request, Cause.UNUSABLE_RESPONSE, what=_describe_value(value))


def _describe_value(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, (dict, list)):
        return "not of the expected type" if value else "an empty list or object"
    return f"a bare {_TYPE_NAMES[type(value)]}"


def _reports_an_order(value: object) -> bool:
    """Whether the response names an order, requires its confirmation, or reports its status.

    A response can name one order and refuse others that were placed with it.
    """
    rows = value if isinstance(value, list) else [value]
    named = [isinstance(row, Mapping) and any(row.get(name) for name in _ORDER_KEYS) for row in rows]
    return any(named) and all(each or _refusal_reasons([row]) for each, row in zip(named, rows, strict=True))


def _refusal_reasons(value: object) -> list[str]:
    """Return IBKR's reasons if the response contains nothing but one per order; otherwise an empty list."""
    rows = value if isinstance(value, list) else []
    reasons = [row.get("error") if isinstance(row, Mapping) else None for row in rows]
    said = [
        sanitize(each) for each in reasons if isinstance(each, str) and each.lower() not in ("", "unknown")
    ]
    return [as_sentence(each) for each in said] if len(said) == len(rows) else []


_ORDER_KEYS = ("order_id", "orderId", "id", "reqId", "msg", "message", "text", "order_status")


def _interpret_status(
    request: GatewayRequest, status: int, body: bytes, said: str, login_url: str
) -> Exception:
    if status == 401:
        login = session_error(request, SessionState.NOT_LOGGED_IN, login_url, "It returned 401")
        return BareUnauthorized(login) if _may_be_unknown_account(request, body) else login
    if status == 404 and body.strip() == b"Access Denied":
        refused = explain(Cause.ADDRESS_REFUSED, login=login_url)
        return AddressRefused(request=request.description, **refused.error_text)
    if status == 414:
        too_long = explain(Cause.URI_TOO_LONG)
        return Invalid(request=request.description, **too_long.error_text)
    # Before the causes that suggest a retry: which login it is cannot be told from the status.
    was_refused = request.read_only or not (status >= 500 or status == 408)
    if request.row.open_to != EVERYBODY and not request.row.hint and was_refused:
        not_open = explain(
            Cause.NOT_FOR_THIS_LOGIN, said=quote(f"{said} ({status})"), who=request.row.open_to
        )
        return _refusal_error(request, said, not_open, status=status)
    if status == 500 and _has_error(body) and not _leaves_order_outcome_open(request, said):
        return _refusal_error(request, said, status=status)
    if status >= 500 and request.read_only and request.row.hint and _has_error(body):
        return _refusal_error(request, f"{said} ({status})", status=status)
    if request.read_only and status in (423, 425, 503) and not request.row.unsubscribes:
        not_ready = explain(Cause.NOT_READY, status=status, said=quote(said))
        unready = Failed(request=request.description, **not_ready.error_text)
        return ServiceWarmingUp(unready) if request.path.template.startswith("/fyi/") else unready
    if status >= 500 or status == 408:
        return unknown_outcome_error(request, Cause.SERVER_ERROR, status=status, said=quote(said))
    cause = _CAUSE_BY_STATUS.get(status)
    refusal = (
        explain(cause, said=quote(f"{said} ({status})"), status=status, login=login_url) if cause else None
    )
    return _refusal_error(request, f"{said} ({status})", refusal, status=status)


def _redirect_error(request: GatewayRequest, status: int, location: str, login_url: str) -> GatewayError:
    where = location.partition("?")[0]  # the query may contain a token
    if "/sso/" in where:
        return session_error(request, SessionState.NOT_LOGGED_IN, login_url, "It redirects to its login page")
    target = sanitize(where, max_length=80) or "nowhere"
    if not request.read_only:
        return unknown_outcome_error(request, Cause.REDIRECTED, status=status, target=target)
    redirected = explain(Cause.REDIRECTED, status=status, target=target)
    return Redirected(request=request.description, **redirected.error_text)


def _session_error_from_text(
    request: GatewayRequest, said: str, login_url: str, *, certain: bool = True
) -> Exception | None:
    """Return the error if IBKR's text is about the session rather than the request, otherwise None."""
    lowered = said.lower()
    if NO_ACCOUNTS in lowered:
        return PreflightExpired(_refusal_error(request, said))
    if NO_BRIDGE in lowered:
        detail = 'IBKR says "no bridge"'
        return PreflightExpired(
            session_error(request, SessionState.CLOSED, login_url, detail, certain=certain)
        )
    if any(text in lowered for text in NO_SESSION):
        detail = f"IBKR says {quote(said)}"
        return session_error(request, SessionState.NOT_LOGGED_IN, login_url, detail, certain=certain)
    return None


def _refusal_error(
    request: GatewayRequest, said: str, refusal: Explanation | None = None, *, status: int = 200
) -> Refused:
    refusal = refusal or _explain_refusal(request, said)
    return Refused(request=request.description, status=status, **refusal.error_text)


def _explain_refusal(request: GatewayRequest, said: str) -> Explanation:
    if request.operation == ORDER_REPLY:
        if request.body.get("confirmed") is not True:
            return explain(Cause.REPLY_DECLINED, said=quote(said))
        expired = "reply id" in said.lower()
        return explain(Cause.REPLY_EXPIRED if expired else Cause.ORDER_REFUSED, said=quote(said))
    if request.row.hint:
        return explain(Cause.OPERATION_REFUSED, said=quote(said), hint=request.row.hint)
    has_arguments = _has_arguments(request)
    return explain(
        Cause.INVALID_ARGUMENTS if has_arguments else Cause.REFUSED_WITHOUT_ARGUMENTS, said=quote(said)
    )


def _has_arguments(request: GatewayRequest) -> bool:
    return bool(request.values or request.query or request.body)


def _may_be_unknown_account(request: GatewayRequest, body: bytes) -> bool:
    template = request.path.template
    if template == "/iserver/dynaccount":
        return True
    names_one = request.path.account is not None or "acctIds" in request.body
    return names_one and not body.strip() and template.startswith(("/portfolio", "/acesws/"))


def _leaves_order_outcome_open(request: GatewayRequest, said: str) -> bool:
    """Whether an order write failed without a reason, so IBKR may still have the order."""
    return _concerns_an_order(request) and said.lower() in ("unknown", "")


def _concerns_an_order(request: GatewayRequest) -> bool:
    return not request.read_only and request.path.template.startswith(
        ("/iserver/account/{account}/order", "/iserver/account/{allocation}/order", "/iserver/reply/")
    )


def _has_error(body: bytes) -> bool:
    value = _parse_json(body)
    return isinstance(value, dict) and bool(value.get("error"))


def _error_text(body: bytes) -> str:
    """Return IBKR's own error text in a body, sanitized; an excerpt of a body without one."""
    value = _parse_json(body)
    if isinstance(value, dict):
        parts = [value[name] for name in ("error", "failure_list", "message", "text") if value.get(name)]
        value = " ".join(part if isinstance(part, str) else orjson.dumps(part).decode() for part in parts)
    return sanitize(value) if isinstance(value, str) and value else _excerpt(body)


def _parse_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _excerpt(body: bytes) -> str:
    return sanitize(body[:4_000].decode(errors="replace"), max_length=120) or "no text"


_CAUSE_BY_STATUS: Mapping[int, Cause] = {
    403: Cause.ACCESS_DENIED,
    404: Cause.NOT_FOUND,
    407: Cause.PROXY_DENIES,
    411: Cause.PROXY_STRIPS_LENGTH,
    413: Cause.REQUEST_TOO_LARGE,
    423: Cause.NOT_READY_FOR_WRITE,
    425: Cause.NOT_READY_FOR_WRITE,
}
