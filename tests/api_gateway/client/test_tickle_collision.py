"""A 429 to a tickle."""

from __future__ import annotations

import pytest

from api_gateway.client.rate_limiter import Reservation
from api_gateway.client.tickle_collision import TickleCollision
from api_gateway.errors import RateLimited
from tests.api_gateway.fakes import FakeExchange, FakeTime, raw, write

TICKLE = write("/tickle")
PLACE = Reservation((), FakeTime().now)


async def test_the_first_429_is_a_collision_and_the_second_in_a_row_is_not() -> None:
    step, wire = TickleCollision(), FakeExchange(raw(429), raw(429))
    with pytest.raises(RateLimited):
        await step(wire, TICKLE, PLACE, 8.0)
    assert (await step(wire, TICKLE, PLACE, 8.0)).status == 429


async def test_another_response_in_between_makes_the_next_429_a_collision_again() -> None:
    step, wire = TickleCollision(), FakeExchange(raw(429), raw(200), raw(429))
    for outcome in (RateLimited, None, RateLimited):
        if outcome:
            with pytest.raises(outcome):
                await step(wire, TICKLE, PLACE, 8.0)
        else:
            await step(wire, TICKLE, PLACE, 8.0)


async def test_a_429_with_retry_after_is_not_a_collision() -> None:
    response = raw(429, retry_after="60")
    assert await TickleCollision()(FakeExchange(response), TICKLE, PLACE, 8.0) is response
