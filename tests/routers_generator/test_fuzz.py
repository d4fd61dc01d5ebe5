"""Whatever a generated tool is called with, it does not break, and only what the document has leaves."""

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
from tests.routers_generator.test_golden import DOCUMENT
from tests.routers_generator.test_whole_document import DOCUMENTS

pytestmark = pytest.mark.thorough

CALLS = 12  # of each tool; a hundred times as many find no more


class FarSide:
    """Answers everything, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        told: Any = [{"id": "DU1234567", "accountId": "DU1234567", "conid": 1}]
        if request.url.path.endswith(("/iserver/accounts", "/auth/status", "/tickle")):
            told = {"accounts": ["DU1234567"], "isPaper": True, "authenticated": True, "established": True}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(told).encode()))


def _matches(operation: Operation, request: httpx.Request) -> bool:
    path = request.url.raw_path.decode().partition("?")[0].removeprefix("/v1/api")
    pattern = re.sub(r"\\\{[^{}]*\\\}", "[A-Za-z0-9%_.~-]+", re.escape(operation.path))
    return operation.method == request.method and re.fullmatch(pattern, path) is not None


def _asked_by_the_client(request: httpx.Request) -> bool:
    """Whether it is what the gateway client asks before others: something known that reads."""
    path = request.url.path.removeprefix("/v1/api")
    return (request.method, path) in READ_OPERATIONS


def _strange(operation: Operation, request: httpx.Request) -> Iterator[str]:
    """What the request has that the document's operation does not."""
    query = {each.name for each in operation.parameters if each.location == "query"}
    target = request.url.raw_path.decode().partition("?")[2]
    yield from (name for name, _ in parse_qsl(target, keep_blank_values=True) if name not in query)
    if request.content and "$ref" not in (operation.body or {}):
        fields = (operation.body or {}).get("properties")
        yield from (name for name in json.loads(request.content) if fields and name not in fields)
    path = request.url.raw_path.decode().partition("?")[0]
    if re.search(r"[\x00-\x20\x7f]", request.url.raw_path.decode()) or ".." in path:
        yield "an address that leads elsewhere"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("source", [DOCUMENT, *DOCUMENTS], ids=lambda path: path.stem)
async def test_no_call_breaks_a_generated_tool_or_leaves_the_document(
    source: Path, seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    repaired = repair(load(str(source)), gateway=True)
    assert generate(repaired, GenerateOptions(tmp_path / "extra"))[0] == 0
    routers = load_routers(
        tmp_path / "extra", f"fuzzed_{source.stem.replace('.', '_').replace('-', '_')}_{seed}"
    )
    there = operations(repaired.content)
    sent = frozenset(single_call(route)[:2] for route in list_routes(routers))
    policy = AccessPolicy("the fuzzer", sent | ALL_OPERATIONS.allowed)
    far_side, clock = FarSide(), Clock(frozen=True)
    random = Random(seed)  # noqa: S311 - the same calls in every run

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    caplog.set_level(logging.CRITICAL, logger="mcp_server.tools.operation_tool")
    answered = 0
    async with GatewayClient(
        GatewaySettings(_env_file=None),
        policy=policy,
        transport=httpx.MockTransport(far_side),
        now=clock.now,
        sleep=sleep,
    ) as gateway:
        tools = OperationToolProvider(create_app(gateway, routers), {}, ToolOptions(48_000, False)).by_name
        for name, tool in tools.items():
            for _ in range(CALLS):
                drawn = draw_arguments(random, tool.parameters)
                answer = await tool.run(drawn)
                told = " ".join(getattr(each, "text", "") for each in answer.content)
                assert "this server broke" not in told, f"{name}({drawn!r}): {told}"
                answered += not answer.is_error
                clock.advance(1000)
    assert answered > len(tools), "the far side is reached"
    for request in far_side.asked:
        found = [each for each in there if _matches(each, request)]
        assert found or _asked_by_the_client(request), request.url
        assert not found or not all(list(_strange(each, request)) for each in found), request.url
