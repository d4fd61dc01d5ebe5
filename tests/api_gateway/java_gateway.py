"""A stand-in for IBKR's Java gateway: a reverse proxy with its measured behavior.

It has five connections to its upstream, with an unbounded queue. It forwards requests whose clients have
disconnected, never responds if the upstream fails, drops chunked request bodies, sends every response in
chunks, even one without a body, does not forward the session's cookies to clients, and has its own login
sequence.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

from tests.api_gateway.fakes import RawServer
from tests.api_gateway.java_websocket import WebSocketRelay

UPSTREAM_CONNECTIONS = 5
AUTH_DELAY = 3.0
OWN_USER_AGENT = "ClientPortalGW/1"
REMOTE_HOST = "api.ibkr.com"
LOGIN_PAGE = "/sso/Login?forwardTo=22&RL=1&ip2loc=US"
SUCCESS = b"Client login succeeds"
STORED_COOKIES = {"XYZAB_AM.LOGIN", "XYZAB", "USERID", "JSESSIONID", "REGION", "cp", "api", "portal", "RL"}
DROPPED_REQUEST_HEADERS = {"host", "cookie", "accept-encoding", "transfer-encoding"}
DROPPED_RESPONSE_HEADERS = {"content-length", "transfer-encoding", "content-security-policy", "connection"}
ABSOLUTE_URL = re.compile(rb"http.*?/(images|scripts|fonts|stylesheet)")
REAUTHENTICATE = re.compile(r"/v1/(api|portal)/iserver/reauthenticate")

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """A request from a client or from the gateway itself."""

    method: str
    target: str
    headers: Headers
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def head(self) -> bytes:
        lines = [
            f"{self.method} {self.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def first_header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class Response:
    """A response; `whole` is False if the connection was lost in the body."""

    status: int
    headers: Headers
    body: bytes = b""
    whole: bool = True

    def first_header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


class OwnRequestError(Exception):
    """One of the gateway's own requests failed."""


class JavaGateway:
    """Listens on `port`. `own` are its own requests; `tickling` is true while it sends tickles."""

    def __init__(
        self,
        upstream_port: int,
        *,
        upstream_tls: ssl.SSLContext | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        refuses: bool = False,
    ) -> None:
        self.upstream_port = upstream_port
        self.own_requests: list[str] = []
        self.tickling = False
        self.port = 0
        self._upstream_tls = upstream_tls
        self._sleep = sleep
        self._refuses = refuses
        self._cookies: dict[str, str] = {}
        self._key = ""
        self._username = ""
        self._slots = asyncio.Semaphore(UPSTREAM_CONNECTIONS)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._chains: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def running(self, context: ssl.SSLContext | None = None) -> AsyncIterator[JavaGateway]:
        """Listen on a free port, with TLS if a context is given, until the block ends."""
        async with RawServer(self._serve).running(context) as server:
            self.port = server.port
            try:
                yield self
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                for _, writer in self._idle:
                    writer.close()
                    await writer.wait_closed()

    async def wait_for_login_chain(self) -> None:
        """Return once the login sequence is complete; raises its error."""
        async with asyncio.timeout(10):
            await asyncio.gather(*self._chains)

    def restart(self) -> None:
        """Discard what is only in memory, like a new process."""
        self._cookies.clear()
        self._key = self._username = ""
        self.tickling = False

    async def tickle(self) -> None:
        """Tickle every 30 seconds once a brokerage session was confirmed."""
        if not self.tickling:
            return
        try:
            status = (await self._send_own_request("GET", "/tickle"))["iserver"]["authStatus"]
        except (OwnRequestError, KeyError):
            self.tickling = False  # permanently
            return
        if status["connected"] and not status["authenticated"]:
            await self._send_own_request("GET", "/logout")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await _read_request(reader)) is not None:
            if self._refuses:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 13\r\n\r\nAccess Denied")
                continue
            if request.first_header("upgrade").lower() == "websocket":
                await WebSocketRelay(request.head, reader, writer).run(lambda: self._connect_socket(request))
                return
            # A request is forwarded even if its client has disconnected.
            response = await asyncio.shield(self._task(self._respond(request)))
            if response is not None:
                writer.write(_encode_chunked(response))
            if response is None or not response.whole:
                await asyncio.Event().wait()

    def _task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _respond(self, request: Request) -> Response | None:
        path = request.path
        if path == "/":
            return Response(302, [("Location", LOGIN_PAGE)])
        if path == "/status":
            return None
        if path == "/clear":
            self._cookies.clear()
            return Response(200, [], b"cleared")
        if REAUTHENTICATE.fullmatch(path):
            if not self._cookies:
                return Response(200, [("Content-Type", "application/json")], b'{"error":"not logged in"}')
            self._chains.add(self._task(self._reopen()))
            return Response(200, [("Content-Type", "application/json")], b'{"message":"triggered"}')
        if not path.startswith(("/v1/api/", "/v1/portal/", "/sso/")):
            return Response(302, [("Location", f"https://{REMOTE_HOST}{path}")])
        response = await self._forward(request)
        if response is not None and path == "/sso/Dispatcher" and response.status == 302:
            self._chains.add(self._task(self._log_in()))
            if response.body:
                return Response(302, response.headers, response.body + SUCCESS)
            return Response(200, response.headers, SUCCESS)
        return response

    async def _forward(self, request: Request) -> Response | None:
        """The upstream's response, rewritten, or None if there is none."""
        sso = request.path.startswith("/sso")
        headers = [
            (name, value) for name, value in request.headers if name.lower() not in DROPPED_REQUEST_HEADERS
        ]
        target = request.target.replace("/v1/portal/", "/v1/api/")
        response = await self._exchange(Request(request.method, target, headers, request.body))
        if response is None:
            return None
        if sso:
            self._store_cookies(response)
        body = response.body
        if sso and response.first_header("content-type").startswith("text/"):
            body = ABSOLUTE_URL.sub(rb"/\1", body)
        return Response(response.status, response.headers, body, response.whole)

    async def _exchange(self, request: Request) -> Response | None:
        async with self._slots:
            try:
                reader, writer = await self._connection()
            except OSError:
                return None
            reusable = False
            try:
                writer.write(self._encode_request(request))
                response = await _read_response(reader)
                reusable = response.whole
            except (OSError, asyncio.IncompleteReadError):
                return None
            finally:
                if reusable:
                    self._idle.append((reader, writer))
                else:
                    writer.close()
            return response

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(
            "127.0.0.1",
            self.upstream_port,
            ssl=self._upstream_tls,
            server_hostname="localhost" if self._upstream_tls else None,
        )

    async def _connect_socket(self, request: Request) -> ClientConnection:
        """A WebSocket to the upstream, with the stored cookies and none of the client's headers."""
        scheme, name = ("wss", "localhost") if self._upstream_tls else ("ws", None)
        return await connect(
            f"{scheme}://127.0.0.1:{self.upstream_port}{request.target}",
            ssl=self._upstream_tls,
            server_hostname=name,
            additional_headers={"Cookie": self._cookie_header()},
            user_agent_header=OWN_USER_AGENT,
            compression=None,
            proxy=None,
        )

    def _cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _encode_request(self, request: Request) -> bytes:
        cookies = self._cookie_header()
        headers = [("Host", REMOTE_HOST), *request.headers, *([("Cookie", cookies)] if cookies else [])]
        lines = [
            f"{request.method} {request.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + request.body

    def _store_cookies(self, response: Response) -> None:
        for header, value in response.headers:
            name, _, rest = value.partition("=")
            if header.lower() == "set-cookie" and name in STORED_COOKIES:
                self._cookies[name] = rest.partition(";")[0]

    async def _log_in(self) -> None:
        await self._send_own_request("GET", "/sso/validate?gw=1")
        self._username = (await self._send_own_request("GET", "/one/user"))["username"]
        if "success" not in await self._send_own_request("GET", "/ssodh/init"):
            raise OwnRequestError("no key exchange")
        self._key = (await self._send_own_request("GET", "/ssodh/st"))["st"]
        await self._send_own_request(
            "GET", "/sso/Authenticator?ACTION=PUBLISH_TST&RESP_TYPE=JSON&DEVICE_ID=1", prefix=""
        )
        await self._sleep(AUTH_DELAY)
        await self._open()

    async def _reopen(self) -> None:
        await self._send_own_request("GET", "/sso/validate?gw=1")
        await self._open()

    async def _open(self) -> None:
        status = await self._send_own_request("GET", "/iserver/auth/status")
        if status["competing"] or not status["authenticated"]:
            machine = {"username": self._username, "machineId": "257652e1", "compete": True}
            challenge = (await self._send_own_request("POST", "/iserver/auth/ssodh/init", machine))[
                "challenge"
            ]
            digits = f"{int(challenge, 16):x}{int(self._key, 16):x}"
            response = sha1(digits.encode(), usedforsecurity=False).hexdigest()
            await self._send_own_request("POST", "/iserver/auth/ssodh/response", {"response": response})
        if not (await self._send_own_request("GET", "/iserver/accounts"))["accounts"]:
            raise OwnRequestError("no accounts")
        self.tickling = True

    async def _send_own_request(
        self, method: str, target: str, body: dict[str, Any] | None = None, *, prefix: str = "/v1/portal"
    ) -> Any:
        """Send one of its own requests, with its own User-Agent."""
        content = orjson.dumps(body) if body else b""
        headers = [("User-Agent", OWN_USER_AGENT), ("Content-Length", str(len(content)))]
        response = await self._exchange(Request(method, prefix + target, headers, content))
        self.own_requests.append(f"{method} {target.partition('?')[0]}")
        if response is None or response.status != 200:
            raise OwnRequestError(f"{method} {target}: {response.status if response else None}")
        return orjson.loads(response.body)


def _encode_chunked(response: Response) -> bytes:
    headers = [
        (name, value) for name, value in response.headers if name.lower() not in DROPPED_RESPONSE_HEADERS
    ]
    lines = [f"HTTP/1.1 {response.status} Status", *(f"{name}: {value}" for name, value in headers)]
    head = "\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode()
    chunk = b"%x\r\n%b\r\n" % (len(response.body), response.body) if response.body else b""
    return head + chunk + (b"0\r\n\r\n" if response.whole else b"")


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        start, headers = await _read_head(reader)
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = start.split(" ", 2)
    names = {name.lower(): value for name, value in headers}
    if "transfer-encoding" in names:
        await _read_chunks(reader)  # none of it is forwarded
        return Request(method, target, [*headers, ("Content-Length", "0")])
    return Request(method, target, headers, await reader.readexactly(int(names.get("content-length", "0"))))


async def _read_response(reader: asyncio.StreamReader) -> Response:
    start, headers = await _read_head(reader)
    while not start.startswith("HTTP/"):
        # Like Netty, which skips the stray end-of-chunks after a 204.
        start, headers = await _read_head(reader)
    status = int(start.split(" ")[1])
    if status in (204, 304):
        return Response(status, headers)
    names = {name.lower(): value for name, value in headers}
    try:
        if "transfer-encoding" in names:
            body = await _read_chunks(reader)
        else:
            body = await reader.readexactly(int(names["content-length"]))
    except (asyncio.IncompleteReadError, ConnectionError):
        return Response(status, headers, whole=False)
    return Response(status, headers, body)


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, Headers]:
    start, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    pairs = [line.partition(":") for line in lines]
    return start, [(name, value.strip()) for name, _, value in pairs]


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body
