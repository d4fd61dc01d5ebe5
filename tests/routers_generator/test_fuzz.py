"""Fuzzing of generated tools: no call breaks them, and they send only documented requests."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from api_gateway.access_policy import ALL_OPERATIONS, READ_OPERATIONS, AccessPolicy
from api_gateway.client.gateway import GatewayClient
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.clock import Clock
from mcp_server.app import create_app
from mcp_server.rest.route_call import single_call
from mcp_server.tools.operation_tool import OperationToolProvider, ToolOptions
from routers_generator.document.loading import load
from routers_generator.document.operations import Operation, operations
from routers_generator.generate.generate import GenerateOptions, generate
from routers_generator.repair.repair import repair
from tests.routers_generator.fuzz import draw_arguments
from tests.routers_generator.loading import list_routes, load_routers
from tests.routers_generator.sources import SOURCES

pytestmark = pytest.mark.thorough

CALLS = 12  # per tool; a hundred times as many find nothing more


class RecordingGateway:
    """Responds to every request and records it."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        payload: Any = [{"id": "DU1234567", "accountId": "DU1234567", "conid": 1}]
        if request.url.path.endswith(("/iserver/accounts", "/auth/status", "/tickle")):
            payload = {"accounts": ["DU1234567"], "isPaper": True, "authenticated": True, "established": True}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(payload).encode()))


def _matches(operation: Operation, request: httpx.Request) -> bool:
    path = request.url.raw_path.decode().partition("?")[0].removeprefix("/v1/api")
    pattern = re.sub(r"\\\{[^{}]*\\\}", "[A-Za-z0-9%_.~-]+", re.escape(operation.path))
    return operation.method == request.method and re.fullmatch(pattern, path) is not None


def _is_preflight(request: httpx.Request) -> bool:
    """Whether the gateway client may have sent it as a preliminary request: a known read."""
    path = request.url.path.removeprefix("/v1/api")
    return (request.method, path) in READ_OPERATIONS


def _undocumented(operation: Operation, request: httpx.Request) -> Iterator[str]:
    """The parts of a request that the document's operation does not have."""
    query = {each.name for each in operation.parameters if each.location == "query"}
    target = request.url.raw_path.decode().partition("?")[2]
    yield from (name for name, _ in parse_qsl(target, keep_blank_values=True) if name not in query)
    if request.content and "$ref" not in (operation.body or {}):
        fields = (operation.body or {}).get("properties")
        yield from (name for name in json.loads(request.content) if fields and name not in fields)
    path = request.url.raw_path.decode().partition("?")[0]
    if re.search(r"[\x00-\x20\x7f]", request.url.raw_path.decode()) or ".." in path:
        yield "path"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("source", SOURCES)
async def test_generated_tools_survive_fuzzing_and_send_only_documented_requests(
    source: Path, seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    repaired = repair(load(str(source)), gateway=True)
    assert generate(repaired, GenerateOptions(tmp_path / "extra"))[0] == 0
    routers = load_routers(
        tmp_path / "extra", f"fuzzed_{source.stem.replace('.', '_').replace('-', '_')}_{seed}"
    )
    documented = operations(repaired.content)
    sent = frozenset(single_call(route)[:2] for route in list_routes(routers))
    policy = AccessPolicy("the fuzzer", sent | ALL_OPERATIONS.allowed)
    gateway_double, clock = RecordingGateway(), Clock(frozen=True)
    random = Random(seed)  # noqa: S311 - the same calls in every run

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    caplog.set_level(logging.ERROR, logger="mcp_server.tools.operation_tool")
    succeeded = 0
    async with GatewayClient(
        GatewaySettings(_env_file=None),
        policy=policy,
        transport=httpx.MockTransport(gateway_double),
        now=clock.now,
        sleep=sleep,
    ) as gateway:
        tools = OperationToolProvider(create_app(gateway, routers), {}, ToolOptions(48_000, False)).by_name
        for name, tool in tools.items():
            for _ in range(CALLS):
                drawn = draw_arguments(random, tool.parameters)
                result = await tool.run(drawn)
                assert not caplog.records, f"{name}({drawn!r}): {caplog.text}"
                succeeded += not result.is_error
                clock.advance(1000)
    assert succeeded > len(tools)
    for request in gateway_double.requests:
        found = [each for each in documented if _matches(each, request)]
        assert found or _is_preflight(request), request.url
        assert not found or not all(list(_undocumented(each, request)) for each in found), request.url
