"""Search mode: what is listed, what a search returns, and that calls through it equal direct calls."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import fastmcp
import httpx
import mcp
import pytest
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.elicitation import AcceptedElicitation
from fastmcp.server.middleware import Middleware
from fastmcp.tools.base import InputRequiredToolResult
from mcp_types import (
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from mcp_server.rest import sections
from mcp_server.rest.argument_errors import NOTHING_SENT
from mcp_server.search.search_tools import CALL, CALL_WRITING, LISTED_TOOLS, SEARCH
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from tests.mcp_server.rejections import quoted

ERAS = ["legacy", "2026-07-28"]
SEARCH_TOOLS = (SEARCH, CALL, CALL_WRITING)
MAX_TOOLS = {"read": 9, "paper": 10, "live": 10}
MAX_TOKENS = 3_200
"""Of the list in `paper`; the two tools for orders may take it to 4,000."""

OpenClient = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture
def open_client(gateway: GatewayClient) -> OpenClient:
    """A client of a server with these settings."""

    @asynccontextmanager
    async def open_with(mode: str = "2026-07-28", **values: Any) -> AsyncIterator[Any]:
        server = create_server(gateway, ServerSettings(_env_file=None, **values))
        async with fastmcp.Client(server, mode=mode) as client:
            yield client

    return open_with


async def call(client: Any, tool: str, /, **arguments: Any) -> tuple[bool, str]:
    """Whether the call failed, and the one text of its result."""
    result = await client.call_tool(tool, arguments, raise_on_error=False)
    [content] = result.content
    return result.is_error, content.text


async def found(client: Any, query: str, **arguments: Any) -> list[str]:
    failed, text = await call(client, "search_tools", query=query, **arguments)
    assert not failed, text
    hits = json.loads(text)
    return [each["name"] for each in hits["operations"] + hits.get("search_by_name_for_the_schema", [])]


# What is listed


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize("trading", ["read", "paper", "live"])
async def test_the_list_is_short_and_has_the_most_used_tools(
    open_client: OpenClient, mode: str, trading: str
) -> None:
    async with open_client(mode, trading_mode=trading) as client:
        names = [tool.name for tool in await client.list_tools()]
    assert len(names) <= MAX_TOOLS[trading]
    assert names == [name for name in (*LISTED_TOOLS, *SEARCH_TOOLS) if name in names]
    assert ("call_writing_tool" in names) is (trading != "read")


# The tokenizer's package uses a deprecated function of Python when it is imported.
@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
async def test_the_list_takes_few_tokens(open_client: OpenClient) -> None:
    import bpe_openai

    encoding = bpe_openai.get_encoding("o200k_base")
    async with open_client(trading_mode="paper") as client:
        published = [
            {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
            for tool in await client.list_tools()
        ]
    texts = [json.dumps(each, separators=(",", ":")) for each in published]
    assert sum(len(encoding.encode(text)) for text in texts) <= MAX_TOKENS


async def test_the_annotations_of_the_search_tools_say_what_a_call_can_do(open_client: OpenClient) -> None:
    async with open_client(trading_mode="paper") as client:
        hints = {tool.name: tool.annotations for tool in await client.list_tools()}
    assert {
        name: (hint.read_only_hint, hint.destructive_hint, hint.idempotent_hint)
        for name, hint in hints.items()
        if name in SEARCH_TOOLS
    } == {
        "search_tools": (True, False, True),
        "call_tool": (True, False, True),
        "call_writing_tool": (False, True, False),
    }
    assert all(hints[name].read_only_hint for name in LISTED_TOOLS if name in hints)


# What a search returns


async def test_a_hit_has_all_that_is_needed_to_call_it(open_client: OpenClient) -> None:
    async with open_client(trading_mode="paper", mcp_server_tools="all", raw_order_tools=True) as client:
        [direct] = [tool for tool in await client.list_tools() if tool.name == "list_futures"]
    async with open_client(trading_mode="paper") as client:
        _, text = await call(client, "search_tools", query="futures of a symbol", limit=1)
    assert json.loads(text) == {
        "operations": [
            {
                "name": "list_futures",
                "does": "reads",
                "section": "Contracts",
                "call_with": "call_tool",
                "description": direct.description,
                "inputSchema": direct.input_schema,
            }
        ]
    }


@pytest.mark.parametrize(
    ("query", "name", "does"),
    [("place an order", "place_orders", "trades"), ("cancel an order", "cancel_order", "destroys")],
)
async def test_a_hit_that_writes_has_its_effect_and_the_writing_tool(
    open_client: OpenClient, query: str, name: str, does: str
) -> None:
    async with open_client(trading_mode="paper") as client:
        _, text = await call(client, "search_tools", query=query)
    [hit] = [each for each in json.loads(text)["operations"] if each["name"] == name]
    assert (hit["does"], hit["call_with"]) == (does, "call_writing_tool")


async def test_listed_tools_are_found_too(open_client: OpenClient) -> None:
    async with open_client() as client:
        assert "list_positions" in await found(client, "positions of an account")


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
@pytest.mark.parametrize("query", [section.description for section in sections.SECTIONS])
async def test_the_result_of_a_search_is_small(open_client: OpenClient, query: str) -> None:
    import bpe_openai

    async with open_client(trading_mode="paper") as client:
        _, text = await call(client, "search_tools", query=query)
        _, longest = await call(client, "search_tools", query=query, limit=20)
    encoding = bpe_openai.get_encoding("o200k_base")
    assert len(encoding.encode(text)) <= 2_000
    assert len(encoding.encode(longest)) <= 3_000
    assert len(json.loads(longest)["operations"]) >= 1


@pytest.mark.parametrize(("limit", "count"), [(1, 1), ("3", 3), (20, 20), (None, 5)])
async def test_the_number_of_hits_can_be_limited(open_client: OpenClient, limit: Any, count: int) -> None:
    async with open_client() as client:
        assert len(await found(client, "account orders positions", limit=limit)) == count


@pytest.mark.parametrize("query", ["", "   ", "xyzzy", "the of"])
async def test_a_search_without_hits_returns_the_available_sections(
    open_client: OpenClient, query: str
) -> None:
    async with open_client(excluded_tags="Alerts") as client:
        failed, text = await call(client, "search_tools", query=query)
    assert not failed
    assert "Market Data: " in text
    assert "Alerts" not in text
    assert (f'"{query}"' in text) is bool(query.strip())


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, ["query"]),
        ({"query": 7}, ["query"]),
        ({"query": "x", "limit": 0}, ["limit"]),
        ({"query": "x", "limit": 21}, ["limit"]),
        ({"query": "x", "limit": True}, ["limit"]),
        ({"query": "x", "limit": "many"}, ["limit"]),
        ({"query": "x", "limit": [1]}, ["limit"]),
        ({"query": "x", "q": 1}, ["q", "query", "limit"]),
    ],
)
async def test_an_invalid_search_is_rejected_by_the_names_of_its_arguments(
    open_client: OpenClient, arguments: dict[str, Any], named: list[str]
) -> None:
    async with open_client() as client:
        failed, text = await call(client, "search_tools", **arguments)
    assert failed
    assert quoted(text) == named
    assert named != ["limit"] or " 20." in text


# Calls through the tools


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_currency_pairs", {"currency": "EUR"}),
    ("list_currency_pairs", {}),
    ("list_currency_pairs", {"currency": "eur"}),
    ("list_currency_pairs", {"currency": ["EUR"]}),
    ("list_currency_pairs", {"currency": "EUR", "curency": "USD"}),
    ("get_strikes", {"conid": 1, "sec_type": "FOP", "month": "JAN27"}),
    ("list_positions", {"account_id": "U1/../../logout"}),
    ("get_exchange_rate", {"source": "EUR", "target": "\x00"}),
    ("list_portfolio_accounts", {}),
]


@pytest.mark.thorough
@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    "answer", [httpx.Response(200, content=b'{ "a": 1.50 }'), httpx.Response(401), httpx.Response(500)]
)
@pytest.mark.parametrize(("name", "arguments"), CALLS)
async def test_a_call_by_name_returns_the_same_as_the_tool_itself(
    stub_gateway: Any, mode: Any, answer: httpx.Response, name: str, arguments: dict[str, Any]
) -> None:
    stub_gateway.otherwise = answer

    async def outcome(tool: str, given: dict[str, Any]) -> tuple[Any, list[Any]]:
        # Each call has its own gateway client, without the other's state.
        stub_gateway.requests.clear()
        gateway = GatewayClient(GatewaySettings(_env_file=None), transport=httpx.MockTransport(stub_gateway))
        server = create_server(gateway, ServerSettings(_env_file=None))
        async with fastmcp.Client(server, mode=mode) as client:
            result = await client.call_tool(tool, given, raise_on_error=False)
        assert result.structured_content is None
        asked = [(request.method, request.url, request.content) for request in stub_gateway.requests]
        return (result.content, result.is_error, result.meta), asked

    assert await outcome("call_tool", {"name": name, "arguments": arguments}) == await outcome(
        name, arguments
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**70, "\ud800"])
async def test_values_that_no_client_can_send_are_rejected_alike(gateway: GatewayClient, value: Any) -> None:
    server = create_server(gateway, ServerSettings(_env_file=None))
    arguments = {"conid": value}
    direct = await server.call_tool("get_contract_rules", arguments)
    through = await server.call_tool("call_tool", {"name": "get_contract_rules", "arguments": arguments})
    assert direct.is_error
    assert (through.content, through.meta) == (direct.content, direct.meta)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"currency": 1.5}, {"currency": "euro"}, {"currency": "EUR", "x": 1}, {"currency": []}],
)
async def test_an_error_about_arguments_includes_the_schema(
    open_client: OpenClient, stub_gateway: Any, arguments: dict[str, Any]
) -> None:
    async with open_client() as client:
        failed, text = await call(client, "call_tool", name="list_currency_pairs", arguments=arguments)
        _, hits = await call(client, "search_tools", query="list_currency_pairs", limit=1)
    sentence, _, schema = text.partition("\nThe schema of its arguments: ")
    assert failed
    assert NOTHING_SENT in sentence
    assert json.loads(schema) == json.loads(hits)["operations"][0]["inputSchema"]
    assert stub_gateway.requests == []


@pytest.mark.parametrize("arguments", ['{"currency": "EUR"}', ' {"currency":"EUR"} ', {"currency": "EUR"}])
async def test_arguments_as_json_text_are_accepted(
    open_client: OpenClient, stub_gateway: Any, arguments: Any
) -> None:
    stub_gateway.otherwise = httpx.Response(200, json={"EUR": []})
    async with open_client() as client:
        failed, _ = await call(client, "call_tool", name="list_currency_pairs", arguments=arguments)
    assert not failed
    assert stub_gateway.requests[-1].url.params["currency"] == "EUR"


@pytest.mark.parametrize("arguments", ["{}", "", None])
async def test_arguments_may_be_omitted(open_client: OpenClient, stub_gateway: Any, arguments: Any) -> None:
    given = {"arguments": arguments} if arguments is not None else {}
    async with open_client() as client:
        failed, _ = await call(client, "call_tool", name="list_portfolio_accounts", **given)
    assert failed is (arguments == "")
    assert len(stub_gateway.requests) == (arguments != "")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "arguments", ["EUR", "[1]", "null", '{"currency": NaN}', '{"currency"', 7, ["EUR"], True]
)
async def test_arguments_that_are_not_an_object_are_rejected_with_the_schema(
    open_client: OpenClient, stub_gateway: Any, arguments: Any
) -> None:
    async with open_client() as client:
        failed, text = await call(client, "call_tool", name="list_currency_pairs", arguments=arguments)
    assert failed
    assert quoted(text) == ["arguments"]
    assert '"currency"' in text
    assert stub_gateway.requests == []


async def test_an_operations_arguments_outside_arguments_are_rejected_with_their_place(
    open_client: OpenClient,
) -> None:
    async with open_client() as client:
        failed, text = await call(client, "call_tool", name="list_currency_pairs", currency="EUR")
    assert failed
    assert quoted(text) == ["currency", "name", "arguments", "arguments"]
    assert NOTHING_SENT in text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("list_position", "list_positions"),
        ("mcp_list_positions", "list_positions"),
        ("getPositions", "list_positions"),
        ("option_chain", "get_strikes"),
    ],
)
async def test_an_unknown_name_gets_the_nearest_ones(open_client: OpenClient, name: str, meant: str) -> None:
    async with open_client() as client:
        failed, text = await call(client, "call_tool", name=name)
    assert failed
    first, *suggested, last = quoted(text)
    assert (first, last) == (name, SEARCH)
    assert meant in suggested


@pytest.mark.parametrize("name", ["xyzzy", "../xyzzy", "DU7654321", "x" * 5000])
async def test_a_name_like_no_other_is_rejected_without_a_suggestion(
    open_client: OpenClient, name: str
) -> None:
    async with open_client() as client:
        failed, text = await call(client, "call_tool", name=name)
    assert failed
    assert quoted(text)[1:] == [SEARCH]
    assert "DU7654321" not in text
    assert len(text) < 300


@pytest.mark.parametrize("name", [None, 7, ["list_positions"], {}, "", " "])
async def test_a_name_that_is_not_text_is_rejected(open_client: OpenClient, name: Any) -> None:
    async with open_client() as client:
        failed, text = await call(client, "call_tool", name=name)
    assert failed
    assert quoted(text) == ["name", SEARCH]


@pytest.mark.thorough
@pytest.mark.parametrize("caller", ["call_tool", "call_writing_tool"])
@pytest.mark.parametrize("name", SEARCH_TOOLS)
async def test_the_search_tools_cannot_be_called_through_themselves(
    open_client: OpenClient, caller: str, name: str
) -> None:
    async with open_client(trading_mode="paper") as client:
        failed, text = await call(client, caller, name=name, arguments={"name": "logout"})
    assert failed
    assert text.startswith(f"{caller}: {name} ")
    assert NOTHING_SENT in text


# Reading and writing


async def test_a_writing_operation_is_not_called_by_the_reading_tool(
    open_client: OpenClient, stub_gateway: Any
) -> None:
    async with open_client(trading_mode="paper") as client:
        refused, text = await call(client, CALL, name="logout")
        assert stub_gateway.requests == []
        failed, _ = await call(client, CALL_WRITING, name="logout")
    assert refused
    assert text.startswith(f"{CALL}: logout ")
    assert quoted(text) == [CALL_WRITING]
    assert NOTHING_SENT in text
    assert not failed
    assert [request.url.path for request in stub_gateway.requests] == ["/v1/api/logout"]


async def test_a_reading_operation_is_not_called_by_the_writing_tool(
    open_client: OpenClient, stub_gateway: Any
) -> None:
    async with open_client(trading_mode="paper") as client:
        refused, text = await call(client, CALL_WRITING, name="list_portfolio_accounts")
    assert refused
    assert text.startswith(f"{CALL_WRITING}: list_portfolio_accounts ")
    assert quoted(text) == [CALL]
    assert NOTHING_SENT in text
    assert stub_gateway.requests == []


async def test_each_operation_is_called_by_one_of_the_two(open_client: OpenClient) -> None:
    async with open_client(trading_mode="paper", mcp_server_tools="all", raw_order_tools=True) as client:
        hints = {tool.name: tool.annotations.read_only_hint for tool in await client.list_tools()}
    for name in (*LISTED_TOOLS, "wait_for_login"):
        hints.pop(name, None)  # these are called directly; wait_for_login waits
    async with open_client(trading_mode="paper") as client:
        for name, reads in hints.items():
            wrong, right = ("call_writing_tool", "call_tool") if reads else ("call_tool", "call_writing_tool")
            failed, text = await call(client, wrong, name=name, arguments={"no_such_argument": 1})
            assert failed
            assert quoted(text) == [right]
            failed, text = await call(client, right, name=name, arguments={"no_such_argument": 1})
            assert failed
            assert text.startswith(f"{name} ")
            assert quoted(text)[0] == "no_such_argument"


# What is not mounted


@pytest.mark.thorough
@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    ("values", "absent"),
    [
        ({"excluded_tags": "Portfolio"}, "list_positions"),
        ({"included_tags": "Session, Market Data"}, "search_contracts"),
        ({"trading_mode": "read"}, "cancel_order"),
        ({"trading_mode": "read"}, "place_orders"),
        ({"trading_mode": "paper", "excluded_tags": "Orders"}, "place_orders"),
    ],
)
async def test_an_operation_that_is_not_mounted_cannot_be_reached_in_any_way(
    open_client: OpenClient, stub_gateway: Any, mode: str, values: dict[str, Any], absent: str
) -> None:
    async with open_client(mode, **values) as client:
        listed = {tool.name for tool in await client.list_tools()}
        assert absent not in listed
        assert absent not in await found(client, absent.replace("_", " "), limit=20)
        assert absent not in await found(client, absent, limit=20)
        for caller in set(SEARCH_TOOLS) & listed:
            for name in (absent, absent + "s", absent.upper()):
                failed, text = await call(client, caller, name=name, arguments={})
                assert failed
                assert f"`{absent}`" not in text.replace(f"no operation `{name}`", "")
        assert (await client.call_tool(absent, {}, raise_on_error=False)).is_error
    assert stub_gateway.requests == []


async def test_a_tool_that_is_not_listed_can_be_called_by_its_own_name(
    open_client: OpenClient, stub_gateway: Any
) -> None:
    stub_gateway.otherwise = httpx.Response(200, json={"EUR": []})
    async with open_client() as client:
        assert "list_currency_pairs" not in {tool.name for tool in await client.list_tools()}
        failed, _ = await call(client, "list_currency_pairs", currency="EUR")
    assert not failed
    assert len(stub_gateway.requests) == 1


async def test_with_every_tool_listed_there_are_no_search_tools(open_client: OpenClient) -> None:
    async with open_client(trading_mode="paper", mcp_server_tools="all", raw_order_tools=True) as client:
        assert set(SEARCH_TOOLS).isdisjoint({tool.name for tool in await client.list_tools()})
        failed, _ = await call(client, "search_tools", query="x")
        _, refused = await call(client, "list_currency_pairs")
    assert failed
    assert "schema" not in refused


# What wraps a call


class Confirms(Middleware):
    """Asks the user before `logout`, in both protocol revisions."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def on_call_tool(self, context: Any, call_next: Any) -> Any:
        self.seen.append(context.message.name)
        if context.message.name != "logout":
            return await call_next(context)
        ctx: Context = context.fastmcp_context
        assert ctx.request_context is not None
        if ctx.request_context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            answer = (ctx.input_responses or {}).get("sure")
            if answer is None:
                schema = {"type": "object", "properties": {"yes": {"type": "boolean"}}}
                params = ElicitRequestFormParams(message="Sure?", requested_schema=schema)
                asked = ElicitRequest(method="elicitation/create", params=params)
                return InputRequiredToolResult(
                    InputRequiredResult(result_type="input_required", input_requests={"sure": asked})
                )
            assert isinstance(answer, ElicitResult)
            sure = answer.action == "accept"
        else:
            sure = isinstance(await ctx.elicit("Sure?", response_type=bool), AcceptedElicitation)
        if not sure:
            raise ToolError("Not done: the user declined.")
        return await call_next(context)


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(("action", "sent"), [("accept", True), ("decline", False)])
async def test_the_user_is_asked_to_confirm_as_in_a_direct_call(
    gateway: GatewayClient, stub_gateway: Any, mode: Any, action: Any, sent: bool
) -> None:
    server = create_server(gateway, ServerSettings(_env_file=None, trading_mode="paper"))
    confirms = Confirms()
    server.add_middleware(confirms)

    async def answers(context: Any, params: Any) -> ElicitResult:  # noqa: ARG001 - called by these names
        return ElicitResult(action=action, content={"value": True} if action == "accept" else None)

    async with mcp.Client(server._mcp_server, mode=mode, elicitation_callback=answers) as client:
        result = await client.call_tool("call_writing_tool", {"name": "logout"})
    assert result.is_error is not sent
    assert bool(stub_gateway.requests) is sent
    assert "logout" in confirms.seen


@pytest.mark.parametrize("mode", ERAS)
async def test_progress_and_errors_of_middleware_pass_through(gateway: GatewayClient, mode: Any) -> None:
    class Progresses(Middleware):
        async def on_call_tool(self, context: Any, call_next: Any) -> Any:
            if context.message.name == "list_portfolio_accounts":
                await context.fastmcp_context.report_progress(1, 2, "half")
                raise ToolError("Not today.")
            return await call_next(context)

    server: FastMCP[Any] = create_server(gateway, ServerSettings(_env_file=None))
    server.add_middleware(Progresses())
    reported: list[Any] = []

    async def progressed(progress: float, total: float | None, message: str | None) -> None:
        reported.append((progress, total, message))

    async with fastmcp.Client(server, mode=mode, progress_handler=progressed) as client:
        direct = await client.call_tool("list_portfolio_accounts", {}, raise_on_error=False)
        through = await client.call_tool(
            "call_tool", {"name": "list_portfolio_accounts"}, raise_on_error=False
        )
    assert direct.is_error
    assert (through.content, through.is_error) == (direct.content, direct.is_error)
    assert reported == [(1, 2, "half")] * 2
