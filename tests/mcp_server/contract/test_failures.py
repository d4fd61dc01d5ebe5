"""Every tool meets every fault: it ends in time, names the cause, repeats no write, and works afterwards."""

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
from mcp_server.tools.operation_tool import INTERNAL_ERROR, OperationTool
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
"""Seconds within which a call ends: twelve for IBKR's limits, fifteen for the gateway's answer."""
BETWEEN = 1000.0
"""Seconds between calls, longer than every limit of IBKR's."""
OPEN = {"authenticated": True, "established": True, "competing": False, "connected": True}
MAY_HAVE, UNCHANGED = OUTCOME_SENTENCES[Outcome.UNKNOWN], OUTCOME_SENTENCES[Outcome.UNCHANGED]
NO_SENTENCE = re.compile(rf"Traceback|{re.escape(INTERNAL_ERROR)}|\.java:|\.py\b")


def healthy(request: ReceivedRequest) -> ResponseStream:
    """An answer that no tool calls a failure."""
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
        """The server as it is right after its start."""
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

    async def meet(self, row: Row) -> tuple[bool, str, list[str], float]:
        """Whether it failed, what it told, the requests that arrived, and the seconds it took."""
        loop = asyncio.get_running_loop()
        self.network.received.clear()
        began = loop.time()
        failed, told = await self.call(row.tool, dict(row.arguments))
        return failed, told, [str(each) for each in self.network.received], loop.time() - began


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


async def meet(bench: Bench, row: Row, fault: Fault, where: Where) -> list[str]:
    """What is wrong with how a tool takes a fault."""
    async with bench.started():
        if row.tool == "answer_order_question":
            await bench.meet(PLACE)  # which raises the question
        if where is Where.LATER:
            await bench.meet(row)
            await asyncio.sleep(BETWEEN)
        fault.inject(bench.network, only_request=row.sent if where is Where.AT_ITS_OWN_REQUEST else None)
        failed, told, arrived, took = await bench.meet(row)
        bench.network.restore()
        await asyncio.sleep(max(BETWEEN, fault.recovery_seconds))
        if row.tool == "answer_order_question":
            await bench.meet(PLACE)
        fails_still, told_then, _, _ = await bench.meet(row)
    tool = await bench.server.get_tool(row.tool)
    assert isinstance(tool, OperationTool)
    writes = tool.effect is not Effect.READS
    fate = fault.write_outcome if writes and row.sent in arrived else WriteOutcome.NEVER_SENT
    if fate is WriteOutcome.DONE and re.search(r"/order|/iserver/reply/", row.sent):
        fate = WriteOutcome.UNKNOWN
    wrong = {
        "is no failure": fate is not WriteOutcome.DONE and not failed,
        "is a failure": fate is WriteOutcome.DONE and failed,
        "does not name the cause": failed and not re.search(fault.message_pattern, told),
        "does not say that it may have happened": fate is WriteOutcome.UNKNOWN and MAY_HAVE not in told,
        "says that it may have happened": writes and fate is not WriteOutcome.UNKNOWN and MAY_HAVE in told,
        "says that nothing was changed": fate is WriteOutcome.UNKNOWN and UNCHANGED in told,
        "was sent again": writes and arrived.count(row.sent) > 1,
        f"took {took} s": took - fault.clock_jump > LIMIT + 0.001,
        "is no sentence": failed and NO_SENTENCE.search(told),
        "tells a secret": SECRET in told or ACCOUNT in told,
        f"does not work afterwards ({told_then})": fails_still,
    }
    return [f"{row.tool} {each}: {arrived}: {told}" for each, is_so in wrong.items() if is_so]


class Where(Enum):
    """What a fault strikes."""

    AT_EVERYTHING = auto()
    AT_ITS_OWN_REQUEST = auto()
    LATER = auto()


def places(fault: Fault) -> Iterator[Where]:
    """Where a fault makes a difference."""
    yield Where.AT_EVERYTHING
    if fault.answer is not None:
        yield Where.AT_ITS_OWN_REQUEST
    if fault.differs_when_connected:
        yield Where.LATER


@pytest.fixture(scope="module")
def prepared(one_bench: Bench) -> frozenset[str]:
    """The tools whose own request is not the first that they send."""

    async def call_all() -> list[str]:
        found = []
        for row in FIRST_ROWS.values():
            async with one_bench.started():
                _, _, arrived, _ = await one_bench.meet(row)
                found += [row.tool] if arrived[:1] != [row.sent] else []
        return found

    with pytest.MonkeyPatch.context() as patch:
        one_bench.network.install(patch)
        return frozenset(run_in_virtual_time(call_all()))


@pytest.mark.parametrize(
    ("fault", "where"), [(fault, where) for fault in FAULTS for where in places(fault)], ids=str
)
def test_every_tool_takes_every_fault(
    bench: Bench, prepared: frozenset[str], fault: Fault, where: Where, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [
        row for row in FIRST_ROWS.values() if where is not Where.AT_ITS_OWN_REQUEST or row.tool in prepared
    ]

    async def meet_all() -> list[str]:
        return [problem for row in rows for problem in await meet(bench, row, fault, where)]

    problems = run_in_virtual_time(meet_all())
    assert not problems, "\n".join(problems)
    assert SECRET not in caplog.text
    assert ACCOUNT not in caplog.text


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_connections_status_is_told_within_two_seconds_of_whatever_fault(
    bench: Bench, fault: Fault
) -> None:
    async def ask() -> tuple[bool, str, float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        failed, told = await bench.call("connection_status", {})
        took = loop.time() - began
        return failed, told, took % fault.clock_jump if fault.clock_jump else took

    async def story() -> None:
        async with bench.started():
            fault.inject(bench.network)
            for _ in range(3):
                failed, told, took = await ask()
                assert not failed
                assert took <= 2.001, told
                assert not NO_SENTENCE.search(told)
                assert SECRET not in told
                assert orjson.loads(told)["state"] == fault.state, told
                await asyncio.sleep(0.1)
            bench.network.restore()
            await asyncio.sleep(max(BETWEEN, fault.recovery_seconds))
            failed, told, _ = await ask()
            assert orjson.loads(told)["state"] == "established", told

    run_in_virtual_time(story())


ODD = [
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


@pytest.mark.parametrize("body", ODD)
def test_an_answer_of_another_shape_breaks_no_tool(bench: Bench, body: str) -> None:
    async def call_all() -> list[str]:
        broken = []
        for row in FIRST_ROWS.values():
            async with bench.started():
                bench.network.answer = lambda _: respond(200, body.encode())
                _, told, _, _ = await bench.meet(row)
                if NO_SENTENCE.search(told):
                    broken.append(f"{row.tool}: {told}")
        return broken

    broken = run_in_virtual_time(call_all())
    assert not broken, "\n".join(broken)
