"""Every tool's published JSON, compared with what was last accepted; run as a script, it accepts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest_asyncio
from fastmcp import Client

from api_gateway.access_policy import TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings, ToolListing

KEPT = Path(__file__).parent / "snapshots"


async def _listed() -> dict[str, str]:
    """Every tool there is, whichever list it stands on."""
    listed = {}
    for surface in ToolListing:
        settings = ServerSettings(_env_file=None, trading_mode=TradingMode.PAPER, mcp_server_tools=surface)
        async with Client(create_server(GatewayClient(GatewaySettings(_env_file=None)), settings)) as client:
            for tool in await client.list_tools():
                listed[tool.name] = _text(tool.model_dump(mode="json", by_alias=True, exclude_none=True))
    return listed


def _text(tool: Mapping[str, Any]) -> str:
    return json.dumps(tool, indent=2, ensure_ascii=False) + "\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def published() -> dict[str, str]:
    return await _listed()


def test_every_tool_is_published_as_it_was_accepted(published: dict[str, str]) -> None:
    kept = {path.stem: path.read_text(encoding="utf-8") for path in KEPT.glob("*.json")}

    changed = sorted(name for name in published.keys() | kept.keys() if published.get(name) != kept.get(name))
    assert not changed, (
        f"tests/mcp_server/contract/snapshots: these tools are published differently: {changed}. "
        "Run `make snapshots` and look at the difference"
    )


def accept() -> None:
    """Write what is published now; a server that does not start leaves what was accepted before."""
    published = asyncio.run(_listed())
    KEPT.mkdir(exist_ok=True)
    for path in KEPT.glob("*.json"):
        path.unlink()
    for name, text in published.items():
        (KEPT / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    accept()
