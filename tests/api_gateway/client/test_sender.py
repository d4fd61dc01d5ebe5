"""Sender: one request, sent once."""

from __future__ import annotations

import pytest

from api_gateway.client.lanes import RequestLane
from api_gateway.client.rate_limiter import RateLimiter, WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.client.sender import Sender
from api_gateway.client.transport import RawResponse
from api_gateway.errors import Failed
from api_gateway.settings import GatewaySettings
from tests.api_gateway.fakes import FakeExchange, FakeTime, raw, read, unlimited

REQUEST = read("/portfolio/accounts")  # its own limit would show a slot that is never released


def interpret(_: GatewayRequest, received: RawResponse) -> GatewayResponse:
    return GatewayResponse(received.status, received.body)


def lane(time: FakeTime) -> RequestLane:
    limiter = RateLimiter(penalty=60, now=time.now, sleep=time.sleep)
    return RequestLane(limiter, GatewaySettings(_env_file=None, gateway_timeout=20), now=time.now)


async def test_a_request_is_sent_within_its_timeout_and_its_response_interpreted(fake_time: FakeTime) -> None:
    wire = FakeExchange(raw(200, b"[1]"))
    response = await Sender(lane(fake_time), wire, interpret)(REQUEST, unlimited())
    assert (response.status, response.body) == (200, b"[1]")
    assert wire.timeouts == [20]


async def test_a_request_without_time_left_is_not_sent_and_does_not_count(
    fake_time: FakeTime,
) -> None:
    wire = FakeExchange(raw(200, b"[1]"))
    send = Sender(lane(fake_time), wire, interpret)
    with pytest.raises(Failed):
        await send(REQUEST, WaitBudget(0.0, fake_time.seconds))
    assert wire.requests == []
    await send(REQUEST, unlimited())
    assert fake_time.sleeps == []


async def test_the_slot_is_released_before_the_response_is_interpreted(fake_time: FakeTime) -> None:
    def fails(request: GatewayRequest, _: RawResponse) -> GatewayResponse:
        raise Failed(request=request.description, problem="b", hint="c")

    send = Sender(lane(fake_time), FakeExchange(*[raw(200)] * 5), fails)
    for number in range(5):  # one more than there are slots
        with pytest.raises(Failed):
            await send(read("/trsrv/stocks", symbols=str(number)), unlimited())
