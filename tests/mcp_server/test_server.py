"""The server as clients see it: its tools, both protocol revisions, and the gateway up and down."""

from __future__ import annotations

import json
import re
from typing import Any

import fastmcp
import httpx
import mcp
import pytest

from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app as create_simulator
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from tests.api_gateway.fakes import FakeTime

ERAS = [("legacy", "2025-11-25"), ("2026-07-28", "2026-07-28")]


def settings_with(**values: Any) -> ServerSettings:
    return ServerSettings(_env_file=None, **values)


@pytest.mark.parametrize(("mode", "revision"), ERAS)
async def test_the_sdks_client_lists_and_calls_over_http(
    gateway: GatewayClient,
    stub_gateway: Any,
    over_http: Any,
    settings: ServerSettings,
    mode: Any,
    revision: str,
) -> None:
    stub_gateway.answers["/portfolio/accounts"] = httpx.Response(200, content=b'[{"id": "x"}]')
    server = create_server(gateway, settings)
    async with over_http(server, settings) as address, mcp.Client(f"{address}/mcp", mode=mode) as client:
        assert client.protocol_version == revision
        names = {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("list_portfolio_accounts", {})
    assert "connection_status" in names
    assert (result.is_error, result.structured_content) == (False, None)
    assert [content.text for content in result.content if content.type == "text"] == ['[{"id": "x"}]']


@pytest.mark.parametrize(("mode", "revision"), ERAS)
async def test_fastmcps_client_lists_and_calls_over_http(
    gateway: GatewayClient, over_http: Any, settings: ServerSettings, mode: Any, revision: str
) -> None:
    server = create_server(gateway, settings)
    async with over_http(server, settings) as address, fastmcp.Client(f"{address}/mcp", mode=mode) as client:
        assert client.protocol_version == revision
        assert await client.list_tools()
        result = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
    assert not result.is_error


@pytest.mark.parametrize("mode", [mode for mode, _ in ERAS])
async def test_tools_are_listed_while_the_gateway_is_down_and_calls_report_it(
    gateway: GatewayClient, stub_gateway: Any, settings: ServerSettings, mode: Any
) -> None:
    stub_gateway.answers["/portfolio/accounts"] = httpx.ConnectError("refused")
    async with fastmcp.Client(create_server(gateway, settings), mode=mode) as client:
        assert await client.list_tools()
        assert stub_gateway.requests == []
        result = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
    assert result.is_error
    assert result.content[0].text.startswith("GET /portfolio/accounts: ")


async def test_the_gateway_client_is_closed_when_the_server_ends(
    gateway: GatewayClient, settings: ServerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []

    async def aclose() -> None:
        closed.append(True)

    monkeypatch.setattr(gateway, "aclose", aclose)
    async with fastmcp.Client(create_server(gateway, settings)) as client:
        await client.list_tools()
        assert closed == []
    assert closed == [True]


async def test_the_instructions_say_how_to_start(gateway: GatewayClient, settings: ServerSettings) -> None:
    async with fastmcp.Client(create_server(gateway, settings), mode="legacy") as client:
        text = client.initialize_result.instructions
        names = {tool.name for tool in await client.list_tools()}
    named = set(re.findall(r"`(\w*[a-z])`", text))
    assert named <= names
    assert len(text) < 1500


async def sections_of(gateway: GatewayClient, settings: ServerSettings) -> set[str]:
    async with fastmcp.Client(create_server(gateway, settings)) as client:
        tools = await client.list_tools()
    return {tag for tool in tools for tag in tool.meta["fastmcp"]["tags"]}


async def test_built_in_tools_are_listed_whatever_is_excluded(gateway: GatewayClient) -> None:
    for surface in ("search", "all"):
        settings = settings_with(included_tags="Scanner", mcp_server_tools=surface)
        async with fastmcp.Client(create_server(gateway, settings)) as client:
            names = {tool.name for tool in await client.list_tools()}
        assert "connection_status" in names
        assert "take_over_session" not in names


@pytest.mark.parametrize("raw", [False, True])
async def test_raw_order_operations_are_listed_on_request_only(gateway: GatewayClient, raw: bool) -> None:
    settings = settings_with(mcp_server_tools="all", trading_mode="paper", raw_order_tools=raw)
    async with fastmcp.Client(create_server(gateway, settings)) as client:
        names = {tool.name for tool in await client.list_tools()}
        refused = await client.call_tool("place_orders", {}, raise_on_error=False)
    assert ("place_orders" in names) is raw
    assert {"list_positions", "get_option_chain"} <= names
    assert "`orders`" in refused.content[0].text or "`account_id`" in refused.content[0].text


async def test_only_included_sections_are_listed(gateway: GatewayClient) -> None:
    settings = settings_with(
        included_tags="session, market-data", mcp_server_tools="all", raw_order_tools=True
    )
    assert await sections_of(gateway, settings) == {"Session", "Market Data"}


async def test_an_excluded_section_is_neither_listed_nor_callable(
    gateway: GatewayClient, stub_gateway: Any
) -> None:
    server = create_server(gateway, settings_with(excluded_tags="Portfolio"))
    async with fastmcp.Client(server) as client:
        names = {tool.name for tool in await client.list_tools()}
        result = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
    assert names
    assert "list_portfolio_accounts" not in names
    assert result.is_error
    assert stub_gateway.requests == []


async def test_a_tool_returns_the_login_page_before_the_login_and_data_after_it() -> None:
    simulation, time = Simulation(SimulationOptions(login=False, opens_brokerage=True)), FakeTime()
    transport = httpx.ASGITransport(app=create_simulator(simulation))
    gateway = GatewayClient(
        GatewaySettings(_env_file=None, gateway_login_url="https://login.example"),
        transport=transport,
        now=time.now,
        sleep=time.sleep,
    )
    server = create_server(gateway, settings_with())
    async with fastmcp.Client(server) as client:
        before = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
        simulation.session.login()
        simulation.clock.advance(5)
        accounts = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
        positions = await client.call_tool(
            "list_positions", {"account_id": "DU1234567"}, raise_on_error=False
        )
    assert before.is_error
    assert "https://login.example" in before.content[0].text
    assert not accounts.is_error
    assert json.loads(accounts.content[0].text)[0]["accountId"] == "DU1234567"
    assert len(json.loads(positions.content[0].text)) >= 3
