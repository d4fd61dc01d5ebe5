"""Delivery: one request over the transport and its outcome."""

from __future__ import annotations

import httpx
import pytest

from api_gateway.client.delivery import Delivery
from api_gateway.client.rate_limiter import RateLimiter
from api_gateway.client.tls import TlsTrust
from api_gateway.client.transport import Transport
from api_gateway.errors import NoResponse, OutcomeUnknown, Unreachable
from api_gateway.settings import GatewaySettings
from tests.api_gateway.fakes import FakeTime, read, unlimited, write

READ = read("/portfolio/accounts")
WRITE = write("/iserver/account/{allocation}/orders", "DU1234567", orders=[])


class Wire:
    """A delivery over a transport that returns or raises the next outcome."""

    def __init__(self, time: FakeTime, *outcomes: httpx.Response | Exception) -> None:
        self.sent = 0
        self._outcomes = list(outcomes)
        settings = GatewaySettings(_env_file=None)
        transport = Transport(
            settings, TlsTrust.from_settings(settings), transport=httpx.MockTransport(self._answer)
        )
        self.rate_limiter = RateLimiter(penalty=60, now=time.now, sleep=time.sleep)
        self.deliver = Delivery(transport, self.rate_limiter)

    def _answer(self, _: httpx.Request) -> httpx.Response:
        self.sent += 1
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def test_a_complete_response_is_returned_unchanged(fake_time: FakeTime) -> None:
    wire = Wire(fake_time, httpx.Response(418, content=b"tea"))
    async with wire.rate_limiter.acquire(READ, unlimited()) as place:
        received = await wire.deliver(READ, place, 5.0)
    assert (received.status, received.body) == (418, b"tea")


async def test_a_request_that_was_never_sent_is_unreachable_and_does_not_count(
    fake_time: FakeTime,
) -> None:
    wire = Wire(fake_time, httpx.ConnectError("refused"), httpx.Response(200))
    async with wire.rate_limiter.acquire(READ, unlimited()) as place:
        with pytest.raises(Unreachable):
            await wire.deliver(READ, place, 5.0)
    async with wire.rate_limiter.acquire(READ, unlimited()):
        assert fake_time.sleeps == []


async def test_a_read_without_a_response_is_in_doubt_until_the_next_response(fake_time: FakeTime) -> None:
    wire = Wire(fake_time, httpx.ReadError("reset"), httpx.Response(200))
    async with wire.rate_limiter.acquire(READ, unlimited()) as place:
        with pytest.raises(NoResponse):
            await wire.deliver(READ, place, 5.0)
        assert wire.rate_limiter.is_in_doubt(READ)
        await wire.deliver(READ, place, 5.0)
    assert not wire.rate_limiter.is_in_doubt(READ)


async def test_a_write_without_a_response_has_an_unknown_outcome_and_is_sent_once(
    fake_time: FakeTime,
) -> None:
    wire = Wire(fake_time, httpx.ReadError("reset"), httpx.Response(200))
    async with wire.rate_limiter.acquire(WRITE, unlimited()) as place:
        with pytest.raises(OutcomeUnknown):
            await wire.deliver(WRITE, place, 5.0)
    assert wire.sent == 1
