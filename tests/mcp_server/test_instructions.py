"""The instructions that a client receives when it connects."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import fastmcp
import pytest

from api_gateway.client.gateway import GatewayClient
from mcp_server.rest import sections
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings


async def read_instructions(gateway: GatewayClient, **values: Any) -> tuple[str, set[str], set[str]]:
    """The instructions, the names in them, and the names that are listed."""
    server = create_server(gateway, ServerSettings(_env_file=None, **values))
    async with fastmcp.Client(server, mode="legacy") as client:
        text = client.initialize_result.instructions or ""
        listed = {tool.name for tool in await client.list_tools()}
    return text, set(re.findall(r"`(\w*[a-z])`", text)), listed


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("surface", "mode", "excluded"),
    [
        *product(["search", "all"], ["read", "paper", "live"], [""]),
        *product(["search", "all"], ["read"], sections.NAMES),
    ],
)
async def test_only_listed_tools_are_named(
    gateway: GatewayClient, surface: str, mode: str, excluded: str
) -> None:
    _, named, listed = await read_instructions(
        gateway, mcp_server_tools=surface, trading_mode=mode, excluded_tags=excluded
    )
    assert named <= listed
    assert ("search_tools" in named) is (surface == "search")


async def test_the_instructions_say_that_read_mode_changes_nothing(gateway: GatewayClient) -> None:
    text, named, _ = await read_instructions(gateway)
    assert "only reads" in text
    assert "call_writing_tool" not in named


@pytest.mark.parametrize(("mode", "words"), [("paper", "paper accounts"), ("live", "real")])
async def test_the_instructions_say_what_a_change_means(
    gateway: GatewayClient, mode: str, words: str
) -> None:
    text, named, _ = await read_instructions(gateway, trading_mode=mode)
    assert words in text
    assert "call_writing_tool" in named


async def test_the_instructions_count_the_operations_that_are_here(gateway: GatewayClient) -> None:
    text, _, _ = await read_instructions(gateway, included_tags="Session")
    server = create_server(
        gateway,
        ServerSettings(_env_file=None, included_tags="Session", mcp_server_tools="all", raw_order_tools=True),
    )
    async with fastmcp.Client(server) as client:
        ours = {"connection_status", "wait_for_login", "diagnose_connection", "read_more"}
        operations = {tool.name for tool in await client.list_tools()} - ours
        assert str(len(operations)) in text


# The tokenizer's package uses a deprecated function of Python when it is imported.
@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
@pytest.mark.parametrize("mode", ["read", "paper", "live"])
async def test_the_instructions_take_at_most_200_tokens(gateway: GatewayClient, mode: str) -> None:
    import bpe_openai

    text, _, _ = await read_instructions(gateway, trading_mode=mode)
    assert len(bpe_openai.get_encoding("o200k_base").encode(text)) <= 200
