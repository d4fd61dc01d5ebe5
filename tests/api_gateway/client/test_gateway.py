"""The gateway client as a whole: what it sends, and how it interprets responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import orjson
import pytest
import respx

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.causes import Cause, Outcome
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import (
    Failed,
    GatewayError,
    Invalid,
    LoginRequired,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SessionLost,
    Unreachable,
)
from api_gateway.settings import GatewaySettings
from tests.api_gateway.because import because
from tests.api_gateway.fakes import FakeTime

URL = "http://gateway:5055"
API = URL + "/v1/api"
ACCOUNT = "U1234567"
OPEN = {"authenticated": True, "established": True, "competing": False, "connected": True}


@pytest.fixture
async def gateway(fake_time: FakeTime) -> AsyncIterator[GatewayClient]:
    settings = GatewaySettings(
        _env_file=None, gateway_url=URL, gateway_login_url="https://login.example:5055"
    )
    async with GatewayClient(
        settings, policy=ALL_OPERATIONS, now=fake_time.now, sleep=fake_time.sleep
    ) as client:
        yield client


@pytest.fixture
def ibkr() -> Any:
    with respx.mock(base_url=API, assert_all_called=False) as mock:
        mock.get("/iserver/accounts").respond(json={"accounts": [ACCOUNT]})
        mock.get("/portfolio/accounts").respond(json=[{"accountId": ACCOUNT, "faclient": False}])
        mock.post("/iserver/auth/status").respond(json=OPEN)
        yield mock


def paths(ibkr: Any) -> list[str]:
    return [f"{call.request.method} {call.request.url.raw_path.decode()[7:]}" for call in ibkr.calls]


async def test_the_response_to_a_get_is_returned_byte_for_byte(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.get("/trsrv/stocks").respond(content=b'{"AAPL": [ 1.50 ]}')
    response = await gateway.get("/trsrv/stocks", symbols=["AAPL", "IBM"], exchange=None)
    assert (response.status, response.body) == (200, b'{"AAPL": [ 1.50 ]}')
    assert paths(ibkr) == ["GET /trsrv/stocks?symbols=AAPL,IBM"]


async def test_a_post_has_a_body_a_content_type_and_a_length(gateway: GatewayClient, ibkr: Any) -> None:
    route = ibkr.post("/iserver/contract/rules").respond(json={"rules": 1})
    await gateway.post("/iserver/contract/rules", body={"conid": 265598}, reads=True)
    request = route.calls.last.request
    assert request.content == b'{"conid":265598}'
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == "16"
    assert "transfer-encoding" not in request.headers
    assert "accept-encoding" not in request.headers


async def test_invalid_arguments_send_nothing(gateway: GatewayClient, ibkr: Any) -> None:
    for calling in (
        gateway.delete("/iserver/account/{account}/order/{order}", ACCOUNT, -1),
        gateway.get("/portfolio/{account}/meta", "../x"),
        gateway.get("/trsrv/stocks", symbols="a\r\nb"),
        gateway.post("/iserver/account/{allocation}/orders", ACCOUNT, body={"price": float("nan")}),
        gateway.get("/portfolio/{account}/positions/{page}", ACCOUNT, True),
    ):
        with pytest.raises(Invalid):
            await calling
    assert paths(ibkr) == []


async def test_no_request_names_an_unknown_account(gateway: GatewayClient, ibkr: Any) -> None:
    with pytest.raises(Invalid, check=because(Cause.UNKNOWN_ACCOUNT)):
        await gateway.get("/portfolio/{account}/meta", "U7654321")
    with pytest.raises(Invalid):
        await gateway.post("/iserver/account/{allocation}/orders", "U7654321", body={"orders": []})
    assert paths(ibkr) == ["GET /portfolio/accounts", "GET /iserver/accounts"]


async def test_concurrent_identical_gets_are_sent_once(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.get("/trsrv/stocks").respond(json=[1])
    ibkr.post("/iserver/contract/rules").respond(json=[1])
    responses = await asyncio.gather(*(gateway.get("/trsrv/stocks", symbols="AAPL") for _ in range(5)))
    assert {response.body for response in responses} == {b"[1]"}
    assert len(paths(ibkr)) == 1
    await asyncio.gather(gateway.get("/trsrv/stocks", symbols="A"), gateway.get("/trsrv/stocks", symbols="B"))
    await asyncio.gather(*(gateway.post("/iserver/contract/rules", reads=True) for _ in range(2)))
    assert len(paths(ibkr)) == 5


async def test_after_a_429_only_the_tickle_is_sent(
    gateway: GatewayClient, ibkr: Any, fake_time: FakeTime
) -> None:
    ibkr.get("/trsrv/stocks").respond(429, headers={"Retry-After": "700"})
    ibkr.post("/tickle").respond(json={"session": "x", "iserver": {"authStatus": OPEN}})
    with pytest.raises(RateLimited) as first:
        await gateway.get("/trsrv/stocks")
    assert first.value.seconds == 700
    fake_time.seconds += 100
    for calling in (gateway.get("/iserver/accounts"), gateway.post("/logout")):
        with pytest.raises(RateLimited) as caught:
            await calling
        assert caught.value.seconds == pytest.approx(600)
    assert (await gateway.tickle()).value["session"] == "x"
    assert (await gateway.post("/tickle")).value["session"] == "x"
    assert gateway.rate_limiter.penalty_left > 0
    assert paths(ibkr) == ["GET /trsrv/stocks", "POST /tickle", "POST /tickle"]


async def test_a_tickle_collision_starts_no_penalty_and_a_second_429_does(
    gateway: GatewayClient, ibkr: Any, fake_time: FakeTime
) -> None:
    fine = httpx.Response(200, json={"session": "x", "iserver": {"authStatus": OPEN}})
    many = httpx.Response(429)
    ibkr.post("/tickle").mock(side_effect=[many, fine, many, many])
    for expected in (None, "fine", None):
        fake_time.seconds += 60
        if expected:
            await gateway.tickle()
            continue
        with pytest.raises(RateLimited, check=because(Cause.TICKLE_COLLISION)) as caught:
            await gateway.tickle()
        assert caught.value.seconds < 5
        assert gateway.rate_limiter.penalty_left == 0
    fake_time.seconds += 5
    with pytest.raises(RateLimited, check=because(Cause.IBKR_RATE_LIMIT)):
        await gateway.tickle()
    assert gateway.rate_limiter.penalty_left > 0


@pytest.mark.parametrize(
    ("error", "read", "write"),
    [
        (httpx.ConnectError("refused"), Unreachable, Unreachable),
        (httpx.ConnectTimeout("slow"), Unreachable, Unreachable),
        (httpx.ReadTimeout("slow"), Failed, OutcomeUnknown),
        (httpx.ReadError("reset"), Failed, OutcomeUnknown),
        (httpx.RemoteProtocolError("odd"), Failed, OutcomeUnknown),
        (OSError("odd"), Failed, OutcomeUnknown),
    ],
)
async def test_a_lost_connection_is_reported_and_no_write_is_sent_twice(
    gateway: GatewayClient, ibkr: Any, error: Exception, read: type[GatewayError], write: type[GatewayError]
) -> None:
    ibkr.get("/trsrv/stocks").mock(side_effect=error)
    ibkr.post("/logout").mock(side_effect=error)
    with pytest.raises(read):
        await gateway.get("/trsrv/stocks")
    with pytest.raises(write):
        await gateway.post("/logout")
    assert len(paths(ibkr)) == 2


async def test_a_request_that_was_never_sent_does_not_count_for_rate_limits(
    gateway: GatewayClient, ibkr: Any, fake_time: FakeTime
) -> None:
    ibkr.get("/portfolio/accounts").mock(side_effect=[httpx.ConnectError("no"), httpx.Response(200, json=[])])
    with pytest.raises(Unreachable):
        await gateway.get("/portfolio/accounts")
    assert (await gateway.get("/portfolio/accounts")).value == []
    assert fake_time.sleeps == []


async def test_a_request_counts_from_when_its_last_byte_was_written(
    fake_time: FakeTime,
) -> None:
    async def slow_to_leave(request: httpx.Request) -> httpx.Response:
        fake_time.seconds += 0.4
        await request.extensions["trace"]("http11.send_request_body.complete", {})
        fake_time.seconds += 0.1
        return httpx.Response(200, content=b"[1]")

    async with GatewayClient(
        GatewaySettings(_env_file=None),
        transport=httpx.MockTransport(slow_to_leave),
        now=fake_time.now,
        sleep=fake_time.sleep,
    ) as gateway:
        await gateway.get("/fyi/settings")
        await gateway.get("/fyi/settings")
    assert fake_time.sleeps == [pytest.approx(1.0)]


async def test_a_write_is_not_sent_if_its_preflight_fails(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.get("/iserver/accounts").respond(503, content=b"")
    with pytest.raises(Failed):
        await gateway.delete("/iserver/account/{account}/order/{order}", ACCOUNT, 1)
    assert paths(ibkr) == ["GET /iserver/accounts"]


async def test_an_expired_preflight_is_renewed_and_the_get_sent_once_more(
    gateway: GatewayClient, ibkr: Any
) -> None:
    first = httpx.Response(400, json={"error": "Please query /accounts first"})
    route = ibkr.get("/iserver/marketdata/history")
    route.mock(
        side_effect=[httpx.Response(200, json={"data": 1}), first, httpx.Response(200, json={"data": 2})]
    )
    await gateway.get("/iserver/marketdata/history", conid=1)
    assert (await gateway.get("/iserver/marketdata/history", conid=1)).value == {"data": 2}
    assert paths(ibkr).count("GET /iserver/accounts") == 2


async def test_a_get_is_repeated_only_once_if_its_preflight_expires_again(
    gateway: GatewayClient, ibkr: Any
) -> None:
    ibkr.get("/iserver/marketdata/history").respond(400, json={"error": "Please query /accounts first"})
    with pytest.raises(Refused, match="Please query"):
        await gateway.get("/iserver/marketdata/history", conid=1)
    assert len(paths(ibkr)) == 2
    with pytest.raises(Refused, match="Please query"):
        await gateway.get("/iserver/marketdata/history", conid=1)
    assert len(paths(ibkr)) == 4


async def test_a_write_whose_preflight_expired_is_not_repeated(gateway: GatewayClient, ibkr: Any) -> None:
    place = ibkr.post(f"/iserver/account/{ACCOUNT}/orders")
    place.respond(400, json={"error": "Please query /accounts first"})
    with pytest.raises(Refused):
        await gateway.post("/iserver/account/{allocation}/orders", ACCOUNT, body={"orders": []})
    assert place.call_count == 1
    place.respond(json=[{"order_id": "1"}])
    await gateway.post("/iserver/account/{allocation}/orders", ACCOUNT, body={"orders": []})
    assert paths(ibkr).count("GET /iserver/accounts") == 2


async def test_a_closed_brokerage_session_is_a_lost_session(gateway: GatewayClient, ibkr: Any) -> None:
    no_bridge = {"error": "Bad Request: no bridge", "statusCode": 400}
    ibkr.get("/iserver/accounts").respond(400, json=no_bridge)
    with pytest.raises(SessionLost, match="ticker"):
        await gateway.get("/iserver/account/orders")


async def test_an_empty_response_while_the_session_opens_is_an_error(
    gateway: GatewayClient, ibkr: Any
) -> None:
    ibkr.get("/iserver/secdef/search").respond(json=[])
    ibkr.post("/iserver/contract/rules").respond(json={})
    assert (await gateway.get("/iserver/secdef/search", symbol="XX")).value == []
    await gateway.get("/iserver/secdef/search", symbol="YY")
    assert paths(ibkr).count("POST /iserver/auth/status") == 1
    ibkr.post("/iserver/auth/status").respond(json={**OPEN, "established": False})
    await gateway.post("/iserver/auth/status", reads=True)
    with pytest.raises(SessionLost, match="opening"):
        await gateway.get("/iserver/secdef/search", symbol="ZZ")
    with pytest.raises(SessionLost, match="opening"):
        await gateway.post("/iserver/contract/rules", reads=True)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ({**OPEN, "established": False}, Cause.SESSION_OPENING),
        ({**OPEN, "established": False, "competing": True}, Cause.COMPETING),
        ({**OPEN, "established": False, "authenticated": False}, Cause.SESSION_CLOSED),
    ],
)
async def test_an_empty_response_without_a_session_reports_the_sessions_state(
    gateway: GatewayClient, ibkr: Any, status: dict[str, bool], cause: Cause
) -> None:
    ibkr.get("/iserver/secdef/search").respond(json=[])
    ibkr.post("/iserver/auth/status").respond(json=status)
    with pytest.raises(SessionLost, check=because(cause, Outcome.UNCHANGED)):
        await gateway.get("/iserver/secdef/search", symbol="XX")


async def test_an_empty_response_without_a_login_names_the_login_page(
    gateway: GatewayClient, ibkr: Any
) -> None:
    ibkr.get("/iserver/secdef/search").respond(json=[])
    ibkr.post("/iserver/auth/status").respond(json={"authenticated": False, "connected": False})
    with pytest.raises(LoginRequired, match=r"https://login\.example:5055"):
        await gateway.get("/iserver/secdef/search", symbol="XX")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "empty"),
        ("null", "empty"),
        ('"ok"', "a bare text"),
        ("42", "a bare number"),
        ("true", "a bare true"),
    ],
)
async def test_a_read_whose_response_is_neither_object_nor_list_fails(
    gateway: GatewayClient, ibkr: Any, body: str, what: str
) -> None:
    """Returned to a caller, an empty response would read as "no positions"."""
    ibkr.route().respond(content=body)
    with pytest.raises(Failed, match=f"is {what}", check=because(Cause.UNUSABLE_RESPONSE, Outcome.UNCHANGED)):
        await gateway.get("/trsrv/stocks", symbols=["AAPL"])
    with pytest.raises(Failed, match=f"is {what}", check=because(Cause.UNUSABLE_RESPONSE, Outcome.UNCHANGED)):
        await gateway.post("/iserver/secdef/search", reads=True)
    with pytest.raises(Failed, match=f"is {what}", check=because(Cause.UNUSABLE_RESPONSE, Outcome.UNCHANGED)):
        await gateway.tickle()


@pytest.mark.parametrize("body", ["", "null"])
async def test_a_write_with_an_empty_response_has_an_unknown_outcome(
    gateway: GatewayClient, ibkr: Any, body: str
) -> None:
    ibkr.route().respond(content=body)
    with pytest.raises(OutcomeUnknown, check=because(Cause.UNUSABLE_RESPONSE, Outcome.UNKNOWN)):
        await gateway.post("/logout")
    # IBKR documents that the success of this one has no body.
    assert (await gateway.delete("/fyi/deliveryoptions/{device}", "x")).body == b"null"


async def test_a_write_may_return_a_bare_text(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.route().respond(json="Success")
    assert (await gateway.post("/logout")).value == "Success"


@pytest.mark.parametrize("body", ["42", "true"])
async def test_a_write_that_returns_neither_object_nor_text_has_an_unknown_outcome(
    gateway: GatewayClient, ibkr: Any, body: str
) -> None:
    ibkr.route().respond(content=body)
    with pytest.raises(OutcomeUnknown, check=because(Cause.UNUSABLE_RESPONSE, Outcome.UNKNOWN)):
        await gateway.post("/logout")


async def test_an_order_write_that_returns_a_bare_text_has_an_unknown_outcome(
    gateway: GatewayClient, ibkr: Any
) -> None:
    ibkr.delete(url__regex=".*/order/1$").respond(json="Success")
    with pytest.raises(OutcomeUnknown, match="a bare text"):
        await gateway.delete("/iserver/account/{account}/order/{order}", ACCOUNT, 1)


async def test_a_304_is_not_a_success_even_if_success_has_no_body(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.route().respond(304)
    with pytest.raises(OutcomeUnknown, check=because(Cause.UNUSABLE_RESPONSE, Outcome.UNKNOWN)):
        await gateway.delete("/fyi/deliveryoptions/{device}", "x")


@pytest.mark.parametrize("status", [200, 503])
async def test_an_unsubscribe_without_a_clear_response_has_an_unknown_outcome_and_may_be_repeated(
    gateway: GatewayClient, ibkr: Any, status: int
) -> None:
    ibkr.route(path__regex=".*/unsubscribe.*").respond(status, content="<html>")
    for calling in (
        gateway.get("/iserver/marketdata/unsubscribeall"),
        gateway.post("/iserver/marketdata/unsubscribe", body={"conid": 1}, reads=True),
    ):
        with pytest.raises(Failed, check=lambda error: error.outcome is Outcome.UNKNOWN):
            await calling


async def test_an_empty_response_of_a_rate_limited_operation_is_not_reported_as_a_rate_limit(
    gateway: GatewayClient, ibkr: Any
) -> None:
    ibkr.get("/iserver/scanner/params").respond(204)
    with pytest.raises(Failed, check=because(Cause.UNUSABLE_RESPONSE)):
        await gateway.get("/iserver/scanner/params")


@pytest.mark.parametrize("accounts", [5, None, "All", {"All": 1}, [5]])
async def test_accounts_of_an_unknown_shape_are_returned(
    gateway: GatewayClient, ibkr: Any, accounts: object
) -> None:
    ibkr.get("/iserver/accounts").respond(json={"accounts": accounts})
    assert (await gateway.get("/iserver/accounts")).value == {"accounts": accounts}


async def test_an_empty_session_status_is_not_a_missing_login(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.get("/iserver/secdef/search").respond(json=[])
    ibkr.post("/iserver/auth/status").respond(204)
    with pytest.raises(Failed, match="auth/status", check=because(Cause.UNUSABLE_RESPONSE)):
        await gateway.get("/iserver/secdef/search", symbol="XX")


@pytest.mark.parametrize("odd", [{}, [], [1], {"status": "fine"}])
async def test_an_unreadable_session_status_is_not_a_missing_login(
    gateway: GatewayClient, ibkr: Any, odd: object
) -> None:
    ibkr.get("/iserver/secdef/search").respond(json=[])
    ibkr.post("/iserver/auth/status").respond(json=odd)
    with pytest.raises(Failed, check=because(Cause.STATUS_MISSING)):
        await gateway.get("/iserver/secdef/search", symbol="XX")


async def test_a_read_is_repeated_if_the_session_opened_after_its_empty_response(
    gateway: GatewayClient, ibkr: Any
) -> None:
    """It was opening when the response was empty, and open when its status was requested."""
    found = httpx.Response(200, json=[{"conid": "265598"}])
    ibkr.get("/iserver/secdef/search").mock(side_effect=[httpx.Response(200, json=[]), found])
    assert (await gateway.get("/iserver/secdef/search", symbol="AAPL")).value == [{"conid": "265598"}]


async def test_a_bare_401_about_an_account_means_an_unknown_account_if_somebody_is_logged_in(
    gateway: GatewayClient, ibkr: Any, fake_time: FakeTime
) -> None:
    meta = ibkr.get(f"/portfolio/{ACCOUNT}/meta").respond(401)
    with pytest.raises(Refused, check=because(Cause.ACCOUNT_NOT_SHOWN)):
        await gateway.get("/portfolio/{account}/meta", ACCOUNT)
    fake_time.seconds += 6
    with pytest.raises(Refused, check=because(Cause.ACCOUNT_NOT_SHOWN)):
        await gateway.get("/portfolio/{account}/meta", ACCOUNT)
    assert meta.call_count == 3
    ibkr.get("/portfolio/accounts").respond(401)
    fake_time.seconds += 6
    with pytest.raises(LoginRequired, match=r"https://login\.example:5055"):
        await gateway.get("/portfolio/{account}/meta", ACCOUNT)


async def test_a_bare_401_after_an_expired_preflight_is_retried(
    gateway: GatewayClient, ibkr: Any, fake_time: FakeTime
) -> None:
    fine = httpx.Response(200, json={"id": 1})
    ibkr.get(f"/portfolio/{ACCOUNT}/meta").mock(side_effect=[fine, httpx.Response(401), fine])
    await gateway.get("/portfolio/{account}/meta", ACCOUNT)
    fake_time.seconds += 6
    assert (await gateway.get("/portfolio/{account}/meta", ACCOUNT)).value == {"id": 1}


async def test_force_refreshes_the_orders_and_returns_them(gateway: GatewayClient, ibkr: Any) -> None:
    orders = {"orders": [{"orderId": 1}], "snapshot": True}
    ibkr.get("/iserver/account/orders", params={"force": "true"}).respond(
        json={"orders": [], "snapshot": False}
    )
    ibkr.get("/iserver/account/orders", params={"filters": "filled"}).respond(json=orders)
    assert (await gateway.get("/iserver/account/orders", filters="filled", force=True)).value == orders
    assert paths(ibkr) == [
        "GET /iserver/accounts",
        "GET /iserver/account/orders?filters=filled&force=true",
        "GET /iserver/account/orders?filters=filled",
    ]


async def test_slow_preliminary_requests_end_at_the_time_limit(
    gateway: GatewayClient, ibkr: Any, fake_time: FakeTime
) -> None:
    def slowly(_: httpx.Request) -> httpx.Response:
        fake_time.seconds += 30
        return httpx.Response(200, json={"accounts": [ACCOUNT]})

    ibkr.get("/iserver/accounts").mock(side_effect=slowly)
    with pytest.raises(Failed, check=because(Cause.PRELIMINARIES_TOO_SLOW, Outcome.NOT_SENT)):
        await gateway.post("/iserver/account/{allocation}/orders", ACCOUNT, body={})
    assert paths(ibkr) == ["GET /iserver/accounts"]


@pytest.mark.parametrize(
    "calling",
    [
        lambda client: client.get("/portfolio/{account}/summary", ACCOUNT),
        lambda client: client.post("/iserver/account/{allocation}/orders", ACCOUNT, body={"orders": []}),
        lambda client: client.delete("/iserver/account/{account}/order/{order}", ACCOUNT, 602801486),
    ],
)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 411, 414, 423, 429, 500, 502, 503])
async def test_every_error_has_a_request_a_problem_and_a_next_step_without_the_account(
    gateway: GatewayClient, ibkr: Any, calling: Callable[[GatewayClient], Any], status: int
) -> None:
    body = b'{"error":"account U1234567 says no"}' if status != 502 else b"<html>U1234567</html>"
    ibkr.route(url__startswith=API).respond(status, content=body, headers={"Location": "/x/U1234567"})
    with pytest.raises(GatewayError) as caught:
        await calling(gateway)
    error = caught.value
    assert type(error).__module__ == "api_gateway.errors"
    assert error.request.startswith(("GET /", "POST /", "DELETE /"))
    assert len(error.problem) > 10
    assert len(error.hint) > 10
    assert ACCOUNT not in str(error)


async def test_concurrent_tickles_are_sent_once(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.post("/tickle").respond(content=orjson.dumps({"session": "x", "iserver": {"authStatus": OPEN}}))
    await asyncio.gather(*(gateway.tickle() for _ in range(3)))
    assert paths(ibkr) == ["POST /tickle"]


async def test_a_tickle_without_a_login_raises_login_required(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.post("/tickle").respond(json={"error": "no session"})
    with pytest.raises(LoginRequired):
        await gateway.tickle()
