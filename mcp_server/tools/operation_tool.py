"""Every route as an MCP tool of the same name.

The schemas are the same as from `FastMCP.from_fastapi`. The call is not: the route is called directly, its
body is returned once, as text, and a failure is flagged as an error with our own message. FastMCP's own
`OpenAPITool` would send each body twice, wrap errors in its own text, and load an HTTP client and a second
schema parser, which take a tenth of the startup time.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastmcp.server.providers.base import Provider
from fastmcp.tools.base import Tool, ToolResult
from fastmcp.utilities.versions import VersionSpec
from mcp_types import TextContent, ToolAnnotations
from pydantic import PrivateAttr
from starlette.datastructures import QueryParams
from starlette.requests import Request

from api_gateway import errors
from api_gateway.causes import OUTCOME_SENTENCES, Outcome
from api_gateway.operations import Effect
from mcp_server.app import ROUTE_NAME_KEY, STATUS_CODES
from mcp_server.instruments.resolver import Instruments
from mcp_server.rest.argument_errors import (
    CORRECT_ARGUMENTS,
    INTERNAL_ERROR,
    NOTHING_SENT,
    REPORT_IT,
    unknown_arguments_text,
)
from mcp_server.rest.docstring_notes import Notes
from mcp_server.rest.effects import is_repeatable, route_effect
from mcp_server.rest.listing import join_limited
from mcp_server.rest.relay import get_relay
from mcp_server.tools.argument_forms import to_schema_forms
from mcp_server.tools.argument_validation import type_errors, unknown_fields
from mcp_server.tools.caps import cap_note
from mcp_server.tools.conid_names import ConidArguments, find_conid_arguments
from mcp_server.tools.fastapi_internals import DirectCall, direct_call
from mcp_server.tools.operation_schemas import OperationSchema, operation_schemas
from mcp_server.tools.price_currencies import PriceCurrencies
from mcp_server.tools.progress import ProgressReport
from mcp_server.tools.read_forms import NO_FORM, READ_FORMS
from mcp_server.tools.truncation import narrowing_hint, truncate

_log = logging.getLogger(__name__)

# How a title spells these words of a tool's name.
_SPECIAL_WORDS = {"pnl": "P&L", "sso": "SSO", "secdef": "security definition"}
# Operations whose conid is the underlying of a chain.
_CHAIN_OPERATIONS = frozenset({"get_strikes", "get_secdef_info"})
_NOT_CALLED = "The operation itself was not sent to IBKR."
_CHECK_FIRST = "Check that before you call it again."
_NOT_SERIALIZABLE = "a number or text in the arguments cannot be encoded as JSON"


@dataclass(frozen=True)
class ToolOptions:
    """How much a tool returns."""

    max_result_bytes: int
    """In bytes; a larger result is truncated."""
    schema_in_argument_errors: bool
    """Whether an error about invalid arguments includes their schema, which the client may not have seen."""
    store_rest: Callable[[bytes], str | None] | None = None
    """Stores what a truncated result left out, and returns its cursor."""
    currencies: PriceCurrencies | None = None
    """Adds the currency to quotes and price bars."""


class OperationToolProvider(Provider):
    """Provides a tool for each route of `app`; `notes` has the routes' notes by route name.

    `instruments` understands names where an argument is a conid; without it, only numbers are.
    Those of the sections `unlisted` can be called but are not listed. A separate provider, because FastMCP's
    default one checks every tool on each call.
    """

    def __init__(
        self,
        app: FastAPI,
        notes: Mapping[str, Notes],
        options: ToolOptions,
        instruments: Instruments | None = None,
        unlisted: Collection[str] = (),
    ) -> None:
        super().__init__()
        self._unlisted = unlisted
        routes: Mapping[str, APIRoute] = app.state.routes
        schemas = operation_schemas(routes.values())
        self._by_name = {
            name: OperationTool(app, route, schemas[name], notes, options, instruments)
            for name, route in routes.items()
            if name in schemas
        }

    @property
    def by_name(self) -> Mapping[str, OperationTool]:
        """All of the tools by name, in the order of the routes."""
        return self._by_name

    @property
    def names(self) -> list[str]:
        """The names of the listed tools."""
        return [name for name, tool in self._by_name.items() if tool.section not in self._unlisted]

    async def _list_tools(self) -> Sequence[Tool]:
        return [self._by_name[name] for name in self.names]

    async def _get_tool(self, name: str, version: VersionSpec | None = None) -> Tool | None:
        tool = self._by_name.get(name)
        return tool if tool is None or version is None or version.matches(tool.version) else None


class OperationTool(Tool):
    """One route, called in process."""

    _app: FastAPI = PrivateAttr()
    _route: APIRoute = PrivateAttr()
    _method: str = PrivateAttr()
    _schema: OperationSchema = PrivateAttr()
    _direct_call: DirectCall | None = PrivateAttr()
    _effect: Effect = PrivateAttr()
    _notes: Notes = PrivateAttr()
    _options: ToolOptions = PrivateAttr()
    _instruments: Instruments | None = PrivateAttr()
    _conids: ConidArguments = PrivateAttr()

    def __init__(
        self,
        app: FastAPI,
        route: APIRoute,
        schema: OperationSchema,
        notes: Mapping[str, Notes],
        options: ToolOptions,
        instruments: Instruments | None = None,
    ) -> None:
        name = route.name
        method = min(route.methods or {"GET"})
        effects = route_effect(route)
        title = tool_title(name)
        super().__init__(
            name=name,
            title=title,
            description=route.description or route.summary or title,
            parameters=schema.parameters,
            # None on purpose: IBKR's responses change, and clients discard a result that violates its schema.
            output_schema=None,
            tags={str(tag) for tag in route.tags},
            annotations=ToolAnnotations(
                title=title,
                read_only_hint=effects is Effect.READS,
                destructive_hint=effects in (Effect.DESTROYS, Effect.TRADES),
                idempotent_hint=is_repeatable({method}, route.path, route.openapi_extra),
                open_world_hint=True,
            ),
        )
        self._app = app
        self._route = route
        self._method = method
        self._schema = schema
        # In an app with middleware, a call runs more than the route.
        self._direct_call = None if app.user_middleware else direct_call(route, get_relay)
        self._effect = effects
        self._notes = notes.get(name, Notes())
        self._options = options
        self._instruments = instruments
        self._conids = find_conid_arguments(
            schema.parameters,
            route.path,
            trades=effects is Effect.TRADES,
            of_chain=name in _CHAIN_OPERATIONS,
        )

    @property
    def effect(self) -> Effect:
        """The effect of a call."""
        return self._effect

    @property
    def section(self) -> str:
        """The section of IBKR's reference that it belongs to."""
        return next(iter(self.tags), "")

    @property
    def path(self) -> str:
        """The path of the route."""
        return self._route.path

    @property
    def search_terms(self) -> str:
        """Words that users search for and that its description does not contain."""
        return self._notes.search_terms

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        arguments = to_schema_forms(arguments, self.parameters, READ_FORMS.get(self.name, NO_FORM))
        unknown = [name for name in arguments if name not in self._schema.targets]
        if unknown:
            return self._invalid_arguments_result(
                unknown_arguments_text(self.name, unknown, self._schema.targets)
            )
        problems = unknown_fields(arguments, self.parameters) or type_errors(arguments, self.parameters)
        if problems:
            return self._invalid_arguments_result(self._invalid_arguments_text(join_limited("; ", problems)))
        understood = ""
        if self._instruments is not None:
            try:
                replaced = await self._conids.replace_names(arguments, self._instruments)
            except errors.GatewayError as error:
                return self._error_result(str(error))
            if replaced.problem:
                return self._error_result(f"{self.name}: {replaced.problem}\n{_NOT_CALLED}")
            arguments, understood = replaced.arguments, replaced.understood
        try:
            path, query, content = self._encode_arguments(arguments)
        except (TypeError, UnicodeError):  # an integer of more than 64 bits, a lone surrogate
            return self._error_result(self._invalid_arguments_text(_NOT_SERIALIZABLE))
        try:
            with ProgressReport(self.title or self.name):
                status, body = await self._call_route(path, query, content)
        except Exception:
            _log.exception("%s raised an unexpected error", self.name)
            outcome = (
                OUTCOME_SENTENCES[Outcome.UNCHANGED]
                if self._effect is Effect.READS
                else f"{OUTCOME_SENTENCES[Outcome.UNKNOWN]} {_CHECK_FIRST}"
            )
            return self._error_result(f"{self.name}: {INTERNAL_ERROR} {outcome} {REPORT_IT}")
        if status < 400:
            if self._options.currencies is not None:
                body = await self._options.currencies.add_to(self.name, arguments, body)
            return self._success_result(arguments, body, understood)
        message = _error_text(self.name, body)
        return (
            self._invalid_arguments_result(message)
            if status == STATUS_CODES[errors.Invalid]
            else self._error_result(message)
        )

    def _success_result(self, arguments: Mapping[str, Any], body: bytes, understood: str) -> ToolResult:
        """The body, after a text with the notes about it, if there are any."""
        notes = [note for note in (understood, cap_note(self.name, arguments, body)) if note]
        shown = body.decode(errors="replace")
        if len(body) > self._options.max_result_bytes:
            hint = self._notes.narrowing_hint or narrowing_hint(self.parameters)
            truncated, shown = truncate(body, self._options.max_result_bytes, hint, self._options.store_rest)
            notes.insert(0, truncated)
        return _text_result(*(["\n".join(notes)] if notes else []), shown)

    def _invalid_arguments_text(self, problem: str) -> str:
        return f"{self.name}: {problem}. {NOTHING_SENT} {CORRECT_ARGUMENTS}"

    def _invalid_arguments_result(self, text: str) -> ToolResult:
        if not self._options.schema_in_argument_errors:
            return self._error_result(text)
        schema = orjson.dumps(self.parameters).decode()
        return self._error_result(text, f"\nThe schema of its arguments: {schema}")

    def _encode_arguments(
        self, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, str], list[tuple[str, str]], bytes]:
        path, query, body = self._split_arguments(arguments)
        for _, text in query:
            text.encode()  # raises for text that no URL can contain
        return path, query, orjson.dumps(body) if self._schema.has_body else b""

    async def _call_route(
        self, path: dict[str, str], query: list[tuple[str, str]], content: bytes
    ) -> tuple[int, bytes]:
        """Status and body of the route's response, or of the app's handler for its exception."""
        if self._direct_call is None:
            return await self._call_app(self._build_scope(path, query, content), content)
        try:
            response = await self._direct_call(
                path, QueryParams(query), orjson.loads(content) if content else None, self._app.state.relay
            )
        except Exception as error:
            handlers = self._app.exception_handlers
            handler = next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)
            if handler is None:
                raise
            request = Request(self._build_scope(path, query, content) | {"route": self._route})
            handled = handler(request, error)
            response = await handled if isinstance(handled, Awaitable) else handled
        return response.status_code, bytes(response.body)

    def _build_scope(
        self, path: dict[str, str], query: list[tuple[str, str]], content: bytes
    ) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self._method,
            "scheme": "http",
            "path": self._route.path,
            "raw_path": self._route.path.encode(),
            "root_path": "",
            "query_string": urlencode(query).encode() if query else b"",
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(content)).encode()),
            ],
            "client": None,
            "server": None,
            "path_params": path,
            ROUTE_NAME_KEY: self._route.name,
        }

    async def _call_app(self, scope: dict[str, Any], content: bytes) -> tuple[int, bytes]:
        status = 500
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return status, b"".join(parts)

    def _split_arguments(
        self, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, str], list[tuple[str, str]], dict[str, Any]]:
        path: dict[str, str] = {}
        query: list[tuple[str, str]] = []
        body: dict[str, Any] = {}
        for name, value in arguments.items():
            if value is None:
                continue
            target = self._schema.targets[name]
            if target.location == "path":
                path[target.name] = _format_value(value)
            elif target.location == "query":
                query += [
                    (target.name, _format_value(each))
                    for each in (value if isinstance(value, list) else [value])
                ]
            else:
                body[target.name] = value
        return path, query, body

    def _error_result(self, text: str, appendix: str = "") -> ToolResult:
        _log.info("%s failed: %s", self.name, text)
        return ToolResult(content=[TextContent(type="text", text=text + appendix)], is_error=True)


def tool_title(name: str) -> str:
    """The title of a tool, from its name."""
    words = " ".join(_SPECIAL_WORDS.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


def _format_value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _text_result(*texts: str) -> ToolResult:
    return ToolResult(content=[TextContent(type="text", text=text) for text in texts])


def _error_text(name: str, body: bytes) -> str:
    reply = orjson.loads(body)
    return f"{reply.get('request', name)}: {reply.get('problem', 'failed.')} {reply.get('hint', '')}".rstrip()
