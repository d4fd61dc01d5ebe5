"""Faults that only real sockets have, with some tools of each kind and the gateway's own TLS."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.causes import OUTCOME_SENTENCES, Cause, Outcome
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from mcp_server.rest.argument_errors import INTERNAL_ERROR
from tests.api_gateway.because import says
from tests.api_gateway.certificates import SelfSignedCertificate, make_certificate
from tests.api_gateway.client.test_transport import request
from tests.api_gateway.fakes import ConnectionHandler
from tests.mcp_server.one_server import SharedServer

pytestmark = pytest.mark.thorough

READS: list[tuple[str, dict[str, Any], str]] = [
    ("get_ledger", {"account_id": "DU1234567"}, "GET /portfolio/DU1234567/ledger"),
    ("search_contracts_by_body", {"symbol": "AAPL"}, "POST /iserver/secdef/search"),
]
WRITES: list[tuple[str, dict[str, Any], str]] = [
    ("logout", {}, "POST /logout"),
    ("cancel_order", {"account_id": "DU1234567", "order_id": 7}, "DELETE /iserver/account/DU1234567/order/7"),
]
SECRET = "c9f0f895fb98ab9159f51fd0297e236d"


@dataclass
class Port:
    """A loopback port on which a gateway starts and stops; `own` is the trusted certificate."""

    own: SelfSignedCertificate
    other: SelfSignedCertificate
    number: int = 0
    received: list[str] = field(default_factory=list)
    server: asyncio.Server | None = None
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    serve: ConnectionHandler | None = None

    async def open(self, serve: ConnectionHandler, context: ssl.SSLContext | None) -> None:
        """Listen, on the same port as before."""
        self.serve = serve
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", self.number, ssl=context)
        self.number = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop like a killed process."""
        if self.server is not None:
            self.server.close()
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()
        await asyncio.sleep(0)

    async def restore(self) -> None:
        """Start a gateway that responds to everything."""
        await self.close()
        await self.open(self.respond, self.own.server_context)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        assert self.serve is not None
        try:
            await self.serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    async def next(self, reader: asyncio.StreamReader) -> str:
        """The next request, which is also added to `received`."""
        method, path, _ = (await request(reader)).decode().split(" ", 2)
        self.received.append(f"{method} {path.removeprefix('/v1/api')}")
        return self.received[-1]

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.write_response(writer, await self.next(reader))
            await writer.drain()

    def write_response(self, writer: asyncio.StreamWriter, target: str) -> None:
        """Write a healthy response."""
        body = b'[{"order_id": "1"}]'
        if target.endswith("/auth/status"):
            body = b'{"authenticated": true, "established": true, "connected": true, "competing": false}'
        elif target.endswith("/iserver/accounts"):
            body = b'{"accounts": ["DU1234567"], "isPaper": true}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def with_fault(self, fault: Any, only: str) -> ConnectionHandler:
        """A handler with a fault in one request, and healthy responses to those before it."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                target = await self.next(reader)
                if target.startswith(only):
                    await fault(reader, writer)
                else:
                    self.write_response(writer, target)
                await writer.drain()

        return serve


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"session": "' + SECRET.encode())
    await writer.drain()
    # Closing with this set makes the kernel send RST and not FIN.
    no_lingering = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
    writer.transport.abort()


async def closed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def huge(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    for _piece in range(800):  # 50 MB
        writer.write(piece)
        await writer.drain()
    writer.write(b"0\r\n\r\n")


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[Port]:
    own = make_certificate(tmp_path, "own")
    opened = Port(own, make_certificate(tmp_path, "other"))
    await opened.restore()
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def one_server() -> SharedServer:
    return SharedServer()


@pytest.fixture
async def server(port: Port, one_server: SharedServer) -> AsyncIterator[SharedServer]:
    settings = GatewaySettings(
        _env_file=None,
        gateway_url=f"https://127.0.0.1:{port.number}",
        gateway_ca_file=port.own.file,
        gateway_timeout=1,
    )
    gateway = GatewayClient(settings, policy=ALL_OPERATIONS, limits={}, global_limit=None)
    async with one_server.use_gateway(gateway):
        yield one_server


def check(text: str, pattern: str, *, may_be_done: bool) -> None:
    assert re.search(pattern, text), text
    assert (OUTCOME_SENTENCES[Outcome.UNKNOWN] in text) is may_be_done, text
    assert not re.search(f"Traceback|{re.escape(INTERNAL_ERROR)}|DU1234567|{SECRET}", text)


TOOLS = pytest.mark.parametrize(
    ("tool", "arguments", "sent"), [*READS, *WRITES], ids=lambda each: str(each)[:24]
)
BROKE, LATE = says(Cause.CONNECTION_BROKE), says(Cause.NO_RESPONSE_IN_TIME, seconds="1")
FAULTS = [(reset, BROKE), (closed, BROKE), (hang, LATE), (drip, LATE), (huge, says(Cause.RESPONSE_TOO_LONG))]


@TOOLS
@pytest.mark.parametrize(("fault", "pattern"), FAULTS, ids=lambda each: getattr(each, "__name__", ""))
async def test_a_response_with_a_fault(
    port: Port,
    server: SharedServer,
    fault: Any,
    pattern: str,
    tool: str,
    arguments: dict[str, Any],
    sent: str,
) -> None:
    await port.close()
    await port.open(port.with_fault(fault, sent), port.own.server_context)
    failed, text = await server.call(tool, arguments)
    assert failed
    check(text, pattern, may_be_done=(tool, arguments, sent) in WRITES)
    # A GET on a dead keep-alive connection is sent once more, on a new one.
    assert port.received.count(sent) <= (2 if sent.startswith("GET") else 1)
    await port.restore()
    assert await server.call(tool, arguments) == (False, '[{"order_id": "1"}]')


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(1)


@TOOLS
@pytest.mark.parametrize("fault", ["refused", "other certificate", "no TLS", "cut handshake", "half-open"])
@pytest.mark.parametrize("connected", [False, True], ids=["at startup", "later"])
async def test_a_connection_that_cannot_be_made(
    port: Port,
    server: SharedServer,
    fault: str,
    connected: bool,
    tool: str,
    arguments: dict[str, Any],
    sent: str,
) -> None:
    if connected:
        assert not (await server.call(tool, arguments))[0]
    await port.close()
    port.received.clear()
    if fault == "other certificate":
        await port.open(port.respond, port.other.server_context)
    elif fault != "refused":
        serve = {"no TLS": plain, "cut handshake": hang_up, "half-open": silence}[fault]
        await port.open(serve, None)
    failed, text = await server.call(tool, arguments)
    assert failed
    patterns = {
        "refused": says(Cause.CONNECT_FAILED),
        "other certificate": says(Cause.TLS_REJECTED),
        "no TLS": says(Cause.NOT_TLS),
        "cut handshake": says(Cause.CONNECT_FAILED),
        "half-open": says(Cause.CONNECT_TIMEOUT),
    }
    check(text, patterns[fault], may_be_done=False)
    assert port.received == []
    await port.restore()
    assert await server.call(tool, arguments) == (False, '[{"order_id": "1"}]')
    assert port.received.count(sent) == 1


@TOOLS
async def test_a_name_that_is_not_found(
    port: Port,
    one_server: SharedServer,
    monkeypatch: pytest.MonkeyPatch,
    tool: str,
    arguments: dict[str, Any],
    sent: str,
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    await port.close()
    await port.open(port.respond, None)
    settings = GatewaySettings(_env_file=None, gateway_url=f"http://localhost:{port.number}")
    async with one_server.use_gateway(
        GatewayClient(settings, policy=ALL_OPERATIONS, limits={}, global_limit=None)
    ):
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", unknown)
            failed, text = await one_server.call(tool, arguments)
        assert failed
        check(text, says(Cause.NAME_UNKNOWN, reason="Name or service not known"), may_be_done=False)
        assert port.received == []
        assert await one_server.call(tool, arguments) == (False, '[{"order_id": "1"}]')
    assert port.received.count(sent) == 1


@TOOLS
async def test_a_gateway_that_restarts_in_the_middle_of_a_call(
    port: Port, server: SharedServer, tool: str, arguments: dict[str, Any], sent: str
) -> None:
    async def die(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await port.close()

    assert not (await server.call(tool, arguments))[0]
    port.received.clear()
    await port.close()
    await port.open(port.with_fault(die, sent), port.own.server_context)
    failed, text = await server.call(tool, arguments)
    assert failed
    writes = (tool, arguments, sent) in WRITES
    check(text, BROKE if writes else f"{BROKE}|{says(Cause.CONNECT_FAILED)}", may_be_done=writes)
    assert port.received.count(sent) <= (2 if sent.startswith("GET") else 1)
    await port.restore()
    assert await server.call(tool, arguments) == (False, '[{"order_id": "1"}]')
