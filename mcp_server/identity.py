"""How the server identifies itself: title, description, icon, website, and declared capabilities."""

from __future__ import annotations

import base64
from typing import Any, Final

from fastmcp import FastMCP
from mcp_types import Icon

NAME: Final = "IB MCP"
TITLE: Final = "Interactive Brokers"
DESCRIPTION: Final = "The user's Interactive Brokers account and market data, over IBKR's Web API."
WEBSITE: Final = "https://www.interactivebrokers.com/campus/ibkr-api-page/webapi-doc/"
"""IBKR's documentation of the API."""

_SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="6" fill="#0b3d5c"/>'
    '<path d="M9 7v18M16 5v18M23 9v18" stroke="#fff" stroke-width="1.5"/>'
    '<path d="M6.5 11h5v9h-5z" fill="#e4572e"/><path d="M13.5 8h5v10h-5z" fill="#2fbf8f"/>'
    '<path d="M20.5 13h5v9h-5z" fill="#2fbf8f"/></svg>'
)


def icon() -> Icon:
    """Three candles, as a data URL, so that no client has to fetch anything."""
    data = base64.b64encode(_SVG.encode()).decode()
    return Icon(src=f"data:image/svg+xml;base64,{data}", mime_type="image/svg+xml", sizes=["any"])


def introduce(server: FastMCP[Any]) -> None:
    """Add the title and the description, which FastMCP has no parameters for."""
    server._mcp_server.title = TITLE
    server._mcp_server.description = DESCRIPTION


def declare_only(server: FastMCP[Any], *, prompts: bool, resources: bool) -> None:
    """Declare prompts and resources only if there are any, and no log messages, which are never sent.

    FastMCP declares all of them always, and a client then offers an empty menu.
    """
    absent = [f"{area}/" for area, present in (("prompts", prompts), ("resources", resources)) if not present]
    handlers = server._mcp_server._request_handlers
    for method in [each for each in handlers if each.startswith((*absent, "logging/"))]:
        del handlers[method]
