"""Preflights before a request, and again if IBKR has discarded them."""

from __future__ import annotations

import pytest

from api_gateway.client.interpretation import BareUnauthorized, PreflightExpired
from api_gateway.client.preflight import Preflight
from api_gateway.client.preparation import PrepareAgain, PrepareRead, PrepareWrite
from api_gateway.errors import LoginRequired, Refused
from tests.api_gateway.fakes import FakeGateway, FakeHandler, FakeTime, read, unlimited, write

ACCOUNT = "DU1234567"
REFUSED = Refused(request="a", problem="Please query /accounts first", hint="c")
EXPIRED = PreflightExpired(REFUSED)
BARE_401 = BareUnauthorized(LoginRequired(request="a", problem="b", hint="c"))
READ = read("/portfolio/{account}/summary", ACCOUNT)
WRITE = write("/portfolio/{account}/positions/invalidate", ACCOUNT)
LIST = "/portfolio/accounts"


@pytest.fixture
def ibkr() -> FakeGateway:
    return FakeGateway().respond(LIST, [{"accountId": ACCOUNT}])


@pytest.fixture
def preflight(ibkr: FakeGateway, fake_time: FakeTime) -> Preflight:
    return Preflight(ibkr.send, now=fake_time.now)


async def prepared(preflight: Preflight) -> None:
    await preflight.prepare(READ, unlimited())


async def test_a_read_is_sent_after_its_preflight(preflight: Preflight, ibkr: FakeGateway) -> None:
    rest = FakeHandler({"cash": 1})
    assert (await PrepareRead(preflight)(rest, READ, unlimited())).value == {"cash": 1}
    assert (ibkr.requests, len(rest.requests)) == ([LIST], 1)


@pytest.mark.parametrize("expired", [EXPIRED, BARE_401])
async def test_an_expired_preflight_is_renewed_and_the_read_sent_once_more(
    preflight: Preflight, ibkr: FakeGateway, expired: Exception
) -> None:
    await prepared(preflight)
    rest = FakeHandler(expired, {"cash": 1})
    assert (await PrepareRead(preflight)(rest, READ, unlimited())).value == {"cash": 1}
    assert (ibkr.requests, len(rest.requests)) == ([LIST, LIST], 2)


async def test_a_preflight_that_expires_immediately_is_not_renewed_again(
    preflight: Preflight, ibkr: FakeGateway
) -> None:
    rest = FakeHandler(EXPIRED)
    with pytest.raises(PreflightExpired):
        await PrepareRead(preflight)(rest, READ, unlimited())
    assert (ibkr.requests, len(rest.requests)) == ([LIST], 1)


async def test_a_bare_401_right_after_the_preflight_is_an_unknown_account(preflight: Preflight) -> None:
    rest = FakeHandler(BARE_401)
    for _ in range(2):
        with pytest.raises(Refused):
            await PrepareRead(preflight)(rest, READ, unlimited())
    assert len(rest.requests) == 3


@pytest.mark.parametrize("expired", [EXPIRED, BARE_401])
async def test_a_write_is_never_sent_twice(preflight: Preflight, expired: Exception) -> None:
    await prepared(preflight)
    rest = FakeHandler(expired)
    with pytest.raises(Refused):
        await PrepareWrite(preflight)(rest, WRITE, unlimited())
    assert len(rest.requests) == 1


async def test_an_expired_preflight_of_a_write_is_sent_again_before_the_next_one(
    preflight: Preflight, ibkr: FakeGateway
) -> None:
    await prepared(preflight)
    with pytest.raises(Refused) as caught:
        await PrepareWrite(preflight)(FakeHandler(EXPIRED), WRITE, unlimited())
    assert caught.value is REFUSED
    await PrepareWrite(preflight)(FakeHandler({}), WRITE, unlimited())
    assert ibkr.requests == [LIST, LIST]


async def test_a_write_is_not_sent_if_its_preflight_fails(preflight: Preflight, ibkr: FakeGateway) -> None:
    ibkr.respond(LIST, REFUSED)
    rest = FakeHandler({})
    with pytest.raises(Refused):
        await PrepareWrite(preflight)(rest, WRITE, unlimited())
    assert rest.requests == []


async def test_a_retry_searches_for_the_underlying_again(preflight: Preflight, ibkr: FakeGateway) -> None:
    ibkr.respond("/iserver/accounts", {"accounts": [ACCOUNT]})
    ibkr.respond("/trsrv/secdef", {"secdef": [{"ticker": "SPX"}]})
    ibkr.respond("/iserver/secdef/search", [{"conid": "416904"}])
    chain = read("/iserver/secdef/strikes", conid=416904, sectype="OPT", month="JAN27")
    for _ in range(2):
        await PrepareAgain(preflight)(FakeHandler({}), chain, unlimited())
    assert sum(path.startswith("/iserver/secdef/search") for path in ibkr.requests) == 2
