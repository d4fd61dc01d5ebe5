"""Every tool with every fault: it ends in time, names the cause, repeats no write, and works afterwards."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from enum import Enum, auto

import orjson
import pytest

from api_gateway.access_policy import POLICIES, TradingMode
from api_gateway.causes import OUTCOME_SENTENCES, Outcome
from api_gateway.client.gateway import GatewayClient
from api_gateway.operations import Effect
from api_gateway.settings import GatewaySettings
from mcp_server.rest.argument_errors import INTERNAL_ERROR
from mcp_server.tools.operation_tool import OperationTool
from tests.api_gateway.virtual_network import ReceivedRequest, ResponseStream, VirtualNetwork, respond
from tests.mcp_server.contract.faults import ACCOUNT, FAULTS, SECRET, Fault, WriteOutcome
from tests.mcp_server.contract.test_wire import FIRST_ROWS, PAPER
from tests.mcp_server.contract.wire_rows.orders import QUESTION
from tests.mcp_server.contract.wire_rows.row import Row
from tests.mcp_server.one_server import SharedServer
from tests.virtual_loop import run_in_virtual_time

pytestmark = pytest.mark.thorough

PLACE = FIRST_ROWS["place_orders"]
LIMIT = 27.0
"""Seconds within which a call ends: twelve for IBKR's limits, fifteen for the gateway's response."""
BETWEEN = 1000.0
"""Seconds between calls, longer than any of IBKR's rate limits."""
OPEN = {"authenticated": True, "established": True, "competing": False, "connected": True}
MAY_BE_DONE, UNCHANGED = OUTCOME_SENTENCES[Outcome.UNKNOWN], OUTCOME_SENTENCES[Outcome.UNCHANGED]
INTERNALS = re.compile(rf"Traceback|{re.escape(INTERNAL_ERROR)}|\.java:|\.py\b")


def healthy(request: ReceivedRequest) -> ResponseStream:
    """A response that no tool reports as a failure."""
    if request.target == "/":
        return respond(302, b"", "Location: /sso/Login?forwardTo=22&RL=1")
    if request.target == "/iserver/accounts":
        return respond(200, PAPER)
    if request.target in ("/iserver/auth/status", "/tickle"):
        return respond(
            200, orjson.dumps(OPEN if request.target != "/tickle" else {"iserver": {"authStatus": OPEN}})
        )
    if str(request) == PLACE.sent:
        return respond(200, orjson.dumps([{"id": QUESTION, "message": ["Sure?"]}]))
    return respond(200, b'[{"conid": 1, "order_id": "1"}]')


class Bench(SharedServer):
    """One server for all cells, over one network."""

    def __init__(self, network: VirtualNetwork) -> None:
        super().__init__()
        self.network = network

    @asynccontextmanager
    async def started(self) -> AsyncIterator[None]:
        """The server right after startup."""
        settings = GatewaySettings(
            _env_file=None,
            gateway_url="https://gateway:5055",
            gateway_verify_tls=False,
            gateway_login_url="https://login.example:5055",
            gateway_max_body=500_000,
        )
        self.network.restore()
        loop = asyncio.get_running_loop()
        gateway = GatewayClient(settings, policy=POLICIES[TradingMode.PAPER], now=loop.time)
        async with self.use_gateway(gateway):
            yield
        assert self.network.open_connections == 0, "a connection was left behind"

    async def call_row(self, row: Row) -> tuple[bool, str, list[str], float]:
        """Whether the call failed, its text, the requests that arrived, and the seconds it took."""
        loop = asyncio.get_running_loop()
        self.network.received.clear()
        began = loop.time()
        failed, text = await self.call(row.tool, dict(row.arguments))
        return failed, text, [str(each) for each in self.network.received], loop.time() - began


@pytest.fixture(scope="module")
def network() -> VirtualNetwork:
    return VirtualNetwork(healthy)


@pytest.fixture(scope="module")
def one_bench(network: VirtualNetwork) -> Bench:
    return Bench(network)


@pytest.fixture
def bench(one_bench: Bench, network: VirtualNetwork, monkeypatch: pytest.MonkeyPatch) -> Bench:
    network.install(monkeypatch)
    return one_bench


async def problems_with(bench: Bench, row: Row, fault: Fault, where: Where) -> list[str]:
    """What a tool does wrong when a fault occurs."""
    async with bench.started():
        if row.tool == "answer_order_question":
            await bench.call_row(PLACE)  # which raises the confirmation
        if where is Where.ONCE_CONNECTED:
            await bench.call_row(row)
            await asyncio.sleep(BETWEEN)
        fault.inject(bench.network, only_request=row.sent if where is Where.THE_TOOLS_REQUEST else None)
        failed, text, arrived, took = await bench.call_row(row)
        bench.network.restore()
        await asyncio.sleep(max(BETWEEN, fault.recovery_seconds))
        if row.tool == "answer_order_question":
            await bench.call_row(PLACE)
        still_fails, text_afterwards, _, _ = await bench.call_row(row)
    tool = await bench.server.get_tool(row.tool)
    assert isinstance(tool, OperationTool)
    writes = tool.effect is not Effect.READS
    outcome = fault.write_outcome if writes and row.sent in arrived else WriteOutcome.NEVER_SENT
    if outcome is WriteOutcome.DONE and re.search(r"/order|/iserver/reply/", row.sent):
        outcome = WriteOutcome.UNKNOWN
    checks = {
        "does not fail": outcome is not WriteOutcome.DONE and not failed,
        "fails": outcome is WriteOutcome.DONE and failed,
        "does not name the cause": failed and not re.search(fault.message_pattern, text),
        "does not say that it may have been carried out": outcome is WriteOutcome.UNKNOWN
        and MAY_BE_DONE not in text,
        "says that it may have been carried out": writes
        and outcome is not WriteOutcome.UNKNOWN
        and MAY_BE_DONE in text,
        "says that nothing was changed": outcome is WriteOutcome.UNKNOWN and UNCHANGED in text,
        "was sent again": writes and arrived.count(row.sent) > 1,
        f"took {took} s": took - fault.clock_jump > LIMIT + 0.001,
        "shows internals": failed and INTERNALS.search(text),
        "shows a secret": SECRET in text or ACCOUNT in text,
        f"does not work afterwards ({text_afterwards})": still_fails,
    }
    return [f"{row.tool} {each}: {arrived}: {text}" for each, is_wrong in checks.items() if is_wrong]


class Where(Enum):
    """Which requests a fault affects."""

    EVERY_REQUEST = auto()
    THE_TOOLS_REQUEST = auto()
    ONCE_CONNECTED = auto()


def places(fault: Fault) -> Iterator[Where]:
    """Where the fault can have different effects."""
    yield Where.EVERY_REQUEST
    if fault.answer is not None:
        yield Where.THE_TOOLS_REQUEST
    if fault.differs_when_connected:
        yield Where.ONCE_CONNECTED


@pytest.fixture(scope="module")
def prepared(one_bench: Bench) -> frozenset[str]:
    """The tools that send other requests before their own."""

    async def call_all() -> list[str]:
        found = []
        for row in FIRST_ROWS.values():
            async with one_bench.started():
                _, _, arrived, _ = await one_bench.call_row(row)
                found += [row.tool] if arrived[:1] != [row.sent] else []
        return found

    with pytest.MonkeyPatch.context() as patch:
        one_bench.network.install(patch)
        return frozenset(run_in_virtual_time(call_all()))


@pytest.mark.parametrize(
    ("fault", "where"), [(fault, where) for fault in FAULTS for where in places(fault)], ids=str
)
def test_every_tool_handles_every_fault(
    bench: Bench, prepared: frozenset[str], fault: Fault, where: Where, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [
        row for row in FIRST_ROWS.values() if where is not Where.THE_TOOLS_REQUEST or row.tool in prepared
    ]

    async def call_all() -> list[str]:
        return [problem for row in rows for problem in await problems_with(bench, row, fault, where)]

    problems = run_in_virtual_time(call_all())
    assert not problems, "\n".join(problems)
    assert SECRET not in caplog.text
    assert ACCOUNT not in caplog.text


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_connection_status_is_reported_within_two_seconds_of_any_fault(
    bench: Bench, fault: Fault
) -> None:
    async def check() -> tuple[bool, str, float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        failed, text = await bench.call("connection_status", {})
        took = loop.time() - began
        return failed, text, took % fault.clock_jump if fault.clock_jump else took

    async def scenario() -> None:
        async with bench.started():
            fault.inject(bench.network)
            for _ in range(3):
                failed, text, took = await check()
                assert not failed
                assert took <= 2.001, text
                assert not INTERNALS.search(text)
                assert SECRET not in text
                assert orjson.loads(text)["state"] == fault.state, text
                await asyncio.sleep(0.1)
            bench.network.restore()
            await asyncio.sleep(max(BETWEEN, fault.recovery_seconds))
            failed, text, _ = await check()
            assert orjson.loads(text)["state"] == "established", text

    run_in_virtual_time(scenario())


UNEXPECTED_BODIES = [
    "[1]",
    "[null]",
    "[[]]",
    '["text"]',
    "{}",
    '{"error": [1]}',
    '{"accounts": 5}',
    '[{"conid": null}]',
    '[{"conid": [1], "31": {}}]',
    '{"orders": 5, "upnl": 5, "algos": 5, "call": 5, "secdef": 5}',
    '{"session": [1], "sessionId": [1], "iserver": 5}',
    '{"authenticated": {}, "groups": 5, "serverInfo": 5}',
    '{"iserver": {"authStatus": 5}, "ssoExpires": "x"}',
    '{"secdef": [5, {"undConid": {}}], "isPaper": true}',
]


@pytest.mark.parametrize("body", UNEXPECTED_BODIES)
def test_a_response_of_another_shape_causes_no_internal_error(bench: Bench, body: str) -> None:
    async def call_all() -> list[str]:
        broken = []
        for row in FIRST_ROWS.values():
            async with bench.started():
                bench.network.answer = lambda _: respond(200, body.encode())
                _, text, _, _ = await bench.call_row(row)
                if INTERNALS.search(text):
                    broken.append(f"{row.tool}: {text}")
        return broken

    broken = run_in_virtual_time(call_all())
    assert not broken, "\n".join(broken)
