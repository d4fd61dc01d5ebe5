"""Response interpretation: a raw response becomes a `GatewayResponse`, or one of the failures."""

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
from api_gateway.operations import SessionRequirement
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
    """IBKR has forgotten the preflight requests; `failure` is for when repeating them does not help."""

    def __init__(self, failure: GatewayError) -> None:
        super().__init__(str(failure))
        self.failure = failure


class ServiceWarmingUp(Exception):
    """A service of IBKR is still starting; `failure` is for when waiting does not help."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(str(failure))
        self.failure = failure


class BareUnauthorized(PreflightExpired):
    """A 401 without a body: IBKR's response to an unknown account as well as to a missing login."""


def interpret_response(call: GatewayRequest, received: RawResponse, *, login_url: str) -> GatewayResponse:
    """The response; raises the failure that it amounts to."""
    status = received.status
    if 200 <= status < 300 or status == 304:
        return _interpret_body(call, received, login_url)
    if 300 <= status < 400:
        raise _redirect_error(call, status, received.headers.get("location", ""), login_url)
    said = _error_text(received.body)
    # A write that a server failed on may have been carried out before the session was found missing.
    certain = call.read_only or not (status >= 500 or status == 408)
    if error := _session_error_from_text(call, said, login_url, certain=certain):
        raise error
    raise _interpret_status(call, status, received.body, said, login_url)


def session_error(
    call: GatewayRequest, state: SessionState, login_url: str, detail: str = "", *, certain: bool = True
) -> GatewayError:
    """The failure of a request that IBKR did not process because of this state of the session.

    `detail` is what exactly IBKR or the gateway said, if it is worth reporting. `certain` is False where the
    request may have been processed all the same; then nothing is said about it.
    """
    kind = LoginRequired if state is SessionState.NOT_LOGGED_IN else SessionLost
    said = explain(STATE_CAUSES[state], login=login_url).with_detail(detail)
    if not certain:
        said = said.with_outcome(Outcome.NONE)
    return kind(request=call.description, **said.error_text)


def unavailable_error(call: GatewayRequest, diagnosis: Diagnosis) -> GatewayError:
    """The failure of a request that was not sent because a check found that the session is missing."""
    kind = _ERROR_BY_STATE.get(diagnosis.found, SessionLost)
    return kind(request=call.description, **diagnosis.explanation.error_text)


_ERROR_BY_STATE: Mapping[SessionState, type[GatewayError]] = {
    SessionState.UNREACHABLE: Unreachable,
    SessionState.UPSTREAM_SILENT: Unreachable,
    SessionState.ADDRESS_REFUSED: AddressRefused,
    SessionState.NOT_LOGGED_IN: LoginRequired,
}


def unknown_outcome_error(call: GatewayRequest, cause: Cause, **facts: object) -> GatewayError:
    """The failure of a request that was sent without a clear response: a write may have been carried out."""
    write = _write_kind(call)
    kind = Failed if write in (None, WriteKind.IDEMPOTENT) else OutcomeUnknown
    said = explain(cause, **facts)
    if write is not None:
        said = said.after_write(write)
    return kind(request=call.description, **said.error_text)


def no_response_error(call: GatewayRequest, error: NoResponseError) -> GatewayError:
    """The failure of a request that was sent and got no complete response."""
    said = unknown_outcome_error(call, error.cause, **error.facts)
    if not isinstance(said, Failed) or said.explanation is None:
        return said
    return NoResponse(request=call.description, late=error.late, **said.explanation.error_text)


def not_sent_error(call: GatewayRequest, error: NotSentError) -> Unreachable:
    """The failure of a request of which no byte left."""
    return Unreachable(request=call.description, **error.explanation.error_text)


def unknown_account_error(call: GatewayRequest) -> Refused:
    return Refused(request=call.description, **explain(Cause.ACCOUNT_NOT_SHOWN).error_text)


def _write_kind(call: GatewayRequest) -> WriteKind | None:
    """The kind of write, None for a read."""
    if call.row.unsubscribes:
        return WriteKind.IDEMPOTENT
    if call.read_only:
        return None
    about_the_session = call.row.required_session is SessionRequirement.NONE
    return WriteKind.SESSION if about_the_session else WriteKind.OTHER


def retry_after(headers: httpx.Headers) -> float:
    """The seconds that a 429 prescribes, at most a day; 0 if it does not say."""
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


def rate_limited_error(call: GatewayRequest, seconds: float) -> PenaltyBox:
    said = explain(Cause.IBKR_RATE_LIMIT, seconds=f"{seconds:.0f}")
    return PenaltyBox(request=call.description, seconds=seconds, **said.error_text)


def tickle_collision_error(call: GatewayRequest, seconds: float) -> RateLimited:
    said = explain(Cause.TICKLE_COLLISION)
    return RateLimited(request=call.description, seconds=seconds, **said.error_text)


def _interpret_body(call: GatewayRequest, received: RawResponse, login_url: str) -> GatewayResponse:
    body = received.body
    if not body or body.isspace():
        return GatewayResponse(received.status, b"null")
    reply = GatewayResponse(received.status, body)
    try:
        value = reply.value
    except orjson.JSONDecodeError:
        raise unknown_outcome_error(call, Cause.UNUSABLE_RESPONSE, what=_describe_non_json(body)) from None
    if isinstance(value, dict) and (_find_error(value) or value.get("success") is False):
        said = _error_text(body)
        if error := _session_error_from_text(call, said, login_url):
            raise error
        raise _refusal_error(call, said)
    return reply


def _find_error(value: Mapping[str, Any]) -> Any:
    """The error that an object reports. A model's presets are saved with the error "None", which is none."""
    error = value.get("error")
    return None if error == "None" and value.get("success") is True else error


def _describe_non_json(body: bytes) -> str:
    """What this is, in words. Half a response is not shown: it may end in the middle of a token."""
    if body.lstrip()[:1] in (b"{", b"["):
        return f"truncated or malformed JSON ({len(body)} bytes)"
    if body.startswith(b"\x1f\x8b"):
        return f"compressed, which was not requested ({len(body)} bytes)"
    return f"{'a web page' if b'<' in body[:200] else 'not JSON'} ({_excerpt(body)})"


def require_payload(call: GatewayRequest, reply: GatewayResponse) -> GatewayResponse:
    """The response, if it says anything.

    The response to a read is an object or a list; anything else raises `Failed`. A write may be answered with
    a text or with 204, too, unless it is about an order: then the response names the order or asks for a
    confirmation. With any other response it may have been carried out or not, which raises `OutcomeUnknown`.
    """
    value = reply.value
    if _concerns_an_order(call):
        if _reports_an_order(value):
            return reply
        if refusals := _refusal_reasons(value):
            raise _refusal_error(call, " ".join(refusals))
        raise unknown_outcome_error(call, Cause.ORDER_UNCLEAR, what=_describe_value(value))
    if isinstance(value, (dict, list)):
        return reply
    if not call.read_only:
        if isinstance(value, str):
            return reply
        if value is None and (reply.status == 204 or (reply.status < 300 and call.row.empty_success)):
            return reply
    raise unknown_outcome_error(call, Cause.UNUSABLE_RESPONSE, what=_describe_value(value))


def _describe_value(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, (dict, list)):
        return "of another kind" if value else "an empty list or object"
    return f"a bare {_TYPE_NAMES[type(value)]}"


def _reports_an_order(value: object) -> bool:
    """Whether the response names an order, asks for its confirmation, or reports on it.

    Besides an order that it names, a response may refuse others that were placed together with it.
    """
    rows = value if isinstance(value, list) else [value]
    named = [isinstance(row, Mapping) and any(row.get(name) for name in _ORDER_KEYS) for row in rows]
    return any(named) and all(each or _refusal_reasons([row]) for each, row in zip(named, rows, strict=True))


def _refusal_reasons(value: object) -> list[str]:
    """Why IBKR refused, if that is all that it says about each order; otherwise empty."""
    rows = value if isinstance(value, list) else []
    reasons = [row.get("error") if isinstance(row, Mapping) else None for row in rows]
    said = [
        sanitize(each) for each in reasons if isinstance(each, str) and each.lower() not in ("", "unknown")
    ]
    return [as_sentence(each) for each in said] if len(said) == len(rows) else []


_ORDER_KEYS = ("order_id", "orderId", "id", "reqId", "msg", "message", "text", "order_status")


def _interpret_status(call: GatewayRequest, status: int, body: bytes, said: str, login_url: str) -> Exception:
    if status == 401:
        login = session_error(call, SessionState.NOT_LOGGED_IN, login_url, "It returned 401")
        return BareUnauthorized(login) if _may_be_unknown_account(call, body) else login
    if status == 404 and body.strip() == b"Access Denied":
        refused = explain(Cause.ADDRESS_REFUSED, login=login_url)
        return AddressRefused(request=call.description, **refused.error_text)
    if status == 414:
        too_long = explain(Cause.URI_TOO_LONG)
        return Invalid(request=call.description, **too_long.error_text)
    if status == 500 and _has_error(body) and not _leaves_order_outcome_open(call, said):
        return _refusal_error(call, said, status=status)
    if status >= 500 and call.read_only and call.row.hint and _has_error(body):
        return _refusal_error(call, f"{said} ({status})", status=status)
    if call.read_only and status in (423, 425, 503) and not call.row.unsubscribes:
        not_ready = explain(Cause.NOT_READY, status=status, said=said)
        unready = Failed(request=call.description, **not_ready.error_text)
        return ServiceWarmingUp(unready) if call.path.template.startswith("/fyi/") else unready
    if status >= 500 or status == 408:
        return unknown_outcome_error(call, Cause.SERVER_ERROR, status=status, said=said)
    cause = _CAUSE_BY_STATUS.get(status)
    refusal = explain(cause, said=f"{said} ({status})", status=status, login=login_url) if cause else None
    return _refusal_error(call, f"{said} ({status})", refusal, status=status)


def _redirect_error(call: GatewayRequest, status: int, location: str, login_url: str) -> GatewayError:
    where = location.partition("?")[0]  # what follows may be a token
    if "/sso/" in where:
        return session_error(call, SessionState.NOT_LOGGED_IN, login_url, "It redirects to its login page")
    target = sanitize(where, max_length=80) or "nowhere"
    if not call.read_only:
        return unknown_outcome_error(call, Cause.REDIRECTED, status=status, target=target)
    redirected = explain(Cause.REDIRECTED, status=status, target=target)
    return Redirected(request=call.description, **redirected.error_text)


def _session_error_from_text(
    call: GatewayRequest, said: str, login_url: str, *, certain: bool = True
) -> Exception | None:
    """The failure, if IBKR's error is about the session rather than about the request."""
    words = said.lower()
    if NO_ACCOUNTS in words:
        return PreflightExpired(_refusal_error(call, said))
    if NO_BRIDGE in words:
        detail = 'IBKR says "no bridge"'
        return PreflightExpired(session_error(call, SessionState.CLOSED, login_url, detail, certain=certain))
    if any(text in words for text in NO_SESSION):
        detail = f'IBKR says "{said}"'
        return session_error(call, SessionState.NOT_LOGGED_IN, login_url, detail, certain=certain)
    return None


def _refusal_error(
    call: GatewayRequest, said: str, refusal: Explanation | None = None, *, status: int = 200
) -> Refused:
    refusal = refusal or _explain_refusal(call, said)
    return Refused(request=call.description, status=status, **refusal.error_text)


def _explain_refusal(call: GatewayRequest, said: str) -> Explanation:
    if call.operation == ORDER_REPLY:
        if call.body.get("confirmed") is not True:
            return explain(Cause.REPLY_DECLINED, said=said)
        expired = "reply id" in said.lower()
        return explain(Cause.REPLY_EXPIRED if expired else Cause.ORDER_REFUSED, said=said)
    if call.row.hint:
        return explain(Cause.OPERATION_REFUSED, said=said, hint=call.row.hint)
    has_arguments = _has_arguments(call)
    return explain(Cause.INVALID_ARGUMENTS if has_arguments else Cause.REFUSED_WITHOUT_ARGUMENTS, said=said)


def _has_arguments(call: GatewayRequest) -> bool:
    return bool(call.values or call.query or call.body)


def _may_be_unknown_account(call: GatewayRequest, body: bytes) -> bool:
    template = call.path.template
    if template == "/iserver/dynaccount":
        return True
    names_one = call.path.account is not None or "acctIds" in call.body
    return names_one and not body.strip() and template.startswith(("/portfolio", "/acesws/"))


def _leaves_order_outcome_open(call: GatewayRequest, said: str) -> bool:
    """An order write that failed without a reason: nothing says whether IBKR has it."""
    return _concerns_an_order(call) and said.lower() in ("unknown", "")


def _concerns_an_order(call: GatewayRequest) -> bool:
    return not call.read_only and call.path.template.startswith(
        ("/iserver/account/{account}/order", "/iserver/account/{allocation}/order", "/iserver/reply/")
    )


def _has_error(body: bytes) -> bool:
    value = _parse_json(body)
    return isinstance(value, dict) and bool(value.get("error"))


def _error_text(body: bytes) -> str:
    """IBKR's own error text in a body, sanitized; an excerpt of a body without one."""
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
