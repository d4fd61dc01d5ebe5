"""Paper guard: writes go only to accounts that IBKR reports as paper at that moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import respx

from api_gateway.access_policy import POLICIES, TradingMode, extend
from api_gateway.causes import Cause, Outcome
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, Forbidden, LoginRequired
from api_gateway.settings import GatewaySettings
from tests.api_gateway.because import because
from tests.api_gateway.fakes import FakeTime

URL = "http://gateway:5055"
ACCOUNT = "DU1234567"
ORDERS = "/iserver/account/{allocation}/orders"
TICKET = {"orders": [{"conid": 265598, "side": "BUY"}]}
QUESTION = "07a13a5a-4a48-44a5-bb25-5ab37b79186c"
NEXT_QUESTION = "17a13a5a-4a48-44a5-bb25-5ab37b79186c"


@pytest.fixture
async def gateway(fake_time: FakeTime) -> AsyncIterator[GatewayClient]:
    settings = GatewaySettings(_env_file=None, gateway_url=URL)
    policy = POLICIES[TradingMode.PAPER]
    async with GatewayClient(settings, policy=policy, now=fake_time.now, sleep=fake_time.sleep) as client:
        yield client


@pytest.fixture
def ibkr() -> Any:
    with respx.mock(base_url=URL + "/v1/api", assert_all_called=False) as mock:
        mock.get("/iserver/accounts").respond(json=login(paper=True))
        mock.get("/iserver/marketdata/snapshot").respond(json=[{"conid": 265598, "31": "1", "6509": "RpB"}])
        mock.post("/iserver/auth/status").respond(json={"authenticated": True, "established": True})
        mock.post(url__regex=r".*/orders$").respond(json=[{"order_id": "1", "order_status": "Submitted"}])
        mock.delete(url__regex=r".*/order/1$").respond(json={"msg": "Request was submitted"})
        yield mock


def login(*, paper: object, accounts: tuple[str, ...] = (ACCOUNT,), groups: tuple[str, ...] = ()) -> Any:
    return {"accounts": list(accounts), "groups": list(groups), "isPaper": paper, "sessionId": "1"}


def written(ibkr: Any) -> list[str]:
    return [
        f"{call.request.method} {call.request.url.path[7:]}"
        for call in ibkr.calls
        if call.request.method != "GET"
    ]


@pytest.mark.parametrize("paper", [True, False, "true", None])
async def test_an_unverified_write_is_for_paper_accounts_only(
    paper: object, fake_time: FakeTime, ibkr: Any
) -> None:
    ibkr.get("/iserver/accounts").respond(json=login(paper=paper))
    ibkr.put("/iserver/new/1").respond(json={"done": True})
    new = ("PUT", "/iserver/new/{number}")
    policy = extend(TradingMode.PAPER, frozenset(), frozenset({new}))
    settings = GatewaySettings(_env_file=None, gateway_url=URL)
    async with GatewayClient(settings, policy=policy, now=fake_time.now, sleep=fake_time.sleep) as gateway:
        if paper is True:
            await gateway.put(new[1], 1)
        else:
            with pytest.raises(Forbidden, check=because(Cause.LOGIN_NOT_PAPER, Outcome.NOT_SENT)):
                await gateway.put(new[1], 1)
    assert written(ibkr) == (["PUT /iserver/new/1"] if paper is True else [])


async def test_an_unverified_write_is_for_the_logins_own_accounts_only(
    fake_time: FakeTime, ibkr: Any
) -> None:
    new = ("POST", "/iserver/new/{account}")
    policy = extend(TradingMode.PAPER, frozenset(), frozenset({new}))
    settings = GatewaySettings(_env_file=None, gateway_url=URL)
    async with GatewayClient(settings, policy=policy, now=fake_time.now, sleep=fake_time.sleep) as gateway:
        with pytest.raises(Forbidden, check=because(Cause.ACCOUNT_NOT_LISTED, Outcome.NOT_SENT)):
            await gateway.post(new[1], "DU7654321")
    assert written(ibkr) == []


async def test_an_order_for_a_paper_account_is_placed(gateway: GatewayClient, ibkr: Any) -> None:
    await gateway.post(ORDERS, ACCOUNT, body=TICKET)
    assert written(ibkr) == [f"POST /iserver/account/{ACCOUNT}/orders"]
    assert ibkr.calls[-2].request.url.path.endswith("/iserver/accounts")


@pytest.mark.parametrize("paper", [False, None, "true", 1, "yes", []])
async def test_nothing_is_written_unless_ibkr_reports_a_paper_login(
    gateway: GatewayClient, ibkr: Any, paper: object
) -> None:
    ibkr.get("/iserver/accounts").respond(json=login(paper=paper))
    with pytest.raises(Forbidden, check=because(Cause.LOGIN_NOT_PAPER, Outcome.NOT_SENT)):
        await gateway.post(ORDERS, ACCOUNT, body=TICKET)
    with pytest.raises(Forbidden):
        await gateway.delete("/iserver/account/{account}/order/{order}", ACCOUNT, 1)
    assert written(ibkr) == []


async def test_a_login_that_became_a_live_one_is_detected_at_the_next_order(
    gateway: GatewayClient, ibkr: Any
) -> None:
    await gateway.post(ORDERS, ACCOUNT, body=TICKET)
    ibkr.get("/iserver/accounts").respond(json=login(paper=False))
    with pytest.raises(Forbidden):
        await gateway.post(ORDERS, ACCOUNT, body=TICKET)
    assert len(written(ibkr)) == 1


async def test_a_login_that_ended_is_detected_before_the_order(gateway: GatewayClient, ibkr: Any) -> None:
    await gateway.post(ORDERS, ACCOUNT, body=TICKET)
    ibkr.get("/iserver/accounts").respond(401)
    with pytest.raises(LoginRequired):
        await gateway.post(ORDERS, ACCOUNT, body=TICKET)
    assert len(written(ibkr)) == 1


async def test_an_account_in_a_ticket_must_belong_to_the_login(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.get("/iserver/accounts").respond(json=login(paper=True, accounts=(ACCOUNT, "All"), groups=("Half",)))
    with pytest.raises(Forbidden, match=r"U\*\*\*4567"):
        await gateway.post(ORDERS, ACCOUNT, body={"orders": [{"acctId": "U1234567"}]})
    with pytest.raises(Forbidden):
        await gateway.post(ORDERS, "Other", body=TICKET)
    assert written(ibkr) == []
    await gateway.post(ORDERS, "Half", body=TICKET)
    assert written(ibkr) == ["POST /iserver/account/Half/orders"]


async def test_a_confirmation_is_sent_without_a_request_before_it(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.post(url__regex=r".*/orders$").respond(json=[{"id": QUESTION, "message": ["Sure?"]}])
    ibkr.post(f"/iserver/reply/{QUESTION}").respond(json=[{"id": NEXT_QUESTION, "message": ["Really?"]}])
    ibkr.post(f"/iserver/reply/{NEXT_QUESTION}").respond(json=[{"order_id": "1"}])
    await gateway.post(ORDERS, ACCOUNT, body=TICKET)
    before = len(ibkr.calls)
    await gateway.post("/iserver/reply/{reply}", QUESTION, body={"confirmed": True})
    await gateway.post("/iserver/reply/{reply}", NEXT_QUESTION, body={"confirmed": True})
    assert len(ibkr.calls) == before + 2


async def test_a_confirmation_of_an_order_placed_elsewhere_is_rejected(
    gateway: GatewayClient, ibkr: Any
) -> None:
    with pytest.raises(Forbidden, check=because(Cause.REPLY_NOT_OURS, Outcome.NOT_SENT)):
        await gateway.post("/iserver/reply/{reply}", QUESTION, body={"confirmed": True})
    assert written(ibkr) == []


async def test_user_settings_need_no_paper_account(gateway: GatewayClient, ibkr: Any) -> None:
    ibkr.get("/iserver/accounts").respond(json=login(paper=False))
    ibkr.post("/fyi/settings/BA").respond(json={"V": 1})
    await gateway.post("/fyi/settings/{typecode}", "BA", body={"enabled": True})
    assert written(ibkr) == ["POST /fyi/settings/BA"]


async def test_an_empty_list_of_accounts_does_not_prove_a_paper_login(
    gateway: GatewayClient, ibkr: Any
) -> None:
    await gateway.post(ORDERS, ACCOUNT, body=TICKET)
    ibkr.get("/iserver/accounts").respond(204)
    with pytest.raises(Failed, check=because(Cause.UNUSABLE_RESPONSE)):
        await gateway.post(ORDERS, ACCOUNT, body=TICKET)
    assert sum(each.endswith("/orders") for each in written(ibkr)) == 1
