"""Serves an ASGI application on a free loopback port, in the way the simulator is served."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from api_gateway.simulator.certificate import CertificateFiles
from api_gateway.simulator.websocket.protocol import SimulatorWebSocketProtocol


async def wait_until(condition: Callable[[], bool]) -> None:
    """Poll until `condition` is true; fail after some seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (the condition has no event)
            await asyncio.sleep(0.001)


class ListeningServer:
    """A running server on `port`."""

    def __init__(self, app: ASGIApp, certificate: CertificateFiles | None = None) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        # asyncio sets this only on sockets that name their protocol; header and chunks go out one by one.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        self._server: uvicorn.Server | None = uvicorn.Server(
            uvicorn.Config(
                app,
                ssl_certfile=certificate.certificate_path if certificate else None,
                ssl_keyfile=certificate.key_path if certificate else None,
                lifespan="off",
                log_config=None,
                access_log=False,
                ws=SimulatorWebSocketProtocol,
                timeout_keep_alive=3600,
            )
        )

    async def start(self) -> None:
        assert self._server is not None
        config = self._server.config
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup([self._socket])

    async def stop(self) -> None:
        """Close the port and every connection, as a killed process does."""
        server, self._server = self._server, None
        if server is None:
            return
        for connection in server.server_state.connections:
            connection.transport.abort()
        await wait_until(lambda: not server.server_state.connections)
        await server.shutdown([self._socket])


@asynccontextmanager
async def serve_app(
    app: ASGIApp, certificate: CertificateFiles | None = None
) -> AsyncIterator[ListeningServer]:
    """Serve an application until the block ends."""
    server = ListeningServer(app, certificate)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
