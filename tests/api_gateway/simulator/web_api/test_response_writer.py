"""Faults as they arrive at a client, over real sockets and in process."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn

from api_gateway.simulator.app import create_app
from api_gateway.simulator.faults import Fault
from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.listening import wait_until

TICKLE = "/v1/api/tickle"


class Server(uvicorn.Server):
    """A server that says when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@pytest.fixture
async def served(simulation: Simulation) -> AsyncIterator[str]:
    """The address of the simulator on a port of its own."""
    server = Server(
        uvicorn.Config(
            create_app(simulation),
            port=0,
            lifespan="off",
            ws="none",
            log_config=None,
            timeout_graceful_shutdown=0,
        )
    )
    serving = asyncio.create_task(server.serve())
    await server.ready.wait()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def wire(served: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client on real sockets."""
    async with httpx.AsyncClient(base_url=served, timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture(params=["wire", "gateway"])
def client(request: pytest.FixtureRequest) -> httpx.AsyncClient:
    """A client on real sockets, and one in process: most faults are the same to both."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, httpx.AsyncClient)
    return found


def script(simulation: Simulation, **do: Any) -> None:
    simulation.faults.add(Fault.model_validate({"match": {"path": "/tickle"}, "do": do}))


async def test_a_status_and_a_body_replace_the_answer(
    simulation: Simulation, wire: httpx.AsyncClient
) -> None:
    script(simulation, status=503, body={"error": "busy"}, headers={"Retry-After": "7"})
    answer = await wire.post(TICKLE, json={})
    assert (answer.status_code, answer.json()) == (503, {"error": "busy"})
    assert answer.headers["retry-after"] == "7"


async def test_html_comes_with_status_200(simulation: Simulation, wire: httpx.AsyncClient) -> None:
    script(simulation, html="<html>maintenance</html>")
    answer = await wire.post(TICKLE, json={})
    assert (answer.status_code, answer.text) == (200, "<html>maintenance</html>")
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("body", "text"), [("", ""), ("{oops", "{oops"), (None, ""), ([1], "[1]")])
async def test_a_body_can_be_empty_broken_or_json(
    simulation: Simulation, wire: httpx.AsyncClient, body: Any, text: str
) -> None:
    script(simulation, body=body)
    answer = await wire.post(TICKLE, json={})
    assert (answer.status_code, answer.text) == (200, text)


async def test_half_of_the_json_comes_as_a_complete_message(
    simulation: Simulation, wire: httpx.AsyncClient
) -> None:
    whole = (await wire.post(TICKLE, json={})).content
    script(simulation, truncate=True)
    half = (await wire.post(TICKLE, json={})).content
    assert whole.startswith(half)
    assert len(half) == len(whole) // 2
    with pytest.raises(json.JSONDecodeError):
        json.loads(half)


async def test_a_body_can_end_after_so_many_bytes(simulation: Simulation, wire: httpx.AsyncClient) -> None:
    script(simulation, truncate=7)
    assert (await wire.post(TICKLE, json={})).content == b'{"sessi'


async def test_more_is_promised_than_is_sent(simulation: Simulation, client: httpx.AsyncClient) -> None:
    script(simulation, declare=100_000)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post(TICKLE, json={})


@pytest.mark.parametrize("where", [True, 0, 20])
async def test_the_connection_is_reset_in_the_middle_of_the_body(
    simulation: Simulation, client: httpx.AsyncClient, where: bool | int
) -> None:
    script(simulation, reset=where)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await client.post(TICKLE, json={})


async def test_a_reset_is_a_reset_also_to_the_kernel(simulation: Simulation, served: str) -> None:
    script(simulation, reset=True)
    url = httpx.URL(served)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /v1/api/tickle HTTP/1.1\r\nHost: x\r\nUser-Agent: a test\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await reader.read(-1)
    writer.close()


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_is_followed_by_the_gateways_stray_chunk(
    simulation: Simulation, served: str, status: int
) -> None:
    script(simulation, status=status)
    url = httpx.URL(served)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /v1/api/tickle HTTP/1.1\r\nHost: x\r\nUser-Agent: a test\r\nConnection: close\r\n\r\n")
    raw = await reader.read(-1)
    writer.close()
    assert raw.startswith(f"HTTP/1.1 {status}".encode())
    assert b"transfer-encoding: chunked" in raw
    assert raw.endswith(b"\r\n\r\n0\r\n\r\n")


async def test_the_connection_after_a_reset_one_works(
    simulation: Simulation, wire: httpx.AsyncClient
) -> None:
    simulation.faults.add(Fault.model_validate({"when": {"times": 1}, "do": {"reset": True}}))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await wire.post(TICKLE, json={})
    assert (await wire.post(TICKLE, json={})).status_code == 200


async def test_a_request_hangs_until_the_client_gives_up_and_others_are_served(
    simulation: Simulation, wire: httpx.AsyncClient
) -> None:
    script(simulation, hang=True)
    with pytest.raises(httpx.ReadTimeout):
        await wire.post(TICKLE, json={}, timeout=httpx.Timeout(20, read=0.03))
    assert (await wire.get("/v1/api/iserver/auth/status")).status_code == 200


async def test_a_hanging_request_can_have_taken_effect(
    simulation: Simulation, wire: httpx.AsyncClient
) -> None:
    simulation.faults.add(
        Fault.model_validate({"match": {"path": "/logout"}, "do": {"hang": True, "perform": True}})
    )
    asked = asyncio.create_task(wire.post("/v1/api/logout", json={}))
    await wait_until(lambda: simulation.session.logged_in_at is None)
    await asyncio.sleep(0.01)
    assert not asked.done()
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)


async def test_in_process_a_request_hangs_until_it_is_cancelled(
    simulation: Simulation, gateway: httpx.AsyncClient
) -> None:
    script(simulation, hang=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await gateway.post(TICKLE, json={})


async def test_an_answer_can_be_late(simulation: Simulation, client: httpx.AsyncClient) -> None:
    script(simulation, delay_seconds=0.03)
    before = time.monotonic()
    assert (await client.post(TICKLE, json={})).status_code == 200
    assert time.monotonic() - before >= 0.03


async def test_a_body_can_drip(simulation: Simulation, wire: httpx.AsyncClient) -> None:
    script(simulation, body="abcdef", drip={"bytes": 2, "seconds": 0.005})
    async with wire.stream("POST", TICKLE, json={}) as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert pieces == [b"ab", b"cd", b"ef"]


async def test_fifty_megabytes_come_in_pieces(simulation: Simulation, wire: httpx.AsyncClient) -> None:
    script(simulation, huge_bytes=50_000_000)
    size = 0
    async with wire.stream("POST", TICKLE, json={}) as answer:
        assert "content-length" not in answer.headers
        async for piece in answer.aiter_raw():
            size += len(piece)
            if size > 1_000_000:
                break
    assert size > 1_000_000


async def test_a_fault_for_one_path_leaves_the_others_alone(
    simulation: Simulation, wire: httpx.AsyncClient
) -> None:
    script(simulation, status=500)
    assert (await wire.get("/v1/api/iserver/auth/status")).status_code == 200
    assert (await wire.get("/simulator/state")).json()["faults"][0]["fired"] == 0
