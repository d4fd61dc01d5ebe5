"""The servers that ours is measured against, each with the one tool `get_contract_info`.

* `hand-written`: one FastMCP tool over the same shared gateway client, text out, nothing between.
* `client-per-call`: FastAPI routes without return annotations through `from_fastapi`, a new httpx client for
  each call and no certificate check: the habit to beat.
"""

from __future__ import annotations

import argparse
import logging
import os
from typing import Any

import httpx
import uvicorn
from api_gateway.client import Gateway
from api_gateway.settings import GatewaySettings, load
from fastapi import FastAPI
from fastmcp import FastMCP
from fastmcp.tools import ToolResult

from benchmarks.backend import PATH


def hand_written(settings: GatewaySettings) -> FastMCP:
    """The least that FastMCP lets one write over the shared client."""
    server = FastMCP("hand-written")
    gateway = Gateway(settings)

    @server.tool
    async def get_contract_info(conid: int) -> ToolResult:
        """Describe one contract."""
        reply = await gateway.get("/iserver/contract/{conid}/info", conid)
        return ToolResult(content=reply.body.decode())

    return server


def client_per_call(settings: GatewaySettings) -> FastMCP:
    """What most servers over FastAPI do."""
    app = FastAPI()

    @app.get("/iserver/contract/{conid}/info", operation_id="get_contract_info")
    async def get_contract_info(conid: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the habit measured here
        """Describe one contract."""
        async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 - the habit measured here
            response = await client.get(settings.gateway_url + PATH.format(conid))
            return response.json()

    return FastMCP.from_fastapi(app, name="client-per-call")


def main() -> None:
    """Serve one baseline over streamable HTTP."""
    parser = argparse.ArgumentParser()
    parser.add_argument("baseline", choices=["hand-written", "client-per-call"])
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    build: dict[str, Any] = {"hand-written": hand_written, "client-per-call": client_per_call}
    server: FastMCP = build[arguments.baseline](load(GatewaySettings))
    logging.disable(logging.WARNING)
    uvicorn.run(
        server.http_app(host_origin_protection=True),
        host="127.0.0.1",
        port=arguments.port,
        log_level="error",
        access_log=False,
    )


if __name__ == "__main__":
    os.environ.setdefault("FASTMCP_ENABLE_RICH_LOGGING", "false")
    main()
