"""What an answer means: a reply, or one of the ways in which a request fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from api_gateway.client.request import Call
from api_gateway.client.response import Reply
from api_gateway.client.transport import Received
from api_gateway.errors import (
    AddressRefused,
    Failed,
    GatewayError,
    Invalid,
    LoginRequired,
    Misdirected,
    OutcomeUnknown,
    Paced,
    Penalised,
    Refused,
    SessionLost,
    Unanswered,
    Unreachable,
)
from api_gateway.redaction import clean
from api_gateway.session.diagnosis import ELSEWHERE, MEANINGS, Diagnosis, as_sentence
from api_gateway.session.states import Needs, SessionState, needs

LONGEST_PENALTY = 86_400.0
NO_SESSION = ("no session", "not logged in", "not authenticated")
NO_BRIDGE = "no bridge"
NO_ACCOUNTS = "please query /accounts first"

CHECK_ORDERS = (
    "It may have happened. Do not send it again: look first what there is (an order is found with "
    "`list_live_orders` and `list_trades`)."
)
CHECK_SESSION = "It may have happened. Do not send it again: ask `connection_status` first how it stands."
CORRECT = "Correct the arguments; the same request gets the same answer."
NOTHING_TO_CORRECT = "Ask `connection_status` whether the connection is open, and call it again if it is."
NOT_READY = (
    "It was not done, as IBKR is not ready for it: wait some seconds before you decide to send it again."
)
_NAMES: Mapping[type, str] = {str: "text", int: "number", float: "number", bool: "true or false"}
ENDINGS = frozenset(  # of market data: sent like questions, and yet they end something
    {("POST", "/iserver/marketdata/unsubscribe"), ("GET", "/iserver/marketdata/unsubscribeall")}
)
SILENTLY_DONE = frozenset({("DELETE", "/fyi/deliveryoptions/{device}")})  # writes whose success has no body
HINTS: Mapping[tuple[str, str], str] = {
    ("GET", "/iserver/account/order/status/{order}"): (
        "It must be an order of this session and of the selected account: see `list_live_orders`."
    ),
    ("GET", "/iserver/contract/{conid}/algos"): "There is no such contract: find it with `search_contracts`.",
    ("GET", "/iserver/account/search/{pattern}"): (
        "This login has no dynamic accounts; `list_brokerage_accounts` has those it has."
    ),
    ("POST", "/iserver/marketdata/unsubscribe"): (
        "This contract has no open market data; nothing is left to do."
    ),
}
ANSWER = ("POST", "/iserver/reply/{reply}")
TOO_LATE = (
    "A question lives only until the next request: preview or place the order again and answer at once."
)
SAID_NO = "The answer was no, so nothing is placed or changed by it."
SAID_YES = "The same order gets the same answer: tell the user why it was refused."


class UnpreparedError(Exception):
    """IBKR has forgotten what was asked before; `failure` is for when asking again is no use."""

    def __init__(self, failure: GatewayError) -> None:
        super().__init__(str(failure))
        self.failure = failure


class AsleepError(Exception):
    """IBKR's notices have to be waited for; `failure` is for when waiting is no use."""

    def __init__(self, failure: Failed) -> None:
        super().__init__(str(failure))
        self.failure = failure


class SilentDenialError(UnpreparedError):
    """A 401 without a word: IBKR's answer to an unknown account as well as to a missing login."""


def interpret_response(call: Call, received: Received, *, login_url: str) -> Reply:
    """The reply, or the failure that the answer amounts to, raised."""
    status = received.status
    if 200 <= status < 300 or status == 304:
        return _judge_body(call, received, login_url)
    if 300 <= status < 400:
        raise _redirected(call, status, received.headers.get("location", ""), login_url)
    said = _said(received.body)
    if error := _about_the_session(call, said, login_url):
        raise error
    raise _judge_status(call, status, received.body, said, login_url)


def missing(call: Call, state: SessionState, login_url: str, said: str = "") -> GatewayError:
    """The failure of a request that this state of the session leaves unanswered, in the diagnosis' words.

    `said` is what exactly IBKR or the gateway answered, if it is worth telling.
    """
    meaning = MEANINGS[state]
    kind = LoginRequired if state is SessionState.NOT_LOGGED_IN else SessionLost
    return kind(
        asked=call.asked,
        happened=f"{meaning.sentence} {as_sentence(said)}" if said else meaning.sentence,
        hint=meaning.next_step.format(login=login_url),
    )


def missing_now(call: Call, diagnosis: Diagnosis) -> GatewayError:
    """The failure of a request that was not sent, as a look has just found what it needs to be missing."""
    kind = _KINDS.get(diagnosis.found, SessionLost)
    happened = " ".join(filter(None, [diagnosis.sentence, diagnosis.detail, "Nothing was sent."]))
    return kind(asked=call.asked, happened=happened, hint=diagnosis.next_step)


_KINDS: Mapping[SessionState, type[GatewayError]] = {
    SessionState.UNREACHABLE: Unreachable,
    SessionState.UPSTREAM_SILENT: Unreachable,
    SessionState.ADDRESS_REFUSED: AddressRefused,
    SessionState.NOT_LOGGED_IN: LoginRequired,
}


def unclear(call: Call, happened: str) -> GatewayError:
    """The failure of a request that was sent and not answered clearly: a write may have happened."""
    if call.key in ENDINGS:
        return Failed(
            asked=call.asked,
            happened=happened,
            hint="It may have happened. Call it again: doing it twice is doing it once.",
        )
    if call.reads:
        return Failed(
            asked=call.asked,
            happened=happened,
            hint="Nothing was changed. Call it again; if that does not help, ask `connection_status`.",
        )
    about_the_session = needs(call.address.template) is Needs.NOTHING
    return OutcomeUnknown(
        asked=call.asked, happened=happened, hint=CHECK_SESSION if about_the_session else CHECK_ORDERS
    )


def unanswered(call: Call, happened: str, *, late: bool) -> GatewayError:
    """The failure of a request that was sent and got no complete answer."""
    unclear_one = unclear(call, happened)
    if not isinstance(unclear_one, Failed):
        return unclear_one
    return Unanswered(asked=call.asked, happened=happened, hint=unclear_one.hint, late=late)


def unknown_account(call: Call) -> Refused:
    return Refused(
        asked=call.asked,
        happened="IBKR does not show this account to the login.",
        hint="Use an id from `list_portfolio_accounts`.",
    )


def retry_after(headers: httpx.Headers) -> float:
    """The seconds a 429 asks for, at most a day; 0 where it does not say."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 6:
        return min(float(text), LONGEST_PENALTY)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(tz=UTC)).total_seconds()), LONGEST_PENALTY)


def paced(call: Call, seconds: float) -> Penalised:
    return Penalised(
        asked=call.asked,
        happened="IBKR answered 429, too many requests; it did nothing.",
        hint=f"Nothing more is sent for {seconds:.0f} s, as asking makes the penalty longer. Wait.",
        seconds=seconds,
    )


def paced_tickle(call: Call, seconds: float) -> Paced:
    return Paced(
        asked=call.asked,
        happened="IBKR answered 429: most likely another program tickled in the same second.",
        hint="Then that tickle keeps the session, and nothing is to be done.",
        seconds=seconds,
    )


def _judge_body(call: Call, received: Received, login_url: str) -> Reply:
    body = received.body
    if not body or body.isspace():
        return Reply(received.status, b"null")
    reply = Reply(received.status, body)
    try:
        value = reply.value
    except orjson.JSONDecodeError:
        raise unclear(call, f"it answered with {_instead_of_json(body)}.") from None
    if isinstance(value, dict) and (_error_in(value) or value.get("success") is False):
        said = _said(body)
        if error := _about_the_session(call, said, login_url):
            raise error
        raise _refused(call, said)
    return reply


def _error_in(value: Mapping[str, Any]) -> Any:
    """What an object says went wrong. A model's presets are saved with the error "None", which is none."""
    error = value.get("error")
    return None if error == "None" and value.get("success") is True else error


def _instead_of_json(body: bytes) -> str:
    """What this is, in words. Half an answer is not shown: it may end in the middle of a token."""
    if body.lstrip()[:1] in (b"{", b"["):
        return f"half an answer, or one that is broken ({len(body)} bytes)"
    if body.startswith(b"\x1f\x8b"):
        return f"something compressed, which nobody had asked for ({len(body)} bytes)"
    return f"{'a web page' if b'<' in body[:200] else 'something that is not JSON'} ({_short(body)})"


def require_answer(call: Call, reply: Reply) -> Reply:
    """The reply, if it says anything.

    An answer to a question is an object or a list; anything else raises `Failed`. A write may be answered
    with a text or with 204, too, unless it is about an order, whose answer names the order or asks a
    question; answered with anything else it may have been carried out or not, which raises `OutcomeUnknown`.
    """
    value = reply.value
    if _about_an_order(call):
        if _tells_of_an_order(value):
            return reply
        if refusals := _refusals(value):
            raise _refused(call, " ".join(refusals))
        raise unclear(
            call, f"it answered with {_named(value)}, which does not tell what became of the order."
        )
    if isinstance(value, (dict, list)):
        return reply
    if not call.reads:
        if isinstance(value, str):
            return reply
        if value is None and (reply.status == 204 or (reply.status < 300 and call.key in SILENTLY_DONE)):
            return reply
    raise unclear(call, f"it answered with {_named(value)}.")


def _named(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "something else" if value else "an empty list or object"
    return f"a bare {_NAMES[type(value)]}"


def _tells_of_an_order(value: object) -> bool:
    """Whether an order, a question about it, or IBKR's word on it is in the answer.

    Beside an order that it names, an answer may refuse others that were placed together with it.
    """
    rows = value if isinstance(value, list) else [value]
    told = [isinstance(row, Mapping) and any(row.get(name) for name in _OF_AN_ORDER) for row in rows]
    return any(told) and all(each or _refusals([row]) for each, row in zip(told, rows, strict=True))


def _refusals(value: object) -> list[str]:
    """Why IBKR has refused, if that is all that it says of each order; empty if it is not."""
    rows = value if isinstance(value, list) else []
    reasons = [row.get("error") if isinstance(row, Mapping) else None for row in rows]
    said = [clean(each) for each in reasons if isinstance(each, str) and each.lower() not in ("", "unknown")]
    return [as_sentence(each) for each in said] if len(said) == len(rows) else []


_OF_AN_ORDER = ("order_id", "orderId", "id", "reqId", "msg", "message", "text", "order_status")


def _judge_status(call: Call, status: int, body: bytes, said: str, login_url: str) -> Exception:
    if status == 401:
        login = missing(call, SessionState.NOT_LOGGED_IN, login_url, "It answered 401")
        return SilentDenialError(login) if _may_be_the_account(call, body) else login
    if status == 404 and body.strip() == b"Access Denied":
        return AddressRefused(
            asked=call.asked,
            happened="the gateway does not answer this machine's address (404 Access Denied).",
            hint="Add the address to `ips.allow` in the gateway's conf.yaml and restart the gateway.",
        )
    if status == 414:
        return Invalid(
            asked=call.asked, happened="the address is too long (414).", hint="Ask for less at a time."
        )
    if status == 500 and _has_error(body) and not _leaves_an_order_open(call, said):
        return _refused(call, said, status=status)
    if status >= 500 and call.reads and call.key in HINTS and _has_error(body):
        return _refused(call, f"{said} ({status})", status=status)
    if call.reads and status in (423, 425, 503) and call.key not in ENDINGS:
        unready = Failed(
            asked=call.asked,
            happened=f"IBKR is not ready to answer ({status}: {said}).",
            hint="Call it again in a few seconds.",
        )
        return AsleepError(unready) if call.address.template.startswith("/fyi/") else unready
    if status >= 500 or status == 408:
        return unclear(call, f"IBKR or the gateway answered with an error ({status}: {said}).")
    return _refused(call, f"{said} ({status})", _HINT_BY_STATUS.get(status), status=status)


def _redirected(call: Call, status: int, location: str, login_url: str) -> GatewayError:
    where = location.partition("?")[0]  # what follows may be a token
    if "/sso/" in where:
        return missing(call, SessionState.NOT_LOGGED_IN, login_url, "It shows its login page")
    happened = (
        f"it was not answered and points elsewhere ({status} to {clean(where, longest=80) or 'nowhere'})."
    )
    if not call.reads:
        return unclear(call, happened)
    return Misdirected(asked=call.asked, happened=happened, hint=ELSEWHERE)


def _about_the_session(call: Call, said: str, login_url: str) -> Exception | None:
    """The failure, if IBKR's words are about the session rather than about the request."""
    words = said.lower()
    if NO_ACCOUNTS in words:
        return UnpreparedError(_refused(call, said))
    if NO_BRIDGE in words:
        return UnpreparedError(missing(call, SessionState.CLOSED, login_url, 'IBKR says "no bridge"'))
    if any(text in words for text in NO_SESSION):
        return missing(call, SessionState.NOT_LOGGED_IN, login_url, f'IBKR says "{said}"')
    return None


def _refused(call: Call, said: str, hint: str | None = None, *, status: int = 200) -> Refused:
    return Refused(
        asked=call.asked,
        happened=f"IBKR refused: {said}" + ("" if said.endswith((".", "!", "?", "…")) else "."),
        hint=hint or _hint(call, said),
        status=status,
    )


def _hint(call: Call, said: str) -> str:
    if call.key == ANSWER:
        if call.body.get("confirmed") is not True:
            return SAID_NO
        return TOO_LATE if "reply id" in said.lower() else SAID_YES
    return HINTS.get(call.key) or (CORRECT if _has_arguments(call) else NOTHING_TO_CORRECT)


def _has_arguments(call: Call) -> bool:
    return bool(call.values or call.query or call.body)


def _may_be_the_account(call: Call, body: bytes) -> bool:
    template = call.address.template
    if template == "/iserver/dynaccount":
        return True
    names_one = call.address.account is not None or "acctIds" in call.body
    return names_one and not body.strip() and template.startswith(("/portfolio", "/acesws/"))


def _leaves_an_order_open(call: Call, said: str) -> bool:
    """A write at an order that failed without a reason: nothing tells whether IBKR has it."""
    return _about_an_order(call) and said.lower() in ("unknown", "")


def _about_an_order(call: Call) -> bool:
    return not call.reads and call.address.template.startswith(
        ("/iserver/account/{account}/order", "/iserver/account/{allocation}/order", "/iserver/reply/")
    )


def _has_error(body: bytes) -> bool:
    value = _parsed(body)
    return isinstance(value, dict) and bool(value.get("error"))


def _said(body: bytes) -> str:
    """IBKR's own words in a body, cleaned; for one without words, what it is instead."""
    value = _parsed(body)
    if isinstance(value, dict):
        parts = [value[name] for name in ("error", "failure_list", "message", "text") if value.get(name)]
        value = " ".join(part if isinstance(part, str) else orjson.dumps(part).decode() for part in parts)
    return clean(value) if isinstance(value, str) and value else _short(body)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _short(body: bytes) -> str:
    return clean(body[:4_000].decode(errors="replace"), longest=120) or "no words"


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
