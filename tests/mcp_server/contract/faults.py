"""Faults between the server and IBKR, as a table."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

import httpcore

from api_gateway.causes import Cause
from tests.api_gateway.because import says
from tests.api_gateway.virtual_network import (
    ReceivedRequest,
    ResponseStream,
    VirtualNetwork,
    respond,
    succeed,
    wait_forever,
)
from tests.virtual_loop import VirtualLoop

SECRET = "c9f0f895fb98ab9159f51fd0297e236d"
ACCOUNT = "DU1234567"
"""Values that no error may show, although responses below contain them."""

ConnectStep: TypeAlias = Callable[[], Any]
ResponseFactory: TypeAlias = Callable[[ReceivedRequest], ResponseStream]


class WriteOutcome(Enum):
    """What a fault means for a request that changes something; for an order, `DONE` counts as unknown."""

    NEVER_SENT = auto()
    REFUSED = auto()
    UNKNOWN = auto()
    DONE = auto()


@dataclass(frozen=True)
class Fault:
    """One fault: how it is injected, what the error of a read says, and what it means for a write.

    `answer` replaces each response; a fault without it occurs before anything is sent.
    """

    name: str
    message_pattern: str
    write_outcome: WriteOutcome
    connect: ConnectStep = succeed
    encrypt: ConnectStep = succeed
    answer: ResponseFactory | None = None
    connect_afterwards: ConnectStep | None = None
    """How connecting goes after the first replaced response."""
    recovery_seconds: float = 0.0
    """Seconds after the fault ends before the next call can succeed."""
    clock_jump: float = 0.0
    """Seconds by which the clock jumps."""
    state: str = "unreachable"
    """The state that `connection_status` reports."""
    affects_front_page: bool = True
    """Whether it affects the gateway's own page too, and not only responses from IBKR."""
    differs_when_connected: bool = False
    """Whether its effect differs for a client with a prepared session and open connections."""

    def __str__(self) -> str:
        return self.name

    def inject(self, network: VirtualNetwork, *, only_request: str | None = None) -> None:
        """Inject it for every request, or for this one."""
        if only_request is None:
            network.connect, network.encrypt = self.connect, self.encrypt
            if self.answer is None:
                network.close_idle_connections()
        if self.answer is not None:
            faulty, healthy = self.answer, network.answer

            def answer(request: ReceivedRequest) -> ResponseStream:
                if only_request not in (None, str(request)) or (
                    request.target == "/" and not self.affects_front_page
                ):
                    return healthy(request)
                if self.connect_afterwards is not None:
                    network.connect = self.connect_afterwards
                    network.close_idle_connections()
                return faulty(request)

            network.answer = answer


def fail_with(error: Exception, cause: Exception | None = None) -> ConnectStep:
    async def fail() -> None:
        if cause is None:
            raise type(error)(*error.args)
        try:
            raise cause
        except type(cause) as why:  # also as the context, because httpcore removes the cause
            raise type(error)(*error.args) from why

    return fail


async def time_out_connecting() -> None:
    await asyncio.sleep(5)
    raise httpcore.ConnectTimeout


async def reset_connection(_: ReceivedRequest) -> ResponseStream:
    raise httpcore.ReadError(errno.ECONNRESET, "Connection reset by peer")
    yield b""


async def close_connection(_: ReceivedRequest) -> ResponseStream:
    yield b""


async def hang(_: ReceivedRequest) -> ResponseStream:
    await wait_forever()
    yield b""


async def drip(_: ReceivedRequest) -> ResponseStream:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n["
    while True:
        await asyncio.sleep(0.5)
        yield b" "


async def send_ssh_banner(_: ReceivedRequest) -> ResponseStream:
    yield f"SSH-2.0 {ACCOUNT} {SECRET}\r\n\r\n".encode()
    yield b""


async def send_100_continue(_: ReceivedRequest) -> ResponseStream:
    yield b"HTTP/1.1 100 Continue\r\n\r\n"
    await wait_forever()


async def send_101_upgrade(_: ReceivedRequest) -> ResponseStream:
    yield b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    await wait_forever()


async def send_50_mb(_: ReceivedRequest) -> ResponseStream:
    piece = b"x" * 65_536
    yield b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n"\r\n'
    for _piece in range(50_000_000 // len(piece)):
        yield b"10000\r\n" + piece + b"\r\n"
    yield b'1\r\n"\r\n0\r\n\r\n'


async def truncate_body(_: ReceivedRequest) -> ResponseStream:
    yield b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"session": "' + SECRET.encode()
    yield b""


async def jump_clock(_: ReceivedRequest) -> ResponseStream:
    """The machine sleeps for an hour, or its clock is set, before a response arrives."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.advance(3600)
    await asyncio.sleep(1)
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


def respond_with(status: int, body: str = "", *headers: str) -> ResponseFactory:
    return lambda _: respond(status, body.encode(), f"Set-Cookie: XYZAB={SECRET}", *headers)


def respond_without_body(status: int) -> ResponseFactory:
    async def answer(_: ReceivedRequest) -> ResponseStream:
        yield f"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()

    return answer


REFUSED_CONNECTION = httpcore.ConnectError(errno.ECONNREFUSED, "Connection refused")
UNKNOWN_NAME = httpcore.ConnectError(-2, "Name or service not known")
BAD_CERTIFICATE = ssl.SSLCertVerificationError("certificate verify failed: certificate has expired")
NOT_TLS_ERROR = ssl.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
LOGIN = says(Cause.NOT_LOGGED_IN) + r".*https://login\.example:5055"
ACCOUNT_NOT_VISIBLE = says(Cause.ACCOUNT_NOT_SHOWN)  # what a 401 means while logged in

FAULTS: tuple[Fault, ...] = (
    Fault(
        "refused connection",
        r"\(.*Connection refused",
        WriteOutcome.NEVER_SENT,
        connect=fail_with(REFUSED_CONNECTION),
        differs_when_connected=True,
    ),
    Fault(
        "DNS failure",
        r"\(.*Name or service not known",
        WriteOutcome.NEVER_SENT,
        connect=fail_with(UNKNOWN_NAME),
        differs_when_connected=True,
    ),
    Fault(
        "black hole",
        says(Cause.CONNECT_FAILED),
        WriteOutcome.NEVER_SENT,
        connect=time_out_connecting,
        differs_when_connected=True,
    ),
    Fault(
        "TLS failure",
        says(Cause.TLS_REJECTED),
        WriteOutcome.NEVER_SENT,
        encrypt=fail_with(httpcore.ConnectError("odd"), BAD_CERTIFICATE),
        differs_when_connected=True,
    ),
    Fault(
        "no TLS",
        says(Cause.NOT_TLS),
        WriteOutcome.NEVER_SENT,
        encrypt=fail_with(httpcore.ConnectError("odd"), NOT_TLS_ERROR),
        differs_when_connected=True,
    ),
    Fault(
        "half-open",
        says(Cause.CONNECT_FAILED),
        WriteOutcome.NEVER_SENT,
        encrypt=time_out_connecting,
        differs_when_connected=True,
    ),
    Fault(
        "reset",
        says(Cause.CONNECTION_BROKE),
        WriteOutcome.UNKNOWN,
        answer=reset_connection,
        differs_when_connected=True,
    ),
    Fault("connection closed", says(Cause.CONNECTION_BROKE), WriteOutcome.UNKNOWN, answer=close_connection),
    Fault(
        "gateway restart",
        f"{says(Cause.CONNECTION_BROKE)}|{says(Cause.CONNECT_FAILED)}",
        WriteOutcome.UNKNOWN,
        answer=reset_connection,
        connect_afterwards=fail_with(REFUSED_CONNECTION),
        differs_when_connected=True,
    ),
    Fault("hang", says(Cause.NO_RESPONSE_IN_TIME), WriteOutcome.UNKNOWN, answer=hang),
    Fault(
        "no response from IBKR",
        says(Cause.NO_RESPONSE_IN_TIME),
        WriteOutcome.UNKNOWN,
        answer=hang,
        affects_front_page=False,
        state="upstream_silent",
        differs_when_connected=True,
    ),
    Fault(
        "clock jump",
        says(Cause.NO_RESPONSE_IN_TIME),
        WriteOutcome.UNKNOWN,
        answer=jump_clock,
        clock_jump=3600,
        differs_when_connected=True,
    ),
    Fault(
        "drip-fed body",
        says(Cause.NO_RESPONSE_IN_TIME),
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="upstream_silent",
        answer=drip,
    ),
    Fault(
        "truncated body",
        says(Cause.CONNECTION_BROKE),
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=truncate_body,
    ),
    Fault(
        "no HTTP",
        says(Cause.NOT_HTTP),
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=send_ssh_banner,
    ),
    Fault(
        "100 only",
        says(Cause.NO_RESPONSE_IN_TIME),
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="upstream_silent",
        answer=send_100_continue,
    ),
    Fault(
        "101",
        says(Cause.NOT_HTTP),
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=send_101_upgrade,
    ),
    Fault(
        "50 MB",
        says(Cause.RESPONSE_TOO_LONG),
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=send_50_mb,
    ),
    Fault(
        "401",
        f"{LOGIN}|{ACCOUNT_NOT_VISIBLE}",
        WriteOutcome.REFUSED,
        affects_front_page=False,
        state="not_logged_in",
        answer=respond_with(401),
    ),
    Fault(
        "302 to the login",
        LOGIN,
        WriteOutcome.REFUSED,
        affects_front_page=False,
        state="not_logged_in",
        answer=respond_with(302, "", f"Location: /sso/Login?token={SECRET}"),
    ),
    Fault(
        "302 elsewhere",
        says(Cause.REDIRECTED, status="302", target="https://other.example/"),
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=respond_with(302, "", f"Location: https://other.example/?token={SECRET}"),
    ),
    Fault(
        "a redirect to no address",
        says(Cause.REDIRECTED),
        WriteOutcome.UNKNOWN,
        state="failing",
        answer=respond_with(302, "", "Location: javascript:alert(1)"),
    ),
    Fault(
        "another program",
        "a web page",
        WriteOutcome.UNKNOWN,
        state="failing",
        answer=respond_with(200, "<html><body>It works!</body></html>"),
    ),
    Fault(
        "408",
        "408",
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=respond_with(408, ""),
    ),
    Fault(
        "425",
        "425",
        WriteOutcome.REFUSED,
        affects_front_page=False,
        state="failing",
        answer=respond_with(425, ""),
    ),
    Fault(
        "403",
        says(Cause.ACCESS_DENIED),
        WriteOutcome.REFUSED,
        affects_front_page=False,
        state="address_refused",
        answer=respond_with(403, f"Error 403 - Access Denied for {ACCOUNT} {SECRET}"),
    ),
    Fault(
        "404 Access Denied",
        says(Cause.ADDRESS_REFUSED),
        WriteOutcome.REFUSED,
        state="address_refused",
        answer=respond_with(404, "Access Denied"),
    ),
    Fault(
        "423",
        "423",
        WriteOutcome.REFUSED,
        affects_front_page=False,
        state="failing",
        answer=respond_with(423, f"Locked {ACCOUNT}"),
    ),
    Fault(
        "429",
        "429",
        WriteOutcome.REFUSED,
        affects_front_page=False,
        state="penalty_box",
        answer=respond_with(429, "Too many requests"),
        recovery_seconds=601,
    ),
    Fault(
        "500 with text",
        "500",
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=respond_with(
            500, f"NullPointerException at com.ib.Order.get(Order.java:1) {ACCOUNT} {SECRET}"
        ),
    ),
    Fault(
        "503",
        "503",
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=respond_with(503, f"Service Unavailable {ACCOUNT}"),
    ),
    Fault(
        "HTML",
        "a web page",
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=respond_with(200, f"<html><body>Welcome {ACCOUNT}, {SECRET}</body></html>"),
    ),
    Fault(
        "truncated JSON",
        says(Cause.UNUSABLE_RESPONSE),
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=respond_with(200, f'{{"account": "{ACCOUNT}", "session": "{SECRET}'),
    ),
    Fault(
        "number",
        "a bare number",
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=respond_with(200, "42"),
    ),
    Fault(
        "true",
        "a bare true",
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=respond_with(200, "true"),
    ),
    Fault(
        "204",
        "empty",
        WriteOutcome.DONE,
        affects_front_page=False,
        state="failing",
        answer=respond_without_body(204),
    ),
    Fault(
        "304",
        "empty",
        WriteOutcome.UNKNOWN,
        affects_front_page=False,
        state="failing",
        answer=respond_without_body(304),
    ),
)
