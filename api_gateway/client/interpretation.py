"""What an answer means: a reply, or one of the ways in which a request fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.client.transport import RawResponse
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
from api_gateway.session.diagnosis import REDIRECTED_ELSEWHERE, STATE_TEXTS, Diagnosis, as_sentence
from api_gateway.session.states import SessionState

MAX_PENALTY = 86_400.0
NO_SESSION = ("no session", "not logged in", "not authenticated")
NO_BRIDGE = "no bridge"
NO_ACCOUNTS = "please query /accounts first"

CHECK_ORDERS = (
    "It may have happened. Do not send it again: look first what there is (an order is found with "
    "`list_live_orders` and `list_trades`)."
)
CHECK_SESSION = "It may have happened. Do not send it again: ask `connection_status` first how it stands."
FIX_ARGUMENTS = "Correct the arguments; the same request gets the same answer."
CHECK_CONNECTION = "Ask `connection_status` whether the connection is open, and call it again if it is."
NOT_READY = (
    "It was not done, as IBKR is not ready for it: wait some seconds before you decide to send it again."
)
_TYPE_NAMES: Mapping[type, str] = {str: "text", int: "number", float: "number", bool: "true or false"}
ORDER_REPLY = ("POST", "/iserver/reply/{reply}")
REPLY_EXPIRED = (
    "A question lives only until the next request: preview or place the order again and answer at once."
)
REPLY_DECLINED = "The answer was no, so nothing is placed or changed by it."
REPLY_REFUSED = "The same order gets the same answer: tell the user why it was refused."


class PreflightExpired(Exception):
    """IBKR has forgotten what was asked before; `failure` is for when asking again is no use."""

    def __init__(self, failure: GatewayError) -> None:
        super().__init__(str(failure))
        self.failure = failure


class ServiceWarmingUp(Exception):
    """IBKR's notices have to be waited for; `failure` is for when waiting is no use."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(str(failure))
        self.failure = failure


class BareUnauthorized(PreflightExpired):
    """A 401 without a word: IBKR's answer to an unknown account as well as to a missing login."""


def interpret_response(call: GatewayRequest, received: RawResponse, *, login_url: str) -> GatewayResponse:
    """The reply, or the failure that the answer amounts to, raised."""
    status = received.status
    if 200 <= status < 300 or status == 304:
        return _interpret_body(call, received, login_url)
    if 300 <= status < 400:
        raise _redirect_error(call, status, received.headers.get("location", ""), login_url)
    said = _error_text(received.body)
    if error := _session_error_from_text(call, said, login_url):
        raise error
    raise _interpret_status(call, status, received.body, said, login_url)


def session_error(
    call: GatewayRequest, state: SessionState, login_url: str, detail: str = ""
) -> GatewayError:
    """The failure of a request that this state of the session leaves unanswered, in the diagnosis' words.

    `said` is what exactly IBKR or the gateway answered, if it is worth telling.
    """
    meaning = STATE_TEXTS[state]
    kind = LoginRequired if state is SessionState.NOT_LOGGED_IN else SessionLost
    return kind(
        request=call.description,
        problem=f"{meaning.sentence} {as_sentence(detail)}" if detail else meaning.sentence,
        hint=meaning.next_step.format(login=login_url),
    )


def unavailable_error(call: GatewayRequest, diagnosis: Diagnosis) -> GatewayError:
    """The failure of a request that was not sent, as a look has just found what it needs to be missing."""
    kind = _ERROR_BY_STATE.get(diagnosis.found, SessionLost)
    happened = " ".join(filter(None, [diagnosis.sentence, diagnosis.detail, "Nothing was sent."]))
    return kind(request=call.description, problem=happened, hint=diagnosis.next_step)


_ERROR_BY_STATE: Mapping[SessionState, type[GatewayError]] = {
    SessionState.UNREACHABLE: Unreachable,
    SessionState.UPSTREAM_SILENT: Unreachable,
    SessionState.ADDRESS_REFUSED: AddressRefused,
    SessionState.NOT_LOGGED_IN: LoginRequired,
}


def unknown_outcome_error(call: GatewayRequest, problem: str) -> GatewayError:
    """The failure of a request that was sent and not answered clearly: a write may have happened."""
    if call.row.unsubscribes:
        return Failed(
            request=call.description,
            problem=problem,
            hint="It may have happened. Call it again: doing it twice is doing it once.",
        )
    if call.read_only:
        return Failed(
            request=call.description,
            problem=problem,
            hint="Nothing was changed. Call it again; if that does not help, ask `connection_status`.",
        )
    about_the_session = call.row.required_session is SessionRequirement.NONE
    return OutcomeUnknown(
        request=call.description, problem=problem, hint=CHECK_SESSION if about_the_session else CHECK_ORDERS
    )


def no_response_error(call: GatewayRequest, problem: str, *, timed_out: bool) -> GatewayError:
    """The failure of a request that was sent and got no complete answer."""
    unclear_one = unknown_outcome_error(call, problem)
    if not isinstance(unclear_one, Failed):
        return unclear_one
    return NoResponse(request=call.description, problem=problem, hint=unclear_one.hint, late=timed_out)


def unknown_account_error(call: GatewayRequest) -> Refused:
    return Refused(
        request=call.description,
        problem="IBKR does not show this account to the login.",
        hint="Use an id from `list_portfolio_accounts`.",
    )


def retry_after(headers: httpx.Headers) -> float:
    """The seconds a 429 asks for, at most a day; 0 where it does not say."""
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
    return PenaltyBox(
        request=call.description,
        problem="IBKR answered 429, too many requests; it did nothing.",
        hint=f"Nothing more is sent for {seconds:.0f} s, as asking makes the penalty longer. Wait.",
        seconds=seconds,
    )


def tickle_collision_error(call: GatewayRequest, seconds: float) -> RateLimited:
    return RateLimited(
        request=call.description,
        problem="IBKR answered 429: most likely another program tickled in the same second.",
        hint="Then that tickle keeps the session, and nothing is to be done.",
        seconds=seconds,
    )


def _interpret_body(call: GatewayRequest, received: RawResponse, login_url: str) -> GatewayResponse:
    body = received.body
    if not body or body.isspace():
        return GatewayResponse(received.status, b"null")
    reply = GatewayResponse(received.status, body)
    try:
        value = reply.value
    except orjson.JSONDecodeError:
        raise unknown_outcome_error(call, f"it answered with {_describe_non_json(body)}.") from None
    if isinstance(value, dict) and (_find_error(value) or value.get("success") is False):
        said = _error_text(body)
        if error := _session_error_from_text(call, said, login_url):
            raise error
        raise _refusal_error(call, said)
    return reply


def _find_error(value: Mapping[str, Any]) -> Any:
    """What an object says went wrong. A model's presets are saved with the error "None", which is none."""
    error = value.get("error")
    return None if error == "None" and value.get("success") is True else error


def _describe_non_json(body: bytes) -> str:
    """What this is, in words. Half an answer is not shown: it may end in the middle of a token."""
    if body.lstrip()[:1] in (b"{", b"["):
        return f"half an answer, or one that is broken ({len(body)} bytes)"
    if body.startswith(b"\x1f\x8b"):
        return f"something compressed, which nobody had asked for ({len(body)} bytes)"
    return f"{'a web page' if b'<' in body[:200] else 'something that is not JSON'} ({_excerpt(body)})"


def require_payload(call: GatewayRequest, reply: GatewayResponse) -> GatewayResponse:
    """The reply, if it says anything.

    An answer to a question is an object or a list; anything else raises `Failed`. A write may be answered
    with a text or with 204, too, unless it is about an order, whose answer names the order or asks a
    question; answered with anything else it may have been carried out or not, which raises `OutcomeUnknown`.
    """
    value = reply.value
    if _concerns_an_order(call):
        if _reports_an_order(value):
            return reply
        if refusals := _refusal_reasons(value):
            raise _refusal_error(call, " ".join(refusals))
        raise unknown_outcome_error(
            call, f"it answered with {_describe_value(value)}, which does not tell what became of the order."
        )
    if isinstance(value, (dict, list)):
        return reply
    if not call.read_only:
        if isinstance(value, str):
            return reply
        if value is None and (reply.status == 204 or (reply.status < 300 and call.row.empty_success)):
            return reply
    raise unknown_outcome_error(call, f"it answered with {_describe_value(value)}.")


def _describe_value(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "something else" if value else "an empty list or object"
    return f"a bare {_TYPE_NAMES[type(value)]}"


def _reports_an_order(value: object) -> bool:
    """Whether an order, a question about it, or IBKR's word on it is in the answer.

    Beside an order that it names, an answer may refuse others that were placed together with it.
    """
    rows = value if isinstance(value, list) else [value]
    told = [isinstance(row, Mapping) and any(row.get(name) for name in _ORDER_KEYS) for row in rows]
    return any(told) and all(each or _refusal_reasons([row]) for each, row in zip(told, rows, strict=True))


def _refusal_reasons(value: object) -> list[str]:
    """Why IBKR has refused, if that is all that it says of each order; empty if it is not."""
    rows = value if isinstance(value, list) else []
    reasons = [row.get("error") if isinstance(row, Mapping) else None for row in rows]
    said = [
        sanitize(each) for each in reasons if isinstance(each, str) and each.lower() not in ("", "unknown")
    ]
    return [as_sentence(each) for each in said] if len(said) == len(rows) else []


_ORDER_KEYS = ("order_id", "orderId", "id", "reqId", "msg", "message", "text", "order_status")


def _interpret_status(call: GatewayRequest, status: int, body: bytes, said: str, login_url: str) -> Exception:
    if status == 401:
        login = session_error(call, SessionState.NOT_LOGGED_IN, login_url, "It answered 401")
        return BareUnauthorized(login) if _may_be_unknown_account(call, body) else login
    if status == 404 and body.strip() == b"Access Denied":
        return AddressRefused(
            request=call.description,
            problem="the gateway does not answer this machine's address (404 Access Denied).",
            hint="Add the address to `ips.allow` in the gateway's conf.yaml and restart the gateway.",
        )
    if status == 414:
        return Invalid(
            request=call.description, problem="the address is too long (414).", hint="Ask for less at a time."
        )
    if status == 500 and _has_error(body) and not _leaves_order_outcome_open(call, said):
        return _refusal_error(call, said, status=status)
    if status >= 500 and call.read_only and call.row.hint and _has_error(body):
        return _refusal_error(call, f"{said} ({status})", status=status)
    if call.read_only and status in (423, 425, 503) and not call.row.unsubscribes:
        unready = Failed(
            request=call.description,
            problem=f"IBKR is not ready to answer ({status}: {said}).",
            hint="Call it again in a few seconds.",
        )
        return ServiceWarmingUp(unready) if call.path.template.startswith("/fyi/") else unready
    if status >= 500 or status == 408:
        return unknown_outcome_error(call, f"IBKR or the gateway answered with an error ({status}: {said}).")
    return _refusal_error(call, f"{said} ({status})", _HINT_BY_STATUS.get(status), status=status)


def _redirect_error(call: GatewayRequest, status: int, location: str, login_url: str) -> GatewayError:
    where = location.partition("?")[0]  # what follows may be a token
    if "/sso/" in where:
        return session_error(call, SessionState.NOT_LOGGED_IN, login_url, "It shows its login page")
    target = sanitize(where, max_length=80) or "nowhere"
    happened = f"it was not answered and points elsewhere ({status} to {target})."
    if not call.read_only:
        return unknown_outcome_error(call, happened)
    return Redirected(request=call.description, problem=happened, hint=REDIRECTED_ELSEWHERE)


def _session_error_from_text(call: GatewayRequest, said: str, login_url: str) -> Exception | None:
    """The failure, if IBKR's words are about the session rather than about the request."""
    words = said.lower()
    if NO_ACCOUNTS in words:
        return PreflightExpired(_refusal_error(call, said))
    if NO_BRIDGE in words:
        return PreflightExpired(session_error(call, SessionState.CLOSED, login_url, 'IBKR says "no bridge"'))
    if any(text in words for text in NO_SESSION):
        return session_error(call, SessionState.NOT_LOGGED_IN, login_url, f'IBKR says "{said}"')
    return None


def _refusal_error(call: GatewayRequest, said: str, hint: str | None = None, *, status: int = 200) -> Refused:
    return Refused(
        request=call.description,
        problem=f"IBKR refused: {said}" + ("" if said.endswith((".", "!", "?", "…")) else "."),
        hint=hint or _choose_hint(call, said),
        status=status,
    )


def _choose_hint(call: GatewayRequest, said: str) -> str:
    if call.operation == ORDER_REPLY:
        if call.body.get("confirmed") is not True:
            return REPLY_DECLINED
        return REPLY_EXPIRED if "reply id" in said.lower() else REPLY_REFUSED
    return call.row.hint or (FIX_ARGUMENTS if _has_arguments(call) else CHECK_CONNECTION)


def _has_arguments(call: GatewayRequest) -> bool:
    return bool(call.values or call.query or call.body)


def _may_be_unknown_account(call: GatewayRequest, body: bytes) -> bool:
    template = call.path.template
    if template == "/iserver/dynaccount":
        return True
    names_one = call.path.account is not None or "acctIds" in call.body
    return names_one and not body.strip() and template.startswith(("/portfolio", "/acesws/"))


def _leaves_order_outcome_open(call: GatewayRequest, said: str) -> bool:
    """A write at an order that failed without a reason: nothing tells whether IBKR has it."""
    return _concerns_an_order(call) and said.lower() in ("unknown", "")


def _concerns_an_order(call: GatewayRequest) -> bool:
    return not call.read_only and call.path.template.startswith(
        ("/iserver/account/{account}/order", "/iserver/account/{allocation}/order", "/iserver/reply/")
    )


def _has_error(body: bytes) -> bool:
    value = _parse_json(body)
    return isinstance(value, dict) and bool(value.get("error"))


def _error_text(body: bytes) -> str:
    """IBKR's own words in a body, cleaned; for one without words, what it is instead."""
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
    return sanitize(body[:4_000].decode(errors="replace"), max_length=120) or "no words"


_HINT_BY_STATUS: Mapping[int, str] = {
    403: (
        "Either this login has no right to do it, or this machine's address is not in `ips.allow` of the "
        "gateway's conf.yaml."
    ),
    404: (
        "It does not exist (any more): list what there is and use an id from that list; if everything is "
        "answered so, `connection_status` says why."
    ),
    407: "Something on the way asks for a permission: let GATEWAY_URL name the gateway itself.",
    411: "Something on the way takes the Content-Length away: let GATEWAY_URL name the gateway itself.",
    413: "Ask for less at a time.",
    423: NOT_READY,
    425: NOT_READY,
}
