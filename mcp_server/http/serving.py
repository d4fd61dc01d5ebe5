"""Serves over HTTP or over standard input and output, and shuts down on signals."""

from __future__ import annotations

import errno
import gc
import logging
import signal
import socket
import sys
from typing import Any

import uvicorn
from fastmcp import FastMCP
from starlette.applications import Starlette
from starlette.middleware import Middleware

from mcp_server.http.bind_guard import is_hostname
from mcp_server.http.disconnects import CancelOnDisconnect
from mcp_server.settings import ServerSettings

_log = logging.getLogger(__name__)

_SHUTDOWN_TIMEOUT = 1
"""Seconds that open streams and running calls have to finish after SIGTERM; then they are closed."""


class CannotListenError(Exception):
    """The server cannot listen on the address; `str()` is the message for the user."""


def uvicorn_config(server: FastMCP[Any], settings: ServerSettings) -> uvicorn.Config:
    """The uvicorn configuration: no access log, no trust in proxy headers, a short shutdown."""
    return uvicorn.Config(
        http_app(server, settings),
        log_config=None,
        access_log=False,
        lifespan="on",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT,
    )


def http_app(server: FastMCP[Any], settings: ServerSettings) -> Starlette:
    """The web app: the MCP endpoint, /health and /ready, with the check of Host and Origin."""
    own_name = [settings.mcp_server_host] if is_hostname(settings.mcp_server_host) else []
    return server.http_app(
        path=settings.mcp_server_path,
        transport="streamable-http",
        # Explicit, because FastMCP would otherwise use its own environment variables; with either of them
        # set, the server could not send requests (elicitation) to a client of the 2025 revisions.
        json_response=False,
        stateless_http=False,
        host_origin_protection=True,
        allowed_hosts=[*settings.mcp_server_allowed_hosts, *own_name],
        allowed_origins=list(settings.mcp_server_allowed_origins),
        middleware=[Middleware(CancelOnDisconnect)],
    )


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets listening on every address of `host` that this machine has. Raises CannotListenError."""
    sockets: list[socket.socket] = []
    refused: OSError | None = None
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        found, refused = [], error
    for family, kind, protocol, _, address in found:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen()
        except OSError as error:
            opened.close()
            refused = error
        else:
            sockets.append(opened)
    # A name such as localhost may resolve to an address family that is disabled on this machine.
    if refused and (not sockets or refused.errno != errno.EADDRNOTAVAIL):
        for each in sockets:
            each.close()
        raise CannotListenError(
            f"Cannot listen on {host}:{port} ({refused.strerror}): stop the program that uses "
            "it, or set MCP_SERVER_HOST and MCP_SERVER_PORT to a free address of this machine."
        ) from refused
    return sockets


def serve_http(server: FastMCP[Any], settings: ServerSettings, sockets: list[socket.socket]) -> None:
    """Serve on these sockets until SIGTERM or SIGINT."""
    host, port, *_ = sockets[0].getsockname()
    shown = f"[{host}]" if ":" in host else host
    _log.info("listening on http://%s:%s%s", shown, port, settings.mcp_server_path)
    _freeze_garbage_collector()
    uvicorn.Server(uvicorn_config(server, settings)).run(sockets=sockets)


def serve_stdio(server: FastMCP[Any]) -> None:
    """Serve one client over standard input and output until it closes them."""
    # A thread blocks on the next line and cannot be cancelled; the default action ends it too.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _freeze_garbage_collector()
    server.run("stdio", show_banner=False)


def exit_cleanly_on_signals() -> None:
    """Let SIGTERM and SIGINT end the process with status 0.

    uvicorn handles them while it serves, shuts down, and then raises them again for these handlers.
    """
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: sys.exit(0))


def _freeze_garbage_collector() -> None:
    """Exclude the objects that startup created from garbage collection, as they live until the end.

    A full collection traverses them all, which takes 80 ms in the middle of a call. None runs before the
    freeze: it would add twice that to startup and find almost no garbage.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
