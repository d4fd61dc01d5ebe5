"""The MCP server: its tools, instructions and resources, and the endpoints /health and /ready."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from fastmcp import FastMCP
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api_gateway.client.gateway import GatewayClient
from api_gateway.data_dir.database import Database
from mcp_server import identity
from mcp_server.answers.context import AnswerContext, create_context
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.answers.tools import answer_tools
from mcp_server.app import create_app
from mcp_server.connection.readiness import check_readiness
from mcp_server.connection.status import ConnectionReporter
from mcp_server.connection.tools import connection_tools
from mcp_server.extra_routers import check_name_conflicts, sections_of
from mcp_server.facts.fact_store import FactStore
from mcp_server.http.bearer_auth import BearerTokenVerifier
from mcp_server.http.sse_internals import write_events_whole
from mcp_server.instructions import instructions
from mcp_server.pictures.renderer import PictureRenderer
from mcp_server.prompts.completion import ArgumentCompletion
from mcp_server.prompts.prompts import offered_prompts
from mcp_server.rest.docstring_notes import notes_by_name
from mcp_server.rest.route_filter import filter_routes
from mcp_server.rest.section_filter import selected_sections
from mcp_server.rest.sections import ORDERS
from mcp_server.routers import ROUTERS
from mcp_server.search.search_tools import CALL, CALL_WRITING, SEARCH, SearchToolProvider
from mcp_server.settings import ServerSettings, ToolListing
from mcp_server.ticker.client import TickerClient
from mcp_server.ticker.order_hold import OrderHold
from mcp_server.tools.builtin_tool import BuiltinToolProvider
from mcp_server.tools.operation_tool import OperationToolProvider, ToolOptions
from mcp_server.tools.price_currencies import PriceCurrencies
from mcp_server.tools.read_more import ReadMoreTool, RestStore
from mcp_server.tools.resources import resources


def create_server(
    gateway: GatewayClient,
    settings: ServerSettings,
    routers: Sequence[APIRouter] = ROUTERS,
    ticker: TickerClient | None = None,
    *,
    facts_file: Database | None = None,
    pictures: PictureRenderer | None = None,
) -> FastMCP[Any]:
    """Create the server for this gateway client, which it opens at startup and closes at shutdown.

    `ticker` and `pictures` are for tests; by default, the ticker is the one at TICKER_URL. Without
    `facts_file`, facts are cached in memory only. Raises SettingsError for a section in INCLUDED_TAGS or
    EXCLUDED_TAGS that does not exist, and for a route that has the name of another tool; NewerSchemaError for
    a file of a newer version.
    """
    sections = selected_sections(settings, sections_of(routers))
    filtered_routers = filter_routes(routers, settings.trading_mode, sections)
    ticker = ticker or TickerClient(settings.ticker_url)
    # Looked up for each use, as tests replace the client for each call.
    clock = IbkrClock(lambda: gateway.current_time())
    facts = FactStore(facts_file, now=clock.now)
    facts.open_file()
    reporter = ConnectionReporter(
        gateway,
        ticker,
        settings.trading_mode,
        prefetch=settings.mcp_server_prefetch,
        data_problem=lambda: facts.file_problem,
    )
    app = create_app(gateway, filtered_routers, OrderHold(gateway, ticker))
    rests = RestStore(time.monotonic)
    gateway.on_session_end(rests.clear)
    context = create_context(gateway, settings.trading_mode, facts, clock, pictures=pictures)
    notes = notes_by_name(filtered_routers)
    tools = OperationToolProvider(
        app,
        notes,
        _tool_options(settings, rests, context),
        context.instruments,
        unlisted=() if settings.raw_order_tools else (ORDERS,),
    )
    builtin = BuiltinToolProvider(
        [
            *connection_tools(reporter, ticker, settings),
            *answer_tools(context, sections, tools.by_name),
            ReadMoreTool(rests, settings.mcp_server_max_result),
        ]
    )
    check_name_conflicts(tools.by_name, {*builtin.by_name, SEARCH, CALL, CALL_WRITING})
    search_only = settings.mcp_server_tools is ToolListing.SEARCH
    tool_provider = SearchToolProvider(tools, builtin) if search_only else tools
    listed = tool_provider.names if search_only else [*builtin.by_name, *tools.names]
    token = settings.mcp_server_token

    @asynccontextmanager
    async def lifespan(_: FastMCP[Any]) -> AsyncIterator[dict[str, Any]]:
        async with gateway:
            polling = asyncio.create_task(reporter.poll_ticker())
            try:
                yield {}
            finally:
                polling.cancel()
                await asyncio.gather(polling, return_exceptions=True)
                await context.watches.aclose()
                await ticker.aclose()

    write_events_whole()
    server: FastMCP[Any] = FastMCP(
        identity.NAME,
        website_url=identity.WEBSITE,
        icons=[identity.icon()],
        instructions=instructions(settings.trading_mode, listed, len(tools.by_name)),
        version=version("ib-mcp"),
        auth=BearerTokenVerifier(token.get_secret_value()) if token else None,
        providers=[tool_provider] if search_only else [builtin, tool_provider],
        # Tools report their own errors; the text of any other exception must not reach the client.
        mask_error_details=True,
        lifespan=lifespan,
    )

    tables, prompts = resources(sections), offered_prompts(builtin.by_name)
    identity.introduce(server)
    identity.declare_only(server, prompts=bool(prompts), resources=bool(tables))
    for table in tables:
        server.add_resource(table)
    for prompt in prompts:
        server.add_prompt(prompt)
    if prompts:
        server.add_completion_handler(ArgumentCompletion(gateway, context.accounts).complete)

    @server.custom_route("/health", methods=["GET"])
    async def health(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    @server.custom_route("/ready", methods=["GET"])
    async def ready(_: Request) -> Response:
        readiness = await check_readiness(gateway.session_monitor)
        return JSONResponse(readiness.to_json(), status_code=200 if readiness.ready else 503)

    return server


def _tool_options(settings: ServerSettings, rests: RestStore, context: AnswerContext) -> ToolOptions:
    async def find_currencies(conids: Collection[int]) -> dict[int, dict[str, str]]:
        instruments = await context.instruments.by_conids(conids)
        units = await context.price_units.of_all(instruments.values())
        return {
            conid: {"currency": each.currency}
            | ({"price_unit": unit.label} if (unit := units[conid]).label != each.currency else {})
            for conid, each in instruments.items()
            if each.currency
        }

    return ToolOptions(
        max_result_bytes=settings.mcp_server_max_result,
        schema_in_argument_errors=settings.mcp_server_tools is ToolListing.SEARCH,
        store_rest=rests.store,
        currencies=PriceCurrencies(find_currencies, time.monotonic),
    )
