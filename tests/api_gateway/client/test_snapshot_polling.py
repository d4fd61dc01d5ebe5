"""Snapshot polling: a snapshot has its values, in as few requests as possible."""

from __future__ import annotations

from typing import Any

import pytest

from api_gateway.client.preflight import PreflightStep, underlying_step
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.client.snapshot_polling import EMPTY_TTL, MANY_CONTRACTS, SnapshotPoller
from api_gateway.errors import RateLimited, Refused
from tests.api_gateway.fakes import FakeGateway, FakeTime

PATH = "/iserver/marketdata/snapshot"
EMPTY = [{"conid": 265598, "conidEx": "265598"}]
FULL = [{"conid": 265598, "conidEx": "265598", "31": "1", "84": "1"}]
HALF = [{"conid": 265598, "conidEx": "265598", "31": "1"}]


def snapshot(conids: Any = "265598", fields: Any = "31,84") -> GatewayRequest:
    return build_request("GET", PATH, (), {"conids": conids, "fields": fields}, read_only=True)


class Rig:
    """A poller whose `ibkr` returns prepared responses; `steps` are the preflight steps it required."""

    def __init__(self, time: FakeTime) -> None:
        self.ibkr = FakeGateway()
        self.steps: list[PreflightStep] = []
        self.poller = SnapshotPoller(send=self.ibkr.send, ensure=self.ensure, now=time.now, sleep=time.sleep)

    async def ensure(self, step: PreflightStep, _: WaitBudget) -> bool:
        self.steps.append(step)
        return True

    async def poll(self, request: GatewayRequest | None = None, seconds: float = 6) -> Any:
        request = request or snapshot()
        budget = WaitBudget(seconds, float("inf"))
        response: GatewayResponse = await self.ibkr.send(request, budget)
        return (await self.poller.complete(request, response, budget)).value

    @property
    def count(self) -> int:
        return sum(path.startswith(PATH) for path in self.ibkr.requests)


@pytest.fixture
def rig(fake_time: FakeTime) -> Rig:
    return Rig(fake_time)


async def test_the_first_snapshot_is_repeated_until_its_values_arrive(rig: Rig, fake_time: FakeTime) -> None:
    rig.ibkr.respond(PATH, EMPTY, EMPTY, FULL)
    assert await rig.poll() == FULL
    assert rig.ibkr.requests == [f"{PATH}?conids=265598&fields=31,84"] * 3
    assert fake_time.sleeps == [0.5, 0.5]


async def test_many_contracts_are_polled_a_second_later_because_no_earlier_poll_is_complete(
    rig: Rig, fake_time: FakeTime
) -> None:
    conids = [str(number) for number in range(1, MANY_CONTRACTS + 1)]
    rig.ibkr.respond(PATH, [], [{"conid": conid, "31": "1"} for conid in conids])
    await rig.poll(snapshot(conids, "31"))
    assert fake_time.sleeps == [1.0]


async def test_the_second_snapshot_is_requested_once_even_if_a_field_is_missing(
    rig: Rig,
) -> None:
    rig.ibkr.respond(PATH, EMPTY, FULL)
    await rig.poll()
    rig.ibkr.respond(PATH, HALF)
    rig.ibkr.requests.clear()
    assert await rig.poll() == HALF
    assert rig.count == 1


async def test_a_new_field_is_polled_again(rig: Rig) -> None:
    rig.ibkr.respond(PATH, FULL)
    await rig.poll()
    rig.ibkr.requests.clear()
    more = [{**FULL[0], "86": "1"}]
    rig.ibkr.respond(PATH, FULL, more)
    assert await rig.poll(snapshot(fields="31,84,86")) == more


async def test_a_nonexistent_field_delays_the_snapshot_by_one_second(rig: Rig, fake_time: FakeTime) -> None:
    rig.ibkr.respond(PATH, EMPTY, HALF)
    assert await rig.poll() == HALF
    assert sum(fake_time.sleeps) == 1.0


async def test_a_snapshot_with_only_one_field_is_repeated(rig: Rig) -> None:
    rig.ibkr.respond(PATH, HALF, HALF, FULL)
    assert await rig.poll() == FULL


async def test_a_contract_without_values_is_polled_for_three_seconds_until_its_ttl_expires(
    rig: Rig, fake_time: FakeTime
) -> None:
    rig.ibkr.respond(PATH, EMPTY)
    assert await rig.poll() == EMPTY
    assert sum(fake_time.sleeps) == 3.0
    fake_time.sleeps.clear()
    assert await rig.poll() == EMPTY
    assert fake_time.sleeps == []
    fake_time.seconds += EMPTY_TTL + 1
    await rig.poll()
    assert fake_time.sleeps


async def test_values_that_disappeared_are_polled_again(rig: Rig) -> None:
    rig.ibkr.respond(PATH, FULL)
    await rig.poll()
    rig.ibkr.respond(PATH, EMPTY, FULL)
    assert await rig.poll() == FULL


@pytest.mark.parametrize(
    "end",
    [
        build_request("GET", "/iserver/marketdata/unsubscribeall", read_only=True),
        build_request("POST", "/iserver/marketdata/unsubscribe", body={"conid": 265598}, read_only=False),
        None,
    ],
    ids=["all", "one", "session"],
)
async def test_a_subscription_that_ended_is_opened_again(rig: Rig, end: GatewayRequest | None) -> None:
    rig.ibkr.respond(PATH, FULL)
    await rig.poll()
    if end is None:
        rig.poller.reset()
    else:
        rig.poller.observe(end, GatewayResponse(200, b"{}"))
    rig.ibkr.respond(PATH, HALF, FULL)
    assert await rig.poll() == FULL


async def test_polling_continues_until_all_contracts_have_values(rig: Rig) -> None:
    other = {"conid": 8314, "conidEx": "8314"}
    rig.ibkr.respond(PATH, [*EMPTY, other], [*FULL, other], [*FULL, {**other, "31": "2", "84": "2"}])
    assert len((await rig.poll(snapshot(conids=[265598, 8314])))[1]) == 4


async def test_a_contract_with_an_exchange_is_recognized(rig: Rig) -> None:
    rig.ibkr.respond(PATH, [{"conid": 8314, "conidEx": "8314@NYSE", "31": "1", "84": "1"}])
    await rig.poll(snapshot(conids="8314@NYSE"))
    assert rig.count == 1


async def test_the_underlying_of_a_derivative_without_values_is_searched_for(rig: Rig) -> None:
    rig.ibkr.respond(
        "/trsrv/secdef", {"secdef": [{"conid": 265598, "undConid": 416904}, {"conid": 1, "undConid": 0}]}
    )
    rig.ibkr.respond(PATH, EMPTY, EMPTY, EMPTY, FULL)
    assert await rig.poll() == FULL
    assert rig.steps == [underlying_step("416904")]
    assert "/trsrv/secdef?conids=265598" in rig.ibkr.requests


async def test_a_contract_whose_values_arrive_is_not_looked_up(rig: Rig) -> None:
    rig.ibkr.respond(PATH, EMPTY, EMPTY, FULL)
    await rig.poll()
    assert not rig.steps
    assert all(path.startswith(PATH) for path in rig.ibkr.requests)


async def test_the_snapshot_of_an_unknown_contract_is_returned_as_it_is(rig: Rig) -> None:
    rig.ibkr.respond("/trsrv/secdef", Refused(request="", problem="", hint=""))
    rig.ibkr.respond(PATH, EMPTY)
    assert await rig.poll() == EMPTY


async def test_polling_ends_with_the_budget(rig: Rig, fake_time: FakeTime) -> None:
    rig.ibkr.respond(PATH, EMPTY)
    assert await rig.poll(seconds=0.7) == EMPTY
    assert sum(fake_time.sleeps) == 0.5


async def test_a_rate_limit_ends_polling_with_the_values_or_with_an_error(rig: Rig) -> None:
    rate_limited = RateLimited(request="", problem="", hint="", seconds=3)
    rig.ibkr.respond(PATH, HALF, rate_limited)
    assert await rig.poll() == HALF
    rig.poller.reset()
    rig.ibkr.respond(PATH, EMPTY, rate_limited)
    with pytest.raises(RateLimited):
        await rig.poll()


async def test_a_snapshot_without_fields_is_not_polled(rig: Rig) -> None:
    rig.ibkr.respond(PATH, EMPTY)
    await rig.poll(snapshot(fields=None))
    assert rig.count == 1
