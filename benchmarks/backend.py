"""An instant gateway: HTTPS with one prebuilt body per size, so that the server's own cost is measured."""

from __future__ import annotations

import argparse
import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import orjson

SIZES: Mapping[str, int] = {"0.2": 200, "25": 25_000, "80": 80_000}
"""Body sizes in KB, as the table names them, and in bytes."""

FIRST_CONID: Mapping[str, int] = {"0.2": 1_000_000, "25": 2_000_000, "80": 3_000_000}
"""The millions digit of a conid selects the size, so that every call can request a different conid: the
gateway client would send concurrent identical GETs only once, which would make it look faster."""

PATH = "/v1/api/iserver/contract/{}/info"


def make_body(size: int) -> bytes:
    """A JSON object of `size` bytes, shaped like a list of bars."""
    bars: list[dict[str, float]] = []
    while len(orjson.dumps({"data": bars})) < size - 60:
        n = len(bars)
        bars.append({"o": 170.11 + n, "c": 170.25 + n, "h": 171.5 + n, "l": 169.75 + n, "v": 1234.0 + n})
    head = orjson.dumps({"data": bars, "pad": ""})
    return orjson.dumps({"data": bars, "pad": "x" * max(0, size - len(head))})


class InstantGateway(asyncio.Protocol):
    """Responds to each request with the body that its conid selects."""

    def __init__(self, responses: Mapping[bytes, bytes]) -> None:
        self._responses = responses
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport for the responses."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Requests here are GETs without a body: each ends at the first empty line."""
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            target = self._pending[: self._pending.find(b"\r\n")].split(b" ")[1]
            self._pending = self._pending[end + 4 :]
            conid = target.split(b"/")[5] if target.count(b"/") > 4 else b"1"
            self._transport.write(self._responses.get(conid[:1], self._responses[b"1"]))


def build_responses() -> dict[bytes, bytes]:
    """First digit of the conid → the whole answer."""
    responses = {}
    for size, length in SIZES.items():
        body = make_body(length)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        responses[str(FIRST_CONID[size])[:1].encode()] = head.encode() + body
    return responses


async def serve(port: int, certificate: Path, key: Path) -> None:
    """Serve until the process is ended; says so on standard output once it listens."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    responses = build_responses()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: InstantGateway(responses), "127.0.0.1", port, ssl=context)
    print("listening", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    arguments = parser.parse_args()
    import uvloop

    uvloop.run(serve(arguments.port, arguments.certificate, arguments.key))
