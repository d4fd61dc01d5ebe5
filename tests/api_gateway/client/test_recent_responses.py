"""Recent responses: slow-moving lists are returned again instead of waiting for IBKR's limit."""

from __future__ import annotations

import asyncio

import pytest

from api_gateway.client.recent_responses import RecentResponses
from api_gateway.client.response import GatewayResponse
from api_gateway.operations import OPERATIONS, Effect
from tests.api_gateway.fakes import FakeGateway, FakeTime, read, unlimited, write

ACCOUNTS = "/portfolio/accounts"
PNL = "/iserver/account/pnl/partitioned"


class Recent:
    """The step in front of a fake gateway, which it observes."""

    def __init__(self, time: FakeTime) -> None:
        self.problem = False
        self.time = time
        self.ibkr = FakeGateway()
        self.step = RecentResponses(now=time.now, has_problem=lambda: self.problem)

    async def get(self, template: str) -> object:
        request = read(template)

        async def send(*_: object) -> GatewayResponse:
            response = await self.ibkr.send(request, unlimited())
            self.step.observe(request, response)
            return response

        return (await self.step(send, request, unlimited())).value


@pytest.fixture
def recent(fake_time: FakeTime) -> Recent:
    return Recent(fake_time)


def test_only_reads_with_a_limit_are_reused_and_never_orders_or_positions() -> None:
    reused = {row.path: row for row in OPERATIONS.values() if row.reuse}
    assert set(reused) == {ACCOUNTS, "/portfolio/subaccounts", PNL}
    assert all(row.effect is Effect.READS and row.limit for row in reused.values())


async def test_a_list_is_returned_again_while_the_limit_allows_no_new_request(recent: Recent) -> None:
    recent.ibkr.respond(ACCOUNTS, [{"accountId": "first"}], [{"accountId": "second"}])
    first = await recent.get(ACCOUNTS)
    await recent.time.sleep(5.4)
    assert await recent.get(ACCOUNTS) == first
    await recent.time.sleep(0.1)
    assert await recent.get(ACCOUNTS) != first


async def test_another_operation_is_always_sent(recent: Recent) -> None:
    await recent.get("/iserver/account/trades")
    await recent.get("/iserver/account/trades")
    assert len(recent.ibkr.requests) == 2


async def test_nothing_is_returned_again_while_the_session_has_a_problem(recent: Recent) -> None:
    await recent.get(ACCOUNTS)
    recent.problem = True
    await recent.get(ACCOUNTS)
    assert len(recent.ibkr.requests) == 2


@pytest.mark.parametrize("template", [ACCOUNTS, PNL])
async def test_everything_is_forgotten_after_a_write(recent: Recent, template: str) -> None:
    recent.ibkr.respond(PNL, {"upnl": {"DU1234567.Core": {"dpl": 1}}})
    await recent.get(template)
    order = write("/iserver/account/{account}/orders", "DU1234567")
    recent.step.observe(order, GatewayResponse(200, b"{}"))
    await recent.get(template)
    assert len(recent.ibkr.requests) == 2


async def test_a_response_that_ibkr_is_still_collecting_is_not_returned_again(recent: Recent) -> None:
    complete = {"upnl": {"DU1234567.Core": {"dpl": 1}}}
    recent.ibkr.respond(PNL, {"upnl": {}}, complete)
    assert await recent.get(PNL) != complete
    assert [await recent.get(PNL), await recent.get(PNL)] == [complete, complete]
    assert len(recent.ibkr.requests) == 2


async def test_a_request_under_way_is_shared(recent: Recent) -> None:
    recent.ibkr.gate = asyncio.Event()
    callers = [asyncio.create_task(recent.get(ACCOUNTS)) for _ in range(3)]
    await asyncio.sleep(0)
    recent.ibkr.gate.set()
    await asyncio.gather(*callers)
    assert len(recent.ibkr.requests) == 1
