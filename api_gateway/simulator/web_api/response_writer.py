"""Response writer: sends a response intact, or damaged as a fault specifies."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from api_gateway.simulator.faults import FaultAction
from api_gateway.simulator.replies import ApiResponse

CHUNK_SIZE = 65_536
BODILESS_STATUSES = (204, 304)
# -0.0 as a number, or as the whole of a text: "-0.000".
_NEGATIVE_ZERO = re.compile(rb'(?<=[:,\["])-(?=0(?:\.0*)?[,}\]"])')


def encode_response(response: ApiResponse) -> tuple[bytes, str]:
    """Return body and content type: bytes unchanged, None as no body, the rest as compact JSON."""
    if isinstance(response.body, bytes):
        return response.body, response.content_type
    if response.body is None:
        return b"", response.content_type
    return encode_json(response.body), f"{response.content_type};charset=utf-8"


def encode_json(body: Any) -> bytes:
    """Return compact JSON without negative zeros."""
    return _NEGATIVE_ZERO.sub(b"", orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS))


def fault_response(fault: FaultAction) -> ApiResponse:
    """Return what a fault sends instead of the real response."""
    status = fault.status or 200
    if fault.html is not None:
        return ApiResponse(status, fault.html.encode(), "text/html; charset=utf-8")
    if fault.huge_bytes is not None:
        return ApiResponse(status, b'"' + b"x" * (fault.huge_bytes - 2) + b'"')
    if isinstance(fault.body, str):
        return ApiResponse(status, fault.body.encode())
    return ApiResponse(status, fault.body)


async def wait_for_disconnect(receive: Receive) -> None:
    """Return once the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        continue


async def write_response(
    response: ApiResponse, fault: FaultAction | None, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send a response, damaged by `fault`. Content-Length is sent only if the fault falsifies it.

    IBKR's gateway omits the header too and sends chunks.
    """
    body, content_type = encode_response(response)
    fault = fault or FaultAction()
    if fault.truncate is not None:
        body = body[: _cut_offset(fault.truncate, body)]
    if fault.reset is not None:
        body = body[: _cut_offset(fault.reset, body)]
    headers = {"content-type": content_type, **{name.lower(): value for name, value in fault.headers.items()}}
    if fault.declare is not None:
        headers["content-length"] = str(fault.declare)
        body = body[: fault.declare]
    elif response.status in BODILESS_STATUSES:
        # The gateway's own bug: it announces chunks for a response without a body, and sends a stray "0".
        headers["transfer-encoding"] = "chunked"
        body = b""
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
    )
    size = fault.drip.bytes if fault.drip else CHUNK_SIZE
    for start in range(0, len(body), size):
        if start and fault.drip:
            await asyncio.sleep(fault.drip.seconds)
        await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
    if fault.reset is not None:
        await _cut_connection(scope, receive, "Connection reset by peer", abort=True)
    elif fault.declare is not None and fault.declare > len(body):
        await _cut_connection(
            scope, receive, "peer closed connection without sending complete message body", abort=False
        )
    else:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _cut_offset(cut: int | bool, body: bytes) -> int:
    return len(body) // 2 if cut is True else int(cut)


async def _cut_connection(scope: Scope, receive: Receive, reason: str, *, abort: bool) -> None:
    transport: Any = scope.get("transport")
    if transport is None:
        # In process there is no connection to cut: raise the error that the client would see.
        # Imported here, because only in-process clients need it, not a server on a port.
        import httpx

        raise httpx.ReadError(reason) if abort else httpx.RemoteProtocolError(reason)
    if abort:
        # Discarding unsent data makes the kernel send RST instead of FIN.
        no_lingering = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
        transport.abort()
    else:
        transport.close()
    await wait_for_disconnect(receive)
