"""Interpretation of each of IBKR's responses."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_gateway.causes import OUTCOME_SENTENCES, UNKNOWN_OUTCOME_STEPS, Cause, Outcome, WriteKind
from api_gateway.client.interpretation import (
    BareUnauthorized,
    PreflightExpired,
    interpret_response,
    require_payload,
    retry_after,
)
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.client.transport import RawResponse
from api_gateway.errors import (
    AddressRefused,
    Failed,
    GatewayError,
    Invalid,
    LoginRequired,
    OutcomeUnknown,
    Redirected,
    Refused,
    SessionLost,
)
from tests.api_gateway.because import because

LOGIN = "https://localhost:5055"
READ = build_request("GET", "/iserver/marketdata/history", (), {"conid": 265598}, read_only=True)
READING_POST = build_request("POST", "/iserver/contract/rules", read_only=True)
WRITE = build_request("POST", "/iserver/account/{account}/orders", ("U1234567",), read_only=False)
PORTFOLIO = build_request("GET", "/portfolio/{account}/meta", ("U1234567",), read_only=True)
PORTFOLIO_ACCOUNTS = build_request("GET", "/portfolio/accounts", read_only=True)


def interpret(request: GatewayRequest, status: int, body: bytes = b"", **headers: str) -> Any:
    try:
        return interpret_response(request, RawResponse(status, httpx.Headers(headers), body), login_url=LOGIN)
    except PreflightExpired as error:
        return error
    except GatewayError as error:
        return error


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'"Success"',
        b'{"error": null, "amount": {}}',
        b'{"error": "", "success": true}',
        b'{"reqID": 1, "success": true, "error": "None"}',
        b'{"session": "x", "hmds": {"error": "no bridge"}}',
        b'{"success": "Account already set"}',
        b'[{"error": "in a row"}]',
        b'{"fail": "", "authenticated": false}',
    ],
)
def test_a_successful_response_keeps_its_bytes(body: bytes) -> None:
    assert interpret(READ, 200, body).body == body


@pytest.mark.parametrize("body", [b"", b" \r\n"])
@pytest.mark.parametrize("status", [200, 204, 304])
def test_an_empty_response_is_null(status: int, body: bytes) -> None:
    assert interpret(READ, status, body).body == b"null"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error": "Chart data unavailable"}', "Chart data unavailable"),
        (b'{"success": false, "failure_list": "conid 1"}', "conid 1"),
        (b'{"success": false, "error": "None"}', "None"),
        (b'{"error": {"code": 3}}', "{'code':3}"),
        (b'{"error": "no such account U1234567", "statusCode": 200}', "U***4567"),
    ],
)
def test_an_error_with_status_200_is_refused(body: bytes, expected: str) -> None:
    for request in (READ, WRITE):
        error = interpret(request, 200, body)
        assert type(error) is Refused
        assert expected in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Login</html>",
        b'{"half": ',
        b"Unknown service am",
        b"\xff\xfe",
        b"NaN",
        b"[" * 3000,
        b"\x1f\x8b\x08",
    ],
)
def test_a_response_that_is_not_json_fails_a_read_and_leaves_a_writes_outcome_unknown(body: bytes) -> None:
    assert type(interpret(READ, 200, body)) is Failed
    assert type(interpret(READING_POST, 200, body)) is Failed
    assert type(interpret(WRITE, 200, body)) is OutcomeUnknown


def test_truncated_json_is_not_quoted_because_it_may_end_inside_a_token() -> None:
    for body in (b'{"session":"9a2395c09e4202', b'[{"MAC":"02:00:5E:10:00:01"', b"[" * 3000):
        error = interpret(READ, 200, body)
        assert type(error) is Failed
        assert (error.cause, error.outcome) == (Cause.UNUSABLE_RESPONSE, Outcome.UNCHANGED)
        assert f"({len(body)} bytes)" in error.problem


@pytest.mark.parametrize("gateway_request", [READ, WRITE])
def test_a_redirect_to_the_login_page_means_that_nobody_is_logged_in(gateway_request: GatewayRequest) -> None:
    error = interpret(gateway_request, 302, location="/sso/Login?forwardTo=22&RL=1&ip2loc=US")
    assert type(error) is LoginRequired
    assert LOGIN in error.hint
    assert (error.cause, error.outcome) == (Cause.NOT_LOGGED_IN, Outcome.UNCHANGED)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_redirect_fails_a_read_and_leaves_a_writes_outcome_unknown(status: int) -> None:
    elsewhere = "https://api.ibkr.com/v2/x?y=U1234567&session=9a2395c0&next=/sso/Login"
    error = interpret(READ, status, location=elsewhere)
    assert type(error) is Redirected
    assert error.cause is Cause.REDIRECTED
    assert f"({status} to https://api.ibkr.com/v2/x)" in str(error)
    assert type(interpret(WRITE, status, location=elsewhere)) is OutcomeUnknown
    assert "to nowhere" in str(interpret(READ, status))


def test_the_next_step_after_a_session_write_of_unknown_outcome_is_the_session_status() -> None:
    for template in ("/logout", "/iserver/auth/ssodh/init"):
        error = interpret(build_request("POST", template, read_only=False), 502)
        assert type(error) is OutcomeUnknown
        assert (error.outcome, error.hint) == (Outcome.UNKNOWN, UNKNOWN_OUTCOME_STEPS[WriteKind.SESSION])
    assert interpret(WRITE, 502).hint == UNKNOWN_OUTCOME_STEPS[WriteKind.OTHER]


def test_a_compressed_response_is_reported_as_such() -> None:
    assert "compressed" in interpret(READ, 200, b"\x1f\x8b\x08").problem


def test_a_write_that_got_a_408_has_an_unknown_outcome() -> None:
    assert type(interpret(WRITE, 408)) is OutcomeUnknown
    assert interpret(READ, 408).outcome is Outcome.UNCHANGED
    for status in (423, 425):
        assert interpret(WRITE, status).cause is Cause.NOT_READY_FOR_WRITE


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b"[{}]",
        b"[[]]",
        b"[" * 900 + b"]" * 900,
        b"[null]",
        b'{"error":""}',
        b'{"conid":1}',
        b"null",
    ],
)
def test_an_order_write_whose_response_names_no_order_has_an_unknown_outcome(body: bytes) -> None:
    for status in (200, 204):
        with pytest.raises(OutcomeUnknown, check=because(Cause.ORDER_UNCLEAR, Outcome.UNKNOWN)):
            require_payload(WRITE, GatewayResponse(status, body))


@pytest.mark.parametrize(
    "body",
    [
        b'[{"order_id":"602801486","order_status":"PreSubmitted","encrypt_message":"1"}]',
        b'[{"id":"a1","message":["Sure?"],"isSuppressed":false,"messageIds":["o354"]}]',
        b'{"orderId":1,"reqId":"2","dismissable":[],"text":"x","options":["Yes"]}',
        b'{"msg":"Request was submitted","order_id":602801486,"conid":-1,"account":null}',
    ],
)
def test_an_order_a_confirmation_question_and_a_cancellation_are_successes(body: bytes) -> None:
    assert require_payload(WRITE, GatewayResponse(200, body)).body == body


def test_a_response_may_name_one_order_and_refuse_another() -> None:
    body = b'[{"order_id":"602801486","order_status":"Submitted"},{"error":"The child has no price"}]'
    assert require_payload(WRITE, GatewayResponse(200, body)).body == body


def test_the_refusal_of_every_order_quotes_ibkr() -> None:
    with pytest.raises(Refused, match=r'IBKR refused: "No funds\. No price"\.'):
        require_payload(WRITE, GatewayResponse(200, b'[{"error":"No funds."},{"error":"No price"}]'))
    for body in (b'[{"error":"unknown"}]', b'[{"error":"No funds"},{}]', b'[{"error":1}]'):
        with pytest.raises(OutcomeUnknown):
            require_payload(WRITE, GatewayResponse(200, body))


def test_a_declined_confirmation_does_not_advise_placing_the_order_again() -> None:
    error = interpret(_answering(confirmed=False), 200, b'{"error":"Order not confirmed"}')
    assert type(error) is Refused
    assert error.cause is Cause.REPLY_DECLINED


def test_an_order_refused_after_its_confirmation_is_not_reported_as_expired() -> None:
    late = interpret(_answering(confirmed=True), 400, b'{"error":"reply id not found: \'x\'"}')
    assert late.cause is Cause.REPLY_EXPIRED
    refused = interpret(_answering(confirmed=True), 200, b'{"error":"No funds"}')
    assert type(refused) is Refused
    assert refused.cause is Cause.ORDER_REFUSED


def _answering(*, confirmed: bool) -> GatewayRequest:
    question = "07a13a5a-4a48-44a5-bb25-5ab37b79186c"
    return build_request(
        "POST", "/iserver/reply/{reply}", (question,), {}, {"confirmed": confirmed}, read_only=False
    )


@pytest.mark.parametrize("body", [b"", b"Access Denied", b'{"error":"x"}'])
def test_401_means_that_nobody_is_logged_in(body: bytes) -> None:
    for request in (READ, WRITE, PORTFOLIO_ACCOUNTS):
        assert type(interpret(request, 401, body)) is LoginRequired


def test_a_bare_401_about_an_account_may_concern_the_account_or_the_login() -> None:
    assert isinstance(interpret(PORTFOLIO, 401), BareUnauthorized)
    assert type(interpret(PORTFOLIO, 401, b"Access Denied")) is LoginRequired
    dynamic = build_request("POST", "/iserver/dynaccount", read_only=False)
    assert isinstance(interpret(dynamic, 401, b'{"error":"Unauthorized"}'), BareUnauthorized)


def test_no_session_means_that_nobody_is_logged_in() -> None:
    assert type(interpret(READ, 200, b'{"error":"no session"}')) is LoginRequired
    assert type(interpret(READ, 200, b'{"error":"not logged in"}')) is LoginRequired


@pytest.mark.parametrize("status", [200, 400, 500])
def test_no_bridge_means_a_lost_session(status: int) -> None:
    error = interpret(READ, status, b'{"error":"Bad Request: no bridge","statusCode":400}')
    assert isinstance(error, PreflightExpired)
    assert type(error.failure) is SessionLost
    assert error.failure.cause is Cause.SESSION_CLOSED


@pytest.mark.parametrize("status", [400, 500])
def test_an_expired_preflight_is_distinguished_from_a_refusal(status: int) -> None:
    assert isinstance(interpret(READ, status, b'{"error":"Please query /accounts first"}'), PreflightExpired)


def test_a_rejected_address_names_the_gateways_address_list() -> None:
    error = interpret(WRITE, 404, b"Access Denied")
    assert type(error) is AddressRefused
    assert error.cause is Cause.ADDRESS_REFUSED


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (400, b'{"error":"Bad Request: invalid conid","statusCode":400}', Cause.INVALID_ARGUMENTS),
        (403, b"Error 403 - Access Denied", Cause.ACCESS_DENIED),
        (404, b"<html><h1>Not Found</h1></html>", Cause.NOT_FOUND),
        (405, b"", Cause.INVALID_ARGUMENTS),
        (411, b"", Cause.PROXY_STRIPS_LENGTH),
        (500, b'{"error":"unknown"}', Cause.INVALID_ARGUMENTS),
        (500, b'{"error":"Internal Server Error"}', Cause.INVALID_ARGUMENTS),
    ],
)
def test_a_clear_error_status_is_a_refusal(status: int, body: bytes, cause: Cause) -> None:
    error = interpret(READ, status, body)
    assert type(error) is Refused
    assert error.cause is cause
    assert error.outcome in (Outcome.REFUSED, Outcome.UNCHANGED)


def test_a_clear_error_status_is_a_refusal_for_a_write_too() -> None:
    assert type(interpret(WRITE, 400, b'{"error":"Bad Request"}')) is Refused
    assert type(interpret(WRITE, 500, b'{"error":"Insufficient funds"}')) is Refused


@pytest.mark.parametrize("status", [502, 503, 504, 520])
@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b'{"error":"Service Unavailable"}'])
def test_a_server_error_leaves_a_writes_outcome_unknown(status: int, body: bytes) -> None:
    assert type(interpret(READ, status, body)) is Failed
    assert type(interpret(WRITE, status, body)) is OutcomeUnknown


@pytest.mark.parametrize("body", [b"", b"<html>oops</html>", b'{"error":"unknown"}', b'{"error":""}'])
def test_a_500_without_a_reason_leaves_an_orders_outcome_unknown(body: bytes) -> None:
    assert type(interpret(WRITE, 500, body)) is OutcomeUnknown


def test_not_ready_is_reported_as_such() -> None:
    error = interpret(READ, 423, b'{"status":"waiting for reply"}')
    assert type(error) is Failed
    assert error.cause is Cause.NOT_READY


def test_a_503_with_a_reason_is_a_refusal_for_operations_with_a_hint() -> None:
    status = build_request("GET", "/iserver/account/order/status/{order}", (1,), read_only=True)
    error = interpret(status, 503, b'{"error":"Service Unavailable"}')
    assert type(error) is Refused
    assert error.cause is Cause.OPERATION_REFUSED
    assert type(interpret(status, 503, b"<html>Bad Gateway</html>")) is Failed


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
@pytest.mark.parametrize("body", [b"", b'{"error":"Service Unavailable"}', b"<html>oops</html>"])
def test_what_only_some_logins_can_use_never_promises_that_a_retry_helps(status: int, body: bytes) -> None:
    groups = build_request("GET", "/iserver/account/allocation/group", (), read_only=True)
    error = interpret(groups, status, body)
    assert type(error) is Refused
    assert error.cause is Cause.NOT_FOR_THIS_LOGIN
    save = build_request("POST", "/fa/model/save", (), read_only=False)
    assert type(interpret(save, 503, body)) is OutcomeUnknown  # a write may have been carried out


def test_a_414_means_invalid_arguments() -> None:
    assert type(interpret(READ, 414)) is Invalid


def test_an_error_shows_no_account_no_token_and_no_markup() -> None:
    body = b"<html><script>x()</script>U7654321 token 9a2395c09e420280523f7ec2c902d943\r\n\x00</html>" * 100
    for status in (200, 400, 404, 500, 503):
        for request in (PORTFOLIO, WRITE):
            text = str(interpret(request, status, body))
            for secret in ("U1234567", "U7654321", "9a2395c0", "<script", "\n", "\x00"):
                assert secret not in text
            assert len(text) < 700


def test_every_tool_that_a_hint_names_exists() -> None:
    root = Path(__file__).parents[3]
    table = (root / "api_gateway" / "causes.py").read_text()
    named = set(re.findall(r"`((?:list|get|search|open)_\w+)`", table))
    routers = "".join(path.read_text() for path in (root / "mcp_server" / "routers").glob("*.py"))
    assert named
    assert [name for name in named if f"async def {name}(" not in routers] == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("", 0), ("soon", 0), ("-5", 0), ("9" * 5000, 0), ("1.5", 0), ("²", 0)],
)
def test_retry_after_in_seconds(text: str, seconds: float) -> None:
    assert retry_after(httpx.Headers([(b"Retry-After", text.encode())])) == seconds


def test_retry_after_as_a_date() -> None:
    later = format_datetime(datetime.now(tz=UTC) + timedelta(seconds=100), usegmt=True)
    assert 95 < retry_after(httpx.Headers({"Retry-After": later})) <= 100
    assert retry_after(httpx.Headers({"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"})) == 0


def test_ibkrs_text_ends_as_a_sentence_before_the_next_step() -> None:
    assert interpret(READ, 500, b'{"error":"unknown"}').problem == 'IBKR refused: "unknown".'
    assert interpret(READ, 500, b'{"error":"Not found!"}').problem == 'IBKR refused: "Not found!".'


def test_a_refusal_without_arguments_does_not_advise_correcting_them() -> None:
    assert interpret(READ, 500, b'{"error":"unknown"}').cause is Cause.INVALID_ARGUMENTS
    without = interpret(PORTFOLIO_ACCOUNTS, 500, b'{"error":"unknown"}')
    assert without.cause is Cause.REFUSED_WITHOUT_ARGUMENTS


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.parametrize("body", [b'{"error":"no bridge"}', b"<h1>not authenticated</h1>"])
def test_a_write_with_a_server_error_is_not_reported_as_unchanged(status: int, body: bytes) -> None:
    error = interpret(WRITE, status, body)
    assert OUTCOME_SENTENCES[Outcome.UNCHANGED] not in str(error)
    assert OUTCOME_SENTENCES[Outcome.UNCHANGED] in str(interpret(WRITE, 401, body))
