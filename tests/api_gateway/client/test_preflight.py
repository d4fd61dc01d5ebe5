"""What must be asked first is asked once in a session, for everybody."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from api_gateway.causes import Cause, Outcome
from api_gateway.client.preflight import (
    ACCOUNTS,
    IDLE_LIMIT,
    PORTFOLIO,
    Preflight,
    positions_step,
    quote_step,
    required_steps,
    underlying_step,
)
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.errors import Failed, Invalid, Refused
from tests.api_gateway.because import because
from tests.api_gateway.fakes import FakeGateway, FakeTime

ACCOUNT = "DU1234567"
PATIENCE = WaitBudget(6, float("inf"))
OPEN = {"authenticated": True, "established": True, "competing": False, "connected": True}


def read(template: str, *values: object, **query: Any) -> GatewayRequest:
    return build_request("GET", template, values, query, read_only=True)


SNAPSHOT = read("/iserver/marketdata/snapshot", conids="265598")
ORDER = build_request(
    "POST",
    "/iserver/account/{allocation}/orders",
    (ACCOUNT,),
    body={"orders": [{"conid": 265598}, {"conid": 8314}, {"conid": 8314}, {"conidex": "1;;;"}]},
    read_only=False,
)
META = read("/portfolio/{account}/meta", ACCOUNT)
STRIKES = read("/iserver/secdef/strikes", conid=416904, sectype="OPT", month="JAN27")


@pytest.fixture
def ibkr() -> FakeGateway:
    return (
        FakeGateway()
        .respond("/iserver/accounts", {"accounts": [ACCOUNT], "sessionId": "1"})
        .respond("/portfolio/accounts", [{"accountId": ACCOUNT, "faclient": False}])
        .respond("/trsrv/secdef", {"secdef": [{"conid": 416904, "ticker": "SPX"}]})
        .respond("/iserver/secdef/search", [{"conid": "416904"}])
    )


@pytest.fixture
def preflights(ibkr: FakeGateway, fake_time: FakeTime) -> Preflight:
    made: Preflight

    async def ask(call: GatewayRequest, patience: WaitBudget) -> GatewayResponse:
        reply = await ibkr.send(call, patience)
        made.observe(call, reply)
        return reply

    made = Preflight(ask, now=fake_time.now)
    return made


@pytest.mark.parametrize(
    ("call", "steps"),
    [
        (read("/iserver/accounts"), ()),
        (read("/portfolio/accounts"), ()),
        (read("/portfolio/subaccounts2", page=0), ()),
        (read("/trsrv/stocks", symbols="AAPL"), ()),
        (build_request("POST", "/tickle", read_only=True), ()),
        (
            build_request(
                "POST", "/iserver/reply/{reply}", ("07a13a5a-4a48-44a5-bb25-5ab37b79186c",), read_only=False
            ),
            (),
        ),
        (SNAPSHOT, (ACCOUNTS,)),
        (ORDER, (ACCOUNTS, quote_step("265598"), quote_step("8314"))),
        (
            build_request(
                "POST",
                "/iserver/account/{account}/order/{order}",
                (ACCOUNT, 1),
                body={"conid": 8314},
                read_only=False,
            ),
            (ACCOUNTS, quote_step("8314")),
        ),
        (build_request("POST", "/pa/performance", body={"acctIds": [ACCOUNT]}, read_only=True), (PORTFOLIO,)),
        (read("/iserver/marketdata/history", conid=1), (ACCOUNTS,)),
        (read("/iserver/account/orders"), (ACCOUNTS,)),
        (read("/iserver/account/order/status/{order}", 1), (ACCOUNTS,)),
        (read("/iserver/account/trades"), (ACCOUNTS,)),
        (read("/iserver/account/pnl/partitioned"), (ACCOUNTS,)),
        (build_request("POST", "/iserver/account", body={"acctId": ACCOUNT}, read_only=False), (ACCOUNTS,)),
        (
            build_request("POST", "/iserver/account/{account}/orders", (ACCOUNT,), read_only=False),
            (ACCOUNTS,),
        ),
        (
            build_request(
                "DELETE", "/iserver/account/{account}/order/{order}", (ACCOUNT, 1), read_only=False
            ),
            (ACCOUNTS,),
        ),
        (META, (PORTFOLIO,)),
        (read("/portfolio2/{account}/positions", ACCOUNT), (PORTFOLIO,)),
        (read("/portfolio/positions/{conid}", 1), (PORTFOLIO,)),
        (STRIKES, (ACCOUNTS, underlying_step("416904"))),
        (read("/iserver/secdef/info", conid=1, sectype="OPT"), (ACCOUNTS, underlying_step("1"))),
        (read("/iserver/secdef/info", sectype="BOND", issuerId="e1"), ()),
        (
            build_request(
                "POST", "/portfolio/allocation", body={"acctIds": [ACCOUNT, "U1111111"]}, read_only=True
            ),
            (PORTFOLIO, positions_step(ACCOUNT), positions_step("U1111111")),
        ),
    ],
)
def test_what_must_be_asked_before(call: GatewayRequest, steps: tuple[Any, ...]) -> None:
    assert required_steps(call) == steps


async def test_each_is_asked_once(preflights: Preflight, ibkr: FakeGateway) -> None:
    assert await preflights.prepare(SNAPSHOT, PATIENCE)
    assert not await preflights.prepare(SNAPSHOT, PATIENCE)
    await preflights.prepare(META, PATIENCE)
    await preflights.prepare(META, PATIENCE)
    assert ibkr.requests == ["/iserver/accounts", "/portfolio/accounts"]


async def test_after_a_long_silence_the_accounts_come_again_before_what_is_allowed_rarely(
    preflights: Preflight, ibkr: FakeGateway, fake_time: FakeTime
) -> None:
    orders = read("/iserver/account/orders")
    await preflights.prepare(orders, PATIENCE)
    fake_time.seconds += IDLE_LIMIT
    assert not await preflights.prepare(orders, PATIENCE)
    fake_time.seconds += 1
    status = build_request("POST", "/iserver/auth/status", read_only=True)
    preflights.observe(status, GatewayResponse(200, orjson.dumps(OPEN)))
    assert not await preflights.prepare(SNAPSHOT, PATIENCE)
    assert await preflights.prepare(orders, PATIENCE)
    assert not await preflights.prepare(orders, PATIENCE)
    assert ibkr.requests == ["/iserver/accounts"] * 2


async def test_those_who_come_at_the_same_time_share_it(preflights: Preflight, ibkr: FakeGateway) -> None:
    await asyncio.gather(*(preflights.prepare(SNAPSHOT, PATIENCE) for _ in range(5)))
    assert ibkr.requests == ["/iserver/accounts"]


async def test_a_failure_is_not_remembered(preflights: Preflight, ibkr: FakeGateway) -> None:
    failure = Failed(request="", problem="", hint="")
    ibkr.respond("/iserver/accounts", failure, {"accounts": [ACCOUNT]})
    with pytest.raises(Failed):
        await preflights.prepare(SNAPSHOT, PATIENCE)
    assert await preflights.prepare(SNAPSHOT, PATIENCE)


async def test_what_the_caller_has_asked_is_not_asked_again(preflights: Preflight, ibkr: FakeGateway) -> None:
    for path, value in [("/iserver/accounts", {"accounts": [ACCOUNT]}), ("/portfolio/subaccounts", [])]:
        preflights.observe(read(path), GatewayResponse(200, orjson.dumps(value)))
    preflights.observe(
        read("/iserver/secdef/search", symbol="SPX"), GatewayResponse(200, b'[{"conid":"416904"}]')
    )
    for call in (SNAPSHOT, META, STRIKES):
        assert not await preflights.prepare(call, PATIENCE)
    assert ibkr.requests == []


async def test_a_search_by_company_name_opens_no_chain(preflights: Preflight, ibkr: FakeGateway) -> None:
    found = GatewayResponse(200, b'[{"conid":"416904"}]')
    preflights.observe(read("/iserver/secdef/search", symbol="SPX", name=True), found)
    await preflights.prepare(STRIKES, PATIENCE)
    assert "/iserver/secdef/search?symbol=SPX" in ibkr.requests


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
    preflights: Preflight, ibkr: FakeGateway, template: str, value: Any, forgotten: bool
) -> None:
    tickle = {"session": "a", "iserver": {"authStatus": OPEN}}
    preflights.observe(
        build_request("POST", "/tickle", read_only=True), GatewayResponse(200, orjson.dumps(tickle))
    )
    await preflights.prepare(SNAPSHOT, PATIENCE)
    told: list[bool] = []
    preflights.on_reset(lambda: told.append(True))
    preflights.observe(
        build_request("POST", template, read_only=True), GatewayResponse(200, orjson.dumps(value))
    )
    assert await preflights.prepare(SNAPSHOT, PATIENCE) is forgotten
    assert bool(told) is forgotten
    assert len(ibkr.requests) == 1 + forgotten


async def test_another_session_id_means_that_the_rest_is_forgotten(preflights: Preflight) -> None:
    await preflights.prepare(SNAPSHOT, PATIENCE)
    await preflights.prepare(META, PATIENCE)
    again = GatewayResponse(200, orjson.dumps({"accounts": [ACCOUNT], "sessionId": "2"}))
    preflights.observe(read("/iserver/accounts"), again)
    assert not await preflights.prepare(SNAPSHOT, PATIENCE)
    assert await preflights.prepare(META, PATIENCE)


async def test_what_was_asked_in_the_old_session_does_not_count_in_the_new_one(
    preflights: Preflight, ibkr: FakeGateway
) -> None:
    ibkr.gate = asyncio.Event()
    task = asyncio.create_task(preflights.ensure(positions_step(ACCOUNT), PATIENCE))
    await asyncio.sleep(0)
    preflights.reset()
    ibkr.gate.set()
    await task
    assert await preflights.ensure(positions_step(ACCOUNT), PATIENCE)
    assert not await preflights.ensure(positions_step(ACCOUNT), PATIENCE)


async def test_nothing_is_done_while_the_session_only_opens(preflights: Preflight) -> None:
    """IBKR answers with nothing then; that is not the answer that counts."""
    preflights.observe(read("/iserver/accounts"), GatewayResponse(200, b"{}"))
    assert await preflights.prepare(SNAPSHOT, PATIENCE)


async def test_an_underlying_is_searched_by_its_symbol(preflights: Preflight, ibkr: FakeGateway) -> None:
    await preflights.prepare(STRIKES, PATIENCE)
    assert ibkr.requests == [
        "/iserver/accounts",
        "/trsrv/secdef?conids=416904",
        "/iserver/secdef/search?symbol=SPX",
    ]


async def test_an_index_that_is_not_found_as_a_share_is_searched_as_one(
    preflights: Preflight, ibkr: FakeGateway
) -> None:
    ibkr.respond("/trsrv/secdef", {"secdef": []}).respond("/iserver/contract/416904/info", {"symbol": "SPX"})
    ibkr.respond("/iserver/secdef/search", [{"conid": "1"}], [{"conid": "416904"}])
    await preflights.prepare(STRIKES, PATIENCE)
    assert ibkr.requests[2:] == [
        "/iserver/contract/416904/info",
        "/iserver/secdef/search?symbol=SPX",
        "/iserver/secdef/search?symbol=SPX&secType=IND",
    ]


async def test_an_account_of_somebody_else_is_refused_before_it_is_asked_about(
    preflights: Preflight, ibkr: FakeGateway
) -> None:
    for call in (
        read("/portfolio/{account}/meta", "U7654321"),
        read("/iserver/account/{account}/summary", "U7654321"),
        build_request("POST", "/iserver/account/{account}/orders", ("U7654321",), read_only=False),
        build_request("POST", "/iserver/account", body={"acctId": "U7654321"}, read_only=False),
        read("/iserver/account/orders", accountId="U7654321"),
        build_request(
            "POST", "/portfolio/allocation", body={"acctIds": [ACCOUNT, "U7654321"]}, read_only=True
        ),
    ):
        with pytest.raises(Invalid, check=because(Cause.UNKNOWN_ACCOUNT, Outcome.NOT_SENT)) as caught:
            await preflights.prepare(call, PATIENCE)
        assert "U7654321" not in str(caught.value)
    assert ibkr.requests == ["/portfolio/accounts", "/iserver/accounts"]


async def test_no_account_is_refused_by_lists_that_were_forgotten_while_they_were_asked_for(
    ibkr: FakeGateway, fake_time: FakeTime
) -> None:
    preflights: Preflight

    async def ask(call: GatewayRequest, patience: WaitBudget) -> GatewayResponse:
        reply = await ibkr.send(call, patience)
        preflights.observe(call, reply)
        preflights.reset()
        return reply

    preflights = Preflight(ask, now=fake_time.now)
    assert await preflights.prepare(ORDER, PATIENCE)
    assert await preflights.prepare(META, PATIENCE)


@pytest.mark.parametrize("account", [ACCOUNT, ACCOUNT + "C"])
async def test_an_own_account_and_its_segments_are_asked_about(preflights: Preflight, account: str) -> None:
    assert await preflights.prepare(read("/portfolio/{account}/meta", account), PATIENCE)


@pytest.mark.parametrize(
    ("accounts", "portfolio"),
    [
        ({"accounts": ["F1234567", "All"]}, [{"accountId": "F1234567", "faclient": True}]),
        ({"accounts": [ACCOUNT], "groups": ["g"]}, []),
    ],
)
async def test_an_advisor_may_have_more_accounts_than_are_listed(
    preflights: Preflight, ibkr: FakeGateway, accounts: Any, portfolio: Any
) -> None:
    ibkr.respond("/iserver/accounts", accounts).respond("/portfolio/accounts", portfolio)
    await preflights.prepare(read("/portfolio/{account}/meta", "U7654321"), PATIENCE)
    await preflights.prepare(read("/iserver/account/{account}/summary", "U7654321"), PATIENCE)


async def test_before_an_order_its_contracts_are_quoted_once(
    preflights: Preflight, ibkr: FakeGateway
) -> None:
    await preflights.prepare(ORDER, PATIENCE)
    await preflights.prepare(ORDER, PATIENCE)
    quotes = [f"/iserver/marketdata/snapshot?conids={conid}&fields=31,84,86" for conid in (265598, 8314)]
    assert ibkr.requests == ["/iserver/accounts", *quotes]


async def test_a_contract_without_a_quote_can_still_be_ordered(
    preflights: Preflight, ibkr: FakeGateway
) -> None:
    ibkr.respond("/iserver/marketdata/snapshot", Refused(request="x", problem="No.", hint=""))
    assert await preflights.prepare(ORDER, PATIENCE)


async def test_a_line_that_is_given_back_is_taken_again_before_an_order(
    preflights: Preflight, ibkr: FakeGateway
) -> None:
    await preflights.prepare(ORDER, PATIENCE)
    call = build_request("POST", "/iserver/marketdata/unsubscribe", body={"conid": 8314}, read_only=True)
    preflights.observe(call, GatewayResponse(200, b'{"success": true}'))
    assert await preflights.prepare(ORDER, PATIENCE)
    assert len(ibkr.requests) == 5
