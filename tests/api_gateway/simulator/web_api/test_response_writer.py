"""Faults as a client sees them, over real sockets and in process."""

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
from api_gateway.simulator.web_api.response_writer import encode_json
from tests.api_gateway.listening import wait_until

TICKLE = "/v1/api/tickle"


class Server(uvicorn.Server):
    """A server with an event for having started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@pytest.fixture
async def server_address(simulation: Simulation) -> AsyncIterator[str]:
    """The address of the simulator on its own port."""
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
async def http_client(server_address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client on a real socket."""
    async with httpx.AsyncClient(base_url=server_address, timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture(params=["http_client", "gateway"])
def client(request: pytest.FixtureRequest) -> httpx.AsyncClient:
    """A client on a real socket and one in process: most faults look the same to both."""
    result = request.getfixturevalue(request.param)
    assert isinstance(result, httpx.AsyncClient)
    return result


def script_fault(simulation: Simulation, **do: Any) -> None:
    simulation.faults.add(Fault.model_validate({"match": {"path": "/tickle"}, "do": do}))


async def test_a_fault_can_replace_status_and_body(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    script_fault(simulation, status=503, body={"error": "busy"}, headers={"Retry-After": "7"})
    answer = await http_client.post(TICKLE, json={})
    assert (answer.status_code, answer.json()) == (503, {"error": "busy"})
    assert answer.headers["retry-after"] == "7"


async def test_a_fault_can_send_html_with_status_200(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    script_fault(simulation, html="<html>maintenance</html>")
    answer = await http_client.post(TICKLE, json={})
    assert (answer.status_code, answer.text) == (200, "<html>maintenance</html>")
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("body", "text"), [("", ""), ("{oops", "{oops"), (None, ""), ([1], "[1]")])
async def test_a_fault_can_send_an_empty_malformed_or_json_body(
    simulation: Simulation, http_client: httpx.AsyncClient, body: Any, text: str
) -> None:
    script_fault(simulation, body=body)
    answer = await http_client.post(TICKLE, json={})
    assert (answer.status_code, answer.text) == (200, text)


async def test_a_fault_can_truncate_json_in_a_complete_message(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    full_body = (await http_client.post(TICKLE, json={})).content
    script_fault(simulation, truncate=True)
    truncated = (await http_client.post(TICKLE, json={})).content
    assert full_body.startswith(truncated)
    assert len(truncated) == len(full_body) // 2
    with pytest.raises(json.JSONDecodeError):
        json.loads(truncated)


async def test_a_fault_can_truncate_the_body_at_a_byte_offset(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    script_fault(simulation, truncate=7)
    assert (await http_client.post(TICKLE, json={})).content == b'{"sessi'


async def test_a_fault_can_announce_more_bytes_than_it_sends(
    simulation: Simulation, client: httpx.AsyncClient
) -> None:
    script_fault(simulation, declare=100_000)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post(TICKLE, json={})


@pytest.mark.parametrize("where", [True, 0, 20])
async def test_a_fault_can_reset_the_connection_within_the_body(
    simulation: Simulation, client: httpx.AsyncClient, where: bool | int
) -> None:
    script_fault(simulation, reset=where)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await client.post(TICKLE, json={})


async def test_a_reset_sends_a_tcp_rst(simulation: Simulation, server_address: str) -> None:
    script_fault(simulation, reset=True)
    url = httpx.URL(server_address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /v1/api/tickle HTTP/1.1\r\nHost: x\r\nUser-Agent: a test\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await reader.read(-1)
    writer.close()


@pytest.mark.parametrize("status", [204, 304])
async def test_a_bodiless_status_is_followed_by_the_stray_chunk_of_the_gateway(
    simulation: Simulation, server_address: str, status: int
) -> None:
    script_fault(simulation, status=status)
    url = httpx.URL(server_address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /v1/api/tickle HTTP/1.1\r\nHost: x\r\nUser-Agent: a test\r\nConnection: close\r\n\r\n")
    raw = await reader.read(-1)
    writer.close()
    assert raw.startswith(f"HTTP/1.1 {status}".encode())
    assert b"transfer-encoding: chunked" in raw
    assert raw.endswith(b"\r\n\r\n0\r\n\r\n")


async def test_a_new_connection_after_a_reset_works(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    simulation.faults.add(Fault.model_validate({"when": {"times": 1}, "do": {"reset": True}}))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await http_client.post(TICKLE, json={})
    assert (await http_client.post(TICKLE, json={})).status_code == 200


async def test_a_hanging_request_does_not_block_others(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    script_fault(simulation, hang=True)
    with pytest.raises(httpx.ReadTimeout):
        await http_client.post(TICKLE, json={}, timeout=httpx.Timeout(20, read=0.03))
    assert (await http_client.get("/v1/api/iserver/auth/status")).status_code == 200


async def test_a_hanging_request_can_still_take_effect(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    simulation.faults.add(
        Fault.model_validate({"match": {"path": "/logout"}, "do": {"hang": True, "perform": True}})
    )
    pending_request = asyncio.create_task(http_client.post("/v1/api/logout", json={}))
    await wait_until(lambda: simulation.session.logged_in_at is None)
    await asyncio.sleep(0.01)
    assert not pending_request.done()
    pending_request.cancel()
    await asyncio.gather(pending_request, return_exceptions=True)


async def test_a_hanging_request_in_process_ends_when_cancelled(
    simulation: Simulation, gateway: httpx.AsyncClient
) -> None:
    script_fault(simulation, hang=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await gateway.post(TICKLE, json={})


async def test_a_fault_can_delay_the_response(simulation: Simulation, client: httpx.AsyncClient) -> None:
    script_fault(simulation, delay_seconds=0.03)
    before = time.monotonic()
    assert (await client.post(TICKLE, json={})).status_code == 200
    assert time.monotonic() - before >= 0.03


async def test_a_fault_can_send_the_body_slowly(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    script_fault(simulation, body="abcdef", drip={"bytes": 2, "seconds": 0.005})
    async with http_client.stream("POST", TICKLE, json={}) as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert pieces == [b"ab", b"cd", b"ef"]


async def test_a_fault_can_send_fifty_megabytes_in_chunks(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    script_fault(simulation, huge_bytes=50_000_000)
    size = 0
    async with http_client.stream("POST", TICKLE, json={}) as answer:
        assert "content-length" not in answer.headers
        async for piece in answer.aiter_raw():
            size += len(piece)
            if size > 1_000_000:
                break
    assert size > 1_000_000


async def test_a_fault_applies_only_to_its_path(
    simulation: Simulation, http_client: httpx.AsyncClient
) -> None:
    script_fault(simulation, status=500)
    assert (await http_client.get("/v1/api/iserver/auth/status")).status_code == 200
    assert (await http_client.get("/simulator/state")).json()["faults"][0]["fired"] == 0


def test_no_zero_has_a_sign() -> None:
    body = {"a": -0.0, "b": [-0.0, "-0.000", "-0"], "c": -0.5, "d": "-0.1", "e": "up -0"}
    assert encode_json(body) == b'{"a":0.0,"b":[0.0,"0.000","0"],"c":-0.5,"d":"-0.1","e":"up -0"}'
