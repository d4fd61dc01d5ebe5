"""How an answer gets to the client: whole, or as badly as a fault says."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from api_gateway.simulator.faults import Do
from api_gateway.simulator.web_api.routing import Reply

PIECE = 65_536
NO_BODY = (204, 304)


def encode(reply: Reply) -> tuple[bytes, str]:
    """Body and content type of a reply: bytes as they are, None as nothing, the rest as compact JSON."""
    if isinstance(reply.body, bytes):
        return reply.body, reply.content_type
    if reply.body is None:
        return b"", reply.content_type
    return orjson.dumps(reply.body, option=orjson.OPT_NON_STR_KEYS), f"{reply.content_type};charset=utf-8"


def replacement(do: Do) -> Reply:
    """What a fault sends instead of the true answer."""
    status = do.status or 200
    if do.html is not None:
        return Reply(status, do.html.encode(), "text/html; charset=utf-8")
    if do.huge_bytes is not None:
        return Reply(status, b'"' + b"x" * (do.huge_bytes - 2) + b'"')
    if isinstance(do.body, str):
        return Reply(status, do.body.encode())
    return Reply(status, do.body)


async def wait_for_departure(receive: Receive) -> None:
    """Return when the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        continue


async def deliver(reply: Reply, do: Do | None, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a reply, maltreated by `do`. Content-Length is sent only if the fault lies about it.

    IBKR's gateway drops the header too and answers chunked.
    """
    body, content_type = encode(reply)
    do = do or Do()
    if do.truncate is not None:
        body = body[: _point(do.truncate, body)]
    if do.reset is not None:
        body = body[: _point(do.reset, body)]
    headers = {"content-type": content_type, **{name.lower(): value for name, value in do.headers.items()}}
    if do.declare is not None:
        headers["content-length"] = str(do.declare)
        body = body[: do.declare]
    elif reply.status in NO_BODY:
        # The gateway's own fault: it announces chunks for what has no body, and a stray "0" follows.
        headers["transfer-encoding"] = "chunked"
        body = b""
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    size = do.drip.bytes if do.drip else PIECE
    for start in range(0, len(body), size):
        if start and do.drip:
            await asyncio.sleep(do.drip.seconds)
        await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
    if do.reset is not None:
        await _cut(scope, receive, "Connection reset by peer", abort=True)
    elif do.declare is not None and do.declare > len(body):
        await _cut(
            scope, receive, "peer closed connection without sending complete message body", abort=False
        )
    else:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _point(where: int | bool, body: bytes) -> int:
    return len(body) // 2 if where is True else int(where)


async def _cut(scope: Scope, receive: Receive, reason: str, *, abort: bool) -> None:
    transport: Any = scope.get("transport")
    if transport is None:
        # In process there is no connection to cut: the client gets the error that cutting one gives.
        # Imported here, as the process that serves a port would load it for nothing.
        import httpx

        raise httpx.ReadError(reason) if abort else httpx.RemoteProtocolError(reason)
    if abort:
        # Discarding what is unsent makes the kernel send RST and not FIN.
        no_lingering = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
        transport.abort()
    else:
        transport.close()
    await wait_for_departure(receive)
