"""Built-in tools, which are not IBKR operations: always listed, whatever sections are selected."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastmcp.server.providers.base import Provider
from fastmcp.tools.base import Tool, ToolResult
from fastmcp.utilities.versions import VersionSpec
from mcp_types import TextContent, ToolAnnotations
from pydantic import PrivateAttr

from api_gateway.operations import Effect
from mcp_server.rest.argument_errors import unknown_arguments_text

_log = logging.getLogger(__name__)


class BuiltinTool(Tool):
    """A built-in tool: its description, its arguments as JSON Schema, and what a call does.

    `search_terms` are words that users search for and that the description does not contain.
    """

    _search_terms: str = PrivateAttr()

    def __init__(
        self,
        name: str,
        description: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        required: Sequence[str] = (),
        read_only: bool = True,
        search_terms: str = "",
    ) -> None:
        title = name.replace("_", " ").capitalize()
        super().__init__(
            name=name,
            title=title,
            description=description,
            parameters={
                "type": "object",
                "properties": dict(arguments or {}),
                **({"required": list(required)} if required else {}),
            },
            output_schema=None,
            annotations=ToolAnnotations(
                title=title,
                read_only_hint=read_only,
                destructive_hint=not read_only,
                idempotent_hint=True,
                open_world_hint=True,
            ),
        )
        self._search_terms = search_terms

    @property
    def effect(self) -> Effect:
        """The effect of a call."""
        hints = self.annotations
        return Effect.READS if hints is not None and hints.read_only_hint else Effect.DESTROYS

    @property
    def section(self) -> str:
        """The section that search results show for it."""
        return "Session"

    @property
    def path(self) -> str:
        """Empty: it is not an IBKR operation."""
        return ""

    @property
    def search_terms(self) -> str:
        """Words that users search for."""
        return self._search_terms

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        known = self.parameters["properties"]
        unknown = [name for name in arguments if name not in known]
        if unknown:
            return self.error_result(unknown_arguments_text(self.name, unknown, known))
        return await self.execute(arguments)

    @abstractmethod
    async def execute(self, arguments: Mapping[str, Any]) -> ToolResult:
        """The result of a call whose argument names are all known."""

    def json_result(self, value: Mapping[str, Any]) -> ToolResult:
        """The value as compact JSON."""
        return ToolResult(content=[TextContent(type="text", text=orjson.dumps(value).decode())])

    def error_result(self, message: str) -> ToolResult:
        """An error with this message."""
        _log.info("%s failed: %s", self.name, message)
        return ToolResult(content=[TextContent(type="text", text=message)], is_error=True)


class BuiltinToolProvider(Provider):
    """Provides these tools."""

    def __init__(self, tools: Sequence[BuiltinTool]) -> None:
        super().__init__()
        self._by_name = {tool.name: tool for tool in tools}

    @property
    def by_name(self) -> Mapping[str, BuiltinTool]:
        """All of the tools by name, in order."""
        return self._by_name

    async def _list_tools(self) -> Sequence[Tool]:
        return list(self._by_name.values())

    async def _get_tool(self, name: str, version: VersionSpec | None = None) -> Tool | None:
        tool = self._by_name.get(name)
        return tool if tool is None or version is None or version.matches(tool.version) else None
