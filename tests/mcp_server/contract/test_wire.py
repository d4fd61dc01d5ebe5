"""The wire table: calls of tools, and the exact requests that they send to the gateway."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from fastapi.routing import APIRoute
from fastmcp import FastMCP
from fastmcp.tools.base import ToolResult
from mcp_types import TextContent

from api_gateway.access_policy import ALL_OPERATIONS, POLICIES, AccessPolicy, TradingMode
from api_gateway.client.gateway import GatewayClient
from api_gateway.client.interpretation import NO_ACCOUNTS
from api_gateway.operations import Preflight, find_operation
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app as create_simulator
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from mcp_server.reference.known_requests import describe_requests
from mcp_server.rest.argument_errors import NOTHING_SENT
from mcp_server.rest.route_call import single_call
from mcp_server.routers import ROUTERS
from mcp_server.server import create_server
from mcp_server.settings import ServerSettings
from mcp_server.tools.price_currencies import BARS, QUOTES
from tests.api_gateway.simulated_operations import enforced_limit
from tests.mcp_server.contract.how_to_fix import example_row, in_file, in_row, in_simulator, rows_file
from tests.mcp_server.contract.text_forms import in_other_forms
from tests.mcp_server.contract.wire_rows import (
    accounts,
    alerts,
    contracts,
    event_contracts,
    fa_allocation,
    fa_models,
    market_data,
    notifications,
    order_monitoring,
    orders,
    portfolio,
    portfolio_analyst,
    scanner,
    session,
    watchlists,
)
from tests.mcp_server.contract.wire_rows.row import Prepare, Row

ROUTES = {route.name: route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)}
REQUESTS = {each["name"]: each for each in describe_requests()}

NEW_YORK_MORNING = datetime(2026, 11, 23, 15, 30, tzinfo=UTC).timestamp()
PAPER = b'{"accounts": ["DU1234567"], "isPaper": true, "sessionId": "1"}'


@dataclass
class Recorder:
    """A gateway that records requests and has a response to each."""

    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode().removeprefix("/v1/api")
        self.sent.append((f"{request.method} {target}", request.content))
        if target == "/iserver/accounts":
            return httpx.Response(200, stream=httpx.ByteStream(PAPER))
        return httpx.Response(200, stream=httpx.ByteStream(b'[{"conid": 1, "order_id": "1"}]'))


SECTIONS = (
    session,
    accounts,
    contracts,
    market_data,
    orders,
    order_monitoring,
    portfolio,
    portfolio_analyst,
    scanner,
    alerts,
    watchlists,
    notifications,
    event_contracts,
    fa_allocation,
    fa_models,
)

WIRE: list[Row] = [row for section in SECTIONS for row in section.ROWS]
FIRST_ROWS: dict[str, Row] = {}
for row in WIRE:
    FIRST_ROWS.setdefault(row.tool, row)


class Bench:
    """One server for all rows, as creating it takes far longer than a call, and a gateway client per call."""

    def __init__(self) -> None:
        # What the server reads of a gateway when it is created, before a row has one.
        self._gateway = GatewayClient(GatewaySettings(_env_file=None))
        settings = ServerSettings(
            _env_file=None, trading_mode="paper", mcp_server_tools="all", raw_order_tools=True
        )
        self.server = create_server(cast(GatewayClient, self), settings)

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._gateway, verb)

    @asynccontextmanager
    async def over(
        self,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
        policy: AccessPolicy = POLICIES[TradingMode.PAPER],
    ) -> AsyncIterator[FastMCP[Any]]:
        async def sleep(seconds: float) -> None:
            clock.advance(seconds)

        settings = GatewaySettings(_env_file=None)
        async with GatewayClient(
            settings, policy=policy, transport=transport, now=clock.now, sleep=sleep
        ) as self._gateway:
            yield self.server

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> tuple[Recorder, ToolResult]:
        recorder = Recorder()
        # Without the requests that check for a paper account: those are tested with the paper guard.
        async with self.over(httpx.MockTransport(recorder), Clock(frozen=True), ALL_OPERATIONS) as server:
            result = await server.call_tool(tool, dict(arguments))
        if tool in (QUOTES, BARS):  # the lookup of their currencies is tested with the currencies
            while recorder.sent and "/marketdata/" not in recorder.sent[-1][0]:
                recorder.sent.pop()
        return recorder, result


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


# Arguments that IBKR would misread or silently replace, or that would reach another path.
REFUSED = [refused for section in SECTIONS for refused in section.REFUSED]
EVERYDAY = {id(refused) for index, refused in enumerate(REFUSED) if index % 3 == 0}
"""A third of them; the others run with `make test-thorough`."""


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        pytest.param(*refused, marks=() if id(refused) in EVERYDAY else pytest.mark.thorough)
        for refused in REFUSED
    ],
    ids=lambda value: str(value)[:50],
)
async def test_an_invalid_argument_is_reported_and_nothing_is_sent(
    bench: Bench, tool: str, arguments: dict[str, Any]
) -> None:
    recorder, result = await bench.call(tool, arguments)

    content = result.content[0]
    assert isinstance(content, TextContent)
    message = in_file(
        rows_file(ROUTES[tool]),
        f"REFUSED has a call of {tool} that must be rejected, and it sends {recorder.sent}: {content.text}",
        f'    ("{tool}", {arguments}),',
    )
    assert result.is_error, message
    assert recorder.sent == [], message
    assert content.text.startswith(tool), message
    assert NOTHING_SENT in content.text, message


@pytest.mark.parametrize("row", WIRE, ids=str)
async def test_a_tool_sends_exactly_the_request_of_its_row_and_only_reads_before_it(
    bench: Bench, row: Row
) -> None:
    recorder, result = await bench.call(row.tool, row.arguments)

    assert not result.is_error, _in_rows(
        ROUTES[row.tool], f"a row of {row.tool} is rejected: {result.content}"
    )
    *before, (last, content) = recorder.sent
    sent = (last, json.loads(content) if content else None)
    assert sent == (row.sent, row.body), _in_rows(
        ROUTES[row.tool], f"{row.tool} sends {sent}, unlike its row"
    )
    assert all(
        target == "POST /fa/model/list" or (target.startswith("GET ") and "unsubscribe" not in target)
        for target, _ in before
    )


@pytest.mark.thorough
@pytest.mark.parametrize("row", WIRE, ids=str)
async def test_arguments_in_other_forms_send_the_same_request(bench: Bench, row: Row) -> None:
    for form, arguments in in_other_forms(row.arguments).items():
        recorder, result = await bench.call(row.tool, arguments)

        assert not result.is_error, (form, result.content)
        last, content = recorder.sent[-1]
        assert (last, json.loads(content) if content else None) == (row.sent, row.body), form


PREPARED: dict[str, Prepare] = {
    tool: prepare for section in SECTIONS for tool, prepare in section.PREPARED.items()
}
PROFILES = {row.tool: section.PROFILE for section in SECTIONS for row in section.ROWS}
FORBIDDEN_BY_IBKR = frozenset[str]().union(*(section.NOT_FOR_THIS_LOGIN for section in SECTIONS))
MAY_BE_EMPTY = frozenset[str]().union(*(section.MAY_BE_EMPTY for section in SECTIONS))
SECRETS = {"session", "sessionId", "CREDENTIAL", "IP", "MAC", "hardware_info"}


@pytest.mark.parametrize("tool", ROUTES)
async def test_the_simulator_has_a_response_for_every_tool(bench: Bench, tool: str) -> None:
    _require_row(ROUTES[tool])
    arguments = FIRST_ROWS[tool].arguments
    clock = Clock(start=NEW_YORK_MORNING, frozen=True)
    profile = PROFILES.get(tool, "retail")
    simulated = create_simulator(Simulation(SimulationOptions(login=True, profile=profile), clock))

    responses = LastResponse(httpx.ASGITransport(simulated))
    async with bench.over(responses, clock) as server:
        if tool in PREPARED:
            arguments = await PREPARED[tool](server)
        result = await server.call_tool(tool, dict(arguments))

    content = result.content[-1]  # a truncated result has a note before it
    assert isinstance(content, TextContent)
    assert result.is_error is (tool in FORBIDDEN_BY_IBKR), _how_to_correct_the_response(
        ROUTES[tool], f"the simulator's response to {FIRST_ROWS[tool].sent} is {content.text!r}", responses
    )
    if not result.is_error:
        body = json.loads(content.text)
        assert body or tool in MAY_BE_EMPTY, in_file(
            rows_file(ROUTES[tool]),
            f"the simulator's response to {tool} is empty; if that is right, add the tool to MAY_BE_EMPTY",
            f'    MAY_BE_EMPTY = frozenset({{"{tool}"}})',
        )
        secrets = SECRETS & _names(body)
        assert not secrets, in_row(
            ROUTES[tool], f"{tool} returns {secrets}; list them in `redact`", redact=tuple(sorted(secrets))
        )


class LastResponse(httpx.AsyncBaseTransport):
    """A transport to a simulator that records its last response."""

    def __init__(self, simulator: httpx.AsyncBaseTransport) -> None:
        self._simulator = simulator
        self.status = 0
        self.text = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._simulator.handle_async_request(request)
        self.status, self.text = response.status_code, (await response.aread()).decode(errors="replace")
        return response


def _how_to_correct_the_response(route: APIRoute, what: str, responses: LastResponse) -> str:
    key = single_call(route)[:2]
    row = find_operation(key)
    if NO_ACCOUNTS in responses.text.lower() and row.preflight is Preflight.NONE:
        return in_row(
            route,
            f"{what}, because the row of {route.name} has no preflight=",
            preflight=Preflight.ACCOUNTS,
        )
    limit = enforced_limit(row.path)
    if responses.status == httpx.codes.TOO_MANY_REQUESTS and row.limit != limit:
        return in_row(
            route,
            f"{what}, because the limit= of its row is not the one in api_gateway/simulator/rate_limits.py",
            limit=limit,
        )
    return in_simulator(route, what)


def _names(body: Any) -> set[str]:
    if isinstance(body, dict):
        return set(body).union(*(_names(each) for each in body.values()))
    return set().union(*(_names(each) for each in body)) if isinstance(body, list) else set()


def test_every_route_has_a_row() -> None:
    for route in ROUTES.values():
        _require_row(route)
    unknown = sorted(set(FIRST_ROWS) - set(ROUTES))
    assert not unknown, in_file(
        "tests/mcp_server/contract/wire_rows",
        f"no route is named {unknown}; rename these rows",
        example_row(next(iter(ROUTES.values())), WIRE),
    )


def _require_row(route: APIRoute) -> None:
    assert route.name in FIRST_ROWS, _in_rows(route, f"ROWS has no row for {route.name}")


def _in_rows(route: APIRoute, what: str) -> str:
    return in_file(rows_file(route), what, example_row(route, WIRE))


@pytest.mark.parametrize("tool", ROUTES)
def test_the_rows_of_a_tool_cover_everything_that_it_can_send(tool: str) -> None:
    rows = [row for row in WIRE if row.tool == tool]
    query = {name for row in rows for name in httpx.URL(row.sent.partition(" ")[2]).params}
    body = {name for row in rows for name in row.body or {}}

    can_send = REQUESTS[tool]
    members = {re.split(r"[.\[]", name)[0] for name in can_send["body"] or {}}
    never_sent = sorted((set(can_send["query"]) | members) - query - body)
    assert (query, body) == (set(can_send["query"]), members), _in_rows(
        ROUTES[tool],
        f"the rows of {tool} do not send what its route can send; never sent: {never_sent}",
    )


@pytest.mark.parametrize("tool", ROUTES)
def test_the_rows_of_a_tool_send_its_operation(tool: str) -> None:
    method, template, _ = single_call(ROUTES[tool])
    path = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
    for row in WIRE:
        if row.tool == tool:
            assert re.fullmatch(rf"{method} {path}(\?.*)?", row.sent), _in_rows(
                ROUTES[tool],
                f"a row of {tool} sends {row.sent}, and its route calls {method} {template}",
            )
