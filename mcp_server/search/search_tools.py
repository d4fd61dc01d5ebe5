"""A short list of tools over all operations: the most asked ones, and three that find and call the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from fastmcp.server.dependencies import get_context
from fastmcp.server.providers.base import Provider
from fastmcp.tools.base import Tool, ToolResult
from fastmcp.utilities.versions import VersionSpec
from mcp_types import TextContent, ToolAnnotations
from pydantic import PrivateAttr

from api_gateway.operations import Effect
from api_gateway.redaction import sanitize
from mcp_server.search.catalogue import Catalogue, SearchableTool
from mcp_server.search.unavailable import explain_unavailable
from mcp_server.tools.builtin_tool import BuiltinToolProvider
from mcp_server.tools.operation_tool import OperationToolProvider

SEARCH: Final = "search_tools"
CALL: Final = "call_tool"
CALL_WRITING: Final = "call_writing_tool"

# What people ask first and most; the rest is one search away.
LISTED_TOOLS: Final = (
    "connection_status",
    "wait_for_login",
    "list_portfolio_accounts",
    "search_contracts",
    "get_market_snapshot",
    "get_price_history",
    "list_positions",
    "get_account_summary",
    "list_live_orders",
)

_DEFAULT_LIMIT: Final = 5
_MAX_LIMIT: Final = 20
# Some 1,800 tokens; from then on a hit is named with its first line only.
_MAX_RESULT_BYTES: Final = 6_500
_MAX_QUOTE_LENGTH: Final = 60


_EFFECT_TEXTS: Final[Mapping[Effect, str]] = {
    Effect.CHANGES: "changes something",
    Effect.DESTROYS: "destroys something",
    Effect.TRADES: "can lead to a trade",
}


class SearchToolProvider(Provider):
    """Lists a few tools; every tool of `routes` and of `own` can be called, by its own name too."""

    def __init__(self, operations: OperationToolProvider, builtin: BuiltinToolProvider) -> None:
        super().__init__()
        searchable = {name: tool for name, tool in builtin.by_name.items() if name not in LISTED_TOOLS}
        catalogue = Catalogue({**operations.by_name, **searchable})
        search_tools: list[Tool] = [
            SearchTool(catalogue, len(operations.by_name)),
            CallTool(catalogue, writes=False),
        ]
        if catalogue.has_writes:
            search_tools.append(CallTool(catalogue, writes=True))
        tools: Mapping[str, Tool] = {**builtin.by_name, **operations.by_name}
        self._listed_tools = [*search_tools, *(tools[name] for name in LISTED_TOOLS if name in tools)]
        self._callable_tools: Mapping[str, Tool] = {**tools, **{tool.name: tool for tool in search_tools}}

    @property
    def names(self) -> list[str]:
        """The names that are listed."""
        return [tool.name for tool in self._listed_tools]

    async def _list_tools(self) -> Sequence[Tool]:
        return self._listed_tools

    async def _get_tool(self, name: str, version: VersionSpec | None = None) -> Tool | None:
        tool = self._callable_tools.get(name)
        return tool if tool is None or version is None or version.matches(tool.version) else None


class SearchTool(Tool):
    """Finds operations by words, with all that is needed to call them."""

    _catalogue: Catalogue = PrivateAttr()

    def __init__(self, catalogue: Catalogue, count: int) -> None:
        sections = ", ".join(section.name for section in catalogue.sections())
        kind = "" if catalogue.has_writes else " (all of them read: this server changes nothing)"
        super().__init__(
            name=SEARCH,
            title="Search tools",
            description=(
                f"Find the right one of IBKR's {count} operations{kind}, by its purpose or name.\n\n"
                "Each hit has its description, the schema of its arguments, whether it reads, changes or "
                f"destroys, and the tool to call it with. Sections: {sections}."
            ),
            parameters={
                "type": "object",
                "properties": {
                    "query": {
                        "type": "string",
                        "description": 'In plain words, e.g. "trading hours of a contract".',
                    },
                    "limit": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": _MAX_LIMIT,
                        "default": _DEFAULT_LIMIT,
                        "description": "How many hits.",
                    },
                },
                "required": ["query"],
            },
            output_schema=None,
            annotations=ToolAnnotations(
                title="Search tools",
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            ),
        )
        self._catalogue = catalogue

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        if refusal := _check_argument_names(self, arguments):
            return refusal
        query, limit = arguments.get("query"), _parse_limit(arguments.get("limit"))
        if not isinstance(query, str):
            return _error_result(f"{SEARCH}: `query` should be a text that says what is looked for.")
        if limit is None or not 1 <= limit <= _MAX_LIMIT:
            return _error_result(f"{SEARCH}: `limit` should be a whole number from 1 to {_MAX_LIMIT}.")
        hits = self._catalogue.search(query)[:limit]
        unavailable = explain_unavailable(query)
        if not hits:
            return _text_result(unavailable or self._no_match_text(query))
        return _text_result(_format_hits(hits, unavailable))

    def _no_match_text(self, query: str) -> str:
        sections = " ".join(f"{each.name}: {each.description}" for each in self._catalogue.sections())
        reason = f'No operation matches "{_quote(query)}".' if query.strip() else "The query is empty."
        return f"{reason} Say in other words what is wanted. These sections are here. {sections}"


class CallTool(Tool):
    """Calls an operation by its name: one that reads, or, the writing kind, one that changes something.

    Two tools, and neither does the other's work, so that what a person allows or is asked to confirm stays
    what it says: reads pass without orders passing with them, and a question is only asked about a change.
    """

    _catalogue: Catalogue = PrivateAttr()
    _writes: bool = PrivateAttr()

    def __init__(self, catalogue: Catalogue, *, writes: bool) -> None:
        title = "Call a tool that changes something" if writes else "Call a tool that reads"
        what = (
            f"Call an operation that changes or destroys something, found by `{SEARCH}`.\n\n"
            f"For those that only read there is `{CALL}`."
            if writes
            else f"Call an operation that only reads, found by `{SEARCH}`.\n\n"
            "The answer is the operation's own. Wrong arguments get its schema back."
        )
        super().__init__(
            name=CALL_WRITING if writes else CALL,
            title=title,
            description=what,
            parameters={
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": f"Name of the operation, from `{SEARCH}`."},
                    "arguments": {"type": "object", "description": "Its arguments, by its own schema."},
                },
                "required": ["name"],
            },
            output_schema=None,
            annotations=ToolAnnotations(
                title=title,
                read_only_hint=not writes,
                destructive_hint=writes,
                idempotent_hint=not writes,
                open_world_hint=True,
            ),
        )
        self._catalogue = catalogue
        self._writes = writes

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        if refusal := _check_argument_names(self, arguments):
            return refusal
        name = arguments.get("name")
        if not isinstance(name, str):
            return _error_result(f"{self.name}: `name` should be the name of an operation, from `{SEARCH}`.")
        tool = self._catalogue.get(name)
        if tool is None:
            return _error_result(self._unknown_operation_text(name))
        if (tool.effect is not Effect.READS) is not self._writes:
            return _error_result(self._wrong_tool_text(tool))
        given = _parse_arguments(arguments.get("arguments"))
        if given is None:
            return _error_result(
                f"{self.name}: `arguments` should be an object of {name}'s arguments. Nothing was sent to "
                f"IBKR.\nTheir schema: {orjson.dumps(tool.parameters).decode()}"
            )
        # By way of the server, so that all that stands around a direct call stands around this one.
        return await get_context().fastmcp.call_tool(name, given)

    def _unknown_operation_text(self, name: str) -> str:
        if name in {SEARCH, CALL, CALL_WRITING, *LISTED_TOOLS}:
            return f"{self.name}: {name} is not an operation of IBKR's; call it by itself."
        nearest = ", ".join(f"`{each}`" for each in self._catalogue.suggest(name))
        meant = f"Perhaps {nearest} is meant. " if nearest else ""
        return (
            f"{self.name}: there is no operation `{_quote(name)}`. {meant}`{SEARCH}` finds what there is. "
            "Nothing was sent to IBKR."
        )

    def _wrong_tool_text(self, tool: SearchableTool) -> str:
        right = CALL if self._writes else CALL_WRITING
        does = "only reads" if self._writes else _EFFECT_TEXTS[tool.effect]
        return f"{self.name}: {tool.name} {does}; call it with `{right}`. Nothing was sent to IBKR."


def _format_hits(hits: Sequence[SearchableTool], unavailable: str | None = None) -> str:
    """The hits as JSON; when the room is used up, the remaining ones by name and first line."""
    full: list[bytes] = []
    by_name: list[bytes] = []
    remaining = _MAX_RESULT_BYTES
    for tool in hits:
        description = tool.description or ""
        encoded = orjson.dumps(
            {
                "name": tool.name,
                "does": tool.effect.value,
                "section": tool.section,
                "call_with": CALL if tool.effect is Effect.READS else CALL_WRITING,
                "description": description,
                "inputSchema": tool.parameters,
            }
        )
        if full and len(encoded) > remaining:
            by_name.append(orjson.dumps({"name": tool.name, "summary": description.partition("\n")[0]}))
        else:
            full.append(encoded)
            remaining -= len(encoded)
    text = b"{"
    if unavailable:
        text += b'"not_available":' + orjson.dumps(unavailable) + b","
    text += b'"operations":[' + b",".join(full) + b"]"
    if by_name:
        text += b',"search_by_name_for_the_schema":[' + b",".join(by_name) + b"]"
    return (text + b"}").decode()


def _check_argument_names(tool: Tool, arguments: Mapping[str, Any]) -> ToolResult | None:
    known = tool.parameters["properties"]
    unknown = [name for name in arguments if name not in known]
    if not unknown:
        return None
    listed = ", ".join(f"`{_quote(each)}`" for each in unknown)
    accepted = ", ".join(f"`{each}`" for each in known)
    inside = " The operation's own arguments belong into `arguments`." if "arguments" in known else ""
    return _error_result(
        f"{tool.name} does not take {listed}. It takes {accepted}.{inside} Nothing was sent to IBKR."
    )


def _parse_arguments(value: Any) -> dict[str, Any] | None:
    """The arguments as an object, also when a model has written them as the text of one."""
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    return value if isinstance(value, dict) else None


def _parse_limit(limit: Any) -> int | None:
    if limit is None:
        return _DEFAULT_LIMIT
    if isinstance(limit, bool) or not isinstance(limit, (int, float, str)):
        return None
    try:
        return int(limit) if float(limit) == int(limit) else None
    except (ValueError, OverflowError):
        return None


def _quote(text: str) -> str:
    return sanitize(text, max_length=_MAX_QUOTE_LENGTH)


def _text_result(text: str) -> ToolResult:
    return ToolResult(content=[TextContent(type="text", text=text)])


def _error_result(text: str) -> ToolResult:
    return ToolResult(content=[TextContent(type="text", text=text)], is_error=True)
