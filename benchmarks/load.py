"""Load generator for MCP tool calls: HTTP/1.1 over plain sockets, one connection per caller.

A full MCP client spends more time per call than the server, which would hide the differences to be measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from math import inf

import orjson

PROTOCOL_VERSION = "2025-11-25"


@dataclass
class McpConnection:
    """One keep-alive connection to an MCP server over streamable HTTP."""

    host: str
    port: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    session: str | None = None

    async def post(self, message: dict[str, object]) -> bytes:
        """Send one JSON-RPC message and return the body of the response."""
        body = orjson.dumps(message)
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: application/json\r\n"
            f"Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: {PROTOCOL_VERSION}\r\n"
            + (f"Mcp-Session-Id: {self.session}\r\n" if self.session else "")
            + f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        return await self._read_response()

    async def delete_session(self) -> None:
        """End the session, which the server would otherwise keep until its idle timeout."""
        self.writer.write(
            f"DELETE /mcp HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"MCP-Protocol-Version: {PROTOCOL_VERSION}\r\nMcp-Session-Id: {self.session}\r\n\r\n".encode()
        )
        await self._read_response()

    async def _read_response(self) -> bytes:
        raw = await self.reader.readuntil(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        self.session = headers.get("mcp-session-id", self.session)
        if "chunked" in headers.get("transfer-encoding", ""):
            parts = []
            while size := int((await self.reader.readline()).split(b";")[0], 16):
                parts.append(await self.reader.readexactly(size))
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
            body = b"".join(parts)
        else:
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        if status not in (200, 202):
            raise RuntimeError(f"the server returned {status}: {body[:200]!r}")
        return body


@asynccontextmanager
async def mcp_connection(port: int, host: str = "127.0.0.1") -> AsyncIterator[McpConnection]:
    """An initialised MCP connection."""
    reader, writer = await asyncio.open_connection(host, port, limit=2**22)
    connection = McpConnection(host, port, reader, writer)
    try:
        await connection.post(
            {
                "jsonrpc": "2.0",
                "id": 0,
                "method": "initialize",
                "params": {
                    "protocolVersion": PROTOCOL_VERSION,
                    "capabilities": {},
                    "clientInfo": {"name": "benchmark", "version": "1"},
                },
            }
        )
        await connection.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        yield connection
        await connection.delete_session()
    finally:
        writer.close()


@dataclass
class LoadResult:
    """What one run measured; times in milliseconds."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    server_cpu_seconds: float | None = None
    """CPU time that the server used during the run; None if there is no server."""

    @property
    def cpu_per_call(self) -> float | None:
        """The server's CPU time for one call, in microseconds."""
        cpu = self.server_cpu_seconds
        return None if cpu is None else cpu / len(self.latencies) * 1e6

    def percentile(self, fraction: float) -> float:
        """The latency that this fraction of the calls did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]

    @property
    def per_second(self) -> float:
        """Calls per second over the whole run."""
        return len(self.latencies) / self.seconds


Caller = Callable[[int], Awaitable[None]]


async def run_calls(
    callers: Sequence[Caller], conids: Iterator[int], *, seconds: float = inf, calls: int | None = None
) -> LoadResult:
    """Run all callers in a loop for `seconds`, or until `calls` have been made in total."""
    result = LoadResult()
    numbers = islice(conids, calls)
    started = time.perf_counter()

    async def run_caller(caller: Caller) -> None:
        while (before := time.perf_counter()) - started < seconds:
            number = next(numbers, None)
            if number is None:
                return
            await caller(number)
            result.latencies.append((time.perf_counter() - before) * 1000)

    await asyncio.gather(*(run_caller(caller) for caller in callers))
    result.seconds = time.perf_counter() - started
    return result
