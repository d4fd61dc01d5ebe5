from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from api_gateway.simulator.app import create_app
from api_gateway.simulator.faults import Fault, FaultAction, FaultSchedule, RequestPattern
from api_gateway.simulator.replies import ApiError
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.websocket.endpoint import MAX_FRAME_BYTES
from api_gateway.simulator.websocket.stream_session import StreamSession
from tests.api_gateway.simulator.paper_account import AAPL

PATHS = ("/v1/api/ws", "/v1/portal/ws")


@pytest.fixture
def browser(simulation: Simulation) -> Iterator[TestClient]:
    with TestClient(create_app(simulation), base_url="https://localhost:5055") as client:
        yield client


def receive_frame(socket: WebSocketTestSession) -> Any:
    """Return the next frame, which must be binary."""
    message = socket.receive()
    assert message["type"] == "websocket.send"
    assert message.get("text") is None
    return json.loads(message["bytes"])


def receive_until_closed(socket: WebSocketTestSession) -> None:
    """Receive frames until the server disconnects."""
    while True:
        socket.receive_bytes()


def session_cookie(simulation: Simulation, *, bare: bool = False) -> dict[str, str]:
    token = simulation.session.token
    return {"cookie": f"api={token}" if bare else f'api={{"session":"{token}"}}'}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("bare", [True, False], ids=["token", "object"])
def test_a_cookie_opens_the_stream_session(
    browser: TestClient, simulation: Simulation, path: str, bare: bool
) -> None:
    with browser.websocket_connect(path, headers=session_cookie(simulation, bare=bare)) as socket:
        assert {receive_frame(socket)["topic"] for _ in range(3)} == {"system", "act", "sts"}


def test_a_frame_with_the_session_token_opens_the_stream_session(
    browser: TestClient, simulation: Simulation
) -> None:
    with browser.websocket_connect(PATHS[0]) as socket:
        assert receive_frame(socket) == {"message": "waiting for session"}
        socket.send_text(json.dumps({"session": simulation.session.token}))
        assert {receive_frame(socket)["topic"] for _ in range(3)} == {"system", "act", "sts"}


def test_client_frames_may_be_text_or_bytes(browser: TestClient, simulation: Simulation) -> None:
    with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
        for _ in range(3):
            receive_frame(socket)
        socket.send_bytes(b"ech+hb")
        while receive_frame(socket).get("topic") != "ech+hb":
            continue
        socket.send_text("nonsense")
        while "error" not in (frame := receive_frame(socket)):
            continue
        assert frame == {"error": "Topic unknown 'null'"}


def test_quotes_arrive_as_simulated_time_passes(
    browser: TestClient, simulation: Simulation, skip: Callable[[float], None]
) -> None:
    simulation.preflights.accounts_called = True
    with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
        for _ in range(3):
            receive_frame(socket)
        socket.send_text(f'smd+{AAPL}+{{"fields":["31"]}}')
        socket.send_text("ech+hb")
        while receive_frame(socket).get("topic") != "ech+hb":
            continue
        while AAPL not in simulation.preflights.subscriptions:
            skip(0.5)
            socket.send_text("ech+hb")
            receive_frame(socket)
        skip(2)
        while (frame := receive_frame(socket)).get("topic") != f"smd+{AAPL}":
            continue
        assert float(frame["31"]) > 0


def test_a_frame_over_the_size_limit_ends_the_connection(browser: TestClient, simulation: Simulation) -> None:
    with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
        socket.send_text("x" * (MAX_FRAME_BYTES + 1))
        with pytest.raises(WebSocketDisconnect) as ended:
            receive_until_closed(socket)
    assert ended.value.code == 1000


def test_a_logout_ends_the_connection(browser: TestClient, simulation: Simulation) -> None:
    with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
        for _ in range(3):
            receive_frame(socket)
        simulation.session.logout()
        status = receive_frame(socket)
        assert (status["topic"], status["args"]["authenticated"]) == ("sts", False)
        with pytest.raises(WebSocketDisconnect):
            receive_until_closed(socket)


def test_a_disconnect_releases_the_market_data_lines(browser: TestClient, simulation: Simulation) -> None:
    simulation.preflights.accounts_called = True
    with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
        for _ in range(3):
            receive_frame(socket)
        socket.send_text(f'smd+{AAPL}+{{"fields":["31"]}}')
        while AAPL not in simulation.preflights.subscriptions:
            simulation.clock.advance(0.5)
            socket.send_text("ech+hb")
            receive_frame(socket)
    assert simulation.preflights.subscriptions == {}


def script_fault(simulation: Simulation, **do: Any) -> None:
    simulation.faults.add(
        Fault(match=RequestPattern(path="/ws"), when=FaultSchedule(times=1), do=FaultAction(**do))
    )


def test_a_scripted_fault_denies_the_handshake_once(browser: TestClient, simulation: Simulation) -> None:
    script_fault(simulation, status=503)
    with pytest.raises(WebSocketDenialResponse) as denied:
        browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)).__enter__()
    assert denied.value.status_code == 503
    with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
        assert receive_frame(socket)["topic"] in ("system", "act", "sts")


def test_a_penalty_denies_the_handshake_until_it_ends(
    simulation: Simulation, skip: Callable[[float], None]
) -> None:
    simulation.rate_limits.enforced = True
    for _ in range(12):
        with suppress(ApiError):
            simulation.rate_limits.admit("GET", "/iserver/accounts")
    with TestClient(create_app(simulation), base_url="https://localhost:5055") as browser:
        with pytest.raises(WebSocketDenialResponse) as denied:
            browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)).__enter__()
        assert (denied.value.status_code, set(denied.value.json())) == (429, {"error", "statusCode"})
        skip(simulation.rate_limits.penalty)
        with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
            assert receive_frame(socket)["topic"] in ("system", "act", "sts")


def test_a_scripted_fault_drops_the_socket_after_a_number_of_bytes(
    browser: TestClient, simulation: Simulation
) -> None:
    script_fault(simulation, reset=10)
    with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
        assert receive_frame(socket)["topic"] in ("system", "act", "sts")
        with pytest.raises(WebSocketDisconnect) as ended:
            receive_until_closed(socket)
    assert ended.value.code == 1011


def test_a_scripted_fault_ends_the_session_as_the_socket_opens(
    browser: TestClient, simulation: Simulation
) -> None:
    script_fault(simulation, session="compete")
    with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
        assert {receive_frame(socket)["topic"] for _ in range(2)} == {"system", "sts"}


def test_a_hanging_socket_sends_nothing_until_the_client_disconnects(
    browser: TestClient, simulation: Simulation
) -> None:
    script_fault(simulation, hang=True)
    with browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket:
        socket.send_text("ech+hb")
        socket.send_text("x" * (MAX_FRAME_BYTES + 1))
        assert socket.receive()["type"] == "websocket.close"


@pytest.mark.parametrize("options", [SimulationOptions(login=True, behind_gateway=True)])
def test_behind_a_gateway_frames_are_text_and_the_handshake_needs_the_cookies_of_the_login(
    browser: TestClient, simulation: Simulation
) -> None:
    with pytest.raises(WebSocketDenialResponse) as denied:
        browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)).__enter__()
    assert denied.value.status_code == 401
    cookies = "; ".join(f"{name}={value}" for name, value in simulation.session.login_cookies.items())
    with browser.websocket_connect(PATHS[0], headers={"cookie": cookies}) as socket:
        assert {json.loads(socket.receive_text())["topic"] for _ in range(3)} == {"system", "act", "sts"}
        socket.send_text("x" * (MAX_FRAME_BYTES + 1))
        while "error" not in json.loads(socket.receive_text()):
            continue


def test_a_server_frame_over_the_size_limit_ends_the_connection_too(
    browser: TestClient, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = [{"topic": "ntf", "args": ["x" * MAX_FRAME_BYTES]}]
    monkeypatch.setattr(StreamSession, "due_frames", lambda _: huge)
    with (
        browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket,
        pytest.raises(WebSocketDisconnect) as ended,
    ):
        socket.receive_bytes()
    assert ended.value.code == 1000


def test_a_socket_is_closed_normally_during_the_nightly_reset_and_after_each_reconnection(
    browser: TestClient, simulation: Simulation
) -> None:
    simulation.session.reset()
    for _ in range(2):
        with (
            browser.websocket_connect(PATHS[0], headers=session_cookie(simulation)) as socket,
            pytest.raises(WebSocketDisconnect) as ended,
        ):
            receive_until_closed(socket)
        assert ended.value.code == 1000
