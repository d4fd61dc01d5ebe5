"""HTTP transport, with servers that break the protocol."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.causes import Cause, Outcome
from api_gateway.client import transport
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, GatewayError, NoResponse, OutcomeUnknown, Unreachable
from api_gateway.settings import GatewaySettings
from tests.api_gateway.because import because
from tests.api_gateway.doctor.hurried import run_hurried
from tests.api_gateway.fakes import ConnectionHandler, RawServer
from tests.api_gateway.listening import wait_until

FINE = b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n["fine"]'


async def request(reader: asyncio.StreamReader) -> bytes:
    """Read one request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.split(b":")[1]))
    return head


def gateway(server: RawServer, **settings: Any) -> GatewayClient:
    address = f"http://127.0.0.1:{server.port}"
    options = {"gateway_timeout": 10.0, **settings}
    return GatewayClient(
        GatewaySettings(_env_file=None, gateway_url=address, **options),
        policy=ALL_OPERATIONS,
        global_limit=None,
        limits={},
    )


def responding(*responses: bytes) -> tuple[ConnectionHandler, list[bytes]]:
    """A server that sends these responses in order over all connections, then the last one again."""
    remaining = list(responses)
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            received.append(await request(reader))
            writer.write(remaining.pop(0) if len(remaining) > 1 else remaining[0])
            await writer.drain()

    return serve, received


async def test_each_request_has_user_agent_and_length_and_no_other_headers() -> None:
    serve, received = responding(FINE)
    async with RawServer(serve).running() as server, gateway(server) as client:
        await client.get("/trsrv/stocks", symbols="AAPL")
        await client.post("/logout")
        await client.put("/fyi/deliveryoptions/email", enabled=True)
        await client.delete("/fyi/deliveryoptions/{device}", "x")
    heads = [sent.partition(b"\r\n\r\n") for sent in received]
    names = [[line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]] for head, _, _ in heads]
    assert names[0] == [b"host", b"user-agent", b"accept"]
    assert set(names[1]) == set(names[2]) == {*names[0], b"content-type", b"content-length"}
    assert set(names[3]) == {*names[0], b"content-length"}
    assert [body for _, _, body in heads] == [b"", b"{}", b"{}", b""]
    assert received[0].startswith(b"GET /v1/api/trsrv/stocks?symbols=AAPL HTTP/1.1\r\n")


async def test_reads_share_connections_and_each_write_uses_a_new_one() -> None:
    serve, _ = responding(FINE)
    async with RawServer(serve).running() as server, gateway(server) as client:
        for _ in range(3):
            await client.get("/trsrv/stocks")
        assert server.connections == 1
        await client.post("/logout")
        await client.post("/iserver/auth/status", reads=True)
        assert server.connections == 2


async def test_a_cookie_from_the_gateway_is_not_sent_back() -> None:
    serve, received = responding(FINE.replace(b"\r\n\r\n", b"\r\nSet-Cookie: api=secret; Path=/\r\n\r\n", 1))
    async with RawServer(serve).running() as server, gateway(server) as client:
        await client.get("/trsrv/stocks")
        await client.get("/trsrv/stocks")
    assert b"cookie" not in received[1].lower()


@pytest.mark.parametrize(
    "place", [b"/v1/api/trsrv/futures", b"javascript:alert(1)", b"http://[", b"\xff", b""]
)
async def test_no_redirect_is_followed(place: bytes) -> None:
    serve, received = responding(
        b"HTTP/1.1 302 Found\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n"
    )
    async with RawServer(serve).running() as server, gateway(server) as client:
        with pytest.raises(Failed, check=because(Cause.REDIRECTED)):
            await client.get("/trsrv/stocks")
    assert len(received) == 1


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
@pytest.mark.parametrize("late", [True, False])
async def test_a_stray_chunk_after_an_empty_response_never_reaches_the_next_request(
    status: bytes, late: bool
) -> None:
    """IBKR's gateway sends 204 and 304 as chunked, with an end-of-chunks that HTTP forbids there."""
    head = b"HTTP/1.1 " + status + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            received.append(await request(reader))
            writer.write(head if late else head + b"0\r\n\r\n")
            await writer.drain()
            if late:
                await asyncio.sleep(0.005)
                writer.write(b"0\r\n\r\n")

    async with RawServer(serve).running() as server, gateway(server) as client:
        for template in ("/trsrv/stocks", "/trsrv/futures"):
            with pytest.raises(Failed, check=because(Cause.UNUSABLE_RESPONSE)):
                await client.get(template)
            await asyncio.sleep(0.01)
        if status.startswith(b"204"):
            assert (await client.post("/logout")).body == b"null"
        else:
            with pytest.raises(OutcomeUnknown, check=because(Cause.UNUSABLE_RESPONSE, Outcome.UNKNOWN)):
                await client.post("/logout")
        assert server.connections == 3
    assert len(received) == 3


def dying_on_the_second() -> tuple[ConnectionHandler, list[bytes]]:
    """A server that reads a connection's second request and closes the connection."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await request(reader))
        writer.write(FINE)
        await writer.drain()
        received.append(await request(reader))

    return serve, received


@pytest.mark.parametrize(
    "more", [FINE.replace(b"fine", b"odd!"), FINE[:30], b"\r\n"], ids=["whole", "half", "nothing"]
)
async def test_bytes_after_a_response_are_never_the_response_to_the_next_request(more: bytes) -> None:
    serve, received = responding(FINE + more, FINE)
    async with RawServer(serve).running() as server, gateway(server) as client:
        for path in ("/trsrv/stocks", "/trsrv/futures", "/iserver/accounts"):
            assert (await client.get(path)).value == ["fine"]
        assert server.connections == 2
    assert len(received) == 3


async def test_a_get_on_a_dead_pooled_connection_is_sent_again_on_a_new_one() -> None:
    serve, received = dying_on_the_second()
    async with RawServer(serve).running() as server, gateway(server) as client:
        await client.get("/trsrv/stocks")
        assert (await client.get("/trsrv/futures")).body == b'["fine"]'
        assert server.connections == 2
    assert [b"futures" in sent for sent in received] == [False, True, True]


async def test_an_unsubscribe_is_sent_once_on_a_new_connection() -> None:
    serve, received = dying_on_the_second()
    async with RawServer(serve).running() as server, gateway(server) as client:
        await client.get("/trsrv/stocks")
        assert (await client.get("/iserver/marketdata/unsubscribeall")).body == b'["fine"]'
        assert server.connections == 2
    assert len(received) == 2


async def test_a_post_that_reads_is_not_sent_again() -> None:
    serve, received = dying_on_the_second()
    async with RawServer(serve).running() as server, gateway(server) as client:
        await client.get("/trsrv/stocks")
        with pytest.raises(Failed):
            await client.post("/iserver/auth/status", reads=True)
    assert len(received) == 2


async def test_a_write_never_uses_a_pooled_connection() -> None:
    serve, received = dying_on_the_second()
    async with RawServer(serve).running() as server, gateway(server) as client:
        await client.get("/trsrv/stocks")
        assert (await client.post("/logout")).body == b'["fine"]'
    assert len(received) == 2


def closing() -> tuple[ConnectionHandler, list[bytes]]:
    """A server that reads a request and closes the connection."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        received.append(await request(reader))

    return serve, received


async def test_a_write_whose_connection_is_closed_has_an_unknown_outcome_and_is_sent_once() -> None:
    serve, received = closing()
    async with RawServer(serve).running() as server, gateway(server) as client:
        with pytest.raises(OutcomeUnknown):
            await client.post("/logout")
    assert len(received) == 1


async def test_a_read_whose_new_connection_is_closed_fails_and_is_sent_once() -> None:
    serve, received = closing()
    async with RawServer(serve).running() as server, gateway(server) as client:
        with pytest.raises(Failed):
            await client.get("/trsrv/stocks")
    assert len(received) == 1


async def test_a_closed_port_is_unreachable_for_reads_and_writes() -> None:
    serve, _ = responding(FINE)
    async with RawServer(serve).running() as server:
        pass
    async with gateway(server) as client:
        with pytest.raises(Unreachable, match="docker compose ps"):
            await client.get("/trsrv/stocks")
        with pytest.raises(Unreachable):
            await client.post("/logout")


def dripping(byte: bytes = b" ") -> ConnectionHandler:
    """A server whose response never ends, one byte at a time."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[")
        while True:
            writer.write(byte)
            await writer.drain()
            await asyncio.sleep(0.002)

    return serve


async def hanging(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """A server that never responds, like the gateway while IBKR does not."""
    await reader.read()


@pytest.mark.thorough
@pytest.mark.parametrize("serve", [dripping(), hanging], ids=["dripping", "hanging"])
@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda client: client.get("/trsrv/stocks"), Failed),
        (lambda client: client.post("/iserver/auth/status", reads=True), Failed),
        (lambda client: client.post("/logout"), OutcomeUnknown),
        (lambda client: client.delete("/fyi/deliveryoptions/{device}", "x"), OutcomeUnknown),
    ],
    ids=["GET", "reading POST", "POST", "DELETE"],
)
async def test_an_endless_response_ends_at_the_timeout(
    serve: ConnectionHandler, ask: Callable[[GatewayClient], Any], kind: type[GatewayError]
) -> None:
    async with RawServer(serve).running() as server, gateway(server, gateway_timeout=0.25) as client:
        began = time.perf_counter()
        with pytest.raises(kind, check=because(Cause.NO_RESPONSE_IN_TIME)):
            await ask(client)
        assert time.perf_counter() - began < 10


def test_a_connection_that_timed_out_is_not_used_again() -> None:
    run_hurried(_send_after_a_timeout())


async def _send_after_a_timeout() -> None:
    received: list[bytes] = []
    rest = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await request(reader))
        if len(received) == 1:
            await rest.wait()  # the late response to the first request
        writer.write(FINE)
        await writer.drain()
        received.append(await request(reader))
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["wrong"]')
        await writer.drain()

    async with RawServer(serve).running() as server, gateway(server, gateway_timeout=30) as client:
        with pytest.raises(Failed):
            await client.get("/trsrv/stocks")
        rest.set()
        client.session_monitor.record_success()  # otherwise a check would precede the next request
        assert (await client.get("/trsrv/futures")).body == b'["fine"]'
        assert server.connections == 2


async def test_a_cancelled_request_frees_its_slot() -> None:
    async with RawServer(hanging).running() as server, gateway(server, gateway_max_wait=0.2) as client:
        for round_ in (1, 2, 3):
            waiting = [asyncio.create_task(client.get("/trsrv/stocks", symbols=str(n))) for n in range(4)]
            await server.wait_for_connections(4 * round_)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        assert server.connections == 12


async def test_a_tickle_is_sent_while_four_requests_hang() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = await request(reader)
        if b"/tickle" not in sent:
            await reader.read()
        writer.write(FINE)
        await writer.drain()
        await reader.read()

    async with RawServer(serve).running() as server, gateway(server) as client:
        waiting = [asyncio.create_task(client.get("/trsrv/stocks", symbols=str(n))) for n in range(9)]
        await server.wait_for_connections(4)
        await asyncio.sleep(0.01)
        assert server.connections == 4
        assert (await client.tickle()).body == b'["fine"]'
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 50000000",
        b"Content-Length: " + b"9" * 5000,
        b"Transfer-Encoding: chunked",
        b"Connection: close",
    ],
)
async def test_a_response_larger_than_the_limit_is_not_read(head: bytes) -> None:
    written = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        piece = b"[" * 50_000
        while written < 50_000_000:
            writer.write(b"c350\r\n" + piece + b"\r\n" if b"chunked" in head else piece)
            await writer.drain()
            written += len(piece)

    async with RawServer(serve).running() as server, gateway(server, gateway_max_body=100_000) as client:
        with pytest.raises(Failed):
            await client.get("/trsrv/stocks")
    assert written < 20_000_000


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"\x16\x03\x01",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 30_000,
        b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half":',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
)
async def test_a_response_that_is_not_http_is_reported_as_such(response: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(response)
        await writer.drain()

    async with RawServer(serve).running() as server, gateway(server) as client:
        with pytest.raises(Failed):
            await client.get("/trsrv/stocks")
        with pytest.raises(OutcomeUnknown):
            await client.post("/logout")


async def test_urls_and_cookies_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    serve, _ = responding(FINE.replace(b"\r\n\r\n", b"\r\nSet-Cookie: api=secret\r\n\r\n", 1))
    async with RawServer(serve).running() as server, gateway(server) as client:
        await client.get("/iserver/contract/{conid}/info", 265598)
    assert "265598" not in caplog.text
    assert "secret" not in caplog.text


async def test_a_closed_client_sends_nothing() -> None:
    serve, received = responding(FINE)
    async with RawServer(serve).running() as server, gateway(server) as client:
        await client.get("/trsrv/stocks")
        await client.aclose()
        with pytest.raises(Unreachable, check=because(Cause.CLIENT_CLOSED)):
            await client.get("/trsrv/stocks")
    assert len(received) == 1


async def test_the_environment_cannot_send_requests_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    serve, _ = responding(FINE)
    async with RawServer(serve).running() as server, gateway(server) as client:
        assert (await client.get("/trsrv/stocks")).body == b'["fine"]'


async def test_closing_ends_the_requests_in_flight() -> None:
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        received.append(await request(reader))
        await reader.read()

    async with RawServer(serve).running() as server, gateway(server, gateway_timeout=30) as client:
        read = asyncio.create_task(client.get("/trsrv/stocks"))
        write = asyncio.create_task(client.post("/logout"))
        await wait_until(lambda: len(received) == 2)
        await client.aclose()
        async with asyncio.timeout(10):
            ended = await asyncio.gather(read, write, return_exceptions=True)
    assert [type(error) for error in ended] == [NoResponse, OutcomeUnknown]


async def test_requests_that_time_out_leave_no_connection_open() -> None:
    closed = 0

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        nonlocal closed
        await reader.read()
        closed += 1

    async with RawServer(serve).running() as server, gateway(server, gateway_timeout=0.02) as client:
        for _ in range(3):
            reads = (client.get("/trsrv/stocks", symbols=str(number)) for number in range(4))
            errors = await asyncio.gather(*reads, return_exceptions=True)
            assert all(isinstance(error, (Failed, Unreachable)) for error in errors)
        async with asyncio.timeout(10):
            while closed < server.connections:  # noqa: ASYNC110 - the server has no event for a closed connection
                await asyncio.sleep(0.001)


async def test_a_probe_returns_the_status_of_the_front_page_and_requests_nothing_else() -> None:
    serve, received = responding(b"HTTP/1.1 302 Found\r\nLocation: /sso/Login\r\nContent-Length: 0\r\n\r\n")
    async with RawServer(serve).running() as server, gateway(server) as client:
        client.rate_limiter.enter_penalty_box()
        assert await client.probe() == 302
    assert [sent.partition(b"\r\n")[0] for sent in received] == [b"GET / HTTP/1.1"]


async def test_a_probe_of_a_port_that_does_not_respond_returns_none() -> None:
    async with RawServer(hanging).running() as server, gateway(server, gateway_timeout=0.02) as client:
        assert await client.probe() is None
    async with gateway(server) as client:
        assert await client.probe() is None


def test_a_timeout_is_distinguished_from_a_lost_connection() -> None:
    assert run_hurried(_time_out_and_lose_a_connection()) == [True, False]


async def _time_out_and_lose_a_connection() -> list[bool]:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.close()

    late = []
    for serve in (hanging, cut):
        async with RawServer(serve).running() as server, gateway(server, gateway_timeout=30) as client:
            with pytest.raises(NoResponse) as caught:
                await client.tickle()
            late.append(caught.value.late)
    return late


async def test_a_tickle_and_a_probe_time_out_long_before_other_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api_gateway.client.gateway.TICKLE_DEADLINE", 0.02)
    monkeypatch.setattr("api_gateway.client.gateway.PROBE_DEADLINE", 0.02)
    async with RawServer(hanging).running() as server, gateway(server, gateway_timeout=300) as client:
        async with asyncio.timeout(20):
            with pytest.raises((NoResponse, Unreachable)):
                await client.tickle()
            assert await client.probe() is None


async def test_a_gateway_that_hangs_during_the_handshake_is_not_a_certificate_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.1)

    async def frozen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with RawServer(frozen).running() as server:
        settings = GatewaySettings(
            _env_file=None, gateway_url=f"https://127.0.0.1:{server.port}", gateway_verify_tls=False
        )
        async with GatewayClient(settings) as client:
            with pytest.raises(Unreachable, check=because(Cause.CONNECT_FAILED)):
                await client.get("/trsrv/stocks")
