"""The WebSocket of the simulated Java gateway: a relay that accepts before it has connected to its upstream.

It sends what comes from upstream as binary frames, drops frames that its client sends too early, responds to
pings itself, and closes a connection that carries too large a frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import DATA_OPCODES, Frame
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

MAX_FRAME_BYTES = 65_536
NORMAL = 1000


class WebSocketRelay:
    """One client's WebSocket; `head` is the upgrade request."""

    def __init__(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._head = head
        self._reader = reader
        self._writer = writer
        self._protocol = ServerProtocol()
        self._upstream: ClientConnection | None = None

    async def run(self, connect: Callable[[], Awaitable[ClientConnection]]) -> None:
        """Relay frames until the client disconnects, or the upstream does."""
        self._protocol.receive_data(self._head)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._protocol.send_response(self._protocol.accept(event))
        self._flush()
        downwards = asyncio.create_task(self._relay_downwards(connect))
        try:
            while self._protocol.state is State.OPEN and (data := await self._reader.read(MAX_FRAME_BYTES)):
                self._protocol.receive_data(data)
                for event in self._protocol.events_received():
                    if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
                        await self._send_upwards(bytes(event.data))
                self._flush()
        finally:
            downwards.cancel()
            if self._upstream is not None:
                await self._upstream.close()

    async def _send_upwards(self, data: bytes) -> None:
        if len(data) > MAX_FRAME_BYTES:
            self._protocol.send_close(NORMAL)
        elif self._upstream is not None:
            await self._upstream.send(data.decode())

    async def _relay_downwards(self, connect: Callable[[], Awaitable[ClientConnection]]) -> None:
        try:
            self._upstream = await connect()
        except (OSError, InvalidStatus):
            return  # and the socket stays open, silent
        try:
            async for message in self._upstream:
                data = message.encode() if isinstance(message, str) else message
                if len(data) > MAX_FRAME_BYTES:
                    break
                self._protocol.send_binary(data)
                self._flush()
        except ConnectionClosed:
            pass
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(NORMAL)
            self._flush()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._writer.write(data)
