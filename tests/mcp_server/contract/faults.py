"""Everything that can go wrong between the server and IBKR, as a table."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

import httpcore

from tests.api_gateway.virtual_network import Arrived, Network, Served, for_ever, well, whole
from tests.virtual_loop import VirtualLoop

SECRET = "c9f0f895fb98ab9159f51fd0297e236d"
ACCOUNT = "DU1234567"
"""What no failure may repeat, though the faults below say both."""

Step: TypeAlias = Callable[[], Any]
Answer: TypeAlias = Callable[[Arrived], Served]


class Fate(Enum):
    """What a fault leaves of a request that changes something; of an order, `DONE` leaves it unknown."""

    NEVER_SENT = auto()
    REFUSED = auto()
    UNKNOWN = auto()
    DONE = auto()


@dataclass(frozen=True)
class Fault:
    """One fault: how it is made, what a question's failure says of it, and what became of a write.

    `answer` is what comes instead of each answer; a fault without it strikes before anything is sent.
    """

    name: str
    told: str
    fate: Fate
    connect: Step = well
    encrypt: Step = well
    answer: Answer | None = None
    then: Step | None = None
    """How connecting goes once the first answer has been struck."""
    lasts: float = 0.0
    """Seconds for which it must have been gone until the next call may work."""
    leaps: float = 0.0
    """Seconds that pass at once."""
    state: str = "unreachable"
    """What `connection_status` calls it."""
    page: bool = True
    """Whether the gateway's own page is struck, too, and not only what comes from IBKR."""
    late: bool = False
    """Whether it differs for a client whose session is prepared and whose connections are kept."""

    def __str__(self) -> str:
        return self.name

    def strike(self, network: Network, *, only: str | None = None) -> None:
        """Put it in force: for everything, or for this one request."""
        if only is None:
            network.connect, network.encrypt = self.connect, self.encrypt
            if self.answer is None:
                network.hang_up()
        if self.answer is not None:
            ill, healthy = self.answer, network.answer

            def answer(request: Arrived) -> Served:
                if only not in (None, str(request)) or (request.target == "/" and not self.page):
                    return healthy(request)
                if self.then is not None:
                    network.connect = self.then
                    network.hang_up()
                return ill(request)

            network.answer = answer


def failing(error: Exception, cause: Exception | None = None) -> Step:
    async def fail() -> None:
        if cause is None:
            raise type(error)(*error.args)
        try:
            raise cause
        except type(cause) as why:  # so that it is the context, too: httpcore takes the cause away
            raise type(error)(*error.args) from why

    return fail


async def never_connected() -> None:
    await asyncio.sleep(5)
    raise httpcore.ConnectTimeout


async def reset(_: Arrived) -> Served:
    raise httpcore.ReadError(errno.ECONNRESET, "Connection reset by peer")
    yield b""


async def closed(_: Arrived) -> Served:
    yield b""


async def hang(_: Arrived) -> Served:
    await for_ever()
    yield b""


async def drip(_: Arrived) -> Served:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n["
    while True:
        await asyncio.sleep(0.5)
        yield b" "


async def no_http(_: Arrived) -> Served:
    yield f"SSH-2.0 {ACCOUNT} {SECRET}\r\n\r\n".encode()
    yield b""


async def continued(_: Arrived) -> Served:
    yield b"HTTP/1.1 100 Continue\r\n\r\n"
    await for_ever()


async def upgraded(_: Arrived) -> Served:
    yield b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    await for_ever()


async def huge(_: Arrived) -> Served:
    piece = b"x" * 65_536
    yield b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n"\r\n'
    for _piece in range(50_000_000 // len(piece)):
        yield b"10000\r\n" + piece + b"\r\n"
    yield b'1\r\n"\r\n0\r\n\r\n'


async def cut_in_the_middle(_: Arrived) -> Served:
    yield b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"session": "' + SECRET.encode()
    yield b""


async def jump(_: Arrived) -> Served:
    """The machine sleeps for an hour, or its clock is set, while an answer is on its way."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.leap(3600)
    await asyncio.sleep(1)
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


def says(status: int, body: str = "", *headers: str) -> Answer:
    return lambda _: whole(status, body.encode(), f"Set-Cookie: XYZAB={SECRET}", *headers)


def without_body(status: int) -> Answer:
    async def answer(_: Arrived) -> Served:
        yield f"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()

    return answer


REFUSED_CONNECTION = httpcore.ConnectError(errno.ECONNREFUSED, "Connection refused")
NO_NAME = httpcore.ConnectError(-2, "Name or service not known")
BAD_CERTIFICATE = ssl.SSLCertVerificationError("certificate verify failed: certificate has expired")
NO_TLS = ssl.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
LOGIN = r"Open https://login\.example:5055"
NOT_SHOWN = "does not show this account"  # what a 401 means while the login holds

FAULTS: tuple[Fault, ...] = (
    Fault(
        "refused connection",
        r"cannot be reached \(.*Connection refused",
        Fate.NEVER_SENT,
        connect=failing(REFUSED_CONNECTION),
        late=True,
    ),
    Fault(
        "DNS gone",
        r"cannot be reached \(.*Name or service not known",
        Fate.NEVER_SENT,
        connect=failing(NO_NAME),
        late=True,
    ),
    Fault("black hole", "nothing answers there in time", Fate.NEVER_SENT, connect=never_connected, late=True),
    Fault(
        "TLS failure",
        "certificate or TLS was not accepted",
        Fate.NEVER_SENT,
        encrypt=failing(httpcore.ConnectError("odd"), BAD_CERTIFICATE),
        late=True,
    ),
    Fault(
        "no TLS",
        "does not speak TLS.*GATEWAY_URL",
        Fate.NEVER_SENT,
        encrypt=failing(httpcore.ConnectError("odd"), NO_TLS),
        late=True,
    ),
    Fault("half-open", "nothing answers there in time", Fate.NEVER_SENT, encrypt=never_connected, late=True),
    Fault("reset", "the connection broke", Fate.UNKNOWN, answer=reset, late=True),
    Fault("hung up on", "the connection broke", Fate.UNKNOWN, answer=closed),
    Fault(
        "gateway restart",
        "the connection broke|cannot be reached",
        Fate.UNKNOWN,
        answer=reset,
        then=failing(REFUSED_CONNECTION),
        late=True,
    ),
    Fault("hang", r"no complete answer within \d", Fate.UNKNOWN, answer=hang),
    Fault(
        "upstream silent",
        r"no complete answer within \d",
        Fate.UNKNOWN,
        answer=hang,
        page=False,
        state="upstream_silent",
        late=True,
    ),
    Fault("clock jump", r"no complete answer within \d", Fate.UNKNOWN, answer=jump, leaps=3600, late=True),
    Fault(
        "drip-fed body",
        r"no complete answer within \d",
        Fate.UNKNOWN,
        page=False,
        state="upstream_silent",
        answer=drip,
    ),
    Fault(
        "cut in the middle",
        "the connection broke",
        Fate.UNKNOWN,
        page=False,
        state="failing",
        answer=cut_in_the_middle,
    ),
    Fault("no HTTP", "not HTTP", Fate.UNKNOWN, page=False, state="failing", answer=no_http),
    Fault(
        "100 and nothing more",
        r"no complete answer within \d",
        Fate.UNKNOWN,
        page=False,
        state="upstream_silent",
        answer=continued,
    ),
    Fault("101", "not HTTP", Fate.UNKNOWN, page=False, state="failing", answer=upgraded),
    Fault("50 MB", "longer than the limit", Fate.UNKNOWN, page=False, state="failing", answer=huge),
    Fault("401", f"{LOGIN}|{NOT_SHOWN}", Fate.REFUSED, page=False, state="not_logged_in", answer=says(401)),
    Fault(
        "302 to the login",
        LOGIN,
        Fate.REFUSED,
        page=False,
        state="not_logged_in",
        answer=says(302, "", f"Location: /sso/Login?token={SECRET}"),
    ),
    Fault(
        "302 elsewhere",
        r"points elsewhere \(302 to https://other\.example/\).*(GATEWAY_URL|may have happened)",
        Fate.UNKNOWN,
        page=False,
        state="failing",
        answer=says(302, "", f"Location: https://other.example/?token={SECRET}"),
    ),
    Fault(
        "a redirect to no address",
        "points elsewhere",
        Fate.UNKNOWN,
        state="failing",
        answer=says(302, "", "Location: javascript:alert(1)"),
    ),
    Fault(
        "another program",
        "a web page",
        Fate.UNKNOWN,
        state="failing",
        answer=says(200, "<html><body>It works!</body></html>"),
    ),
    Fault("408", "408", Fate.UNKNOWN, page=False, state="failing", answer=says(408, "")),
    Fault("425", "425", Fate.REFUSED, page=False, state="failing", answer=says(425, "")),
    Fault(
        "403",
        r"refused: .*\(403\)",
        Fate.REFUSED,
        page=False,
        state="address_refused",
        answer=says(403, f"Error 403 - Access Denied for {ACCOUNT} {SECRET}"),
    ),
    Fault(
        "404 Access Denied",
        r"ips\.allow",
        Fate.REFUSED,
        state="address_refused",
        answer=says(404, "Access Denied"),
    ),
    Fault(
        "423",
        "not ready|423",
        Fate.REFUSED,
        page=False,
        state="failing",
        answer=says(423, f"Locked {ACCOUNT}"),
    ),
    Fault(
        "429",
        "429",
        Fate.REFUSED,
        page=False,
        state="penalty_box",
        answer=says(429, "Too many requests"),
        lasts=601,
    ),
    Fault(
        "500 with text",
        "500",
        Fate.UNKNOWN,
        page=False,
        state="failing",
        answer=says(500, f"NullPointerException at com.ib.Order.get(Order.java:1) {ACCOUNT} {SECRET}"),
    ),
    Fault(
        "503",
        "503",
        Fate.UNKNOWN,
        page=False,
        state="failing",
        answer=says(503, f"Service Unavailable {ACCOUNT}"),
    ),
    Fault(
        "HTML",
        "a web page",
        Fate.UNKNOWN,
        page=False,
        state="failing",
        answer=says(200, f"<html><body>Welcome {ACCOUNT}, {SECRET}</body></html>"),
    ),
    Fault(
        "truncated JSON",
        "half an answer",
        Fate.UNKNOWN,
        page=False,
        state="failing",
        answer=says(200, f'{{"account": "{ACCOUNT}", "session": "{SECRET}'),
    ),
    Fault("number", "a bare number", Fate.UNKNOWN, page=False, state="failing", answer=says(200, "42")),
    Fault("true", "a bare true", Fate.UNKNOWN, page=False, state="failing", answer=says(200, "true")),
    Fault("204", "nothing", Fate.DONE, page=False, state="failing", answer=without_body(204)),
    Fault("304", "nothing", Fate.UNKNOWN, page=False, state="failing", answer=without_body(304)),
)
