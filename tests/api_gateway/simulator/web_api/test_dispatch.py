from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from urllib.parse import unquote

import httpx
import pytest
from starlette.types import Message

from api_gateway.simulator.app import create_app
from api_gateway.simulator.faults import Fault, FaultAction, RequestPattern
from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation, SimulationOptions

Skip = Callable[[float], None]
ACCOUNTS = "/v1/api/iserver/accounts"
LOGGED_OUT = SimulationOptions(rate_limits=False)
CONNECTING = SimulationOptions(login=True, rate_limits=False, connect_seconds=5)


def is_no_bridge_error(answer: httpx.Response) -> bool:
    return answer.status_code == 400 and answer.json() == {
        "error": "Bad Request: no bridge",
        "statusCode": 400,
    }


async def chunks() -> AsyncIterator[bytes]:
    yield b"{}"


async def test_a_request_without_a_user_agent_is_rejected_first(gateway: httpx.AsyncClient) -> None:
    del gateway.headers["user-agent"]
    answer = await gateway.get(ACCOUNTS)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "text/html"
    assert (await gateway.post("/v1/api/nowhere", content=chunks())).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_chunked_body_gets_length_required(gateway: httpx.AsyncClient, method: str) -> None:
    answer = await gateway.request(method, "/v1/api/tickle", content=chunks())
    assert answer.status_code == 411


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_write_without_body_and_content_length_gets_length_required(
    gateway: httpx.AsyncClient, method: str
) -> None:
    request = gateway.build_request(method, "/v1/api/tickle")
    del request.headers["content-length"]
    assert (await gateway.send(request)).status_code == 411


async def test_a_delete_does_not_need_a_content_length(gateway: httpx.AsyncClient) -> None:
    request = gateway.build_request("DELETE", "/v1/api/nowhere")
    assert "content-length" not in request.headers
    assert (await gateway.send(request)).status_code == 404


@pytest.mark.parametrize("options", [SimulationOptions(login=True, strict=False)])
async def test_the_edge_accepts_requests_with_missing_headers_unless_strict(
    gateway: httpx.AsyncClient,
) -> None:
    del gateway.headers["user-agent"]
    assert (await gateway.post("/v1/api/tickle", content=chunks())).status_code == 200


async def test_a_request_line_over_four_kilobytes_is_too_long(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.get(ACCOUNTS, params={"conids": "1" * 4100})).status_code == 414
    assert (await gateway.get(ACCOUNTS, params={"conids": "1" * 4000})).status_code == 200


async def test_a_body_over_one_megabyte_is_too_large(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.post("/v1/api/tickle", content=b" " * 1_000_001)).status_code == 413


async def test_an_unknown_path_gets_an_html_error(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/v1/api/iserver/nowhere")
    assert answer.status_code == 404
    assert answer.text.startswith("<html>")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/sso/validate"), ("DELETE", "/tickle"), ("PATCH", "/tickle")]
)
async def test_an_unsupported_method_is_not_allowed(
    gateway: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await gateway.request(method, f"/v1/api{path}", json={})).status_code == 405


@pytest.mark.parametrize("body", ["{", "{'publish': true}", "[1,]", "NaN"])
async def test_a_body_that_is_not_json_is_a_bad_request(gateway: httpx.AsyncClient, body: str) -> None:
    answer = await gateway.post("/v1/api/tickle", content=body)
    assert answer.status_code == 400
    assert answer.json()["statusCode"] == 400


@pytest.mark.parametrize("options", [LOGGED_OUT])
@pytest.mark.parametrize("path", ["/iserver/accounts", "/portfolio/accounts", "/sso/validate"])
async def test_every_request_without_a_login_gets_a_plain_text_401(
    gateway: httpx.AsyncClient, path: str
) -> None:
    answer = await gateway.get(f"/v1/api{path}")
    assert (answer.status_code, answer.text) == (401, "Access Denied")
    assert answer.headers["content-type"] == "text/plain"


async def test_six_idle_minutes_end_the_brokerage_session_but_not_the_portfolio(
    gateway: httpx.AsyncClient, skip: Skip
) -> None:
    assert (await gateway.get(ACCOUNTS)).status_code == 200
    skip(360)
    assert is_no_bridge_error(await gateway.get(ACCOUNTS))
    assert (await gateway.get("/v1/api/portfolio/accounts")).status_code == 200
    skip(12 * 3600)
    assert (await gateway.get(ACCOUNTS)).status_code == 401


@pytest.mark.parametrize("options", [SimulationOptions(login=True)])
async def test_the_eleventh_request_in_a_second_gets_429(gateway: httpx.AsyncClient, skip: Skip) -> None:
    statuses = [(await gateway.get(ACCOUNTS)).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    skip(599)
    refused = await gateway.post("/v1/api/tickle", json={})
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers
    skip(1)
    # No request got through for ten minutes, so the brokerage session has timed out.
    assert is_no_bridge_error(await gateway.get(ACCOUNTS))


@pytest.mark.parametrize("options", [SimulationOptions(login=True)])
async def test_a_request_in_the_penalty_box_does_not_keep_the_session_alive(
    gateway: httpx.AsyncClient, simulation: Simulation, skip: Skip
) -> None:
    for _ in range(2):
        await gateway.get("/v1/api/portfolio/accounts")
    skip(300)
    assert (await gateway.post("/v1/api/tickle", json={})).status_code == 429
    skip(60)
    assert simulation.session.state is LoginState.SSO


@pytest.mark.parametrize("state", ["drop", "displace"])
async def test_a_request_without_a_brokerage_session_gets_no_bridge(
    gateway: httpx.AsyncClient, simulation: Simulation, state: str
) -> None:
    getattr(simulation.session, state)()
    assert is_no_bridge_error(await gateway.get(ACCOUNTS))
    assert is_no_bridge_error(
        await gateway.get("/v1/api/iserver/marketdata/snapshot", params={"conids": "265598"})
    )


@pytest.mark.parametrize("options", [CONNECTING])
async def test_reads_are_empty_and_keep_their_shape_while_connecting(
    gateway: httpx.AsyncClient, simulation: Simulation, skip: Skip
) -> None:
    simulation.session.drop()
    simulation.session.init(compete=True)
    assert (await gateway.get(ACCOUNTS)).json() == {}
    assert (await gateway.get("/v1/api/iserver/account/trades")).json() == []
    assert not simulation.preflights.accounts_called
    skip(5)
    assert (await gateway.get(ACCOUNTS)).json()["accounts"] == ["DU1234567"]


@pytest.mark.parametrize("options", [CONNECTING])
async def test_a_write_is_unavailable_while_connecting(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    simulation.session.drop()
    simulation.session.init(compete=True)
    answer = await gateway.post("/v1/api/iserver/account", json={"acctId": "DU1234567"})
    assert answer.status_code == 503


async def test_the_handler_gets_decoded_path_query_and_body(
    gateway: httpx.AsyncClient,
) -> None:
    answer = await gateway.get("/v1/api/portfolio/DU1234567%2F..%2Fmeta/meta")
    assert answer.status_code == 401, "an account of that odd name is unknown, and the path stays a meta path"


async def test_a_response_is_compact_json_without_content_length(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/v1/api/tickle", json={})
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert "content-length" not in answer.headers
    assert b": " not in answer.content.replace(b"PM", b"").split(b"serverInfo")[0]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/api/simulator/state",
        "/v1/api/../../simulator/state",
        "/v1/api/..%2f..%2fsimulator/state",
        "/v1/api/%2e%2e/%2e%2e/simulator/state",
        "/v1/api//simulator/state",
        "/v1/api%2f..%2f..%2fsimulator/state",
        "/v1%2Fapi/tickle",
    ],
)
async def test_the_control_endpoints_cannot_be_reached_through_the_api(
    simulation: Simulation, path: str
) -> None:
    # Sent without an HTTP client, because clients normalise such paths.
    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost:5055"), (b"user-agent", b"a test")],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await create_app(simulation)(scope, receive, send)
    assert sent[0]["status"] == 404


async def test_a_request_from_another_web_site_is_rejected(gateway: httpx.AsyncClient) -> None:
    for path in ("/v1/api/tickle", "/sso/Dispatcher", "/simulator/login"):
        answer = await gateway.post(path, json={}, headers={"origin": "https://evil.example"})
        assert answer.status_code == 403, path
        answer = await gateway.post(path, json={}, headers={"origin": "null"})
        assert answer.status_code == 403, path


async def test_a_request_from_the_login_page_is_accepted(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/v1/api/tickle", json={}, headers={"origin": "https://localhost:5055"})
    assert answer.status_code == 200


@pytest.mark.parametrize("options", [SimulationOptions(login=True)])
async def test_requests_by_the_gateway_itself_do_not_count_towards_rate_limits(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    own = {"user-agent": "ClientPortalGW/1"}
    for _ in range(12):
        assert (await gateway.get("/v1/portal/tickle", headers=own)).status_code == 200
        assert (await gateway.get("/v1/portal/sso/validate?gw=1", headers=own)).status_code == 200
    assert (await gateway.get("/v1/api/sso/validate")).status_code == 200
    assert simulation.rate_limits.penalty_seconds_left == 0
    answers = [(await gateway.post("/v1/api/tickle", json={})).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]
    assert (await gateway.get("/v1/portal/tickle", headers=own)).status_code == 200


@pytest.mark.parametrize("options", [SimulationOptions(login=True)])
async def test_both_path_prefixes_reach_the_same_endpoint(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    assert (await gateway.get("/v1/portal/portfolio/accounts")).json()[0]["id"] == "DU1234567"
    assert simulation.preflights.portfolio_called
    assert (await gateway.get("/v1/api/portfolio/accounts")).status_code == 429


async def test_a_fault_can_replace_the_response_with_or_without_the_effect(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    simulation.faults.add(Fault(match=RequestPattern(path="/logout"), do=FaultAction(status=503)))
    assert (await gateway.post("/v1/api/logout", json={})).status_code == 503
    assert simulation.session.logged_in_at is not None
    simulation.faults.clear()
    simulation.faults.add(
        Fault(match=RequestPattern(path="/logout"), do=FaultAction(status=503, perform=True))
    )
    assert (await gateway.post("/v1/api/logout", json={})).status_code == 503
    assert simulation.session.state is LoginState.NO_LOGIN


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("logout", LoginState.NO_LOGIN),
        ("drop", LoginState.SSO),
        ("reset", LoginState.SSO),
        ("compete", LoginState.COMPETING),
    ],
)
async def test_a_fault_can_change_the_session_before_the_response(
    gateway: httpx.AsyncClient, simulation: Simulation, event: str, state: LoginState
) -> None:
    simulation.faults.add(Fault.model_validate({"do": {"session": event}}))
    answer = await gateway.get(ACCOUNTS)
    assert answer.status_code == (401 if event == "logout" else 400)
    assert simulation.session.state is state


@pytest.mark.parametrize("options", [SimulationOptions(login=True)])
async def test_a_sixth_concurrent_history_request_is_rejected(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    path, query = "/v1/api/iserver/marketdata/history", {"conid": "265598", "period": "1d", "bar": "1h"}
    with ExitStack() as five:
        for _ in range(5):
            five.enter_context(simulation.rate_limits.limit_concurrency("/iserver/marketdata/history"))
        assert (await gateway.get(path, params=query)).status_code == 429
    assert (await gateway.get(path, params=query)).status_code != 429
