from __future__ import annotations

import asyncio
import logging

import pytest
from websockets.asyncio.client import connect

from api_gateway.simulator.app import create_app
from api_gateway.simulator.faults import Fault, FaultAction, FaultSchedule, RequestPattern
from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.listening import serve_app

_HANDSHAKE = (
    b"GET /v1/api/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize("text", [True, False], ids=["text", "binary"])
async def test_a_frame_that_is_not_utf_8_closes_the_connection_and_is_not_logged(
    simulation: Simulation, caplog: pytest.LogCaptureFixture, text: bool
) -> None:
    async with (
        serve_app(create_app(simulation)) as server,
        connect(f"ws://127.0.0.1:{server.port}/v1/api/ws") as socket,
    ):
        caplog.clear()
        await socket.send(b"\xff\xfe", text=text)
        async with asyncio.timeout(10):
            await socket.wait_closed()
    assert socket.close_code == 1007
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_text_that_arrives_in_fragments_is_one_frame(simulation: Simulation) -> None:
    token = simulation.session.token
    async with (
        serve_app(create_app(simulation)) as server,
        connect(f"ws://127.0.0.1:{server.port}/v1/api/ws") as socket,
        asyncio.timeout(10),
    ):
        await socket.recv()
        await socket.send(iter(['{"session":', f'"{token}"}}']))
        assert b"waiting" not in await socket.recv(decode=False)


async def test_a_denied_handshake_is_not_logged(
    simulation: Simulation, caplog: pytest.LogCaptureFixture
) -> None:
    denial = FaultAction(status=503, body="x")
    simulation.faults.add(Fault(match=RequestPattern(path="/ws"), when=FaultSchedule(times=1), do=denial))
    async with serve_app(create_app(simulation)) as server:
        # uvicorn 0.35 sends Content-Length twice, which the client of `websockets` rejects.
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(_HANDSHAKE)
        async with asyncio.timeout(10):
            response = await reader.read()
        writer.close()
    assert response.startswith(b"HTTP/1.1 503 ")
    assert response.endswith(b"x")
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
