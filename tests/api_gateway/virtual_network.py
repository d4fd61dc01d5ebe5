"""A virtual network below the whole HTTP stack, with scripted connections and responses."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx
import pytest

from api_gateway.client import transport

ResponseStream = AsyncIterator[bytes]
"""Pieces of an answer as they come. An empty one closes the connection, a `httpcore.ReadError` resets it;
after the last one the connection stays open."""


@dataclass(frozen=True)
class ReceivedRequest:
    """A complete request that the server has read; `target` is below `/v1/api`."""

    method: str
    target: str
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


class VirtualNetwork(httpcore.AsyncNetworkBackend):
    """Simulates connections; `connect`, `encrypt` and `answer` script each step, and can be replaced."""

    def __init__(self, answer: Callable[[ReceivedRequest], ResponseStream]) -> None:
        self.received: list[ReceivedRequest] = []
        self.open_connections = 0
        self.generation = 0
        self._answer = answer
        self.restore()

    def restore(self) -> None:
        """Make everything work again."""
        self.connect: Callable[[], Any] = succeed
        self.encrypt: Callable[[], Any] = succeed
        self.answer = self._answer

    def close_idle_connections(self) -> None:
        """Close every idle connection, as a process does that exits."""
        self.generation += 1

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make every new `GatewayClient` use this network only."""
        real = transport._httpx_transport

        def virtual_transport(context: ssl.SSLContext, *, max_keepalive: int) -> httpx.AsyncHTTPTransport:
            made = real(context, max_keepalive=max_keepalive)
            made._pool._network_backend = self  # httpx has no public access to it
            return made

        monkeypatch.setattr(transport, "_httpx_transport", virtual_transport)

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002 - httpcore's signature
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> VirtualConnection:
        await self.connect()
        self.open_connections += 1
        return VirtualConnection(self)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class VirtualConnection(httpcore.AsyncNetworkStream):
    """One connection, which serves one request after another."""

    def __init__(self, network: VirtualNetwork) -> None:
        self._network = network
        self._generation = network.generation
        self._unread = b""
        self._pending = b""
        self._answer: ResponseStream | None = None
        self._closed = False

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # noqa: ARG002
        server_hostname: str | None = None,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
    ) -> VirtualConnection:
        try:
            await self._network.encrypt()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._unread += buffer
        head, end, rest = self._unread.partition(b"\r\n\r\n")
        if not end:
            return
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if len(rest) < length:
            return
        self._unread = b""
        method, path, _ = head.decode().split(" ", 2)
        request = ReceivedRequest(method, path.removeprefix("/v1/api"), rest)
        self._network.received.append(request)
        self._answer = self._network.answer(request)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        while not self._pending:
            if self._answer is None:
                await wait_forever()
            else:
                piece = await anext(self._answer, None)
                if piece is None:
                    self._answer = None
                elif not piece:
                    return b""
                else:
                    self._pending = piece
        chunk, self._pending = self._pending[:max_bytes], self._pending[max_bytes:]
        return chunk

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._network.open_connections -= 1

    def get_extra_info(self, info: str) -> Any:
        return self._generation != self._network.generation if info == "is_readable" else None


async def succeed() -> None:
    """Succeed."""


async def wait_forever() -> None:
    """Wait forever."""
    await asyncio.Event().wait()


async def respond(status: int, body: bytes = b"", *headers: str) -> ResponseStream:
    """A response in one piece."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    yield "\r\n".join(lines).encode() + body
