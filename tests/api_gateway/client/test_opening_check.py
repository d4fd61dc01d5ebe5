"""Empty responses while a session may be opening."""

from __future__ import annotations

import pytest

from api_gateway.client.opening_check import STATUS, STATUS_TTL, OpeningCheck
from api_gateway.errors import Failed, LoginRequired, RateLimited, SessionLost
from tests.api_gateway.fakes import FakeHandler, FakeTime, read, unlimited

OPEN = {"authenticated": True, "established": True, "connected": True}
TRADES = "/iserver/account/trades"


def check(send: FakeHandler, time: FakeTime) -> OpeningCheck:
    return OpeningCheck(send, login_url="https://login.example", now=time.now)


async def test_a_response_with_a_value_needs_no_status_request(fake_time: FakeTime) -> None:
    send = FakeHandler(OPEN)
    assert (await check(send, fake_time)(FakeHandler([1]), read(TRADES), unlimited())).value == [1]
    assert send.requests == []


async def test_only_reads_of_the_brokerage_session_are_checked(fake_time: FakeTime) -> None:
    send = FakeHandler(OPEN)
    await check(send, fake_time)(FakeHandler([]), read("/trsrv/stocks"), unlimited())
    assert send.requests == []


async def test_a_read_with_an_empty_response_is_repeated_once_the_session_is_found_open(
    fake_time: FakeTime,
) -> None:
    send = FakeHandler(OPEN, [1])
    response = await check(send, fake_time)(FakeHandler([]), read(TRADES), unlimited())
    assert (response.value, response.attempts) == ([1], 2)
    assert send.paths == [STATUS, TRADES]


async def test_an_empty_response_is_accepted_while_the_session_is_known_to_be_open(
    fake_time: FakeTime,
) -> None:
    send = FakeHandler(OPEN, [])
    step = check(send, fake_time)
    for _ in range(2):
        assert (await step(FakeHandler([]), read(TRADES), unlimited())).value == []
    assert len(send.requests) == 2


@pytest.mark.parametrize("forget", ["reset", "time"])
async def test_an_open_session_is_checked_again_after_a_reset_and_after_its_ttl(
    fake_time: FakeTime, forget: str
) -> None:
    send = FakeHandler(OPEN, [], OPEN, [])
    step = check(send, fake_time)
    await step(FakeHandler([]), read(TRADES), unlimited())
    if forget == "reset":
        step.reset()
    else:
        fake_time.seconds += STATUS_TTL
    await step(FakeHandler([]), read(TRADES), unlimited())
    assert send.paths == [STATUS, TRADES] * 2


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ({"authenticated": False, "connected": False}, LoginRequired),
        ({"authenticated": True, "established": False, "connected": True}, SessionLost),
        ({"odd": 1}, Failed),
    ],
)
async def test_an_empty_response_of_a_session_that_is_not_open_is_a_session_error(
    fake_time: FakeTime, status: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await check(FakeHandler(status), fake_time)(FakeHandler([]), read(TRADES), unlimited())


async def test_a_rate_limited_repetition_raises_unless_the_first_response_was_null(
    fake_time: FakeTime,
) -> None:
    limited = RateLimited(request="a", problem="b", hint="c", seconds=1)
    send = FakeHandler(OPEN, limited)
    with pytest.raises(RateLimited):
        await check(send, fake_time)(FakeHandler([]), read(TRADES), unlimited())
    send = FakeHandler(OPEN, limited)
    response = await check(send, fake_time)(FakeHandler(None), read(TRADES), unlimited())
    assert response.value is None
