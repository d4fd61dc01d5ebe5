"""Preflight: required requests are sent once per session and shared by all callers."""

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
BUDGET = WaitBudget(6, float("inf"))
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
def preflight(ibkr: FakeGateway, fake_time: FakeTime) -> Preflight:
    made: Preflight

    async def send(request: GatewayRequest, budget: WaitBudget) -> GatewayResponse:
        response = await ibkr.send(request, budget)
        made.observe(request, response)
        return response

    made = Preflight(send, now=fake_time.now)
    return made


@pytest.mark.parametrize(
    ("gateway_request", "steps"),
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
def test_an_operation_has_its_required_steps(gateway_request: GatewayRequest, steps: tuple[Any, ...]) -> None:
    assert required_steps(gateway_request) == steps


async def test_each_step_is_sent_once(preflight: Preflight, ibkr: FakeGateway) -> None:
    assert await preflight.prepare(SNAPSHOT, BUDGET)
    assert not await preflight.prepare(SNAPSHOT, BUDGET)
    await preflight.prepare(META, BUDGET)
    await preflight.prepare(META, BUDGET)
    assert ibkr.requests == ["/iserver/accounts", "/portfolio/accounts"]


async def test_after_five_idle_minutes_the_accounts_are_requested_again_before_a_rate_limited_read(
    preflight: Preflight, ibkr: FakeGateway, fake_time: FakeTime
) -> None:
    orders = read("/iserver/account/orders")
    await preflight.prepare(orders, BUDGET)
    fake_time.seconds += IDLE_LIMIT
    assert not await preflight.prepare(orders, BUDGET)
    fake_time.seconds += 1
    status = build_request("POST", "/iserver/auth/status", read_only=True)
    preflight.observe(status, GatewayResponse(200, orjson.dumps(OPEN)))
    assert not await preflight.prepare(SNAPSHOT, BUDGET)
    assert await preflight.prepare(orders, BUDGET)
    assert not await preflight.prepare(orders, BUDGET)
    assert ibkr.requests == ["/iserver/accounts"] * 2


async def test_concurrent_callers_share_a_step(preflight: Preflight, ibkr: FakeGateway) -> None:
    await asyncio.gather(*(preflight.prepare(SNAPSHOT, BUDGET) for _ in range(5)))
    assert ibkr.requests == ["/iserver/accounts"]


async def test_a_failure_is_not_remembered(preflight: Preflight, ibkr: FakeGateway) -> None:
    failure = Failed(request="", problem="", hint="")
    ibkr.respond("/iserver/accounts", failure, {"accounts": [ACCOUNT]})
    with pytest.raises(Failed):
        await preflight.prepare(SNAPSHOT, BUDGET)
    assert await preflight.prepare(SNAPSHOT, BUDGET)


async def test_a_step_that_the_caller_has_sent_is_not_repeated(
    preflight: Preflight, ibkr: FakeGateway
) -> None:
    for path, value in [("/iserver/accounts", {"accounts": [ACCOUNT]}), ("/portfolio/subaccounts", [])]:
        preflight.observe(read(path), GatewayResponse(200, orjson.dumps(value)))
    preflight.observe(
        read("/iserver/secdef/search", symbol="SPX"), GatewayResponse(200, b'[{"conid":"416904"}]')
    )
    for request in (SNAPSHOT, META, STRIKES):
        assert not await preflight.prepare(request, BUDGET)
    assert ibkr.requests == []


async def test_a_search_by_company_name_opens_no_chain(preflight: Preflight, ibkr: FakeGateway) -> None:
    found = GatewayResponse(200, b'[{"conid":"416904"}]')
    preflight.observe(read("/iserver/secdef/search", symbol="SPX", name=True), found)
    await preflight.prepare(STRIKES, BUDGET)
    assert "/iserver/secdef/search?symbol=SPX" in ibkr.requests


@pytest.mark.parametrize(
    ("template", "value", "is_reset"),
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
async def test_a_new_session_requires_its_steps_again(
    preflight: Preflight, ibkr: FakeGateway, template: str, value: Any, is_reset: bool
) -> None:
    tickle = {"session": "a", "iserver": {"authStatus": OPEN}}
    preflight.observe(
        build_request("POST", "/tickle", read_only=True), GatewayResponse(200, orjson.dumps(tickle))
    )
    await preflight.prepare(SNAPSHOT, BUDGET)
    resets: list[bool] = []
    preflight.on_reset(lambda: resets.append(True))
    preflight.observe(
        build_request("POST", template, read_only=True), GatewayResponse(200, orjson.dumps(value))
    )
    assert await preflight.prepare(SNAPSHOT, BUDGET) is is_reset
    assert bool(resets) is is_reset
    assert len(ibkr.requests) == 1 + is_reset


async def test_another_session_id_discards_all_other_steps(preflight: Preflight) -> None:
    await preflight.prepare(SNAPSHOT, BUDGET)
    await preflight.prepare(META, BUDGET)
    again = GatewayResponse(200, orjson.dumps({"accounts": [ACCOUNT], "sessionId": "2"}))
    preflight.observe(read("/iserver/accounts"), again)
    assert not await preflight.prepare(SNAPSHOT, BUDGET)
    assert await preflight.prepare(META, BUDGET)


async def test_a_step_sent_in_the_old_session_does_not_count_in_the_new_one(
    preflight: Preflight, ibkr: FakeGateway
) -> None:
    ibkr.gate = asyncio.Event()
    task = asyncio.create_task(preflight.ensure(positions_step(ACCOUNT), BUDGET))
    await asyncio.sleep(0)
    preflight.reset()
    ibkr.gate.set()
    await task
    assert await preflight.ensure(positions_step(ACCOUNT), BUDGET)
    assert not await preflight.ensure(positions_step(ACCOUNT), BUDGET)


async def test_an_empty_list_of_accounts_while_the_session_opens_does_not_count(preflight: Preflight) -> None:
    """IBKR returns an empty response then, which is not the list of accounts."""
    preflight.observe(read("/iserver/accounts"), GatewayResponse(200, b"{}"))
    assert await preflight.prepare(SNAPSHOT, BUDGET)


async def test_an_underlying_is_searched_for_by_its_symbol(preflight: Preflight, ibkr: FakeGateway) -> None:
    await preflight.prepare(STRIKES, BUDGET)
    assert ibkr.requests == [
        "/iserver/accounts",
        "/trsrv/secdef?conids=416904",
        "/iserver/secdef/search?symbol=SPX",
    ]


async def test_an_underlying_that_is_not_found_as_a_share_is_searched_for_as_an_index(
    preflight: Preflight, ibkr: FakeGateway
) -> None:
    ibkr.respond("/trsrv/secdef", {"secdef": []}).respond("/iserver/contract/416904/info", {"symbol": "SPX"})
    ibkr.respond("/iserver/secdef/search", [{"conid": "1"}], [{"conid": "416904"}])
    await preflight.prepare(STRIKES, BUDGET)
    assert ibkr.requests[2:] == [
        "/iserver/contract/416904/info",
        "/iserver/secdef/search?symbol=SPX",
        "/iserver/secdef/search?symbol=SPX&secType=IND",
    ]


async def test_an_unknown_account_is_invalid_and_no_request_names_it(
    preflight: Preflight, ibkr: FakeGateway
) -> None:
    for request in (
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
            await preflight.prepare(request, BUDGET)
        assert "U7654321" not in str(caught.value)
    assert ibkr.requests == ["/portfolio/accounts", "/iserver/accounts"]


async def test_no_account_is_rejected_by_a_list_that_a_reset_discarded(
    ibkr: FakeGateway, fake_time: FakeTime
) -> None:
    preflight: Preflight

    async def send(request: GatewayRequest, budget: WaitBudget) -> GatewayResponse:
        response = await ibkr.send(request, budget)
        preflight.observe(request, response)
        preflight.reset()
        return response

    preflight = Preflight(send, now=fake_time.now)
    assert await preflight.prepare(ORDER, BUDGET)
    assert await preflight.prepare(META, BUDGET)


@pytest.mark.parametrize("account", [ACCOUNT, ACCOUNT + "C"])
async def test_the_logins_own_accounts_and_their_segments_are_accepted(
    preflight: Preflight, account: str
) -> None:
    assert await preflight.prepare(read("/portfolio/{account}/meta", account), BUDGET)


@pytest.mark.parametrize(
    ("accounts", "portfolio"),
    [
        ({"accounts": ["F1234567", "All"]}, [{"accountId": "F1234567", "faclient": True}]),
        ({"accounts": [ACCOUNT], "groups": ["g"]}, []),
    ],
)
async def test_an_advisors_unlisted_account_is_accepted(
    preflight: Preflight, ibkr: FakeGateway, accounts: Any, portfolio: Any
) -> None:
    ibkr.respond("/iserver/accounts", accounts).respond("/portfolio/accounts", portfolio)
    await preflight.prepare(read("/portfolio/{account}/meta", "U7654321"), BUDGET)
    await preflight.prepare(read("/iserver/account/{account}/summary", "U7654321"), BUDGET)


async def test_before_an_order_its_contracts_are_quoted_once(preflight: Preflight, ibkr: FakeGateway) -> None:
    await preflight.prepare(ORDER, BUDGET)
    await preflight.prepare(ORDER, BUDGET)
    quotes = [f"/iserver/marketdata/snapshot?conids={conid}&fields=31,84,86" for conid in (265598, 8314)]
    assert ibkr.requests == ["/iserver/accounts", *quotes]


async def test_an_order_is_sent_even_if_its_contract_has_no_quote(
    preflight: Preflight, ibkr: FakeGateway
) -> None:
    ibkr.respond("/iserver/marketdata/snapshot", Refused(request="x", problem="No.", hint=""))
    assert await preflight.prepare(ORDER, BUDGET)


async def test_a_quote_is_requested_again_before_an_order_if_it_was_unsubscribed(
    preflight: Preflight, ibkr: FakeGateway
) -> None:
    await preflight.prepare(ORDER, BUDGET)
    request = build_request("POST", "/iserver/marketdata/unsubscribe", body={"conid": 8314}, read_only=True)
    preflight.observe(request, GatewayResponse(200, b'{"success": true}'))
    assert await preflight.prepare(ORDER, BUDGET)
    assert len(ibkr.requests) == 5
