"""A snapshot comes with its values, in as few requests as that takes."""

from __future__ import annotations

from typing import Any

import pytest

from api_gateway.client.preflight import PreflightStep, underlying_step
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.client.snapshot_polling import EMPTY_TTL, SnapshotPoller
from api_gateway.errors import RateLimited, Refused
from tests.api_gateway.fakes import FakeGateway, FakeTime

PATH = "/iserver/marketdata/snapshot"
RECEIPT = [{"conid": 265598, "conidEx": "265598"}]
FULL = [{"conid": 265598, "conidEx": "265598", "31": "1", "84": "1"}]
HALF = [{"conid": 265598, "conidEx": "265598", "31": "1"}]


def snapshot(conids: Any = "265598", fields: Any = "31,84") -> GatewayRequest:
    return build_request("GET", PATH, (), {"conids": conids, "fields": fields}, read_only=True)


class Rig:
    def __init__(self, time: FakeTime) -> None:
        self.ibkr = FakeGateway()
        self.taken: list[PreflightStep] = []
        self.snapshots = SnapshotPoller(ask=self.ibkr.send, take=self.take, now=time.now, sleep=time.sleep)

    async def take(self, step: PreflightStep, _: WaitBudget) -> bool:
        self.taken.append(step)
        return True

    async def ask(self, call: GatewayRequest | None = None, patience: float = 6) -> Any:
        call = call or snapshot()
        left = WaitBudget(patience, float("inf"))
        reply: GatewayResponse = await self.ibkr.send(call, left)
        return (await self.snapshots.complete(call, reply, left)).value

    @property
    def count(self) -> int:
        return sum(path.startswith(PATH) for path in self.ibkr.requests)


@pytest.fixture
def rig(fake_time: FakeTime) -> Rig:
    return Rig(fake_time)


async def test_the_first_snapshot_is_repeated_with_the_same_fields_until_values_are_there(
    rig: Rig, fake_time: FakeTime
) -> None:
    rig.ibkr.respond(PATH, RECEIPT, RECEIPT, FULL)
    assert await rig.ask() == FULL
    assert rig.ibkr.requests == [f"{PATH}?conids=265598&fields=31,84"] * 3
    assert fake_time.sleeps == [0.5, 0.5]


async def test_the_second_snapshot_is_asked_for_once_even_where_a_field_is_unchanged_or_unknown(
    rig: Rig,
) -> None:
    rig.ibkr.respond(PATH, RECEIPT, FULL)
    await rig.ask()
    rig.ibkr.respond(PATH, HALF)
    rig.ibkr.requests.clear()
    assert await rig.ask() == HALF
    assert rig.count == 1


async def test_a_new_field_begins_anew(rig: Rig) -> None:
    rig.ibkr.respond(PATH, FULL)
    await rig.ask()
    rig.ibkr.requests.clear()
    more = [{**FULL[0], "86": "1"}]
    rig.ibkr.respond(PATH, FULL, more)
    assert await rig.ask(snapshot(fields="31,84,86")) == more


async def test_a_field_that_does_not_exist_costs_a_second_and_not_three(
    rig: Rig, fake_time: FakeTime
) -> None:
    rig.ibkr.respond(PATH, RECEIPT, HALF)
    assert await rig.ask() == HALF
    assert sum(fake_time.sleeps) == 1.0


async def test_one_field_at_once_is_not_yet_the_answer(rig: Rig) -> None:
    rig.ibkr.respond(PATH, HALF, HALF, FULL)
    assert await rig.ask() == FULL


async def test_a_contract_without_values_gets_three_seconds_once(rig: Rig, fake_time: FakeTime) -> None:
    rig.ibkr.respond(PATH, RECEIPT)
    assert await rig.ask() == RECEIPT
    assert sum(fake_time.sleeps) == 3.0
    fake_time.sleeps.clear()
    assert await rig.ask() == RECEIPT
    assert fake_time.sleeps == []
    fake_time.seconds += EMPTY_TTL + 1
    await rig.ask()
    assert fake_time.sleeps


async def test_values_that_have_gone_are_asked_for_again(rig: Rig) -> None:
    rig.ibkr.respond(PATH, FULL)
    await rig.ask()
    rig.ibkr.respond(PATH, RECEIPT, FULL)
    assert await rig.ask() == FULL


@pytest.mark.parametrize(
    "end",
    [
        build_request("GET", "/iserver/marketdata/unsubscribeall", read_only=True),
        build_request("POST", "/iserver/marketdata/unsubscribe", body={"conid": 265598}, read_only=False),
        None,
    ],
    ids=["all", "one", "session"],
)
async def test_an_ended_subscription_is_opened_again(rig: Rig, end: GatewayRequest | None) -> None:
    rig.ibkr.respond(PATH, FULL)
    await rig.ask()
    if end is None:
        rig.snapshots.reset()
    else:
        rig.snapshots.observe(end, GatewayResponse(200, b"{}"))
    rig.ibkr.respond(PATH, HALF, FULL)
    assert await rig.ask() == FULL


async def test_all_contracts_are_waited_for(rig: Rig) -> None:
    other = {"conid": 8314, "conidEx": "8314"}
    rig.ibkr.respond(PATH, [*RECEIPT, other], [*FULL, other], [*FULL, {**other, "31": "2", "84": "2"}])
    assert len((await rig.ask(snapshot(conids=[265598, 8314])))[1]) == 4


async def test_a_contract_with_its_exchange_is_recognised(rig: Rig) -> None:
    rig.ibkr.respond(PATH, [{"conid": 8314, "conidEx": "8314@NYSE", "31": "1", "84": "1"}])
    await rig.ask(snapshot(conids="8314@NYSE"))
    assert rig.count == 1


async def test_a_derivative_gets_its_underlying_searched(rig: Rig) -> None:
    rig.ibkr.respond(
        "/trsrv/secdef", {"secdef": [{"conid": 265598, "undConid": 416904}, {"conid": 1, "undConid": 0}]}
    )
    rig.ibkr.respond(PATH, RECEIPT, RECEIPT, RECEIPT, FULL)
    assert await rig.ask() == FULL
    assert rig.taken == [underlying_step("416904")]
    assert "/trsrv/secdef?conids=265598" in rig.ibkr.requests


async def test_a_contract_that_comes_by_itself_is_not_looked_up(rig: Rig) -> None:
    rig.ibkr.respond(PATH, RECEIPT, RECEIPT, FULL)
    await rig.ask()
    assert not rig.taken
    assert all(path.startswith(PATH) for path in rig.ibkr.requests)


async def test_an_unknown_contract_is_answered_with_what_ibkr_says(rig: Rig) -> None:
    rig.ibkr.respond("/trsrv/secdef", Refused(request="", problem="", hint=""))
    rig.ibkr.respond(PATH, RECEIPT)
    assert await rig.ask() == RECEIPT


async def test_with_little_patience_the_caller_gets_what_is_there(rig: Rig, fake_time: FakeTime) -> None:
    rig.ibkr.respond(PATH, RECEIPT)
    assert await rig.ask(patience=0.7) == RECEIPT
    assert sum(fake_time.sleeps) == 0.5


async def test_a_limit_in_between_ends_it_with_the_values_or_with_the_seconds(rig: Rig) -> None:
    paced = RateLimited(request="", problem="", hint="", seconds=3)
    rig.ibkr.respond(PATH, HALF, paced)
    assert await rig.ask() == HALF
    rig.snapshots.reset()
    rig.ibkr.respond(PATH, RECEIPT, paced)
    with pytest.raises(RateLimited):
        await rig.ask()


async def test_without_fields_there_is_nothing_to_wait_for(rig: Rig) -> None:
    rig.ibkr.respond(PATH, RECEIPT)
    await rig.ask(snapshot(fields=None))
    assert rig.count == 1
