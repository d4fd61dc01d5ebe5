"""Client and simulator together: first calls return complete responses, in how many requests."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.causes import Cause
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, Invalid, LoginRequired, RateLimited, Refused, SessionLost
from api_gateway.session.states import SessionState, parse_session
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.because import because

ACCOUNT = "DU1234567"
TUESDAY = 1_772_557_200.0  # 3 March 2026, noon in New York


class Pair:
    """A client and a simulator with a shared clock, and the requests between them."""

    def __init__(self) -> None:
        self.clock = Clock(start=TUESDAY, frozen=True)
        self.simulation = Simulation(SimulationOptions(login=True), self.clock)
        self.requests: list[str] = []
        app = httpx.ASGITransport(app=create_app(self.simulation))
        settings = GatewaySettings(_env_file=None, gateway_url="http://gateway:5055")
        self.gateway = GatewayClient(
            settings, policy=ALL_OPERATIONS, transport=app, now=self.clock.now, sleep=self.sleep
        )
        self._send = app.handle_async_request
        app.handle_async_request = self._note  # type: ignore[method-assign]  # to record requests

    async def _note(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path.removeprefix('/v1/api')}")
        return await self._send(request)

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    async def get(self, template: str, *values: object, **query: Any) -> Any:
        return (await self.gateway.get(template, *values, **query)).value


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def test_each_first_call_returns_a_complete_response(pair: Pair) -> None:
    assert (await pair.get("/iserver/account/orders"))["orders"]
    assert await pair.get("/iserver/account/trades", days=7)
    assert (await pair.get("/iserver/account/pnl/partitioned"))["upnl"]
    assert "ticker" in (await pair.get("/portfolio/{account}/positions/{page}", ACCOUNT, 0))[0]
    assert (await pair.get("/portfolio/{account}/ledger", ACCOUNT))["BASE"]
    assert (await pair.get("/iserver/contract/{conid}/algos", 265598))["algos"]
    assert (await pair.get("/iserver/marketdata/history", conid=265598, period="1d", bar="1h"))["data"]
    rows = await pair.get("/iserver/marketdata/snapshot", conids="265598,8314", fields="31,84,86")
    assert all({"31", "84", "86"} <= row.keys() for row in rows)


async def test_each_second_call_needs_one_request(pair: Pair) -> None:
    calls: list[tuple[str, tuple[object, ...], dict[str, Any]]] = [
        ("/iserver/account/orders", (), {}),
        ("/iserver/account/pnl/partitioned", (), {}),
        ("/portfolio/{account}/positions/{page}", (ACCOUNT, 0), {}),
        ("/iserver/marketdata/snapshot", (), {"conids": "265598", "fields": "31,84,86"}),
    ]
    for template, values, query in calls:
        await pair.get(template, *values, **query)
    pair.clock.advance(6)
    pair.requests.clear()
    for template, values, query in calls:
        await pair.get(template, *values, **query)
    assert len(pair.requests) == len(calls)


async def test_an_options_chain_needs_only_its_underlying(pair: Pair) -> None:
    found = (await pair.get("/iserver/secdef/search", symbol="SPX"))[0]
    month = next(part["months"] for part in found["sections"] if part["secType"] == "OPT").split(";")[0]
    client = Pair()
    assert (await client.get("/iserver/secdef/strikes", conid=416904, sectype="OPT", month=month))["call"]
    assert await client.get("/iserver/secdef/strikes", conid=416904, sectype="OPT", month="JAN99") == {
        "call": [],
        "put": [],
    }


async def test_a_future_has_values_without_a_search(pair: Pair) -> None:
    future = (await pair.get("/trsrv/futures", symbols="ES"))["ES"][0]["conid"]
    began = pair.clock.now()
    row = (await pair.get("/iserver/marketdata/snapshot", conids=future, fields="31,84"))[0]
    assert "31" in row
    assert pair.clock.now() - began <= 3.5


async def test_preflights_are_repeated_silently_in_a_new_session(pair: Pair) -> None:
    await pair.get("/iserver/account/orders")
    pair.simulation.session.reset()
    with pytest.raises(SessionLost):
        await pair.get("/iserver/account/orders")
    pair.clock.advance(60)
    await pair.gateway.post("/iserver/auth/ssodh/init", body={"publish": True, "compete": True})
    with pytest.raises(SessionLost, match="opening"):
        await pair.get("/iserver/account/orders")
    pair.clock.advance(2)
    assert (await pair.get("/iserver/account/orders"))["orders"]


async def test_preflights_are_repeated_if_another_program_reopened_the_session(pair: Pair) -> None:
    await pair.get("/portfolio/{account}/positions/{page}", ACCOUNT, 0)
    await pair.get("/iserver/marketdata/snapshot", conids="265598", fields="31")
    await pair.get("/iserver/account/orders")
    pair.simulation.session.drop()
    pair.simulation.session.init(compete=True)
    pair.clock.advance(10)
    assert "31" in (await pair.get("/iserver/marketdata/snapshot", conids="265598", fields="31"))[0]
    assert "ticker" in (await pair.get("/portfolio/{account}/positions/{page}", ACCOUNT, 0))[0]
    assert (await pair.get("/iserver/account/orders"))["orders"]


async def test_orders_right_after_a_session_change_are_rate_limited_and_then_returned(pair: Pair) -> None:
    """Refused, then empty: the third request in a row exceeds a wait of six seconds."""
    pair.gateway.settings.gateway_max_wait = 6
    await pair.get("/iserver/account/orders")
    pair.simulation.session.drop()
    pair.simulation.session.init(compete=True)
    pair.clock.advance(10)
    with pytest.raises(RateLimited, check=because(Cause.RATE_LIMIT_REACHED)):
        await pair.get("/iserver/account/orders")
    pair.clock.advance(5)
    assert (await pair.get("/iserver/account/orders"))["orders"]


async def test_orders_right_after_a_session_change_are_returned_within_the_default_wait(pair: Pair) -> None:
    await pair.get("/iserver/account/orders")
    pair.simulation.session.drop()
    pair.simulation.session.init(compete=True)
    pair.clock.advance(10)
    assert (await pair.get("/iserver/account/orders"))["orders"]


async def test_the_first_call_of_a_new_day_succeeds(pair: Pair) -> None:
    await pair.get("/iserver/account/orders")
    pair.simulation.session.drop()
    pair.simulation.session.init(compete=True)
    for _ in range(10):
        pair.clock.advance(60)
        pair.simulation.session.touch()
    assert (await pair.get("/iserver/account/orders"))["orders"]


async def test_without_a_login_every_error_names_the_login_page(pair: Pair) -> None:
    pair.simulation.session.logout()
    for ask in (
        pair.get("/portfolio/{account}/summary", ACCOUNT),
        pair.get("/iserver/account/orders"),
        pair.get("/trsrv/stocks", symbols="AAPL"),
        pair.gateway.tickle(),
    ):
        with pytest.raises(LoginRequired, match="https://localhost:5055"):
            await ask


async def test_an_unknown_id_is_refused_with_a_sentence(pair: Pair) -> None:
    with pytest.raises(Invalid, check=because(Cause.UNKNOWN_ACCOUNT)):
        await pair.get("/portfolio/{account}/summary", "U7654321")
    with pytest.raises(Refused, match=r"Bad Request"):
        await pair.get("/iserver/contract/{conid}/info", 1)
    with pytest.raises(Refused, check=because(Cause.OPERATION_REFUSED)):
        await pair.get("/iserver/account/order/status/{order}", 999)
    with pytest.raises(Refused, check=because(Cause.OPERATION_REFUSED)):
        await pair.gateway.post("/iserver/marketdata/unsubscribe", body={"conid": 8314})


async def test_many_concurrent_calls_never_cause_a_penalty(pair: Pair) -> None:
    """The simulator enforces IBKR's limits; a call whose wait is too short is rejected with the seconds."""
    pair.gateway.settings.gateway_max_wait = 6
    for round_ in range(5):
        asks = [pair.get("/trsrv/stocks", symbols=f"A{round_}{number}") for number in range(40)]
        asks += [pair.get("/iserver/account/trades", days=days) for days in (1, 2, 3)]
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert {type(result) for result in results} <= {dict, list, RateLimited}
        for result in results:
            if isinstance(result, RateLimited):
                assert "429" not in str(result)
        pair.clock.advance(3)
    assert pair.gateway.rate_limiter.penalty_left == 0


@pytest.mark.parametrize("path", ["orders", "trades", "pnl/partitioned"])
async def test_requests_that_a_frozen_gateway_forwards_late_cause_no_penalty(pair: Pair, path: str) -> None:
    await pair.get(f"/iserver/account/{path}")
    pair.clock.advance(10)
    left: list[httpx.Request] = []
    passing_on = pair._send

    async def frozen(request: httpx.Request) -> httpx.Response:
        left.append(request)
        pair.clock.advance(15)
        raise httpx.ReadTimeout("frozen", request=request)

    async def thawed(request: httpx.Request) -> httpx.Response:
        while left:
            await passing_on(left.pop(0))
        return await passing_on(request)

    pair._send = frozen
    with pytest.raises(Failed):
        await pair.get(f"/iserver/account/{path}")
    pair._send = thawed
    assert await pair.get(f"/iserver/account/{path}")
    assert pair.gateway.rate_limiter.penalty_left == 0


async def test_a_429_starts_the_penalty(pair: Pair) -> None:
    pair.gateway.rate_limiter.enter_penalty_box()
    with pytest.raises(RateLimited, match="429"):
        await pair.get("/iserver/accounts")
    assert (await pair.gateway.tickle()).value["session"]


async def test_every_state_of_the_session_is_recognized(pair: Pair) -> None:
    session = pair.simulation.session

    async def states() -> set[SessionState]:
        pair.clock.advance(1.5)
        status = await pair.gateway.post("/iserver/auth/status", reads=True)
        return {parse_session(status.value), parse_session((await pair.gateway.tickle()).value)}

    assert await states() == {SessionState.ESTABLISHED}
    session.drop()
    assert await states() == {SessionState.CLOSED}
    session.displace()
    assert await states() == {SessionState.COMPETING}
    session.connect_seconds = 10
    session.init(compete=True)
    assert await states() == {SessionState.OPENING}
    session.logout()
    status = await pair.gateway.post("/iserver/auth/status", reads=True)
    assert parse_session(status.value) is SessionState.NOT_LOGGED_IN


LATE = ("/iserver/account/orders", "/iserver/account/trades", "/iserver/account/pnl/partitioned")


async def test_after_a_prefetch_orders_trades_and_pnl_are_returned_without_a_wait(pair: Pair) -> None:
    await pair.gateway.prefetch()
    prefetched = ("/iserver/accounts", *LATE, "/portfolio/accounts")
    assert pair.requests == [f"GET {template}" for template in prefetched]
    pair.clock.advance(6)
    await pair.gateway.prefetch()
    pair.clock.advance(6)
    pair.requests.clear()
    began = pair.clock.now()
    orders, trades, profit = [await pair.get(template) for template in LATE]
    assert orders["orders"]
    assert isinstance(trades, list)
    assert profit["upnl"]
    assert len(pair.requests) == len(LATE)
    assert pair.clock.now() - began < 1


async def test_the_account_list_is_requested_once_for_a_preflight_and_for_calls(pair: Pair) -> None:
    began = pair.clock.now()
    await asyncio.gather(pair.get("/portfolio/{account}/summary", ACCOUNT), pair.get("/portfolio/accounts"))
    assert (await pair.get("/portfolio/accounts"))[0]["accountId"] == ACCOUNT
    assert pair.requests.count("GET /portfolio/accounts") == 1
    assert pair.clock.now() - began < 1
    pair.clock.advance(6)
    await pair.get("/portfolio/accounts")
    assert pair.requests.count("GET /portfolio/accounts") == 2
    pair.gateway.reset_session_state()
    await pair.get("/portfolio/accounts")
    assert pair.requests.count("GET /portfolio/accounts") == 3


async def test_a_list_of_a_login_that_ended_is_not_returned_again(pair: Pair) -> None:
    await pair.get("/portfolio/accounts")
    pair.simulation.session.logout()
    with pytest.raises(LoginRequired):
        await pair.get("/iserver/accounts")
    with pytest.raises(LoginRequired):
        await pair.get("/portfolio/accounts")


async def test_a_session_is_prefetched_once(pair: Pair) -> None:
    for _ in range(20):
        await pair.gateway.prefetch()
        pair.clock.advance(5)
    assert all(pair.requests.count(f"GET {template}") == 2 for template in LATE)
    pair.gateway.reset_session_state()
    await pair.gateway.prefetch()
    assert all(pair.requests.count(f"GET {template}") == 3 for template in LATE)


async def test_a_prefetch_that_fails_is_silent_and_retried_after_a_minute(pair: Pair) -> None:
    pair.simulation.session.drop()
    for seconds, count in ((0, 1), (30, 1), (31, 2)):
        pair.clock.advance(seconds)
        await pair.gateway.prefetch()
        assert len(pair.requests) == count


async def test_a_prefetch_does_not_void_an_orders_confirmation(pair: Pair) -> None:
    last = (await pair.get("/iserver/marketdata/snapshot", conids="265598", fields="31"))[0]["31"]
    ticket = {
        "conid": 265598,
        "acctId": ACCOUNT,
        "side": "BUY",
        "quantity": 1,
        "orderType": "LMT",
        "price": round(float(last.lstrip("CH")) * 0.9, 2),
        "tif": "DAY",
    }
    placed = await pair.gateway.post(
        "/iserver/account/{allocation}/orders", ACCOUNT, body={"orders": [ticket]}
    )
    [question] = placed.value
    pair.requests.clear()
    pair.gateway.reset_session_state()
    await pair.gateway.prefetch()
    assert not pair.requests
    answered = await pair.gateway.post("/iserver/reply/{reply}", question["id"], body={"confirmed": True})
    assert answered.value[0]["order_id"]
