from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, ApiClient
from tests.api_gateway.simulator.wire_types import type_mismatches

SUMMARY = f"/iserver/account/{ACCOUNT}/summary"
FORMATTED = ("available_funds", "balances", "margins", "market_value")


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


def dollars(text: str) -> int:
    amount, currency = text.split(" ")
    assert currency == "USD"
    return int(amount.replace(",", ""))


async def test_the_accounts_call_reports_the_selection_and_unlocks_other_calls(
    api: ApiClient, simulation: Simulation
) -> None:
    body = await api.get_json("/iserver/accounts")
    assert body["accounts"] == [ACCOUNT]
    assert body["selectedAccount"] == ACCOUNT
    assert list(body["acctProps"]) == [ACCOUNT]
    assert (body["isFT"], body["isPaper"]) == (False, True)
    assert "isFt" not in body
    assert body["chartPeriods"]["OPT"] == ["2h", "1d", "2d", "1w", "1m"]
    assert {"serverName", "serverVersion"} == set(body["serverInfo"])
    assert simulation.preflights.accounts_called


async def test_selecting_the_selected_account_reports_that_it_is_set(api: ApiClient) -> None:
    await api.prepare_session()
    reply = await api.post("/iserver/account", {"acctId": ACCOUNT})
    assert (reply.status_code, reply.json()) == (200, {"success": "Account already set"})
    assert type_mismatches("POST /iserver/account", reply.json()) == []


@pytest.mark.parametrize(
    ("body", "status"), [({"acctId": "U7654321"}, 500), ({}, 400), ({"acctId": 7}, 400), ([], 400)]
)
async def test_an_account_of_another_login_cannot_be_selected(api: ApiClient, body: Any, status: int) -> None:
    await api.prepare_session()
    reply = await api.post("/iserver/account", body)
    assert reply.status_code == status
    assert "error" in reply.json()


@pytest.mark.parametrize("path", ["/iserver/account/pnl/partitioned", "/iserver/account/orders"])
async def test_iserver_calls_require_the_accounts_call(api: ApiClient, path: str) -> None:
    reply = await api.get(path)
    assert reply.status_code == 400
    assert reply.json()["error"] == "Please query /accounts first"


async def test_selecting_an_account_requires_the_accounts_call(api: ApiClient) -> None:
    reply = await api.post("/iserver/account", {"acctId": ACCOUNT})
    assert (reply.status_code, reply.json()["error"]) == (400, "Please query /accounts first")


async def test_profit_and_loss_is_empty_at_first_and_then_agrees_with_the_summary(
    api: ApiClient,
) -> None:
    await api.prepare_session()
    first = await api.get_json("/iserver/account/pnl/partitioned")
    assert first == {"upnl": {}}
    second = await api.get_json("/iserver/account/pnl/partitioned")
    assert type_mismatches("GET /iserver/account/pnl/partitioned", second) == []
    row = second["upnl"][f"{ACCOUNT}.Core"]
    assert row.pop("rowType") == 1
    assert {type(value) for value in row.values()} == {float}
    summary = await api.get_json(SUMMARY)
    assert round(row["nl"]) == summary["netLiquidationValue"]
    assert round(row["el"]) == summary["excessLiquidity"]
    assert row["mv"] == pytest.approx(row["nl"] - summary["totalCashValue"], abs=1)
    positions = await api.get_json_twice(f"/portfolio/{ACCOUNT}/positions/0")
    assert row["upl"] == pytest.approx(sum(each["unrealizedPnl"] for each in positions), abs=0.05)


async def test_the_daily_profit_follows_the_price(api: ApiClient, simulation: Simulation) -> None:
    await api.prepare_session()
    held = simulation.selected_account.positions[AAPL].quantity
    rows = []
    for price in (250.0, 251.0):
        simulation.prices.override_price(AAPL, price)
        body = await api.get_json_twice("/iserver/account/pnl/partitioned")
        rows.append(body["upnl"][f"{ACCOUNT}.Core"])
    option = next(
        position
        for position in simulation.selected_account.valuation().open_positions
        if position.instrument.sec_type == "OPT"
    )
    assert rows[1]["dpl"] - rows[0]["dpl"] >= held
    assert rows[1]["dpl"] - rows[0]["dpl"] == pytest.approx(rows[1]["nl"] - rows[0]["nl"])
    assert rows[1]["nl"] - rows[0]["nl"] <= held + option.quantity * 100


async def test_the_summary_holds_whole_numbers_as_floats(api: ApiClient) -> None:
    body = await api.get_json(SUMMARY)
    assert type_mismatches("GET /iserver/account/{accountId}/summary", body) == []
    assert [row["currency"] for row in body["cashBalances"]] == ["EUR", "USD", "Total (in USD)"]
    parts = body["totalCashValue"] + body["securitiesGVP"] + body["accruedInterest"]
    assert body["accruedInterest"] > 0
    assert body["netLiquidationValue"] == pytest.approx(parts, abs=2)
    assert body["availableFunds"] == pytest.approx(body["equityWithLoanValue"] - body["initialMargin"], abs=1)


@pytest.mark.parametrize("kind", FORMATTED)
async def test_the_formatted_summaries_contain_only_text(api: ApiClient, kind: str) -> None:
    body = await api.get_json(f"{SUMMARY}/{kind}")
    endpoint = f"GET /iserver/account/{{accountId}}/summary/{kind}"
    assert kind == "margins" or type_mismatches(endpoint, body) == []
    assert {type(value) for segment in body.values() for value in segment.values()} == {str}


async def test_the_formatted_summaries_agree_with_the_numeric_one(api: ApiClient) -> None:
    plain = await api.get_json(SUMMARY)
    funds = await api.get_json(f"{SUMMARY}/available_funds")
    assert list(funds) == ["total", "Crypto at Paxos", "commodities", "securities"]
    assert dollars(funds["total"]["current_available"]) == plain["availableFunds"]
    assert dollars(funds["total"]["look_ahead_excess"]) == plain["excessLiquidity"]
    balances = await api.get_json(f"{SUMMARY}/balances")
    assert dollars(balances["total"]["net_liquidation"]) == plain["netLiquidationValue"]
    parts = sum(dollars(balances[part]["net_liquidation"]) for part in ("commodities", "securities"))
    assert parts == pytest.approx(plain["netLiquidationValue"], abs=1)
    margins = await api.get_json(f"{SUMMARY}/margins")
    assert dollars(margins["total"]["current_initial"]) == plain["initialMargin"]
    assert dollars(margins["securities"]["RegT Margin"]) == plain["regTMargin"]
    values = await api.get_json(f"{SUMMARY}/market_value")
    assert list(values) == ["EUR", "USD", "Total (in USD)"]
    assert values["Total (in USD)"]["net_liquidation"] == f"{plain['netLiquidationValue']:,.0f}"
    assert values["EUR"]["total_cash"] == "25,000"


@pytest.mark.parametrize("path", ["", *(f"/{kind}" for kind in FORMATTED)])
async def test_the_summary_of_an_unknown_account_is_a_bad_request(api: ApiClient, path: str) -> None:
    reply = await api.get(f"/iserver/account/U7654321/summary{path}")
    assert reply.status_code == 400


async def test_dynamic_accounts_are_unavailable_to_other_logins(api: ApiClient) -> None:
    assert (await api.get("/iserver/account/search/U123")).status_code == 503
    assert (await api.post("/iserver/dynaccount", {"acctId": ACCOUNT})).status_code == 401
    assert (await api.post("/iserver/dynaccount", {})).status_code == 400


async def test_owners_are_reported_only_for_the_logins_accounts(api: ApiClient) -> None:
    path = f"/acesws/{ACCOUNT}/signatures-and-owners"
    body = await api.get_json(path)
    assert type_mismatches("GET /acesws/{accountId}/signatures-and-owners", body) == []
    stranger = await api.get("/acesws/U7654321/signatures-and-owners")
    assert (stranger.status_code, stranger.content) == (401, b"")


@pytest.mark.parametrize("options", [SimulationOptions(login=False)], ids=["no login"])
async def test_every_account_call_without_a_login_gets_401(
    api: ApiClient, options: SimulationOptions
) -> None:
    assert not options.login
    for path in (SUMMARY, f"/acesws/{ACCOUNT}/signatures-and-owners", "/iserver/accounts"):
        reply = await api.get(path)
        assert reply.status_code == 401
        assert ACCOUNT not in reply.text


async def test_a_new_brokerage_session_requires_the_first_calls_again(
    api: ApiClient, simulation: Simulation, skip: Callable[[float], None]
) -> None:
    await api.prepare_session()
    await api.get("/iserver/account/pnl/partitioned")
    simulation.session.init(compete=True)
    skip(5)
    assert (await api.get("/iserver/account/pnl/partitioned")).status_code == 400
    await api.prepare_session()
    assert await api.get_json("/iserver/account/pnl/partitioned") == {"upnl": {}}


MASTER, SECOND, THIRD = "DF1234567", "DU1234568", "DU1234569"
FA = SimulationOptions(login=True, rate_limits=False, profile="fa")
LIVE = SimulationOptions(login=True, rate_limits=False, profile="live")
DYNAMIC = SimulationOptions(login=True, rate_limits=False, profile="dynamic")
advisors = pytest.mark.parametrize("options", [FA], ids=["fa"])
brokers = pytest.mark.parametrize("options", [DYNAMIC], ids=["dynamic"])


@advisors
async def test_an_advisors_accounts_include_groups_and_all(
    api: ApiClient, options: SimulationOptions
) -> None:
    assert options is FA
    body = await api.get_json("/iserver/accounts")
    assert body["accounts"] == [MASTER, ACCOUNT, SECOND, THIRD, "All", "NetLiq_Clients", "Two_to_one"]
    assert body["groups"] == ["All", "NetLiq_Clients", "Two_to_one"]
    assert list(body["acctProps"]) == [MASTER, ACCOUNT, SECOND, THIRD]
    children = [account for account, row in body["acctProps"].items() if row["hasChildAccounts"]]
    assert children == [MASTER]
    assert set(body["aliases"]) == set(body["accounts"])
    assert body["selectedAccount"] == ACCOUNT
    assert (body["allowFeatures"]["allowFA"], body["allowFeatures"]["allowDynAccount"]) == (True, False)
    assert body["isPaper"] is True


async def test_a_retail_login_has_no_groups(api: ApiClient) -> None:
    body = await api.get_json("/iserver/accounts")
    assert (body["groups"], body["allowFeatures"]["allowFA"]) == ([], False)


@pytest.mark.parametrize("options", [LIVE], ids=["live"])
async def test_a_live_login_is_not_paper(api: ApiClient, options: SimulationOptions) -> None:
    assert options is LIVE
    body = await api.get_json("/iserver/accounts")
    assert (body["accounts"], body["isPaper"]) == (["U1234567"], False)


@advisors
async def test_a_newly_selected_account_reports_its_profit(
    api: ApiClient, options: SimulationOptions
) -> None:
    assert options is FA
    await api.prepare_session()
    first = await api.get_json_twice("/iserver/account/pnl/partitioned")
    switched = await api.post("/iserver/account", {"acctId": SECOND})
    assert (switched.status_code, switched.json()) == (200, {"set": True, "acctId": SECOND})
    assert await api.get_json("/iserver/account/pnl/partitioned") == {"upnl": {}}
    second = await api.get_json("/iserver/account/pnl/partitioned")
    assert (list(first["upnl"]), list(second["upnl"])) == ([f"{ACCOUNT}.Core"], [f"{SECOND}.Core"])
    summary = await api.get_json(f"/iserver/account/{SECOND}/summary")
    assert round(second["upnl"][f"{SECOND}.Core"]["nl"]) == summary["netLiquidationValue"]
    assert (await api.get_json("/iserver/accounts"))["selectedAccount"] == SECOND
    again = await api.post("/iserver/account", {"acctId": SECOND})
    assert again.json() == {"success": "Account already set"}


@advisors
async def test_selecting_an_account_resets_its_orders_but_keeps_lines_and_searches(
    api: ApiClient, simulation: Simulation, options: SimulationOptions
) -> None:
    assert options is FA
    await api.prepare_session()
    await api.get("/iserver/secdef/search", symbol="AAPL")
    await api.get("/iserver/marketdata/snapshot", conids=AAPL, fields="31")
    for path in ("/iserver/account/orders", "/iserver/account/trades"):
        await api.get_json_twice(path)
    await api.post("/iserver/account", {"acctId": THIRD})
    assert not simulation.preflights.orders_warm
    assert not simulation.preflights.trades_warm
    assert AAPL in simulation.preflights.searched_conids
    assert AAPL in simulation.preflights.subscriptions
    assert simulation.preflights.accounts_called


@advisors
@pytest.mark.parametrize("name", ["All", "Two_to_one", "DU7654321"])
async def test_a_group_cannot_be_selected(api: ApiClient, options: SimulationOptions, name: str) -> None:
    assert options is FA
    await api.prepare_session()
    reply = await api.post("/iserver/account", {"acctId": name})
    assert reply.status_code == 500
    assert (await api.get_json("/iserver/accounts"))["selectedAccount"] == ACCOUNT


@advisors
async def test_each_account_has_a_summary_and_all_is_their_sum(
    api: ApiClient, options: SimulationOptions
) -> None:
    assert options is FA
    values = [
        (await api.get_json(f"/iserver/account/{account}/summary"))["netLiquidationValue"]
        for account in (MASTER, ACCOUNT, SECOND, THIRD)
    ]
    assert len(set(values)) == 4
    every = await api.get_json("/iserver/account/All/summary")
    assert every["netLiquidationValue"] == pytest.approx(sum(values), abs=2)
    balances = await api.get_json("/iserver/account/All/summary/balances")
    assert dollars(balances["total"]["net_liquidation"]) == every["netLiquidationValue"]
    assert (await api.get("/iserver/account/Two_to_one/summary")).status_code == 400


@advisors
async def test_each_account_has_its_owner(api: ApiClient, options: SimulationOptions) -> None:
    assert options is FA
    owner = await api.get_json(f"/acesws/{SECOND}/signatures-and-owners")
    assert (
        owner["users"][0]["entity"]["entityName"] == owner["applicant"]["signatures"][0] == "Cautious Client"
    )
    assert (await api.get("/acesws/All/signatures-and-owners")).status_code == 401


@brokers
async def test_the_account_search_matches_the_start_of_the_account(
    api: ApiClient, options: SimulationOptions
) -> None:
    assert options is DYNAMIC
    result = await api.get_json("/iserver/account/search/DU700000")
    assert result["pattern"] == "DU700000"
    assert [row["accountId"] for row in result["matchedAccounts"]] == [f"DU700000{n}" for n in range(1, 10)]
    assert {type(value) for row in result["matchedAccounts"] for value in row.values()} == {str}
    by_alias = await api.get_json("/iserver/account/search/c23")
    assert [row["accountId"] for row in by_alias["matchedAccounts"]] == ["DU7000023"]
    nobody = await api.get_json("/iserver/account/search/7000023")
    assert nobody == {"matchedAccounts": [], "pattern": "7000023"}


@brokers
async def test_a_dynamic_account_can_be_selected(api: ApiClient, options: SimulationOptions) -> None:
    assert options is DYNAMIC
    await api.prepare_session()
    before = await api.get_json("/iserver/accounts")
    assert (before["accounts"], before["allowFeatures"]["allowDynAccount"]) == (["DU7000001"], True)
    reply = await api.post("/iserver/dynaccount", {"acctId": "DU7000009"})
    assert (reply.status_code, reply.json()) == (200, {"set": True, "acctId": "DU7000009"})
    after = await api.get_json("/iserver/accounts")
    assert (after["accounts"], after["selectedAccount"]) == (["DU7000009"], "DU7000009")
    assert (await api.post("/iserver/account", {"acctId": "DU7000001"})).status_code == 500
    assert (await api.post("/iserver/dynaccount", {"acctId": ACCOUNT})).status_code == 500
    assert (await api.post("/iserver/dynaccount", {})).status_code == 400
    profit = await api.get_json_twice("/iserver/account/pnl/partitioned")
    assert list(profit["upnl"]) == ["DU7000009.Core"]
