"""The ticker's HTTP API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import pairwise
from typing import Any, cast

import httpx
import pytest

from api_gateway.causes import Cause, explain
from tests.ticker_service.virtual import TickerEnvironment
from ticker_service.app import MAX_BODY_BYTES, create_app
from ticker_service.client_count import ClientCounter
from ticker_service.session_keeper import SessionKeeper
from ticker_service.settings import Compete

NOON = datetime.fromisoformat("2026-03-03T12:00:00-05:00")


class Reporting:
    """A stand-in for the keeper, with only what `/health` and `/state` need."""

    def __init__(self, *, alive: bool) -> None:
        self.alive = alive
        self.clients = ClientCounter(lambda: 0.0)

    def report(self) -> dict[str, Any]:
        return {"state": "established"}


def client(keeper: SessionKeeper) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(keeper)), base_url="http://localhost:5056"
    )


def reporting(*, alive: bool) -> httpx.AsyncClient:
    return client(cast("SessionKeeper", Reporting(alive=alive)))


@pytest.fixture
async def world() -> TickerEnvironment:
    world = TickerEnvironment(NOON, compete=Compete.ASK)
    await world.keeper.beat()
    return world


@pytest.fixture
async def http(world: TickerEnvironment) -> AsyncIterator[httpx.AsyncClient]:
    async with client(world.keeper) as http:
        yield http


@pytest.mark.parametrize(("alive", "code"), [(True, 200), (False, 503)])
async def test_health_returns_200_while_the_heartbeat_loop_runs_and_503_otherwise(
    alive: bool, code: int
) -> None:
    async with reporting(alive=alive) as http:
        response = await http.get("/health")
    assert response.status_code == code
    assert response.json()["alive"] is alive


@pytest.mark.parametrize("alive", [True, False])
async def test_state_returns_the_report_even_if_the_loop_has_stopped(alive: bool) -> None:
    async with reporting(alive=alive) as http:
        response = await http.get("/state")
    assert (response.status_code, response.json()) == (200, {"state": "established"})


async def test_metrics_are_in_prometheus_text_format(http: httpx.AsyncClient) -> None:
    response = await http.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'ib_mcp_session_state{state="established"} 1.0' in response.text


async def test_a_hold_gets_an_id_is_listed_in_the_state_and_can_be_released_once(
    http: httpx.AsyncClient,
) -> None:
    response = await http.post("/hold", json={"seconds": 60, "for": "order"})
    assert response.status_code == 201
    hold = response.json()
    assert (hold["for"], hold["seconds"]) == ("order", 60)
    (listed,) = (await http.get("/state")).json()["holds"]
    assert listed == {"id": hold["id"], "for": "order", "ends_in_seconds": 60}
    assert "ib_mcp_ticker_holds 1.0" in (await http.get("/metrics")).text
    assert (await http.delete(f"/hold/{hold['id']}")).json() == {"released": True}
    gone = await http.delete(f"/hold/{hold['id']}")
    assert gone.status_code == 404
    assert gone.json()["error"].endswith(".")
    assert (await http.get("/state")).json()["holds"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"seconds":60}',
        b'{"for":"order"}',
        b'{"seconds":0,"for":"order"}',
        b'{"seconds":-1,"for":"order"}',
        b'{"seconds":120.1,"for":"order"}',
        b'{"seconds":1e999,"for":"order"}',
        b'{"seconds":NaN,"for":"order"}',
        b'{"seconds":"60","for":"order"}',
        b'{"seconds":true,"for":"order"}',
        b'{"seconds":60,"for":""}',
        b'{"seconds":60,"for":"Order\\n"}',
        b'{"seconds":60,"for":"U1234567"}',
        b'{"seconds":60,"for":"' + b"a" * 99 + b'"}',
        b'{"seconds":60,"for":"order","purpose":"order"}',
        b'{"seconds":60,"for":"order","id":"mine"}',
        b'{"seconds":60,"for":7}',
        b"\xff\xfe",
    ],
)
async def test_an_invalid_hold_is_rejected_with_422_and_a_sentence(
    http: httpx.AsyncClient, body: bytes
) -> None:
    response = await http.post("/hold", content=body)
    assert response.status_code == 422
    assert "seconds" in response.json()["error"]
    assert response.json()["error"].endswith(".")
    assert (await http.get("/state")).json()["holds"] == []


async def test_a_body_that_is_too_large_is_rejected_with_413(http: httpx.AsyncClient) -> None:
    response = await http.post("/hold", content=b" " * (MAX_BODY_BYTES + 1))
    assert response.status_code == 413


async def test_a_fifth_hold_is_rejected_with_the_seconds_until_the_first_expires(
    http: httpx.AsyncClient,
) -> None:
    for seconds in (30, 20, 40, 50):
        assert (await http.post("/hold", json={"seconds": seconds, "for": "order"})).status_code == 201
    response = await http.post("/hold", json={"seconds": 5, "for": "order"})
    assert response.status_code == 429
    assert response.headers["retry-after"] == "20"
    assert "20 s" in response.json()["error"]


async def test_a_hold_waits_for_the_heartbeat_in_progress(
    http: httpx.AsyncClient, world: TickerEnvironment
) -> None:
    world.gate = asyncio.Event()
    heartbeat = asyncio.create_task(world.keeper.beat())
    await asyncio.sleep(0)
    holding = asyncio.create_task(http.post("/hold", json={"seconds": 60, "for": "order"}))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not holding.done()
    world.gate.set()
    await heartbeat
    assert (await holding).status_code == 201


async def test_a_hold_is_rejected_with_503_if_the_heartbeat_in_progress_hangs(
    http: httpx.AsyncClient, world: TickerEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker_service.session_keeper.HOLD_TIMEOUT", 0.01)
    world.gate = asyncio.Event()
    heartbeat = asyncio.create_task(world.keeper.beat())
    await asyncio.sleep(0)
    response = await http.post("/hold", json={"seconds": 60, "for": "order"})
    assert response.status_code == 503
    assert (await http.get("/state")).json()["holds"] == []
    world.gate.set()
    await heartbeat


async def post_and_disconnect(world: TickerEnvironment, path: str, body: bytes) -> None:
    """Send a request, and disconnect as soon as it is read."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": body, "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        message = messages.pop(0) if messages else await asyncio.get_running_loop().create_future()
        if message["type"] == "http.disconnect":
            for _ in range(3):  # a disconnect is read after the data before it
                await asyncio.sleep(0)
        return dict(message)

    async def send(_: Any) -> None:
        """Discard the response."""

    where = {"path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": []}
    scope = {"type": "http", "method": "POST", "scheme": "http", "http_version": "1.1", **where}
    await create_app(world.keeper)(scope, receive, send)


async def test_a_hold_is_not_acquired_if_its_caller_disconnected_before_it_was_read(
    world: TickerEnvironment,
) -> None:
    await post_and_disconnect(world, "/hold", b'{"seconds": 60, "for": "order"}')
    assert world.keeper.report()["holds"] == []


async def test_a_take_over_is_not_approved_if_its_caller_disconnected_before_it_was_read(
    world: TickerEnvironment,
) -> None:
    world.simulation.session.displace()
    world.clock.advance(2)
    await world.keeper.beat()
    await post_and_disconnect(world, "/take", b"{}")
    world.clock.advance(2)
    await world.keeper.beat()
    assert world.openings == []


async def test_a_caller_that_disconnects_in_the_middle_of_a_request_does_no_harm(
    world: TickerEnvironment,
) -> None:
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(_: Any) -> None:
        """Discard the response."""

    for path in ("/hold", "/take"):
        messages[:] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
        where: dict[str, Any] = {
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [],
        }
        await create_app(world.keeper)(
            {"type": "http", "method": "POST", "scheme": "http", "http_version": "1.1", **where},
            receive,
            send,
        )
    assert world.keeper.report()["holds"] == []


async def test_a_hold_is_released_if_its_caller_disconnects_while_it_waits(world: TickerEnvironment) -> None:
    world.gate = asyncio.Event()
    heartbeat = asyncio.create_task(world.keeper.beat())
    await asyncio.sleep(0)
    holding = asyncio.create_task(post_and_disconnect(world, "/hold", b'{"seconds": 60, "for": "order"}'))
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.keeper.report()["holds"] == []
    world.gate.set()
    await heartbeat
    await holding
    assert world.keeper.report()["holds"] == []


async def test_take_takes_over_the_session_that_another_program_holds(
    http: httpx.AsyncClient, world: TickerEnvironment
) -> None:
    early = await http.post("/take", json={})
    assert early.status_code == 409
    assert early.json()["error"].endswith(".")
    world.simulation.session.displace()
    await world.keeper.beat()
    assert "POST /take" in (await http.get("/state")).json()["next_step"]
    assert (await http.post("/take")).status_code == 202
    assert (await http.get("/state")).json()["next_look_in_seconds"] == 0
    world.clock.advance(1.5)
    await world.keeper.beat()
    assert (await http.get("/state")).json()["state"] == "opening"


async def test_take_detects_a_program_that_connected_after_the_last_heartbeat(
    http: httpx.AsyncClient, world: TickerEnvironment
) -> None:
    world.clock.advance(20)
    world.simulation.session.displace()
    assert (await http.get("/state")).json()["state"] == "established"
    assert (await http.post("/take", json={})).status_code == 202
    world.clock.advance(1.5)
    await world.keeper.beat()
    assert len(world.openings) == 1


async def test_repeated_take_requests_send_at_most_one_tickle_a_second(
    http: httpx.AsyncClient, world: TickerEnvironment
) -> None:
    for _ in range(20):
        assert (await http.post("/take", json={})).status_code == 409
    assert all(later - earlier >= 1 for earlier, later in pairwise(world.tickles))


async def test_take_detects_a_program_that_connected_within_a_second_of_the_last_heartbeat(
    http: httpx.AsyncClient, world: TickerEnvironment
) -> None:
    world.simulation.session.displace()
    assert (await http.post("/take", json={})).status_code == 202


async def test_concurrent_take_requests_take_over_the_session_once(
    http: httpx.AsyncClient, world: TickerEnvironment
) -> None:
    world.simulation.session.displace()
    world.clock.advance(2)
    await world.keeper.beat()
    first, second = await asyncio.gather(http.post("/take", json={}), http.post("/take", json={}))
    assert (first.status_code, second.status_code) == (202, 202)
    world.clock.advance(2)
    world.gate = asyncio.Event()
    heartbeat = asyncio.create_task(world.keeper.beat())
    await asyncio.sleep(0)
    late = asyncio.create_task(http.post("/take", json={}))  # while the session is being taken over
    for _ in range(20):
        await asyncio.sleep(0)
    world.gate.set()
    await heartbeat
    assert (await late).status_code == 202
    for _ in range(5):
        world.clock.advance(5)
        await world.keeper.beat()
    assert len(world.openings) == 1
    assert world.keeper.state == "established"


async def test_take_sends_no_request_while_an_order_awaits_confirmation(
    http: httpx.AsyncClient, world: TickerEnvironment
) -> None:
    assert (await http.post("/hold", json={"seconds": 60, "for": "order"})).status_code == 201
    world.clock.advance(20)
    world.simulation.session.displace()
    requests = len(world.requests)
    response = await http.post("/take", json={})
    assert response.status_code == 409
    assert "order" in response.json()["error"]
    assert len(world.requests) == requests


async def test_take_times_out_before_its_caller_if_the_gateway_hangs(
    http: httpx.AsyncClient, world: TickerEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticker_service.session_keeper.TAKEOVER_TIMEOUT", 0.01)
    world.clock.advance(20)
    world.gate = asyncio.Event()
    response = await http.post("/take", json={})
    assert response.status_code == 409
    assert explain(Cause.TICKER_BUSY).sentence in response.json()["error"]
    world.gate.set()
    await world.keeper.beat()
    assert world.keeper.state == "established"


@pytest.mark.parametrize("compete", [Compete.YIELD, Compete.TAKE])
async def test_take_is_rejected_under_any_policy_but_ask(compete: Compete) -> None:
    world = TickerEnvironment(NOON, compete=compete)
    async with client(world.keeper) as http:
        response = await http.post("/take", json={})
    assert response.status_code == 409
    cause = Cause.TAKEOVER_AUTOMATIC if compete is Compete.TAKE else Cause.TAKEOVER_DISABLED
    assert response.json()["error"].startswith(explain(cause).problem)


async def test_a_rejected_take_names_the_next_step_if_another_program_competes() -> None:
    world = TickerEnvironment(NOON, compete=Compete.YIELD)
    async with client(world.keeper) as http:
        response = await http.post("/take", json={})
    assert explain(Cause.TAKEOVER_DISABLED).next_step in response.json()["error"]


async def test_take_accepts_no_arguments(http: httpx.AsyncClient) -> None:
    assert (await http.post("/take", json={"from": "TWS"})).status_code == 422


@pytest.mark.parametrize(
    "sign",
    [
        {"origin": "http://localhost:5056"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "content-type": "text/plain"},
        {"sec-fetch-site": "same-origin", "host": "evil.example:5056"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/hold"), ("DELETE", "/hold/x"), ("POST", "/take")])
async def test_requests_from_web_pages_are_rejected(
    http: httpx.AsyncClient, method: str, path: str, sign: dict[str, str]
) -> None:
    response = await http.request(method, path, headers=sign)
    assert response.status_code == 403
    assert response.json()["error"].endswith(".")


@pytest.mark.parametrize(
    ("method", "path", "code"), [("GET", "/hold", 405), ("GET", "/take", 405), ("GET", "/nothing", 404)]
)
async def test_an_unknown_path_or_method_is_rejected(
    http: httpx.AsyncClient, method: str, path: str, code: int
) -> None:
    assert (await http.request(method, path)).status_code == code


async def test_the_report_counts_the_mcp_servers_that_read_it_and_nobody_else(
    http: httpx.AsyncClient,
) -> None:
    for query in ("", "?server=0123456789abcdef", "?server=fedcba9876543210", "?server=x"):
        await http.get(f"/state{query}")
    assert (await http.get("/state?server=0123456789abcdef")).json()["servers"] == 2
