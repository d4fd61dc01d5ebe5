"""What must be asked first is asked once in a session, for everybody."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from api_gateway.client.preflight import (
    ACCOUNTS,
    PORTFOLIO,
    QUIET,
    Preflights,
    positions,
    quoted,
    steps_before,
    underlying,
)
from api_gateway.client.rate_limiter import Patience
from api_gateway.client.request import Call, make_call
from api_gateway.client.response import Reply
from api_gateway.errors import Failed, Invalid, Refused
from tests.api_gateway.fakes import FakeGateway, FakeTime

ACCOUNT = "DU1234567"
PATIENCE = Patience(6, float("inf"))
OPEN = {"authenticated": True, "established": True, "competing": False, "connected": True}


def read(template: str, *values: object, **query: Any) -> Call:
    return make_call("GET", template, values, query, reads=True)


SNAPSHOT = read("/iserver/marketdata/snapshot", conids="265598")
ORDER = make_call(
    "POST",
    "/iserver/account/{allocation}/orders",
    (ACCOUNT,),
    body={"orders": [{"conid": 265598}, {"conid": 8314}, {"conid": 8314}, {"conidex": "1;;;"}]},
    reads=False,
)
META = read("/portfolio/{account}/meta", ACCOUNT)
STRIKES = read("/iserver/secdef/strikes", conid=416904, sectype="OPT", month="JAN27")


@pytest.fixture
def ibkr() -> FakeGateway:
    return (
        FakeGateway()
        .says("/iserver/accounts", {"accounts": [ACCOUNT], "sessionId": "1"})
        .says("/portfolio/accounts", [{"accountId": ACCOUNT, "faclient": False}])
        .says("/trsrv/secdef", {"secdef": [{"conid": 416904, "ticker": "SPX"}]})
        .says("/iserver/secdef/search", [{"conid": "416904"}])
    )


@pytest.fixture
def preflights(ibkr: FakeGateway, fake_time: FakeTime) -> Preflights:
    made: Preflights

    async def ask(call: Call, patience: Patience) -> Reply:
        reply = await ibkr.ask(call, patience)
        made.observe(call, reply)
        return reply

    made = Preflights(ask, now=fake_time.now)
    return made


@pytest.mark.parametrize(
    ("call", "steps"),
    [
        (read("/iserver/accounts"), ()),
        (read("/portfolio/accounts"), ()),
        (read("/portfolio/subaccounts2", page=0), ()),
        (read("/trsrv/stocks", symbols="AAPL"), ()),
        (make_call("POST", "/tickle", reads=True), ()),
        (
            make_call(
                "POST", "/iserver/reply/{reply}", ("07a13a5a-4a48-44a5-bb25-5ab37b79186c",), reads=False
            ),
            (),
        ),
        (SNAPSHOT, (ACCOUNTS,)),
        (ORDER, (ACCOUNTS, quoted("265598"), quoted("8314"))),
        (
            make_call(
                "POST",
                "/iserver/account/{account}/order/{order}",
                (ACCOUNT, 1),
                body={"conid": 8314},
                reads=False,
            ),
            (ACCOUNTS, quoted("8314")),
        ),
        (make_call("POST", "/pa/performance", body={"acctIds": [ACCOUNT]}, reads=True), (PORTFOLIO,)),
        (read("/iserver/marketdata/history", conid=1), (ACCOUNTS,)),
        (read("/iserver/account/orders"), (ACCOUNTS,)),
        (read("/iserver/account/order/status/{order}", 1), (ACCOUNTS,)),
        (read("/iserver/account/trades"), (ACCOUNTS,)),
        (read("/iserver/account/pnl/partitioned"), (ACCOUNTS,)),
        (make_call("POST", "/iserver/account", body={"acctId": ACCOUNT}, reads=False), (ACCOUNTS,)),
        (make_call("POST", "/iserver/account/{account}/orders", (ACCOUNT,), reads=False), (ACCOUNTS,)),
        (
            make_call("DELETE", "/iserver/account/{account}/order/{order}", (ACCOUNT, 1), reads=False),
            (ACCOUNTS,),
        ),
        (META, (PORTFOLIO,)),
        (read("/portfolio2/{account}/positions", ACCOUNT), (PORTFOLIO,)),
        (read("/portfolio/positions/{conid}", 1), (PORTFOLIO,)),
        (STRIKES, (ACCOUNTS, underlying("416904"))),
        (read("/iserver/secdef/info", conid=1, sectype="OPT"), (ACCOUNTS, underlying("1"))),
        (read("/iserver/secdef/info", sectype="BOND", issuerId="e1"), ()),
        (
            make_call("POST", "/portfolio/allocation", body={"acctIds": [ACCOUNT, "U1111111"]}, reads=True),
            (PORTFOLIO, positions(ACCOUNT), positions("U1111111")),
        ),
    ],
)
def test_what_must_be_asked_before(call: Call, steps: tuple[Any, ...]) -> None:
    assert steps_before(call) == steps


async def test_each_is_asked_once(preflights: Preflights, ibkr: FakeGateway) -> None:
    assert await preflights.prepare(SNAPSHOT, PATIENCE)
    assert not await preflights.prepare(SNAPSHOT, PATIENCE)
    await preflights.prepare(META, PATIENCE)
    await preflights.prepare(META, PATIENCE)
    assert ibkr.asked == ["/iserver/accounts", "/portfolio/accounts"]


async def test_after_a_long_silence_the_accounts_come_again_before_what_is_allowed_rarely(
    preflights: Preflights, ibkr: FakeGateway, fake_time: FakeTime
) -> None:
    orders = read("/iserver/account/orders")
    await preflights.prepare(orders, PATIENCE)
    fake_time.seconds += QUIET
    assert not await preflights.prepare(orders, PATIENCE)
    fake_time.seconds += 1
    status = make_call("POST", "/iserver/auth/status", reads=True)
    preflights.observe(status, Reply(200, orjson.dumps(OPEN)))
    assert not await preflights.prepare(SNAPSHOT, PATIENCE)
    assert await preflights.prepare(orders, PATIENCE)
    assert not await preflights.prepare(orders, PATIENCE)
    assert ibkr.asked == ["/iserver/accounts"] * 2


async def test_those_who_come_at_the_same_time_share_it(preflights: Preflights, ibkr: FakeGateway) -> None:
    await asyncio.gather(*(preflights.prepare(SNAPSHOT, PATIENCE) for _ in range(5)))
    assert ibkr.asked == ["/iserver/accounts"]


async def test_a_failure_is_not_remembered(preflights: Preflights, ibkr: FakeGateway) -> None:
    failure = Failed(asked="", happened="", hint="")
    ibkr.says("/iserver/accounts", failure, {"accounts": [ACCOUNT]})
    with pytest.raises(Failed):
        await preflights.prepare(SNAPSHOT, PATIENCE)
    assert await preflights.prepare(SNAPSHOT, PATIENCE)


async def test_what_the_caller_has_asked_is_not_asked_again(
    preflights: Preflights, ibkr: FakeGateway
) -> None:
    for path, value in [("/iserver/accounts", {"accounts": [ACCOUNT]}), ("/portfolio/subaccounts", [])]:
        preflights.observe(read(path), Reply(200, orjson.dumps(value)))
    preflights.observe(read("/iserver/secdef/search", symbol="SPX"), Reply(200, b'[{"conid":"416904"}]'))
    for call in (SNAPSHOT, META, STRIKES):
        assert not await preflights.prepare(call, PATIENCE)
    assert ibkr.asked == []


async def test_a_search_by_company_name_opens_no_chain(preflights: Preflights, ibkr: FakeGateway) -> None:
    found = Reply(200, b'[{"conid":"416904"}]')
    preflights.observe(read("/iserver/secdef/search", symbol="SPX", name=True), found)
    await preflights.prepare(STRIKES, PATIENCE)
    assert "/iserver/secdef/search?symbol=SPX" in ibkr.asked


@pytest.mark.parametrize(
    ("template", "value", "forgotten"),
    [
        ("/iserver/auth/status", OPEN, False),
        ("/iserver/auth/status", {**OPEN, "established": False}, True),
        ("/iserver/auth/status", {**OPEN, "competing": True}, True),
        ("/tickle", {"session": "a", "iserver": {"authStatus": OPEN}}, False),
        ("/tickle", {"session": "b", "iserver": {"authStatus": OPEN}}, True),
        ("/tickle", {"session": "a", "iserver": {"authStatus": {"authenticated": False}}}, True),
        ("/iserver/auth/ssodh/init", OPEN, True),
        ("/iserver/reauthenticate", {"message": "triggered"}, True),
        ("/logout", {"status": True}, True),
    ],
)
async def test_a_new_session_is_begun_from_nothing(
    preflights: Preflights, ibkr: FakeGateway, template: str, value: Any, forgotten: bool
) -> None:
    tickle = {"session": "a", "iserver": {"authStatus": OPEN}}
    preflights.observe(make_call("POST", "/tickle", reads=True), Reply(200, orjson.dumps(tickle)))
    await preflights.prepare(SNAPSHOT, PATIENCE)
    told: list[bool] = []
    preflights.when_forgotten(lambda: told.append(True))
    preflights.observe(make_call("POST", template, reads=True), Reply(200, orjson.dumps(value)))
    assert await preflights.prepare(SNAPSHOT, PATIENCE) is forgotten
    assert bool(told) is forgotten
    assert len(ibkr.asked) == 1 + forgotten


async def test_another_session_id_means_that_the_rest_is_forgotten(preflights: Preflights) -> None:
    await preflights.prepare(SNAPSHOT, PATIENCE)
    await preflights.prepare(META, PATIENCE)
    again = Reply(200, orjson.dumps({"accounts": [ACCOUNT], "sessionId": "2"}))
    preflights.observe(read("/iserver/accounts"), again)
    assert not await preflights.prepare(SNAPSHOT, PATIENCE)
    assert await preflights.prepare(META, PATIENCE)


async def test_what_was_asked_in_the_old_session_does_not_count_in_the_new_one(
    preflights: Preflights, ibkr: FakeGateway
) -> None:
    ibkr.held = asyncio.Event()
    task = asyncio.create_task(preflights.take(positions(ACCOUNT), PATIENCE))
    await asyncio.sleep(0)
    preflights.forget()
    ibkr.held.set()
    await task
    assert await preflights.take(positions(ACCOUNT), PATIENCE)
    assert not await preflights.take(positions(ACCOUNT), PATIENCE)


async def test_nothing_is_done_while_the_session_only_opens(preflights: Preflights) -> None:
    """IBKR answers with nothing then; that is not the answer that counts."""
    preflights.observe(read("/iserver/accounts"), Reply(200, b"{}"))
    assert await preflights.prepare(SNAPSHOT, PATIENCE)


async def test_an_underlying_is_searched_by_its_symbol(preflights: Preflights, ibkr: FakeGateway) -> None:
    await preflights.prepare(STRIKES, PATIENCE)
    assert ibkr.asked == [
        "/iserver/accounts",
        "/trsrv/secdef?conids=416904",
        "/iserver/secdef/search?symbol=SPX",
    ]


async def test_an_index_that_is_not_found_as_a_share_is_searched_as_one(
    preflights: Preflights, ibkr: FakeGateway
) -> None:
    ibkr.says("/trsrv/secdef", {"secdef": []}).says("/iserver/contract/416904/info", {"symbol": "SPX"})
    ibkr.says("/iserver/secdef/search", [{"conid": "1"}], [{"conid": "416904"}])
    await preflights.prepare(STRIKES, PATIENCE)
    assert ibkr.asked[2:] == [
        "/iserver/contract/416904/info",
        "/iserver/secdef/search?symbol=SPX",
        "/iserver/secdef/search?symbol=SPX&secType=IND",
    ]


async def test_an_account_of_somebody_else_is_refused_before_it_is_asked_about(
    preflights: Preflights, ibkr: FakeGateway
) -> None:
    for call in (
        read("/portfolio/{account}/meta", "U7654321"),
        read("/iserver/account/{account}/summary", "U7654321"),
        make_call("POST", "/iserver/account/{account}/orders", ("U7654321",), reads=False),
        make_call("POST", "/iserver/account", body={"acctId": "U7654321"}, reads=False),
        read("/iserver/account/orders", accountId="U7654321"),
        make_call("POST", "/portfolio/allocation", body={"acctIds": [ACCOUNT, "U7654321"]}, reads=True),
    ):
        with pytest.raises(
            Invalid, match=r"U\*\*\*4321 is not an account of this login; it has DU\*\*\*4567"
        ) as caught:
            await preflights.prepare(call, PATIENCE)
        assert "U7654321" not in str(caught.value)
    assert ibkr.asked == ["/portfolio/accounts", "/iserver/accounts"]


async def test_no_account_is_refused_by_lists_that_were_forgotten_while_they_were_asked_for(
    ibkr: FakeGateway, fake_time: FakeTime
) -> None:
    preflights: Preflights

    async def ask(call: Call, patience: Patience) -> Reply:
        reply = await ibkr.ask(call, patience)
        preflights.observe(call, reply)
        preflights.forget()
        return reply

    preflights = Preflights(ask, now=fake_time.now)
    assert await preflights.prepare(ORDER, PATIENCE)
    assert await preflights.prepare(META, PATIENCE)


@pytest.mark.parametrize("account", [ACCOUNT, ACCOUNT + "C"])
async def test_an_own_account_and_its_segments_are_asked_about(preflights: Preflights, account: str) -> None:
    assert await preflights.prepare(read("/portfolio/{account}/meta", account), PATIENCE)


@pytest.mark.parametrize(
    ("accounts", "portfolio"),
    [
        ({"accounts": ["F1234567", "All"]}, [{"accountId": "F1234567", "faclient": True}]),
        ({"accounts": [ACCOUNT], "groups": ["g"]}, []),
    ],
)
async def test_an_advisor_may_have_more_accounts_than_are_listed(
    preflights: Preflights, ibkr: FakeGateway, accounts: Any, portfolio: Any
) -> None:
    ibkr.says("/iserver/accounts", accounts).says("/portfolio/accounts", portfolio)
    await preflights.prepare(read("/portfolio/{account}/meta", "U7654321"), PATIENCE)
    await preflights.prepare(read("/iserver/account/{account}/summary", "U7654321"), PATIENCE)


async def test_before_an_order_its_contracts_are_quoted_once(
    preflights: Preflights, ibkr: FakeGateway
) -> None:
    await preflights.prepare(ORDER, PATIENCE)
    await preflights.prepare(ORDER, PATIENCE)
    quotes = [f"/iserver/marketdata/snapshot?conids={conid}&fields=31,84,86" for conid in (265598, 8314)]
    assert ibkr.asked == ["/iserver/accounts", *quotes]


async def test_a_contract_without_a_quote_can_still_be_ordered(
    preflights: Preflights, ibkr: FakeGateway
) -> None:
    ibkr.says("/iserver/marketdata/snapshot", Refused(asked="x", happened="No.", hint=""))
    assert await preflights.prepare(ORDER, PATIENCE)


async def test_a_line_that_is_given_back_is_taken_again_before_an_order(
    preflights: Preflights, ibkr: FakeGateway
) -> None:
    await preflights.prepare(ORDER, PATIENCE)
    call = make_call("POST", "/iserver/marketdata/unsubscribe", body={"conid": 8314}, reads=True)
    preflights.observe(call, Reply(200, b'{"success": true}'))
    assert await preflights.prepare(ORDER, PATIENCE)
    assert len(ibkr.asked) == 5
