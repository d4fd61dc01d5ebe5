"""A thin first answer is asked for again; an empty one that is true costs that once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from api_gateway.client.cold_start import EMPTY_RESULT_TTL, MAX_REMEMBERED, ColdStartRetry, ColdStartStep
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from tests.api_gateway.fakes import FakeHandler, FakeTime, unlimited

TRADES = build_request("GET", "/iserver/account/trades", read_only=True)


class Answers:
    def __init__(self, *values: Any) -> None:
        self.values = list(values)
        self.asked = 0

    async def __call__(self) -> GatewayResponse:
        self.asked += 1
        return GatewayResponse(200, orjson.dumps(self.values.pop(0)))


@pytest.fixture
def warmups(fake_time: FakeTime) -> ColdStartRetry:
    return ColdStartRetry(now=fake_time.now, sleep=fake_time.sleep)


async def complete(warmups: ColdStartRetry, call: GatewayRequest, *values: Any) -> tuple[Any, int]:
    """The value in the end, and how often it was asked for."""
    answers = Answers(*values)
    reply = await warmups.complete(call, await answers(), answers)
    return reply.value, answers.asked


def read(template: str, *values: object) -> GatewayRequest:
    return build_request("GET", template, values, read_only=True)


@pytest.mark.parametrize(
    ("call", "thin", "full"),
    [
        (
            read("/iserver/account/orders"),
            {"orders": [], "snapshot": False},
            {"orders": [{}], "snapshot": True},
        ),
        (read("/iserver/account/orders"), {"orders": []}, {"orders": [], "snapshot": True}),
        (TRADES, [], [{"side": "B"}]),
        (read("/iserver/account/pnl/partitioned"), {"upnl": {}}, {"upnl": {"DU1234567.Core": {}}}),
        (
            read("/portfolio/{account}/positions/{page}", "DU1234567", 0),
            [{"conid": 1, "contractDesc": "AAPL"}],
            [{"conid": 1, "ticker": "AAPL"}],
        ),
        (read("/iserver/contract/{conid}/algos", 1), {"algos": []}, {"algos": [{"id": "Vwap"}]}),
        (read("/iserver/secdef/strikes"), {"call": [], "put": []}, {"call": [1], "put": [1]}),
        (read("/iserver/secdef/info"), [], [{"conid": 1}]),
    ],
)
async def test_a_thin_answer_is_asked_for_once_more(
    warmups: ColdStartRetry, call: GatewayRequest, thin: Any, full: Any
) -> None:
    assert await complete(warmups, call, thin, full) == (full, 2)
    assert await complete(warmups, call, full) == (full, 1)


async def test_an_empty_answer_that_is_true_costs_one_repetition_and_no_more(
    warmups: ColdStartRetry, fake_time: FakeTime
) -> None:
    assert await complete(warmups, TRADES, [], []) == ([], 2)
    assert await complete(warmups, TRADES, []) == ([], 1)
    fake_time.seconds += EMPTY_RESULT_TTL + 1
    assert await complete(warmups, TRADES, [], [{}]) == ([{}], 2)


async def test_what_was_full_and_is_empty_now_is_asked_for_again(warmups: ColdStartRetry) -> None:
    await complete(warmups, TRADES, [], [])
    await complete(warmups, TRADES, [{}])
    assert await complete(warmups, TRADES, [], []) == ([], 2)


async def test_a_new_session_proves_nothing(warmups: ColdStartRetry) -> None:
    await complete(warmups, TRADES, [], [])
    warmups.reset()
    assert await complete(warmups, TRADES, [], [{}]) == ([{}], 2)


async def test_it_waits_between_and_stops_some_time(warmups: ColdStartRetry, fake_time: FakeTime) -> None:
    thin = [{"conid": 1}]
    positions = read("/portfolio/{account}/positions/{page}", "DU1234567", 0)
    assert await complete(warmups, positions, thin, thin, thin, thin) == (thin, 4)
    assert fake_time.sleeps == [0.5, 0.5, 0.5]


async def test_a_page_past_the_last_position_is_complete(warmups: ColdStartRetry) -> None:
    assert await complete(warmups, read("/portfolio/{account}/positions/{page}", "DU1234567", 99), []) == (
        [],
        1,
    )


async def test_other_answers_are_left_alone(warmups: ColdStartRetry) -> None:
    assert await complete(warmups, read("/trsrv/stocks"), {}) == ({}, 1)


async def test_endless_different_questions_take_no_endless_memory(warmups: ColdStartRetry) -> None:
    for number in range(2 * MAX_REMEMBERED):
        call = build_request("GET", "/iserver/secdef/info", (), {"conid": number}, read_only=True)
        assert await complete(warmups, call, [], []) == ([], 2)
    assert len(warmups._believed) <= MAX_REMEMBERED


async def test_rows_that_are_no_objects_are_handed_on(warmups: ColdStartRetry) -> None:
    positions = read("/portfolio/{account}/positions/{page}", "DU1234567", 0)
    assert await complete(warmups, positions, [1, None]) == ([1, None], 1)


async def test_the_step_repeats_an_incomplete_response_by_its_own_way(fake_time: FakeTime) -> None:
    repeat, rest = FakeHandler([{"execution_id": "1"}]), FakeHandler([])
    step = ColdStartStep(ColdStartRetry(now=fake_time.now, sleep=fake_time.sleep), repeat)
    response = await step(rest, read("/iserver/account/trades"), unlimited())
    assert response.value == [{"execution_id": "1"}]
    assert (len(rest.requests), len(repeat.requests)) == (1, 1)


async def test_the_step_leaves_operations_without_a_rule_alone(fake_time: FakeTime) -> None:
    repeat, rest = FakeHandler([1]), FakeHandler([])
    step = ColdStartStep(ColdStartRetry(now=fake_time.now, sleep=fake_time.sleep), repeat)
    assert (await step(rest, read("/trsrv/stocks"), unlimited())).value == []
    assert repeat.requests == []
