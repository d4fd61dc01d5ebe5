"""HTTP transport: one request and its complete response in time, or an error that says if it was sent."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx

from api_gateway.causes import Cause, Explanation, explain
from api_gateway.client.tls import CertificateError, TlsTrust
from api_gateway.redaction import sanitize
from api_gateway.settings import GatewaySettings

CONNECTIONS = 8  # four requests, the tickle, and room for connections that are being closed
IDLE_SECONDS = 90  # the gateway never closes idle connections; ours should outlive the minute between tickles
CONNECT_SECONDS = 5  # the other phases are bounded by the request's timeout alone
BODYLESS = (204, 304)

_OPENSSL_MARKS = re.compile(r"^\[[^\]]*\] ?| ?\(_ssl\.c:\d+\)$")
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST")


class NotSentError(Exception):
    """No byte of the request was sent; `explanation` says why and what to do about it."""

    def __init__(self, explanation: Explanation) -> None:
        super().__init__(explanation.sentence)
        self.explanation = explanation


class NoResponseError(Exception):
    """The request was sent, or may have been, without a complete response; `late` if it timed out.

    The next step depends on the request, so the error carries only the cause and its facts.
    """

    def __init__(self, cause: Cause, *, timed_out: bool = False, **facts: object) -> None:
        super().__init__(explain(cause, **facts).sentence)
        self.cause = cause
        self.facts = facts
        self.late = timed_out


@dataclass(frozen=True)
class RawResponse:
    """A complete response."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass
class _Progress:
    """How far a request has got on its connection; filled in by httpcore's trace events."""

    on_written: Callable[[], None] | None
    connecting: bool = False
    sending: bool = False
    responded: bool = False
    handshaking: Any = None  # httpcore's stream, from when it is connected until TLS is agreed

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "http11.send_request_headers.started":
            self.sending = True
        elif event == "connection.connect_tcp.started":
            self.connecting = True
        elif event == "connection.connect_tcp.complete":
            self.handshaking = info["return_value"]
        elif event == "connection.start_tls.complete":
            self.handshaking = None
        elif event == "http11.send_request_body.complete" and self.on_written is not None:
            self.on_written()

    async def abandon(self) -> None:
        """Close a connection whose TLS handshake was cancelled, which httpcore leaves open."""
        if self.handshaking is not None and not self.sending:
            await self.handshaking.aclose()

    @property
    def never_sent(self) -> bool:
        return self.connecting and not self.sending

    @property
    def found_connection_dead(self) -> bool:
        return self.sending and not self.connecting and not self.responded


@dataclass
class _Connections:
    """Pooled connections for reads and a new connection for each write, all trusting the same certificate.

    `context` is None if a transport was given and no certificate is checked.

    These are transports, not an httpx client: a client parses redirect targets and fails on invalid URLs.
    """

    context: ssl.SSLContext | None
    pooled: httpx.AsyncBaseTransport
    fresh: httpx.AsyncBaseTransport
    users: int = 0

    async def aclose(self) -> None:
        await self.pooled.aclose()
        await self.fresh.aclose()


def _httpx_transport(context: ssl.SSLContext, *, max_keepalive: int) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(
        max_connections=CONNECTIONS, max_keepalive_connections=max_keepalive, keepalive_expiry=IDLE_SECONDS
    )
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)


class Transport:
    """Speaks HTTP/1.1 to one gateway.

    Each write uses a new connection, so it is never sent on a dead or desynchronized one. A pooled
    connection is closed after a 204 or 304, because the gateway writes a stray end-of-chunks after those.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        trust: TlsTrust,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._origin = settings.gateway_url
        self._max_body = settings.gateway_max_body
        self._trust = trust
        self._connections = _Connections(None, transport, transport) if transport is not None else None
        self._closed = False
        self._common = [
            ("Host", httpx.URL(self._origin).netloc.decode("ascii")),
            ("User-Agent", settings.gateway_user_agent),
            ("Accept", "*/*"),
        ]

    async def exchange(
        self,
        method: str,
        target: str,
        content: bytes | None,
        *,
        timeout: float,
        fresh: bool,
        on_written: Callable[[], None] | None = None,
    ) -> RawResponse:
        """Send one request and read its complete response within `timeout` seconds.

        `on_written` is called when the last byte of the request was written. Raises `NotSentError`, or
        `NoResponseError` if it may have been sent. A GET on a dead pooled connection is sent again.
        """
        progress = _Progress(on_written)
        connections = await self._current_connections()
        connections.users += 1
        try:
            async with asyncio.timeout(timeout):
                try:
                    return await self._once(connections, progress, method, target, content, fresh)
                except (httpx.NetworkError, httpx.RemoteProtocolError):
                    if method != "GET" or fresh or not progress.found_connection_dead:
                        raise
                    progress = _Progress(on_written)
                    return await self._once(connections, progress, method, target, content, True)
        except TimeoutError:
            if progress.never_sent:
                raise NotSentError(explain(Cause.CONNECT_TIMEOUT)) from None
            raise NoResponseError(
                Cause.NO_RESPONSE_IN_TIME, timed_out=True, seconds=f"{timeout:.3g}"
            ) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _not_sent_error(error) from error
        except (httpx.TransportError, OSError) as error:
            raise _no_response_error(error) from error
        finally:
            connections.users -= 1
            if connections is not self._connections and not connections.users:
                await connections.aclose()

    async def _once(
        self,
        connections: _Connections,
        progress: _Progress,
        method: str,
        target: str,
        content: bytes | None,
        fresh: bool,
    ) -> RawResponse:
        headers = self._common
        if content is not None:
            headers = [
                *headers,
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(content))),
            ]
        elif method != "GET":
            headers = [*headers, ("Content-Length", "0")]
        request = httpx.Request(
            method,
            self._origin + target,
            headers=headers,
            content=content,
            extensions={
                "trace": progress.trace,
                "timeout": {"connect": CONNECT_SECONDS, "pool": None, "read": None, "write": None},
            },
        )
        transport = connections.fresh if fresh else connections.pooled
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await progress.abandon()
            raise
        progress.responded = True
        try:
            if response.status_code in BODYLESS:
                return RawResponse(response.status_code, response.headers, b"")
            received = RawResponse(response.status_code, response.headers, await self._read(response))
            if _has_unrequested_bytes(response):
                await response.extensions["network_stream"].aclose()
            return received
        finally:
            await response.aclose()  # closes the connection, too, unless the body was read to its end

    async def _read(self, response: httpx.Response) -> bytes:
        too_long = NoResponseError(Cause.RESPONSE_TOO_LONG, limit=self._max_body)
        declared = response.headers.get("content-length", "")
        if len(declared) > 18 or (declared.isdecimal() and int(declared) > self._max_body):
            raise too_long
        chunks = []
        left = self._max_body
        async for chunk in cast(httpx.AsyncByteStream, response.stream):  # raw: nothing is compressed
            left -= len(chunk)
            if left < 0:
                raise too_long
            chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _current_connections(self) -> _Connections:
        """The connections for the current certificate; old ones close with their last request."""
        if self._closed:
            raise NotSentError(explain(Cause.CLIENT_CLOSED))
        old = self._connections
        if old is not None and old.context is None:
            return old
        try:
            context = self._trust.context()
        except CertificateError as error:
            raise NotSentError(error.explanation) from error
        if old is not None and old.context is context:
            return old
        _silence_http_loggers()
        pooled, fresh = (
            _httpx_transport(context, max_keepalive=CONNECTIONS),
            _httpx_transport(context, max_keepalive=0),
        )
        self._connections = new = _Connections(context, pooled, fresh)
        if old is not None and not old.users:
            await old.aclose()
        return new

    async def aclose(self) -> None:
        """Close every connection, including those in use."""
        self._closed = True
        connections, self._connections = self._connections, None
        if connections is not None:
            await connections.aclose()


def _has_unrequested_bytes(response: httpx.Response) -> bool:
    """Whether bytes after the end of this response were read with it."""
    place: Any = response.stream
    # Only h11 knows, and httpx has no public access to it.
    for name in ("_httpcore_stream", "_stream", "_connection", "_h11_state"):
        place = getattr(place, name, None)
    return place is not None and bool(place.trailing_data[0])


def _silence_http_loggers() -> None:
    """Keep httpx and httpcore from logging URLs with account IDs, and cookies."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _not_sent_error(error: httpx.TransportError) -> NotSentError:
    """Why nothing was sent, from httpx's error."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None and any(reason in str(cause) for reason in _NOT_TLS):
        return NotSentError(explain(Cause.NOT_TLS))
    # If the time runs out during the handshake, the inner error only says that more had to be read.
    if cause is None or isinstance(cause, ssl.SSLEOFError | ssl.SSLWantReadError):
        reason, unresolved = _system_reason(error)
        if isinstance(error, httpx.ConnectTimeout):
            reason = "no response in time"
        elif cause is not None:
            reason = "closed during the TLS handshake"
        return NotSentError(
            explain(Cause.NAME_UNKNOWN if unresolved else Cause.CONNECT_FAILED, reason=reason)
        )
    said = _OPENSSL_MARKS.sub("", str(cause))
    return NotSentError(explain(Cause.TLS_REJECTED, reason=sanitize(said)))


def _system_reason(error: Exception) -> tuple[str, bool]:
    """The system's reason for a failed connection, from the innermost error, and whether DNS failed."""
    said, unresolved = "", False
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, BaseExceptionGroup):  # one error for each address of the name
            cause = cause.exceptions[0]
        if isinstance(cause, socket.gaierror):
            said, unresolved = cause.strerror or said, True
        elif isinstance(cause, OSError) and cause.errno:
            said = os.strerror(cause.errno)
        cause = cause.__cause__ or cause.__context__
    return sanitize(said or str(error)) or "closed immediately", unresolved


def _no_response_error(error: Exception) -> NoResponseError:
    """Why there was no complete response, from httpx's error."""
    hung_up = str(error).startswith(("Server disconnected", "peer closed"))
    if isinstance(error, httpx.ProtocolError) and not hung_up:
        return NoResponseError(Cause.NOT_HTTP)
    return NoResponseError(Cause.CONNECTION_BROKE)
