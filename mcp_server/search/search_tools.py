"""Search mode: lists the most used tools, and three that find and call all the others."""

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
from mcp_server.rest.argument_errors import CORRECT_ARGUMENTS, NOTHING_SENT, unknown_arguments_text
from mcp_server.search.catalogue import Catalogue, SearchableTool
from mcp_server.search.unavailable import explain_unavailable
from mcp_server.tools.builtin_tool import BuiltinToolProvider
from mcp_server.tools.operation_tool import OperationToolProvider

SEARCH: Final = "search_tools"
CALL: Final = "call_tool"
CALL_WRITING: Final = "call_writing_tool"

# What answers most questions; the rest is one search away.
LISTED_TOOLS: Final = (
    "connection_status",
    "get_portfolio",
    "get_performance",
    "get_activity",
    "get_quotes",
    "get_price_history",
    "get_option_chain",
)

_DEFAULT_LIMIT: Final = 5
_MAX_LIMIT: Final = 20
# About 1,800 tokens; any further hits are listed by name and first line only.
_MAX_RESULT_BYTES: Final = 6_500
_MAX_QUOTE_LENGTH: Final = 60
_NEST_ARGUMENTS: Final = "Put the operation's own arguments in `arguments`."

_EFFECT_TEXTS: Final[Mapping[Effect, str]] = {
    Effect.CHANGES: "changes something",
    Effect.DESTROYS: "destroys something",
    Effect.TRADES: "can lead to a trade",
}


class SearchToolProvider(Provider):
    """Lists a few tools; every tool of `operations` and `builtin` can also be called by its own name."""

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
        self._listed_tools = [*(tools[name] for name in LISTED_TOOLS if name in tools), *search_tools]
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
    """Finds operations by keywords, and returns all that is needed to call them."""

    _catalogue: Catalogue = PrivateAttr()

    def __init__(self, catalogue: Catalogue, count: int) -> None:
        sections = ", ".join(section.name for section in catalogue.sections())
        kind = "" if catalogue.has_writes else " (all read-only)"
        super().__init__(
            name=SEARCH,
            title="Search tools",
            description=(
                f"Find the right one of IBKR's {count} operations{kind} by purpose or name.\n\n"
                "Returns each hit's description, input schema, effect (reads, changes, destroys or trades) "
                f"and the tool to call it with. Sections: {sections}."
            ),
            parameters={
                "type": "object",
                "properties": {
                    "query": {
                        "type": "string",
                        "description": 'What to look for, e.g. "trading hours of a contract".',
                    },
                    "limit": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": _MAX_LIMIT,
                        "default": _DEFAULT_LIMIT,
                        "description": "Maximum number of hits.",
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
        if error := _check_argument_names(self, arguments):
            return error
        query, limit = arguments.get("query"), _parse_limit(arguments.get("limit"))
        if not isinstance(query, str):
            return _error_result(f"{SEARCH}: `query` should be text that says what to look for.")
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
        return f"{reason} Try other words. The sections are: {sections}"


class CallTool(Tool):
    """Calls an operation by name: either a read-only one or, if it writes, one that makes changes.

    The two tools are strictly separate, so that a client's permission prompts mean what they say: allowing
    reads does not allow orders, and the user has to confirm only changes.
    """

    _catalogue: Catalogue = PrivateAttr()
    _writes: bool = PrivateAttr()

    def __init__(self, catalogue: Catalogue, *, writes: bool) -> None:
        title = "Call a tool that makes changes" if writes else "Call a read-only tool"
        what = (
            f"Call an operation that changes or destroys something or can trade, found with `{SEARCH}`.\n\n"
            f"For read-only operations, use `{CALL}`."
            if writes
            else f"Call a read-only operation, found with `{SEARCH}`.\n\n"
            "Returns its result unchanged. If the arguments are invalid, the error includes the input schema."
        )
        super().__init__(
            name=CALL_WRITING if writes else CALL,
            title=title,
            description=what,
            parameters={
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": f"Name of the operation, from `{SEARCH}`."},
                    "arguments": {"type": "object", "description": "Arguments, by its input schema."},
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
        if error := _check_argument_names(self, arguments):
            return error
        name = arguments.get("name")
        if not isinstance(name, str) or not name.strip():
            return _error_result(
                f"{self.name}: `name` should be the name of an operation. {NOTHING_SENT} "
                f"Find it with `{SEARCH}`."
            )
        tool = self._catalogue.get(name)
        if tool is None:
            return _error_result(self._unknown_operation_text(name))
        if (tool.effect is not Effect.READS) is not self._writes:
            return _error_result(self._wrong_tool_text(tool))
        operation_arguments = _parse_arguments(arguments.get("arguments"))
        if operation_arguments is None:
            return _error_result(
                f"{self.name}: `arguments` should be an object with {name}'s arguments. {NOTHING_SENT}\n"
                f"The schema of its arguments: {orjson.dumps(tool.parameters).decode()}"
            )
        # Through the server, so that everything that wraps a direct call also wraps this one.
        return await get_context().fastmcp.call_tool(name, operation_arguments)

    def _unknown_operation_text(self, name: str) -> str:
        if name in {SEARCH, CALL, CALL_WRITING, *LISTED_TOOLS}:
            return f"{self.name}: {name} is a listed tool. {NOTHING_SENT} Call it directly."
        nearest = ", ".join(f"`{each}`" for each in self._catalogue.suggest(name))
        suggestion = f"Did you mean {nearest}? " if nearest else ""
        return (
            f"{self.name}: there is no operation `{_quote(name)}`. {NOTHING_SENT} "
            f"{suggestion}Find the right one with `{SEARCH}`."
        )

    def _wrong_tool_text(self, tool: SearchableTool) -> str:
        right = CALL if self._writes else CALL_WRITING
        effect = "only reads" if self._writes else _EFFECT_TEXTS[tool.effect]
        return f"{self.name}: {tool.name} {effect}. {NOTHING_SENT} Call it with `{right}`."


def _format_hits(hits: Sequence[SearchableTool], unavailable: str | None = None) -> str:
    """The hits as JSON; once the size limit is reached, the remaining ones by name and first line."""
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
    next_step = _NEST_ARGUMENTS if "arguments" in known else CORRECT_ARGUMENTS
    return _error_result(unknown_arguments_text(tool.name, unknown, known, next_step))


def _parse_arguments(value: Any) -> dict[str, Any] | None:
    """The arguments as an object, even if a model sent them as JSON text."""
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
