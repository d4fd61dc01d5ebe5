"""Every tool's published JSON, compared with its accepted snapshot; run as a script, it accepts all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest_asyncio
from fastmcp import Client

from api_gateway.access_policy import TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings, ToolListing

SNAPSHOTS = Path(__file__).parent / "snapshots"


async def _published_tools() -> dict[str, str]:
    """Every tool of both lists."""
    published = {}
    for listing in ToolListing:
        settings = ServerSettings(
            _env_file=None,
            trading_mode=TradingMode.PAPER,
            mcp_server_tools=listing,
            raw_order_tools=True,
        )
        async with Client(create_server(GatewayClient(GatewaySettings(_env_file=None)), settings)) as client:
            for tool in await client.list_tools():
                published[tool.name] = _text(tool.model_dump(mode="json", by_alias=True, exclude_none=True))
    return published


def _text(tool: Mapping[str, Any]) -> str:
    return json.dumps(tool, indent=2, ensure_ascii=False) + "\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def published() -> dict[str, str]:
    return await _published_tools()


def test_every_tool_is_published_as_in_its_snapshot(published: dict[str, str]) -> None:
    accepted = {path.stem: path.read_text(encoding="utf-8") for path in SNAPSHOTS.glob("*.json")}

    for name in sorted(published.keys() | accepted.keys()):
        before, after = accepted.get(name, ""), published.get(name, "")
        difference = "\n".join(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))
        assert not difference, (
            f"tests/mcp_server/contract/snapshots/{name}.json: the tool is published differently:\n"
            f"{difference}\nIf that is right, run: make snapshots"
        )


def accept() -> None:
    """Write the snapshots; if the server does not start, the existing ones stay."""
    published = asyncio.run(_published_tools())
    SNAPSHOTS.mkdir(exist_ok=True)
    for path in SNAPSHOTS.glob("*.json"):
        path.unlink()
    for name, text in published.items():
        (SNAPSHOTS / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    accept()
