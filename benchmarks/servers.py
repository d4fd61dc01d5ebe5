"""The servers under load: ours, and the baselines it is measured against, each with `get_contract_info`.

* `this-server`: as delivered, but for IBKR's limits, which would measure IBKR's patience instead.
* `hand-written`: one FastMCP tool over the same shared gateway client, text out, nothing between.
* `client-per-call`: a FastAPI route without return annotation through `from_fastapi`, a new httpx client for
  each call and no certificate check: the habit to beat.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
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
from benchmarks.backend import PATH
from mcp_server.http.serving import listen, serve_http
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings


def this_server(gateway: GatewayClient, settings: ServerSettings) -> FastMCP[Any]:
    """Every tool, as delivered."""
    return create_server(gateway, settings)


def hand_written(gateway: GatewayClient, _: ServerSettings) -> FastMCP[Any]:
    """The least that FastMCP lets one write over the shared client."""
    server: FastMCP[Any] = FastMCP("hand-written")

    @server.tool
    async def get_contract_info(conid: int) -> ToolResult:
        """Describe one contract."""
        reply = await gateway.get("/iserver/contract/{conid}/info", conid)
        return ToolResult(content=[TextContent(type="text", text=reply.body.decode())])

    return server


def client_per_call(gateway: GatewayClient, _: ServerSettings) -> FastMCP[Any]:
    """What most servers over FastAPI do."""
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
    "client-per-call": client_per_call,
}


def main() -> None:
    """Serve one of them over streamable HTTP, all of them the same way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("server", choices=SERVERS)
    chosen = parser.parse_args().server
    settings = load(ServerSettings)
    gateway = GatewayClient(load(GatewaySettings), policy=ALL_OPERATIONS, limits={}, global_limit=None)
    listening = listen(settings.mcp_server_host, settings.mcp_server_port)
    serve_http(SERVERS[chosen](gateway, settings), settings, listening)


if __name__ == "__main__":
    main()
