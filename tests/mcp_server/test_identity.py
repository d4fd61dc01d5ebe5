"""How the server introduces itself."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import fastmcp
import pytest

from api_gateway.client.gateway import GatewayClient
from mcp_server.identity import DESCRIPTION, TITLE, WEBSITE, icon
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_clients_see_title_description_icon_and_website(gateway: GatewayClient, mode: str) -> None:
    server = create_server(gateway, ServerSettings(_env_file=None))
    async with fastmcp.Client(server, mode=mode) as client:
        info = client.server_info
    assert (info.title, info.description, info.website_url) == (TITLE, DESCRIPTION, WEBSITE)
    assert info.icons


def test_the_icon_is_a_valid_image() -> None:
    data = icon().src.partition("base64,")[2]
    assert ElementTree.fromstring(base64.b64decode(data)).tag.endswith("svg")  # noqa: S314 - our own


@pytest.mark.parametrize(("included", "has_resources"), [("", True), ("Session", False)])
async def test_nothing_is_declared_that_is_empty(
    gateway: GatewayClient, included: str, has_resources: bool
) -> None:
    server = create_server(
        gateway, ServerSettings(_env_file=None, included_tags=(included,) if included else ())
    )
    async with fastmcp.Client(server, mode="legacy") as client:
        declared = client.initialize_result.capabilities
        assert (declared.resources is not None) is has_resources
        assert declared.tools is not None
        assert declared.logging is None
        if declared.prompts is not None:
            assert await client.list_prompts()
        assert (declared.completions is not None) is (declared.prompts is not None)
