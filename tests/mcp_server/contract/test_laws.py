"""What holds for every route and every tool, now and for those to come."""

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
from api_gateway.operations import OPERATIONS, match_operation
from api_gateway.settings import GatewaySettings
from mcp_server.reference.endpoints_md import SOURCE_NOTE
from mcp_server.rest import sections
from mcp_server.rest.relay import Json
from mcp_server.rest.route_call import single_call
from mcp_server.rest.route_filter import filter_routes
from mcp_server.routers import ROUTERS
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from tests.ibkr_facts import known_operations, unnamed

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
NAMES = [route.name for route in ROUTES]
TOKENS_PER_TOOL = 132

# A verb, and what it is done to; these two are IBKR's whole words.
VERBS = {
    *("get", "list", "search", "select", "open", "validate", "unsubscribe", "invalidate"),
    *("preview", "place", "modify", "cancel", "answer", "suppress", "reset", "run"),
    *("save", "delete", "activate", "mark", "set", "create", "draft", "submit"),
}
ONE_WORD = {"tickle", "logout"}

# The tools that are no operation of IBKR's, in the order of the list.
OWN = ("connection_status", "wait_for_login", "diagnose_connection", "take_over_session")
OWN_VERBS = {"wait", "take", "diagnose"}

every_route = pytest.mark.parametrize("route", ROUTES, ids=NAMES)


def _operation(route: APIRoute) -> str:
    method, template, _ = single_call(route)
    return unnamed(f"{method} {template}")


def _documentation(route: APIRoute) -> str:
    return inspect.getdoc(route.endpoint) or ""


async def _listed(mode: str = "paper") -> dict[str, mcp_types.Tool]:
    settings = ServerSettings(_env_file=None, trading_mode=mode, mcp_server_tools="all")
    server = create_server(GatewayClient(GatewaySettings(_env_file=None)), settings)
    async with Client(server) as client:
        return {tool.name: tool for tool in await client.list_tools()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def every_tool() -> dict[str, mcp_types.Tool]:
    """Those of the routes, and ours."""
    return await _listed()


@pytest.fixture
def tools(every_tool: dict[str, mcp_types.Tool]) -> dict[str, mcp_types.Tool]:
    """Those of the routes."""
    return {name: tool for name, tool in every_tool.items() if name not in OWN}


# Names


def test_every_route_is_a_tool_of_the_same_name(every_tool: dict[str, mcp_types.Tool]) -> None:
    assert list(every_tool) == [*OWN, *NAMES]
    assert len(set(NAMES)) == len(NAMES)


@every_route
def test_a_name_is_a_verb_and_a_noun_of_at_most_32_characters(route: APIRoute) -> None:
    verb, _, noun = route.name.partition("_")
    assert len(route.name) <= 32
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", route.name)
    assert route.name in ONE_WORD or (verb in VERBS and noun)


# Operations


@every_route
def test_a_route_is_a_signature_a_docstring_and_one_call(route: APIRoute) -> None:
    function = ast.parse(inspect.getsource(route.endpoint)).body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    _, only = function.body
    _, _, call = single_call(route)
    assert isinstance(only, ast.Return)
    assert isinstance(only.value, ast.Await)
    assert ast.dump(only.value.value) == ast.dump(call)


@every_route
def test_a_route_calls_a_current_operation_of_its_section(route: APIRoute) -> None:
    fact = known_operations().get(_operation(route))
    assert fact is None or fact.section == route.tags[0]


def test_every_current_operation_has_one_route() -> None:
    called = [_operation(route) for route in ROUTES]
    assert len(set(called)) == len(called)
    assert known_operations().keys() <= set(called)


@every_route
def test_a_route_has_the_method_of_its_operation(route: APIRoute) -> None:
    assert route.methods == {single_call(route)[0]}


def test_no_two_routes_share_method_and_path() -> None:
    taken = [(method, route.path) for route in ROUTES for method in sorted(route.methods or ())]
    assert len(set(taken)) == len(taken)


def test_a_literal_path_is_registered_before_a_template_that_would_swallow_it() -> None:
    for place, later in enumerate(ROUTES):
        literal = re.sub(r"\{\w+\}", "x", later.path)
        for earlier in ROUTES[:place]:
            if earlier.methods == later.methods:
                pattern, _, _ = compile_path(earlier.path)
                assert not pattern.match(literal), f"{earlier.path} swallows {later.path}"


@every_route
def test_a_route_has_the_path_of_its_operation(route: APIRoute) -> None:
    row = OPERATIONS.get(single_call(route)[:2])
    assert row is not None, "add a row in api_gateway/operations.py"
    assert row is match_operation(row.method, route.path), "give the row the route's path as `route`"


# Sections


@every_route
def test_a_route_belongs_to_one_section(route: APIRoute) -> None:
    assert len(route.tags) == 1
    assert route.tags[0] in sections.NAMES


def test_every_section_has_routes_and_comes_in_its_order() -> None:
    assert list(dict.fromkeys(route.tags[0] for route in ROUTES)) == list(sections.NAMES)


def test_every_section_is_on_by_default() -> None:
    assert sections.DEFAULT_SECTIONS == sections.NAMES
    assert all(toolset.description.endswith((".", "?")) for toolset in sections.SECTIONS)


# Effects


@every_route
def test_what_a_route_does_is_said_by_its_row_alone(route: APIRoute) -> None:
    assert not route.openapi_extra
    assert not {"reads", "redact"} & {each.arg for each in single_call(route)[2].keywords}


def test_what_changes_something_is_known_by_name(tools: dict[str, mcp_types.Tool]) -> None:
    hints = {name: tool.annotations for name, tool in tools.items() if tool.annotations}
    assert {name for name, hint in hints.items() if not hint.read_only_hint} == {
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
    assert {name for name, hint in hints.items() if hint.destructive_hint} == {
        "logout",
        *("place_orders", "modify_order", "cancel_order", "answer_order_question", "answer_server_prompt"),
        *("suppress_order_questions", "submit_model_transfers"),
        *("delete_alert", "save_watchlist", "delete_watchlist"),
        *("delete_delivery_device", "delete_allocation_group"),
    }
    assert {name for name, hint in hints.items() if not hint.idempotent_hint} == {
        "open_brokerage_session",
        *("place_orders", "modify_order", "answer_order_question", "answer_server_prompt"),
        *("save_alert", "create_allocation_group", "draft_model_investment", "submit_model_transfers"),
    }


@pytest.mark.parametrize("name", [*OWN, *NAMES])
def test_the_annotations_of_a_tool_are_complete(name: str, every_tool: dict[str, mcp_types.Tool]) -> None:
    hints = every_tool[name].annotations
    assert hints is not None
    assert hints.title
    assert isinstance(hints.read_only_hint, bool)
    assert isinstance(hints.destructive_hint, bool)
    assert isinstance(hints.idempotent_hint, bool)
    assert hints.open_world_hint is True
    assert not (hints.read_only_hint and hints.destructive_hint)


@pytest.mark.parametrize("mode", TradingMode)
def test_what_is_mounted_in_a_mode_is_what_the_gateway_client_lets_pass(mode: TradingMode) -> None:
    routers = filter_routes(ROUTERS, mode, sections.NAMES)
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    assert {single_call(route)[:2] for route in routes} == POLICIES[mode].allowed


# Words


@every_route
def test_a_docstring_begins_with_a_sentence_on_one_line(route: APIRoute) -> None:
    first, _, rest = _documentation(route).partition("\n")
    assert re.fullmatch(r"[A-Z][^\n]{10,109}\.", first)
    assert rest.startswith(("\n", "\f"))


@every_route
def test_a_docstring_names_its_source_where_only_a_reader_of_the_code_sees_it(
    route: APIRoute, tools: dict[str, mcp_types.Tool]
) -> None:
    published, mark, source = _documentation(route).partition("\f\n")
    assert mark
    assert SOURCE_NOTE.fullmatch(source)
    assert tools[route.name].description == published.strip()
    assert "Source:" not in published


@pytest.mark.parametrize("name", [*OWN, *NAMES])
def test_a_docstring_names_only_tools_and_arguments_that_exist(
    name: str, every_tool: dict[str, mcp_types.Tool]
) -> None:
    assert _named_by(every_tool[name]) <= set(every_tool)


@pytest.mark.parametrize("mode", ["read", "live"])
async def test_no_docstring_names_a_tool_that_is_not_there_in_its_mode(mode: str) -> None:
    listed = await _listed(mode)
    assert not {name: absent for name, tool in listed.items() if (absent := _named_by(tool) - set(listed))}


def _named_by(tool: mcp_types.Tool) -> set[str]:
    """The tools that a description and those of the arguments speak of."""
    texts = [tool.description or ""]
    texts += [each["description"] for each in tool.input_schema["properties"].values()]
    verbs = "|".join(VERBS | OWN_VERBS)
    return {found for text in texts for found in re.findall(rf"`((?:{verbs})_\w+)`", text)}


@pytest.mark.parametrize("name", [*OWN, *NAMES])
def test_every_parameter_is_described(name: str, every_tool: dict[str, mcp_types.Tool]) -> None:
    for argument, schema in every_tool[name].input_schema["properties"].items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", argument)
        assert re.fullmatch(r"[^\n]{5,90}\.", schema.get("description", "")), argument


@pytest.mark.parametrize("name", [*OWN, *NAMES])
def test_every_parameter_has_a_type_and_none_may_be_null(
    name: str, every_tool: dict[str, mcp_types.Tool]
) -> None:
    schema = every_tool[name].input_schema
    assert '"null"' not in json.dumps(schema)
    assert all(
        each.get("type") in {"string", "integer", "number", "boolean", "array", "object"} or "$ref" in each
        for each in schema["properties"].values()
    )


@every_route
def test_a_route_hands_on_the_body_as_it_came(route: APIRoute) -> None:
    assert get_type_hints(route.endpoint)["return"] is Json
    assert route.response_model is None


def test_no_tool_promises_a_shape_of_its_answer(every_tool: dict[str, mcp_types.Tool]) -> None:
    assert not [name for name, tool in every_tool.items() if tool.output_schema is not None]


# The vocabulary's package opens its own file in a way that Python has deprecated, when it is imported.
@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
def test_the_list_of_tools_is_small(every_tool: dict[str, mcp_types.Tool]) -> None:
    import bpe_openai

    encoding = bpe_openai.get_encoding("o200k_base")
    seen = [
        json.dumps(
            {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema},
            separators=(",", ":"),
        )
        for tool in every_tool.values()
    ]
    assert sum(len(encoding.encode(text)) for text in seen) / len(seen) <= TOKENS_PER_TOOL
