"""Routers generated from IBKR's whole document send the same requests as the hand-written ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from fastmcp import FastMCP

from api_gateway.access_policy import ALL_OPERATIONS, POLICIES, READ_OPERATIONS, TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.operations import Effect
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app as create_simulator
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from mcp_server.app import create_app
from mcp_server.extra_routers import load_extra_routers
from mcp_server.rest import effects
from mcp_server.rest.route_call import single_call
from mcp_server.routers import ROUTERS
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from routers_generator.document.loading import load
from routers_generator.generate.generate import GenerateOptions, generate, make_package
from routers_generator.generate.python_names import argument_name
from routers_generator.repair.repair import RepairResult, repair
from tests.mcp_server.contract.test_wire import NEW_YORK_MORNING, WIRE
from tests.mcp_server.contract.wire_rows.row import Row
from tests.routers_generator.ibkr_document import documented_operations, ibkr_document, needs_ibkr_document
from tests.routers_generator.loading import list_routes, load_routers

ROOT = Path(__file__).parents[2]
DOCUMENTED = {each.request.operation for each in documented_operations()}

pytestmark = [needs_ibkr_document, pytest.mark.thorough]

# Parameters that the hand-written route sends and a generated one cannot, by tool, with the reason.
UNDOCUMENTED = "IBKR supports it, but its document does not list it"
DIFFERENCES: Mapping[str, tuple[frozenset[str], str]] = {
    "list_live_orders": (frozenset({"accountId"}), UNDOCUMENTED),
    "list_trades": (frozenset({"accountId"}), UNDOCUMENTED),
    "list_positions": (frozenset({"period"}), UNDOCUMENTED),
    "get_contract_info_and_rules": (frozenset({"isBuy"}), UNDOCUMENTED),
    "get_contract_rules": (frozenset({"exchange"}), UNDOCUMENTED),
    "get_symbol_schedule": (frozenset({"conid"}), UNDOCUMENTED),
    "preview_orders": (frozenset({"fxQty"}), UNDOCUMENTED),
    "modify_order": (
        frozenset(
            {
                *("fxQty", "deactivated", "allocationMethod", "manualOrderTime"),
                *("customerAccount", "isProCustomer"),
            }
        ),
        UNDOCUMENTED,
    ),
    "save_model_presets": (
        frozenset(
            {
                *("avoidNegativeCashInIndependent", "closeDivestIndependentPosition"),
                "roundAllocationQuantityToExchangeBoardLot",
            }
        ),
        "IBKR's reference and its document use different names",
    ),
}
# Where the document requires more than IBKR does, so that a generated route rejects some wire rows.
REJECTED: Mapping[str, str] = {
    "place_orders": "the document requires conid and quantity; IBKR also accepts conidex and cashQty",
    "preview_orders": "the document requires quantity; IBKR also accepts cashQty",
    "modify_order": "the document requires conid and quantity; IBKR also accepts conidex and cashQty",
    "list_model_positions": "IBKR supports a sort field that the document does not list",
}


@pytest.fixture(scope="module")
def repaired() -> RepairResult:
    return repair(load(str(ibkr_document())), gateway=True)


@pytest.fixture(scope="module")
def directory(repaired: RepairResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("generated") / "whole"
    status, messages = generate(repaired, GenerateOptions(place))
    assert status == 0, messages
    return place


@pytest.fixture(scope="module")
def routers(directory: Path) -> Sequence[APIRouter]:
    return load_routers(directory, "generated_whole")


def _normalized(route: APIRoute) -> str:
    method, template, _ = single_call(route)
    return f"{method} {re.sub(r'{[a-z]+}', '{}', template)}"


# Generated source


def test_every_gateway_operation_becomes_one_route(routers: Sequence[APIRouter]) -> None:
    assert sorted(_normalized(route) for route in list_routes(routers)) == sorted(DOCUMENTED)


def test_every_documented_operation_has_a_hand_written_route(repaired: RepairResult) -> None:
    package = make_package(repaired, GenerateOptions(ROOT, missing_only=True))
    assert (package.route_count, list(package.files)) == (0, ["__init__.py"])


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"]])
def test_generated_code_passes_the_linter_and_formatter(directory: Path, command: list[str]) -> None:
    configured = [*command, "--no-cache", "--config", str(ROOT / "pyproject.toml"), str(directory)]
    checked = subprocess.run(
        [sys.executable, "-m", *configured], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.timeout(300)
def test_generated_code_passes_the_type_checker(directory: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), str(directory)],
        cwd=ROOT,
        env={"MYPYPATH": str(directory.parent), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


# Marks


def test_only_known_reads_are_marked_as_reading(routers: Sequence[APIRouter]) -> None:
    reads = {f"{method} {re.sub(r'{[a-z]+}', '{}', template)}" for method, template in READ_OPERATIONS}
    marked = {
        _normalized(route)
        for route in list_routes(routers)
        # Under a path without a row in `operations`, only the marks count.
        if effects.effect(route.methods or (), "/unknown", route.openapi_extra) is Effect.READS
    }
    assert marked == reads & DOCUMENTED


@pytest.mark.parametrize("mode", TradingMode)
def test_generated_routes_that_exist_by_hand_are_not_mounted(directory: Path, mode: TradingMode) -> None:
    assert load_extra_routers(directory, mode).routers == ()
    assert load_extra_routers(directory, mode).policy == POLICIES[mode]


# Requests


@dataclass
class RecordingTransport(httpx.AsyncBaseTransport):
    """Forwards requests to a simulator and records the last one."""

    simulator: httpx.AsyncBaseTransport
    last: tuple[str, bytes] = ("", b"")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode().removeprefix("/v1/api")
        self.last = (f"{request.method} {target}", await request.aread())
        return await self.simulator.handle_async_request(request)


class Bench:
    """An MCP server of generated routers, with a new simulator and gateway client for each call."""

    def __init__(self, routers: Sequence[APIRouter]) -> None:
        self._gateway: Any = None
        settings = ServerSettings(
            _env_file=None, trading_mode="paper", mcp_server_tools="all", raw_order_tools=True
        )
        self.server: FastMCP[Any] = create_server(self, settings, routers)  # type: ignore[arg-type]

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._gateway, verb)

    @asynccontextmanager
    async def _gateway_over(self, transport: httpx.AsyncBaseTransport, clock: Clock) -> Any:
        async def sleep(seconds: float) -> None:
            clock.advance(seconds)

        settings = GatewaySettings(_env_file=None)
        async with GatewayClient(
            settings, policy=ALL_OPERATIONS, transport=transport, now=clock.now, sleep=sleep
        ) as self._gateway:
            yield

    async def call(self, tool: str, arguments: Mapping[str, Any], profile: str) -> tuple[str, Any, str]:
        """Call a tool; returns the last request, its body, and the text of the result."""
        clock = Clock(start=NEW_YORK_MORNING, frozen=True)
        simulated = create_simulator(Simulation(SimulationOptions(login=True, profile=profile), clock))
        transport = RecordingTransport(httpx.ASGITransport(simulated))
        async with self._gateway_over(transport, clock):
            result = await self.server.call_tool(tool, dict(arguments))
        target, content = transport.last
        return target, json.loads(content) if content else None, getattr(result.content[0], "text", "")


@pytest.fixture(scope="module")
def bench(routers: Sequence[APIRouter]) -> Bench:
    return Bench(routers)


async def _arguments(
    server: FastMCP[Any], route: APIRoute, row: Row, without: frozenset[str]
) -> dict[str, Any]:
    """Translate a row's request to arguments of the generated tool."""
    tool = await server.get_tool(row.tool)
    assert tool is not None
    schema = tool.parameters
    fields = schema["properties"]
    path, _, query = row.sent.partition(" ")[2].partition("?")
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
    match = re.fullmatch(pattern, path)
    assert match is not None
    arguments: dict[str, Any] = {name: unquote(value) for name, value in match.groupdict().items()}
    for document_name, value in parse_qsl(query, keep_blank_values=True):
        if document_name not in without:
            name = argument_name(document_name)
            listed = fields.get(name, {}).get("type") == "array"
            arguments[name] = value.split(",") if listed else value
    body: dict[str, Any] = _to_arguments(_without(row.body or {}, without), schema, schema.get("$defs", {}))
    return arguments | body


def _to_arguments(value: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    """Translate a body to the names of the tool's arguments."""
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if isinstance(value, dict) and "properties" in schema:
        fields = schema["properties"]
        return {
            argument_name(name): _to_arguments(inner, fields.get(argument_name(name), {}), definitions)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_to_arguments(inner, schema.get("items", {}), definitions) for inner in value]
    return value


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(inner, names) for name, inner in value.items() if name not in names}
    return [_without(inner, names) for inner in value] if isinstance(value, list) else value


def _rows() -> Iterator[Row]:
    names = {route.name for route in list_routes(ROUTERS) if _normalized(route) in DOCUMENTED}
    return (_of_one_account(row) for row in WIRE if row.tool in names)


def _of_one_account(row: Row) -> Row:
    """Replace the second account, which the simulated login does not have."""
    body = json.loads(json.dumps(row.body).replace("DU1234568", "DU1234567"))
    return Row(row.tool, row.arguments, row.sent, body)


def _login(row: Row) -> str:
    """The login to simulate for this row."""
    if row.tool == "select_dynamic_account":
        return "dynamic"
    advisor = any(word in row.tool for word in ("group", "presets", "model"))
    return "fa" if advisor else "retail"


@pytest.mark.parametrize("row", list(_rows()), ids=str)
async def test_a_generated_route_sends_the_same_request_as_the_hand_written_one(
    bench: Bench, routers: Sequence[APIRouter], row: Row
) -> None:
    route = next(each for each in list_routes(routers) if each.name == row.tool)
    without, _ = DIFFERENCES.get(row.tool, (frozenset(), ""))
    arguments = await _arguments(bench.server, route, row, without)
    target, body, text = await bench.call(row.tool, arguments, _login(row))
    if not target and row.tool in REJECTED:
        return
    path, _, query = row.sent.partition("?")
    wanted = [each for each in parse_qsl(query, keep_blank_values=True) if each[0] not in without]
    assert target.partition("?")[0] == path, text
    assert sorted(parse_qsl(target.partition("?")[2], keep_blank_values=True)) == sorted(wanted)
    assert (body or {}) == _without(row.body or {}, without)


@pytest.mark.parametrize("tool", sorted(DIFFERENCES))
def test_every_listed_difference_exists(tool: str, routers: Sequence[APIRouter]) -> None:
    names, why = DIFFERENCES[tool]
    route = next(each for each in list_routes(routers) if each.name == tool)
    assert why
    text = json.dumps(create_app(GatewayClient(GatewaySettings(_env_file=None)), [_only(route)]).openapi())
    assert not [name for name in names if f'"{argument_name(name)}"' in text]
    rows = [row for row in WIRE if row.tool == tool]
    assert all(
        any(f"{name}=" in row.sent or f'"{name}"' in json.dumps(row.body) for row in rows) for name in names
    )


def _only(route: APIRoute) -> APIRouter:
    router = APIRouter()
    router.routes.append(route)
    return router
