from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Options, Simulation
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, Caller
from tests.api_gateway.simulator.wire_types import contradictions

SUMMARY = f"/iserver/account/{ACCOUNT}/summary"
FORMATTED = ("available_funds", "balances", "margins", "market_value")


@pytest.fixture
def asks(gateway: httpx.AsyncClient) -> Caller:
    return Caller(gateway)


def dollars(text: str) -> int:
    amount, currency = text.split(" ")
    assert currency == "USD"
    return int(amount.replace(",", ""))


async def test_the_accounts_say_who_is_selected_and_open_the_way(
    asks: Caller, simulation: Simulation
) -> None:
    body = await asks.json("/iserver/accounts")
    assert body["accounts"] == [ACCOUNT]
    assert body["selectedAccount"] == ACCOUNT
    assert list(body["acctProps"]) == [ACCOUNT]
    assert (body["isFT"], body["isPaper"]) == (False, True)
    assert "isFt" not in body
    assert body["chartPeriods"]["OPT"] == ["2h", "1d", "2d", "1w", "1m"]
    assert {"serverName", "serverVersion"} == set(body["serverInfo"])
    assert simulation.preflights.accounts_called


async def test_the_account_that_is_set_stays_set(asks: Caller) -> None:
    await asks.ready()
    reply = await asks.post("/iserver/account", {"acctId": ACCOUNT})
    assert (reply.status_code, reply.json()) == (200, {"success": "Account already set"})
    assert contradictions("POST /iserver/account", reply.json()) == []


@pytest.mark.parametrize(
    ("body", "status"), [({"acctId": "U7654321"}, 500), ({}, 400), ({"acctId": 7}, 400), ([], 400)]
)
async def test_another_account_cannot_be_set(asks: Caller, body: Any, status: int) -> None:
    await asks.ready()
    reply = await asks.post("/iserver/account", body)
    assert reply.status_code == status
    assert "error" in reply.json()


@pytest.mark.parametrize("path", ["/iserver/account/pnl/partitioned", "/iserver/account/orders"])
async def test_before_the_accounts_were_called_iserver_asks_for_them(asks: Caller, path: str) -> None:
    reply = await asks.get(path)
    assert reply.status_code == 400
    assert reply.json()["error"] == "Please query /accounts first"


async def test_switching_accounts_comes_after_them_too(asks: Caller) -> None:
    reply = await asks.post("/iserver/account", {"acctId": ACCOUNT})
    assert (reply.status_code, reply.json()["error"]) == (400, "Please query /accounts first")


async def test_the_first_profit_and_loss_is_empty_and_the_second_agrees_with_the_summary(
    asks: Caller,
) -> None:
    await asks.ready()
    first = await asks.json("/iserver/account/pnl/partitioned")
    assert first == {"upnl": {}}
    second = await asks.json("/iserver/account/pnl/partitioned")
    assert contradictions("GET /iserver/account/pnl/partitioned", second) == []
    row = second["upnl"][f"{ACCOUNT}.Core"]
    assert row.pop("rowType") == 1
    assert {type(value) for value in row.values()} == {float}
    summary = await asks.json(SUMMARY)
    assert round(row["nl"]) == summary["netLiquidationValue"]
    assert round(row["el"]) == summary["excessLiquidity"]
    assert row["mv"] == pytest.approx(row["nl"] - summary["totalCashValue"], abs=1)
    positions = await asks.second(f"/portfolio/{ACCOUNT}/positions/0")
    assert row["upl"] == pytest.approx(sum(each["unrealizedPnl"] for each in positions), abs=0.05)


async def test_the_profit_of_the_day_follows_the_price(asks: Caller, simulation: Simulation) -> None:
    await asks.ready()
    held = simulation.broker.holdings[AAPL].quantity
    rows = []
    for price in (250.0, 251.0):
        simulation.prices.set_price(AAPL, price)
        body = await asks.second("/iserver/account/pnl/partitioned")
        rows.append(body["upnl"][f"{ACCOUNT}.Core"])
    option = next(line for line in simulation.broker.valuation().held if line.instrument.sec_type == "OPT")
    assert rows[1]["dpl"] - rows[0]["dpl"] >= held
    assert rows[1]["dpl"] - rows[0]["dpl"] == pytest.approx(rows[1]["nl"] - rows[0]["nl"])
    assert rows[1]["nl"] - rows[0]["nl"] <= held + option.quantity * 100


async def test_the_summary_holds_whole_numbers_as_floats(asks: Caller) -> None:
    body = await asks.json(SUMMARY)
    assert contradictions("GET /iserver/account/{accountId}/summary", body) == []
    assert [row["currency"] for row in body["cashBalances"]] == ["EUR", "USD", "Total (in USD)"]
    assert body["netLiquidationValue"] == pytest.approx(body["totalCashValue"] + body["securitiesGVP"], abs=1)
    assert body["availableFunds"] == pytest.approx(body["equityWithLoanValue"] - body["initialMargin"], abs=1)


@pytest.mark.parametrize("kind", FORMATTED)
async def test_the_formatted_summaries_hold_text_only(asks: Caller, kind: str) -> None:
    body = await asks.json(f"{SUMMARY}/{kind}")
    endpoint = f"GET /iserver/account/{{accountId}}/summary/{kind}"
    assert kind == "margins" or contradictions(endpoint, body) == []
    assert {type(value) for segment in body.values() for value in segment.values()} == {str}


async def test_the_formatted_summaries_agree_with_the_plain_one(asks: Caller) -> None:
    plain = await asks.json(SUMMARY)
    funds = await asks.json(f"{SUMMARY}/available_funds")
    assert list(funds) == ["total", "Crypto at Paxos", "commodities", "securities"]
    assert dollars(funds["total"]["current_available"]) == plain["availableFunds"]
    assert dollars(funds["total"]["look_ahead_excess"]) == plain["excessLiquidity"]
    balances = await asks.json(f"{SUMMARY}/balances")
    assert dollars(balances["total"]["net_liquidation"]) == plain["netLiquidationValue"]
    parts = sum(dollars(balances[part]["net_liquidation"]) for part in ("commodities", "securities"))
    assert parts == pytest.approx(plain["netLiquidationValue"], abs=1)
    margins = await asks.json(f"{SUMMARY}/margins")
    assert dollars(margins["total"]["current_initial"]) == plain["initialMargin"]
    assert dollars(margins["securities"]["RegT Margin"]) == plain["regTMargin"]
    values = await asks.json(f"{SUMMARY}/market_value")
    assert list(values) == ["EUR", "USD", "Total (in USD)"]
    assert values["Total (in USD)"]["net_liquidation"] == f"{plain['netLiquidationValue']:,.0f}"
    assert values["EUR"]["total_cash"] == "25,000"


@pytest.mark.parametrize("path", ["", *(f"/{kind}" for kind in FORMATTED)])
async def test_the_summary_of_an_unknown_account_is_a_bad_request(asks: Caller, path: str) -> None:
    reply = await asks.get(f"/iserver/account/U7654321/summary{path}")
    assert reply.status_code == 400


async def test_dynamic_accounts_are_for_brokers(asks: Caller) -> None:
    assert (await asks.get("/iserver/account/search/U123")).status_code == 503
    assert (await asks.post("/iserver/dynaccount", {"acctId": ACCOUNT})).status_code == 401
    assert (await asks.post("/iserver/dynaccount", {})).status_code == 400


async def test_the_owners_are_known_for_the_own_account_only(asks: Caller) -> None:
    path = f"/acesws/{ACCOUNT}/signatures-and-owners"
    body = await asks.json(path)
    assert contradictions("GET /acesws/{accountId}/signatures-and-owners", body) == []
    stranger = await asks.get("/acesws/U7654321/signatures-and-owners")
    assert (stranger.status_code, stranger.content) == (401, b"")


@pytest.mark.parametrize("options", [Options(login=False)], ids=["no login"])
async def test_without_a_login_nothing_is_told(asks: Caller, options: Options) -> None:
    assert not options.login
    for path in (SUMMARY, f"/acesws/{ACCOUNT}/signatures-and-owners", "/iserver/accounts"):
        reply = await asks.get(path)
        assert reply.status_code == 401
        assert ACCOUNT not in reply.text


async def test_a_new_brokerage_session_has_to_begin_again(
    asks: Caller, simulation: Simulation, skip: Callable[[float], None]
) -> None:
    await asks.ready()
    await asks.get("/iserver/account/pnl/partitioned")
    simulation.session.init(compete=True)
    skip(5)
    assert (await asks.get("/iserver/account/pnl/partitioned")).status_code == 400
    await asks.ready()
    assert await asks.json("/iserver/account/pnl/partitioned") == {"upnl": {}}
