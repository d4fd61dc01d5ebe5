"""The servers under load: ours, and the baselines it is measured against, each with `get_contract_info`.

* `this-server`: default settings, except that IBKR's rate limits are disabled.
* `hand-written`: one FastMCP tool over the same shared gateway client, returning text.
* `plain-httpx`, `plain-aiohttp`: one FastMCP tool over one pooled client, returning text: no rate limits, no
  shared requests, no validation of the response.
* `no-op`: one FastMCP tool that returns a text of the same size from memory: the overhead of FastMCP and the
  SDK.
* `client-per-call`: a FastAPI route without return annotation through `from_fastapi`, a new httpx client for
  each call and no certificate check: the common approach.

All are served in the same way, except that only `this-server` replaces the SDK's encoding of SSE events.
"""

from __future__ import annotations

import argparse
import os
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

os.environ["FASTMCP_LOG_ENABLED"] = (
    "false"  # read by FastMCP while it is imported, as in `python -m mcp_server`
)

import httpx
from fastapi import FastAPI
from fastmcp import FastMCP
from fastmcp.tools import ToolResult
from mcp_types import TextContent

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings, load
from benchmarks.backend import FIRST_CONID, PATH, SIZES, make_body
from mcp_server.http.serving import listen, serve_http
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings


def this_server(gateway: GatewayClient, settings: ServerSettings) -> FastMCP[Any]:
    """This server with its default settings."""
    return create_server(gateway, settings)


def hand_written(gateway: GatewayClient, _: ServerSettings) -> FastMCP[Any]:
    """The smallest FastMCP server over the shared client."""
    server: FastMCP[Any] = FastMCP("hand-written")

    @server.tool
    async def get_contract_info(conid: int) -> ToolResult:
        """Describe one contract."""
        reply = await gateway.get("/iserver/contract/{conid}/info", conid)
        return ToolResult(content=[TextContent(type="text", text=reply.body.decode())])

    return server


def plain_httpx(gateway: GatewayClient, _: ServerSettings) -> FastMCP[Any]:
    """A tool over httpx that reuses one client."""
    server: FastMCP[Any] = FastMCP("plain httpx")
    client = httpx.AsyncClient(verify=_tls_context(gateway))
    origin = gateway.settings.gateway_url

    @server.tool
    async def get_contract_info(conid: int) -> ToolResult:
        """Describe one contract."""
        response = await client.get(origin + PATH.format(conid))
        response.raise_for_status()
        return ToolResult(content=[TextContent(type="text", text=response.text)])

    return server


def plain_aiohttp(gateway: GatewayClient, _: ServerSettings) -> FastMCP[Any]:
    """The same over aiohttp, the fastest client in Python."""
    # Not a dependency of ours: only the environment of the benchmark has it, and only this process needs it.
    aiohttp: Any = import_module("aiohttp")
    origin = gateway.settings.gateway_url
    opened: list[Any] = []

    @asynccontextmanager
    async def lifespan(_: FastMCP[Any]) -> AsyncIterator[dict[str, Any]]:
        connector = aiohttp.TCPConnector(ssl=_tls_context(gateway))
        async with aiohttp.ClientSession(connector=connector) as session:
            opened.append(session)
            yield {}

    server: FastMCP[Any] = FastMCP("plain aiohttp", lifespan=lifespan)

    @server.tool
    async def get_contract_info(conid: int) -> ToolResult:
        """Describe one contract."""
        async with opened[-1].get(origin + PATH.format(conid)) as response:
            response.raise_for_status()
            return ToolResult(content=[TextContent(type="text", text=await response.text())])

    return server


def no_op(_: GatewayClient, __: ServerSettings) -> FastMCP[Any]:
    """A tool that sends no request."""
    server: FastMCP[Any] = FastMCP("no-op")
    texts = {FIRST_CONID[size] // 1_000_000: make_body(length).decode() for size, length in SIZES.items()}

    @server.tool
    async def get_contract_info(conid: int) -> ToolResult:
        """Describe one contract."""
        return ToolResult(content=[TextContent(type="text", text=texts[conid // 1_000_000])])

    return server


def _tls_context(gateway: GatewayClient) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=gateway.settings.gateway_ca_file)


def client_per_call(gateway: GatewayClient, _: ServerSettings) -> FastMCP[Any]:
    """The common approach: a new client for each call."""
    app = FastAPI()
    origin = gateway.settings.gateway_url

    @app.get("/iserver/contract/{conid}/info", operation_id="get_contract_info")
    async def get_contract_info(conid: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the habit measured
        """Describe one contract."""
        async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 - the habit measured
            response = await client.get(origin + PATH.format(conid))
            return response.json()

    return FastMCP.from_fastapi(app, name="client-per-call")


SERVERS: Mapping[str, Callable[[GatewayClient, ServerSettings], FastMCP[Any]]] = {
    "this-server": this_server,
    "hand-written": hand_written,
    "plain-httpx": plain_httpx,
    "plain-aiohttp": plain_aiohttp,
    "no-op": no_op,
    "client-per-call": client_per_call,
}


def main() -> None:
    """Serve the chosen server over streamable HTTP."""
    parser = argparse.ArgumentParser()
    parser.add_argument("server", choices=SERVERS)
    chosen = parser.parse_args().server
    settings = load(ServerSettings)
    gateway = GatewayClient(load(GatewaySettings), policy=ALL_OPERATIONS, limits={}, global_limit=None)
    listening = listen(settings.mcp_server_host, settings.mcp_server_port)
    serve_http(SERVERS[chosen](gateway, settings), settings, listening)


if __name__ == "__main__":
    main()
