"""Cold-start retry: an incomplete first response is retried, and one that stays empty only once."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from api_gateway.client.cold_start import EMPTY_RESULT_TTL, MAX_REMEMBERED, ColdStartRetry, ColdStartStep
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from tests.api_gateway.fakes import FakeHandler, FakeTime, unlimited

TRADES = build_request("GET", "/iserver/account/trades", read_only=True)


class FakeRetry:
    """Returns the next value at each call; `calls` counts them."""

    def __init__(self, *values: Any) -> None:
        self.values = list(values)
        self.calls = 0

    async def __call__(self) -> GatewayResponse:
        self.calls += 1
        return GatewayResponse(200, orjson.dumps(self.values.pop(0)))


@pytest.fixture
def cold_start(fake_time: FakeTime) -> ColdStartRetry:
    return ColdStartRetry(now=fake_time.now, sleep=fake_time.sleep)


async def complete(cold_start: ColdStartRetry, request: GatewayRequest, *values: Any) -> tuple[Any, int]:
    """The final value, and the number of requests."""
    repeat = FakeRetry(*values)
    response = await cold_start.complete(request, await repeat(), repeat)
    return response.value, repeat.calls


def read(template: str, *values: object) -> GatewayRequest:
    return build_request("GET", template, values, read_only=True)


@pytest.mark.parametrize(
    ("gateway_request", "incomplete", "complete_value"),
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
async def test_an_incomplete_response_is_retried(
    cold_start: ColdStartRetry, gateway_request: GatewayRequest, incomplete: Any, complete_value: Any
) -> None:
    assert await complete(cold_start, gateway_request, incomplete, complete_value) == (complete_value, 2)
    assert await complete(cold_start, gateway_request, complete_value) == (complete_value, 1)


async def test_a_response_that_stays_empty_is_retried_once_until_its_ttl_expires(
    cold_start: ColdStartRetry, fake_time: FakeTime
) -> None:
    assert await complete(cold_start, TRADES, [], []) == ([], 2)
    assert await complete(cold_start, TRADES, []) == ([], 1)
    fake_time.seconds += EMPTY_RESULT_TTL + 1
    assert await complete(cold_start, TRADES, [], [{}]) == ([{}], 2)


async def test_an_empty_response_after_a_complete_one_is_retried(cold_start: ColdStartRetry) -> None:
    await complete(cold_start, TRADES, [], [])
    await complete(cold_start, TRADES, [{}])
    assert await complete(cold_start, TRADES, [], []) == ([], 2)


async def test_remembered_empty_responses_are_discarded_by_a_reset(cold_start: ColdStartRetry) -> None:
    await complete(cold_start, TRADES, [], [])
    cold_start.reset()
    assert await complete(cold_start, TRADES, [], [{}]) == ([{}], 2)


async def test_retries_are_paused_and_limited(cold_start: ColdStartRetry, fake_time: FakeTime) -> None:
    incomplete = [{"conid": 1}]
    positions = read("/portfolio/{account}/positions/{page}", "DU1234567", 0)
    assert await complete(cold_start, positions, incomplete, incomplete, incomplete, incomplete) == (
        incomplete,
        4,
    )
    assert fake_time.sleeps == [0.5, 0.5, 0.5]


async def test_a_page_past_the_last_position_is_complete(cold_start: ColdStartRetry) -> None:
    assert await complete(cold_start, read("/portfolio/{account}/positions/{page}", "DU1234567", 99), []) == (
        [],
        1,
    )


async def test_a_response_of_an_operation_without_a_rule_is_returned(cold_start: ColdStartRetry) -> None:
    assert await complete(cold_start, read("/trsrv/stocks"), {}) == ({}, 1)


async def test_the_number_of_remembered_requests_is_limited(cold_start: ColdStartRetry) -> None:
    for number in range(2 * MAX_REMEMBERED):
        request = build_request("GET", "/iserver/secdef/info", (), {"conid": number}, read_only=True)
        assert await complete(cold_start, request, [], []) == ([], 2)
    assert len(cold_start._empty_since) <= MAX_REMEMBERED


async def test_rows_that_are_not_objects_are_returned(cold_start: ColdStartRetry) -> None:
    positions = read("/portfolio/{account}/positions/{page}", "DU1234567", 0)
    assert await complete(cold_start, positions, [1, None]) == ([1, None], 1)


async def test_the_step_retries_an_incomplete_response_with_its_own_handler(fake_time: FakeTime) -> None:
    repeat, rest = FakeHandler([{"execution_id": "1"}]), FakeHandler([])
    step = ColdStartStep(ColdStartRetry(now=fake_time.now, sleep=fake_time.sleep), repeat)
    response = await step(rest, read("/iserver/account/trades"), unlimited())
    assert response.value == [{"execution_id": "1"}]
    assert (len(rest.requests), len(repeat.requests)) == (1, 1)


async def test_a_request_that_was_sent_again_already_is_not_sent_a_third_time(
    cold_start: ColdStartRetry,
) -> None:
    repeat = FakeRetry([{"execution_id": "1"}])
    response = await cold_start.complete(TRADES, GatewayResponse(200, b"[]", attempts=2), repeat)
    assert (response.value, repeat.calls) == ([], 0)


async def test_the_step_does_not_retry_operations_without_a_rule(fake_time: FakeTime) -> None:
    repeat, rest = FakeHandler([1]), FakeHandler([])
    step = ColdStartStep(ColdStartRetry(now=fake_time.now, sleep=fake_time.sleep), repeat)
    assert (await step(rest, read("/trsrv/stocks"), unlimited())).value == []
    assert repeat.requests == []
