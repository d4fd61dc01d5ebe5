"""The MCP server: which tools it shows, what it says about itself, and what it serves beside MCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastmcp import FastMCP
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mcp_server.app import create_app
from mcp_server.connection.readiness import standing
from mcp_server.connection.status import Connection
from mcp_server.connection.tools import own_tools
from mcp_server.extra_routers import refuse_taken_names, sections_of
from mcp_server.http.bearer_auth import BearerToken
from mcp_server.instructions import instructions
from mcp_server.rest.docstring_notes import notes_by_name
from mcp_server.rest.route_filter import mounted
from mcp_server.rest.section_filter import shown_sections
from mcp_server.routers import ROUTERS
from mcp_server.search.search_tools import CALL, CALL_WRITING, SEARCH, SearchSurface
from mcp_server.settings import ServerSettings, ToolSurface
from mcp_server.ticker.client import Ticker
from mcp_server.ticker.order_hold import OrderHold
from mcp_server.tools.operation_tool import RouteTools, Telling
from mcp_server.tools.resources import resources

if TYPE_CHECKING:
    from api_gateway.client.gateway import GatewayClient


def create_server(
    gateway: GatewayClient,
    settings: ServerSettings,
    routers: Sequence[APIRouter] = ROUTERS,
    ticker: Ticker | None = None,
) -> FastMCP[Any]:
    """The server over this gateway, which it opens when it starts and closes when it ends.

    The ticker is the one at TICKER_URL unless a test gives another.
    Raises SettingsError for a section in INCLUDED_TAGS or EXCLUDED_TAGS that does not exist, and for a route
    that has the name of another tool.
    """
    sections = shown_sections(settings, sections_of(routers))
    here = mounted(routers, settings.trading_mode, sections)
    ticker = ticker or Ticker(settings.ticker_url)
    connection = Connection(gateway, ticker, settings.trading_mode, ask_ahead=settings.mcp_server_ask_ahead)
    app = create_app(gateway, here, OrderHold(gateway, ticker))
    tools = RouteTools(app, notes_by_name(here), _telling(settings))
    own = own_tools(connection, ticker, settings)
    refuse_taken_names(tools.names, {*own.by_name, SEARCH, CALL, CALL_WRITING})
    short = settings.mcp_server_tools is ToolSurface.SEARCH
    surface = SearchSurface(tools, own) if short else tools
    token = settings.mcp_server_token

    @asynccontextmanager
    async def for_life(_: FastMCP[Any]) -> AsyncIterator[dict[str, Any]]:
        async with gateway:
            listening = asyncio.create_task(connection.listen())
            try:
                yield {}
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
                await ticker.aclose()

    server: FastMCP[Any] = FastMCP(
        "IB MCP",
        instructions=instructions(settings.trading_mode, tools, surface),
        version=version("ib-mcp"),
        auth=BearerToken(token.get_secret_value()) if token else None,
        providers=[surface] if short else [own, surface],
        # What a tool wants to tell it tells; anything else that escapes is not for the client.
        mask_error_details=True,
        lifespan=for_life,
    )

    for resource in resources(sections):
        server.add_resource(resource)

    @server.custom_route("/health", methods=["GET"])
    async def health(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    @server.custom_route("/ready", methods=["GET"])
    async def ready(_: Request) -> Response:
        found = await standing(gateway.session_monitor)
        return JSONResponse(found.told(), status_code=200 if found.ready else 503)

    return server


def _telling(settings: ServerSettings) -> Telling:
    return Telling(
        largest_answer=settings.mcp_server_max_answer,
        schema_of_wrong_arguments=settings.mcp_server_tools is ToolSurface.SEARCH,
    )
