"""One server for many tests, each with its own gateway client, because creating a server takes a second."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
from mcp_types import TextContent

from api_gateway.access_policy import READ_ONLY
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from mcp_server.ticker.client import TickerClient


def refuse_connection(request: httpx.Request) -> httpx.Response:
    """The ticker does not run; the server works without it."""
    raise httpx.ConnectError("Connection refused", request=request)


class SharedServer:
    """A server that lists every operation, with TRADING_MODE=paper and without a running ticker."""

    def __init__(self) -> None:
        # What the server reads of a gateway when it is created, before a test has one.
        self._gateway = GatewayClient(
            GatewaySettings(_env_file=None),
            policy=READ_ONLY,
            transport=httpx.MockTransport(refuse_connection),
        )
        settings = ServerSettings(
            _env_file=None, trading_mode="paper", mcp_server_tools="all", raw_order_tools=True
        )
        ticker = TickerClient("http://ticker:5056", transport=httpx.MockTransport(refuse_connection))
        self.server = create_server(cast(GatewayClient, self), settings, ticker=ticker)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    @asynccontextmanager
    async def use_gateway(self, gateway: GatewayClient) -> AsyncIterator[None]:
        """Use this gateway client until the block ends; then close it."""
        async with gateway as self._gateway:
            yield

    async def call(self, tool: str, arguments: dict[str, Any]) -> tuple[bool, str]:
        """Whether the result is flagged as an error, and its text."""
        result = await self.server.call_tool(tool, arguments)
        content = result.content[-1]
        assert isinstance(content, TextContent)
        return result.is_error, content.text
