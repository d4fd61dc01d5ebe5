"""Laws: what holds for every route and every tool, including future ones."""

from __future__ import annotations

import ast
import inspect
import json
import re
from typing import get_type_hints

import mcp_types
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute
from fastmcp import Client
from starlette.routing import compile_path

from api_gateway.access_policy import POLICIES, TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.operations import OPERATIONS, Effect, match_operation
from api_gateway.settings import GatewaySettings
from mcp_server.answers.tools import ANSWERS
from mcp_server.reference.endpoints_md import SOURCE_NOTE
from mcp_server.reference.example_operation import example_operation
from mcp_server.rest import sections
from mcp_server.rest.relay import Json
from mcp_server.rest.route_call import single_call
from mcp_server.rest.route_filter import filter_routes
from mcp_server.routers import ROUTERS
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from tests.ibkr_facts import known_operations, unnamed
from tests.mcp_server.contract.how_to_fix import (
    EXAMPLE_ROUTE,
    in_file,
    in_route,
    in_row,
    routes_file,
    section_file,
    tool_file,
)

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
NAMES = [route.name for route in ROUTES]
TOKENS_PER_TOOL = 132

# A tool is named by a verb and its object, or by one of two words that are IBKR's own.
VERBS = {
    *("get", "list", "search", "select", "open", "validate", "unsubscribe", "invalidate"),
    *("preview", "place", "modify", "cancel", "answer", "suppress", "reset", "run"),
    *("save", "delete", "activate", "mark", "set", "create", "draft", "submit"),
}
ONE_WORD = {"tickle", "logout"}
JSON_TYPES = {"string", "integer", "number", "boolean", "array", "object"}

# The built-in tools, which are not IBKR operations, in the order of the list.
ANSWER_NAMES = [entry.function.__name__ for entry in ANSWERS]
BUILTIN = (
    *("connection_status", "wait_for_login", "diagnose_connection", "take_over_session"),
    *ANSWER_NAMES,
    "read_more",
)
BUILTIN_VERBS = {"wait", "take", "diagnose", "read"}

# An example of each part of a route.
NAME = "    async def list_exchange_conids(gateway: Gateway, ...) -> Json:"
CALL = '        return await gateway.get("/trsrv/all-conids", exchange=exchange)'
SUMMARY = '        """List the conids of every contract at an exchange.'
SOURCE = """\
        Source: IBKR Web API reference, "All Conids by Exchange".
    or, for an operation that is not there,
        Source: not in IBKR's reference: IBKR's OpenAPI document 2.29.0."""
PARAMETER = '        exchange: Annotated[str, Query(description="An exchange, such as `NASDAQ`.")]'
TAG = '    router = APIRouter(tags=["Contracts"])'
SECTION = '    Section("Scanner", "Find contracts by rank and filter: most active, top gainers and so on."),'
INCLUDED = "    scanner.router,  # in ROUTERS"
LAWS_FILE = "tests/mcp_server/contract/test_laws.py"
TOOL_FILE = "mcp_server/tools/operation_tool.py"

every_route = pytest.mark.parametrize("route", ROUTES, ids=NAMES)


def _operation(route: APIRoute) -> str:
    method, template, _ = single_call(route)
    return unnamed(f"{method} {template}")


def _documentation(route: APIRoute) -> str:
    return inspect.getdoc(route.endpoint) or ""


async def _list_tools(mode: str = "paper") -> dict[str, mcp_types.Tool]:
    settings = ServerSettings(_env_file=None, trading_mode=mode, mcp_server_tools="all", raw_order_tools=True)
    server = create_server(GatewayClient(GatewaySettings(_env_file=None)), settings)
    async with Client(server) as client:
        return {tool.name: tool for tool in await client.list_tools()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def every_tool() -> dict[str, mcp_types.Tool]:
    """The built-in tools and those of the routes."""
    return await _list_tools()


@pytest.fixture
def tools(every_tool: dict[str, mcp_types.Tool]) -> dict[str, mcp_types.Tool]:
    """The tools of the routes."""
    return {name: tool for name, tool in every_tool.items() if name not in BUILTIN}


# Names


def test_every_route_is_a_tool_of_the_same_name(every_tool: dict[str, mcp_types.Tool]) -> None:
    for route in ROUTES:
        assert NAMES.count(route.name) == 1, in_route(route, "another route has the same name", NAME)
    expected = [*BUILTIN, *NAMES]
    assert list(every_tool) == expected, in_file(
        LAWS_FILE,
        f"BUILTIN must name the built-in tools, and the tools differ: {set(every_tool) ^ set(expected)}",
        '    BUILTIN = ("connection_status", "wait_for_login")',
    )


@every_route
def test_a_name_is_a_verb_and_a_noun_of_at_most_32_characters(route: APIRoute) -> None:
    verb, _, noun = route.name.partition("_")
    what = "the name must be a verb and a noun in snake_case, at most 32 characters"
    assert len(route.name) <= 32, in_route(route, what, NAME)
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", route.name), in_route(route, what, NAME)
    assert route.name in ONE_WORD or noun, in_route(route, what, NAME)
    assert route.name in ONE_WORD or verb in VERBS, in_file(
        LAWS_FILE,
        f"VERBS lacks {verb!r}, the verb of {route.name} in {routes_file(route)}: add it, or rename "
        f"the route with one of {sorted(VERBS)}",
        f'    VERBS = {{..., "{verb}"}}',
    )


# Operations


@every_route
def test_a_route_is_a_signature_a_docstring_and_one_call(route: APIRoute) -> None:
    function = ast.parse(inspect.getsource(route.endpoint)).body[0]
    _, _, call = single_call(route)
    match function:
        case ast.AsyncFunctionDef(body=[ast.Expr(), ast.Return(value=ast.Await(value=only))]):
            assert ast.dump(only) == ast.dump(call), in_route(
                route, "a route returns its one call, nothing else", EXAMPLE_ROUTE
            )
        case _:
            pytest.fail(in_route(route, "a route is a docstring and one call, nothing else", EXAMPLE_ROUTE))


@every_route
def test_a_route_calls_a_current_operation_of_its_section(route: APIRoute) -> None:
    fact = known_operations().get(_operation(route))
    assert fact is None or fact.section == route.tags[0], in_route(
        route, f"IBKR has this operation in {fact.section!r}; move the route to that section's router", TAG
    )


def test_every_current_operation_has_one_route() -> None:
    called = [_operation(route) for route in ROUTES]
    for route in ROUTES:
        assert called.count(_operation(route)) == 1, in_route(route, "another route has the same call", CALL)
    for operation, fact in known_operations().items():
        assert operation in called, in_file(
            section_file(fact.section), f"no route calls {fact.operation}", EXAMPLE_ROUTE
        )


@every_route
def test_a_route_has_the_method_of_its_operation(route: APIRoute) -> None:
    method, template, _ = single_call(route)
    assert route.methods == {method}, in_route(
        route,
        f"it calls {method} {template}, so its decorator must be @router.{method.lower()}",
        EXAMPLE_ROUTE,
    )


def test_no_two_routes_share_method_and_path() -> None:
    first: dict[tuple[str, str], APIRoute] = {}
    for route in ROUTES:
        for method in route.methods or ():
            other = first.setdefault((method, route.path), route)
            assert other is route, in_route(
                route,
                f"{other.name} has the same method and path",
                '    @router.post("/iserver/secdef/search-by-body")',
            )


def test_a_literal_path_is_registered_before_a_template_that_matches_it() -> None:
    for index, later in enumerate(ROUTES):
        literal = re.sub(r"\{\w+\}", "x", later.path)
        for earlier in ROUTES[:index]:
            if earlier.methods == later.methods:
                pattern, _, _ = compile_path(earlier.path)
                assert not pattern.match(literal), in_route(
                    later,
                    f"{earlier.path} matches {later.path}; move the literal path above the template",
                    '    @router.get("/portfolio/positions/{conid}")  # before /portfolio/{account_id}/meta',
                )


@every_route
def test_a_route_has_the_path_of_its_operation(route: APIRoute) -> None:
    row = OPERATIONS.get(single_call(route)[:2])
    assert row is not None, in_row(route, f"no row for the operation that {route.name} calls")
    assert row.section == route.tags[0], in_row(
        route, f"the row of {route.name} is in {row.section!r}; move it to {route.tags[0]!r}"
    )
    assert row is match_operation(row.method, route.path), in_row(
        route, f"{route.name} is mounted at {route.path}; name that path in its row"
    )


# Sections


@every_route
def test_a_route_belongs_to_one_section(route: APIRoute) -> None:
    what = f"its router must have one tag, one of {', '.join(sections.NAMES)}"
    assert len(route.tags) == 1, in_route(route, what, TAG)
    assert route.tags[0] in sections.NAMES, in_route(route, what, TAG)


def test_every_section_has_routes_in_the_order_of_the_sections() -> None:
    assert list(dict.fromkeys(route.tags[0] for route in ROUTES)) == list(sections.NAMES), in_file(
        "mcp_server/routers/__init__.py", "ROUTERS must have each section, in the order of SECTIONS", INCLUDED
    )


def test_every_section_is_on_by_default() -> None:
    assert sections.DEFAULT_SECTIONS == sections.NAMES, in_file(
        "mcp_server/rest/sections.py", "every section must be enabled by default", SECTION
    )
    for section in sections.SECTIONS:
        assert section.description.endswith((".", "?")), in_file(
            "mcp_server/rest/sections.py",
            f"the description of {section.name} must end with a period or question mark",
            SECTION,
        )


# Effects


@every_route
def test_only_its_row_defines_the_effect_of_a_route(route: APIRoute) -> None:
    assert not route.openapi_extra, in_route(
        route, "its decorator needs no openapi_extra: the effect is in the operation's row", EXAMPLE_ROUTE
    )
    assert not {"reads", "redact"} & {each.arg for each in single_call(route)[2].keywords}, in_route(
        route, "its call needs no reads= and no redact=: both are in the operation's row", CALL
    )


def test_no_tool_that_changes_something_is_published_as_read_only(tools: dict[str, mcp_types.Tool]) -> None:
    hints = {name: tool.annotations for name, tool in tools.items() if tool.annotations}
    # Repeated here, independently of the rows: a mistake in a row must not make one of these look safe.
    changing = {
        "open_brokerage_session",
        "logout",
        "select_account",
        "select_dynamic_account",
        "unsubscribe_all_market_data",
        "invalidate_position_cache",
        *("place_orders", "modify_order", "cancel_order", "answer_order_question", "answer_server_prompt"),
        *("suppress_order_questions", "reset_suppressed_questions"),
        *("save_alert", "activate_alert", "delete_alert", "save_watchlist", "delete_watchlist"),
        *("mark_notification_read", "set_notification_type", "mark_disclaimer_read"),
        *("set_email_delivery", "set_device_delivery", "delete_delivery_device"),
        *("create_allocation_group", "modify_allocation_group", "delete_allocation_group"),
        *("set_allocation_presets", "save_model", "save_model_presets"),
        *("draft_model_investment", "submit_model_transfers"),
    }
    destructive = {
        "logout",
        *("place_orders", "modify_order", "cancel_order", "answer_order_question", "answer_server_prompt"),
        *("suppress_order_questions", "submit_model_transfers"),
        *("delete_alert", "save_watchlist", "delete_watchlist"),
        *("delete_delivery_device", "delete_allocation_group"),
    }
    not_repeatable = {
        "open_brokerage_session",
        *("place_orders", "modify_order", "answer_order_question", "answer_server_prompt"),
        *("save_alert", "create_allocation_group", "draft_model_investment", "submit_model_transfers"),
    }
    rows_file = "api_gateway/operations.py"
    for name in changing:
        assert not hints[name].read_only_hint, in_file(
            rows_file, f"{name} changes something", '        Operation("POST", "/logout", CHANGES),'
        )
    for name in destructive:
        assert hints[name].destructive_hint, in_file(
            rows_file, f"{name} destroys something", '        Operation("POST", "/logout", DESTROYS),'
        )
    for name in not_repeatable:
        assert not hints[name].idempotent_hint, in_file(
            rows_file,
            f"{name} must not be repeatable",
            '        Operation("POST", "/iserver/reply/{reply}", TRADES),',
        )


@every_route
def test_the_annotations_of_a_tool_match_its_row(route: APIRoute, tools: dict[str, mcp_types.Tool]) -> None:
    row, hints = OPERATIONS.get(single_call(route)[:2]), tools[route.name].annotations
    assert row is not None, in_row(route, f"no row for the operation that {route.name} calls")
    assert hints is not None
    repeatable = row.repeatable or row.read_only or row.method in ("PUT", "DELETE")
    expected = (row.read_only, row.effect in (Effect.DESTROYS, Effect.TRADES), repeatable)
    assert (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint) == expected, in_file(
        TOOL_FILE,
        f"the annotations of {route.name} differ from its row, where they are {expected}",
        "                read_only_hint=effects is Effect.READS,",
    )


@pytest.mark.parametrize("name", [*BUILTIN, *NAMES])
def test_the_annotations_of_a_tool_are_complete(name: str, every_tool: dict[str, mcp_types.Tool]) -> None:
    hints = every_tool[name].annotations
    what = f"the annotations of {name} must be complete and consistent: {hints}"
    example = "            annotations=ToolAnnotations(title=title, read_only_hint=True, ...),"
    message = in_file(TOOL_FILE if name in NAMES else tool_file(name), what, example)
    assert hints is not None, message
    assert hints.title, message
    assert isinstance(hints.read_only_hint, bool), message
    assert isinstance(hints.destructive_hint, bool), message
    assert isinstance(hints.idempotent_hint, bool), message
    assert hints.open_world_hint is True, message
    assert not (hints.read_only_hint and hints.destructive_hint), message


@pytest.mark.parametrize("mode", TradingMode)
def test_the_routes_of_a_mode_are_the_operations_that_the_gateway_client_allows(mode: TradingMode) -> None:
    routers = filter_routes(ROUTERS, mode, sections.NAMES)
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    mounted = {single_call(route)[:2] for route in routes}
    refused = sorted(mounted - POLICIES[mode].allowed)
    assert not refused, in_file(
        "api_gateway/operations.py",
        f"TRADING_MODE={mode} does not allow {refused}; add a row",
        "\n".join(f"        {example_operation(key)}" for key in refused),
    )
    assert mounted == POLICIES[mode].allowed, in_file(
        "mcp_server/routers", f"no route for {sorted(POLICIES[mode].allowed - mounted)}", EXAMPLE_ROUTE
    )


# Texts


@every_route
def test_a_docstring_begins_with_a_sentence_on_one_line(route: APIRoute) -> None:
    first, _, rest = _documentation(route).partition("\n")
    what = "the docstring's first line must be a sentence of at most 110 characters, and end with a period"
    assert re.fullmatch(r"[A-Z][^\n]{10,109}\.", first), in_route(route, what, SUMMARY)
    assert rest.startswith(("\n", "\f")), in_route(
        route, "after its first line the docstring has an empty line or `\\f`", f"{SUMMARY}\n        \\f"
    )


@every_route
def test_a_docstring_names_its_source_in_the_part_that_is_not_published(
    route: APIRoute, tools: dict[str, mcp_types.Tool]
) -> None:
    published, mark, source = _documentation(route).partition("\f\n")
    assert mark, in_route(
        route, "the docstring has no line `\\f` before its source", f"        \\f\n{SOURCE}"
    )
    assert SOURCE_NOTE.fullmatch(source), in_route(route, f"the source cannot be read: {source!r}", SOURCE)
    assert tools[route.name].description == published.strip(), in_file(
        TOOL_FILE,
        f"the description of {route.name} must be its docstring up to the form feed",
        "            description=route.description or route.summary or title,",
    )
    assert "Source:" not in published, in_route(
        route, "the source must come after the line `\\f`", f"        \\f\n{SOURCE}"
    )


@pytest.mark.parametrize("name", [*BUILTIN, *NAMES])
def test_a_docstring_names_only_tools_and_arguments_that_exist(
    name: str, every_tool: dict[str, mcp_types.Tool]
) -> None:
    unknown = sorted(_named_tools(every_tool[name]) - set(every_tool))
    assert not unknown, in_file(
        tool_file(name), f"the description of {name} names tools that do not exist: {unknown}", SUMMARY
    )


@pytest.mark.parametrize("mode", ["read", "live"])
async def test_no_docstring_names_a_tool_that_its_mode_does_not_have(mode: str) -> None:
    listed = await _list_tools(mode)
    for name, tool in listed.items():
        absent = sorted(_named_tools(tool) - set(listed))
        assert not absent, in_file(
            tool_file(name), f"{name} names {absent}, which TRADING_MODE={mode} does not have", SUMMARY
        )


def _named_tools(tool: mcp_types.Tool) -> set[str]:
    """The tools that are named in the descriptions of a tool and its arguments."""
    texts = [tool.description or ""]
    texts += [each.get("description", "") for each in tool.input_schema["properties"].values()]
    verbs = "|".join(VERBS | BUILTIN_VERBS)
    return {found for text in texts for found in re.findall(rf"`((?:{verbs})_\w+)`", text)}


@pytest.mark.parametrize("name", [*BUILTIN, *NAMES])
def test_every_parameter_is_described(name: str, every_tool: dict[str, mcp_types.Tool]) -> None:
    for argument, schema in every_tool[name].input_schema["properties"].items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", argument), in_file(
            tool_file(name), f"the parameter {argument} of {name} must be in snake_case", PARAMETER
        )
        if name in ANSWER_NAMES and "enum" in schema and not schema.get("description"):
            continue  # its values say what it is, and the list of answers has few tokens
        longest = 300 if name in ANSWER_NAMES else 90
        assert re.fullmatch(rf"[^\n]{{5,{longest}}}\.", schema.get("description", "")), in_file(
            tool_file(name),
            f"the parameter {argument} of {name} needs a description of at most {longest} characters",
            PARAMETER,
        )


@pytest.mark.parametrize("name", [*BUILTIN, *NAMES])
def test_every_parameter_has_a_type_and_none_may_be_null(
    name: str, every_tool: dict[str, mcp_types.Tool]
) -> None:
    schema = every_tool[name].input_schema
    for argument, each in schema["properties"].items():
        assert each.get("type") in JSON_TYPES or "$ref" in each, in_file(
            tool_file(name), f"the parameter {argument} of {name} needs one JSON type", PARAMETER
        )
    assert '"null"' not in json.dumps(schema), in_file(
        tool_file(name), f"a parameter of {name} publishes null as a value", PARAMETER
    )


@every_route
def test_a_route_returns_the_body_unchanged(route: APIRoute) -> None:
    assert get_type_hints(route.endpoint)["return"] is Json, in_route(route, "it must return Json", NAME)
    assert route.response_model is None, in_route(route, "it must have no response_model", EXAMPLE_ROUTE)


@pytest.mark.parametrize("name", [*BUILTIN, *NAMES])
def test_no_tool_has_an_output_schema(name: str, every_tool: dict[str, mcp_types.Tool]) -> None:
    assert every_tool[name].output_schema is None, in_file(
        TOOL_FILE if name in NAMES else "mcp_server/tools/builtin_tool.py",
        f"{name} must have no output schema, because clients discard a result that violates it",
        "            output_schema=None,",
    )


# The tokenizer's package uses a deprecated function of Python when it is imported.
@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
def test_the_tools_take_few_tokens(every_tool: dict[str, mcp_types.Tool]) -> None:
    import bpe_openai

    encoding = bpe_openai.get_encoding("o200k_base")
    tokens = {
        name: len(
            encoding.encode(
                json.dumps(
                    {"name": name, "description": tool.description, "inputSchema": tool.input_schema},
                    separators=(",", ":"),
                )
            )
        )
        for name, tool in every_tool.items()
        if name not in ANSWER_NAMES
    }
    longest = sorted(tokens, key=lambda name: -tokens[name])[:5]
    average = sum(tokens.values()) / len(tokens)
    assert average <= TOKENS_PER_TOOL, in_file(
        tool_file(longest[0]),
        f"the tools have {average:.2f} tokens on average, and at most {TOKENS_PER_TOOL} are allowed; shorten "
        f"docstrings and parameter descriptions, first of the longest tools: {longest}",
        SUMMARY,
    )
