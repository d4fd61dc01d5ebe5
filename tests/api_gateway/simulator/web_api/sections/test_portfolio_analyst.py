from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, EUR_USD, IBM, MSFT, SPY, ApiClient, trade

PERIODS = ["1D", "7D", "MTD", "1M", "YTD", "1Y"]


@pytest.fixture
def asks(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


async def answer(asks: ApiClient, path: str, **body: Any) -> Any:
    reply = await asks.post(path, body)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def performance(asks: ApiClient, period: str) -> Any:
    return await answer(asks, "/pa/performance", acctIds=[ACCOUNT], period=period)


async def test_the_performance_has_the_shape_that_was_recorded(asks: ApiClient) -> None:
    body = await performance(asks, "1M")
    assert body.keys() == {"cps", "tpps", "nav", "pm", "nd", "id", "included", "currencyType", "rc"}
    assert (body["id"], body["pm"], body["currencyType"], body["rc"]) == (
        "getPerformanceData",
        "TWR",
        "base",
        0,
    )
    assert body["included"] == [ACCOUNT]
    nav, returns, months = body["nav"]["data"][0], body["cps"]["data"][0], body["tpps"]["data"][0]
    assert nav.keys() == {"id", "idType", "startNAV", "start", "end", "navs", "baseCurrency"}
    assert returns.keys() == months.keys() == {"id", "idType", "start", "end", "returns", "baseCurrency"}
    assert (nav["start"], nav["end"], nav["idType"]) == ("20260203", "20260303", "acctid")
    assert {type(value) for value in (nav["startNAV"]["val"], *nav["navs"], *returns["returns"])} == {float}
    assert (body["nav"]["freq"], body["tpps"]["freq"]) == ("D", "M")
    assert body["tpps"]["dates"] == ["202602", "202603"]


async def test_there_is_a_value_for_every_weekday_and_a_count_of_calendar_days(asks: ApiClient) -> None:
    body = await performance(asks, "1M")
    dates = body["nav"]["dates"]
    assert dates == body["cps"]["dates"]
    assert (dates[0], dates[-1], len(dates)) == ("20260203", "20260303", 21)
    assert "20260228" not in dates  # a Saturday
    assert len(body["nav"]["data"][0]["navs"]) == len(dates)
    assert body["nav"]["data"][0]["startNAV"]["date"] == "20260202"
    assert body["nd"] == 29


@pytest.mark.parametrize("period", PERIODS)
async def test_the_last_value_is_what_the_account_is_worth_now(
    asks: ApiClient, simulation: Simulation, period: str
) -> None:
    nav = (await performance(asks, period))["nav"]["data"][0]
    assert nav["navs"][-1] == pytest.approx(simulation.selected_account.valuation().net_liquidation, abs=0.01)


async def test_returns_follow_from_the_values(asks: ApiClient) -> None:
    body = await performance(asks, "YTD")
    nav = body["nav"]["data"][0]
    start = nav["startNAV"]["val"]
    for value, returned in zip(nav["navs"], body["cps"]["data"][0]["returns"], strict=True):
        assert returned == pytest.approx(value / start - 1, abs=1e-7)
    whole = 1.0
    for month in body["tpps"]["data"][0]["returns"]:
        whole *= 1 + month
    assert whole - 1 == pytest.approx(body["cps"]["data"][0]["returns"][-1], abs=1e-6)


async def test_a_year_begins_with_the_deposit_and_nothing_earned(asks: ApiClient) -> None:
    nav = (await performance(asks, "1Y"))["nav"]["data"][0]
    assert (nav["startNAV"]["val"], nav["navs"][0]) == (1_000_000.0, 1_000_000.0)
    assert nav["start"] == "20250303"


async def test_a_trade_of_today_changes_today_and_no_day_before(
    asks: ApiClient, simulation: Simulation
) -> None:
    before = (await performance(asks, "7D"))["nav"]["data"][0]["navs"]
    trade(simulation.selected_account, MSFT, 100, 100.0)
    after = (await performance(asks, "7D"))["nav"]["data"][0]["navs"]
    assert after[:-1] == before[:-1]
    assert after[-1] > before[-1] + 10_000


@pytest.mark.parametrize("period", ["3M", "6M", "12M", "1y", "", None, 7])
async def test_a_period_that_only_the_document_knows_is_refused(asks: ApiClient, period: Any) -> None:
    reply = await asks.post("/pa/performance", {"acctIds": [ACCOUNT], "period": period})
    assert (reply.status_code, reply.json()["error"]) == (400, "Bad Request: Invalid period")


@pytest.mark.parametrize("path", ["/pa/performance", "/pa/allperiods", "/pa/transactions", "/pa/allocation"])
@pytest.mark.parametrize("accounts", [[], None, "DU1234567", [7]])
async def test_no_account_is_a_bad_request(asks: ApiClient, path: str, accounts: Any) -> None:
    body = {"acctIds": accounts, "period": "1M", "conids": [AAPL], "currency": "USD", "type": "SECTOR"}
    assert (await asks.post(path, body)).status_code == 400
    assert (await asks.post(path, [])).status_code == 400


@pytest.mark.parametrize("path", ["/pa/performance", "/pa/allperiods", "/pa/transactions", "/pa/allocation"])
async def test_a_strange_account_breaks_ibkr(asks: ApiClient, path: str) -> None:
    body = {"acctIds": ["U7654321"], "period": "1M", "conids": [AAPL], "currency": "USD", "type": "SECTOR"}
    assert (await asks.post(path, body)).status_code == 500


async def test_all_periods_are_below_the_account_and_agree_with_each_alone(asks: ApiClient) -> None:
    body = await answer(asks, "/pa/allperiods", acctIds=[ACCOUNT])
    assert body.keys() == {"pm", "nd", "id", "currencyType", "rc", "view", "included", ACCOUNT}
    assert (body["id"], body["nd"], body["view"]) == ("getPerformanceAllPeriods", 366, [ACCOUNT])
    own = body[ACCOUNT]
    assert own["periods"] == PERIODS
    assert own.keys() == {*PERIODS, "periods", "start", "end", "baseCurrency", "lastSuccessfulUpdate"}
    assert (own["start"], own["end"], own["lastSuccessfulUpdate"]) == (
        "20250303",
        "20260303",
        "2026-03-03 12:00:00",
    )
    for period in PERIODS:
        alone = await performance(asks, period)
        assert own[period].keys() == {"freq", "startNAV", "dates", "nav", "cps"}
        assert own[period]["nav"] == alone["nav"]["data"][0]["navs"]
        assert own[period]["dates"] == alone["nav"]["dates"]
    assert [len(own[period]["dates"]) for period in PERIODS[:3]] == [1, 5, 2]


async def test_an_account_in_the_query_stands_for_the_body(gateway: httpx.AsyncClient) -> None:
    reply = await gateway.post("/v1/api/pa/allperiods?param=" + ACCOUNT, json={"acctIds": ["U7654321"]})
    assert (reply.status_code, reply.json()["view"]) == (200, [ACCOUNT])


async def test_on_a_weekend_the_last_day_is_friday(asks: ApiClient, simulation: Simulation) -> None:
    simulation.clock.advance(5 * 86400)
    simulation.session.login()
    body = await performance(asks, "MTD")
    assert body["nav"]["dates"][-1] == "20260306"
    assert body["nav"]["data"][0]["end"] == "20260306"


async def transactions(asks: ApiClient, **body: Any) -> Any:
    return await answer(
        asks, "/pa/transactions", **({"acctIds": [ACCOUNT], "conids": [AAPL], "currency": "USD"} | body)
    )


async def test_transactions_have_the_types_that_were_recorded(asks: ApiClient) -> None:
    body = await transactions(asks)
    assert body.keys() == {"nd", "rpnl", "currency", "from", "id", "to", "transactions"}
    assert (body["id"], body["nd"], body["currency"]) == ("getTransactions", 91, "USD")
    assert body["to"] - body["from"] == 90 * 86_400_000
    bought, sold = body["transactions"]
    assert bought.keys() == {
        "cur", "date", "rawDate", "fxRate", "pr", "qty", "acctid", "amt", "conid", "type", "desc",
        "isRealTime",
    }  # fmt: skip
    for name in ("fxRate", "pr", "qty", "amt"):
        assert isinstance(bought[name], float), name
    assert (sold["date"], sold["rawDate"]) == ("Tue Mar 03 00:00:00 EST 2026", "20260303")
    assert (bought["type"], bought["qty"], bought["isRealTime"]) == ("Buy", 300.0, False)
    assert (sold["type"], sold["qty"], sold["isRealTime"]) == ("Sell", -40.0, True)
    assert bought["amt"] == pytest.approx(-300 * bought["pr"])
    assert sold["amt"] == pytest.approx(40 * sold["pr"])


async def test_realised_profit_is_text_and_says_which_side_was_closed(
    asks: ApiClient, simulation: Simulation
) -> None:
    body = await transactions(asks, days=1)
    profit = body["rpnl"]["data"][0]
    assert profit.keys() == {"cur", "date", "fxRate", "side", "positionSide", "acctid", "amt", "conid"}
    assert (profit["side"], profit["positionSide"], profit["conid"]) == ("L", "long", str(AAPL))
    assert float(profit["amt"]) == pytest.approx(simulation.selected_account.realised_by_conid(0)[AAPL])
    assert body["rpnl"]["amt"] == profit["amt"]
    trade(simulation.selected_account, MSFT, -10, 500.0)
    trade(simulation.selected_account, MSFT, 10, 480.0)
    short = (await transactions(asks, conids=[MSFT]))["rpnl"]["data"][0]
    assert (short["side"], short["positionSide"]) == ("S", "short")
    assert float(short["amt"]) > 190


async def test_nothing_sold_is_nothing_realised(asks: ApiClient) -> None:
    assert (await transactions(asks, conids=[IBM]))["rpnl"] == {"data": [], "amt": "0.0"}


async def test_conids_may_be_several_and_text(asks: ApiClient) -> None:
    body = await transactions(asks, conids=[str(SPY), EUR_USD])
    assert {row["conid"] for row in body["transactions"]} == {SPY, EUR_USD}
    assert [row["rawDate"] for row in body["transactions"]] == sorted(
        row["rawDate"] for row in body["transactions"]
    )
    assert (await transactions(asks, conids=[999]))["transactions"] == []


async def test_another_currency_changes_the_rate_and_the_sum(asks: ApiClient) -> None:
    dollars, euros = await transactions(asks), await transactions(asks, currency="EUR")
    rate = euros["transactions"][0]["fxRate"]
    assert 0.5 < rate < 1.0
    assert euros["transactions"][0]["pr"] == dollars["transactions"][0]["pr"]
    assert float(euros["rpnl"]["amt"]) == pytest.approx(float(dollars["rpnl"]["amt"]) * rate)


@pytest.mark.parametrize(
    "wrong",
    [{"conids": []}, {"conids": None}, {"currency": ""}, {"currency": None}],
    ids=["no conids", "conids absent", "no currency", "currency absent"],
)
async def test_transactions_want_accounts_conids_and_a_currency(
    asks: ApiClient, wrong: dict[str, Any]
) -> None:
    body = {"acctIds": [ACCOUNT], "conids": [AAPL], "currency": "USD"} | wrong
    reply = await asks.post("/pa/transactions", body)
    assert (reply.status_code, reply.json()["error"]) == (
        400,
        "Bad Request: acctIds, currency and conids are required",
    )


@pytest.mark.parametrize(
    "wrong",
    [{"days": 0}, {"days": "7"}, {"days": True}, {"conids": ["x"]}, {"conids": [-1]}, {"currency": "XXX"}],
    ids=str,
)
async def test_values_that_mean_nothing_are_bad_requests(asks: ApiClient, wrong: dict[str, Any]) -> None:
    body = {"acctIds": [ACCOUNT], "conids": [AAPL], "currency": "USD"} | wrong
    assert (await asks.post("/pa/transactions", body)).status_code == 400


async def allocation(asks: ApiClient, **body: Any) -> Any:
    return await answer(asks, "/pa/allocation", **({"acctIds": [ACCOUNT], "type": "ALL"} | body))


async def test_the_allocation_splits_the_whole_account_five_ways(
    asks: ApiClient, simulation: Simulation
) -> None:
    body = await allocation(asks)
    assert body.keys() == {"id", "currency", "realtime", "allocations"}
    assert (body["id"], body["currency"], body["realtime"]) == ("getAllocation", "USD", True)
    worth = simulation.selected_account.valuation().net_liquidation
    kinds = {"FINANCIAL_INSTRUMENT", "ASSET_CLASS", "SECTOR", "REGION", "COUNTRY"}
    assert body["allocations"].keys() == kinds
    for name, split in body["allocations"].items():
        assert split.keys() == {"long"}, name
        assert split["long"]["total"]["nav"] == pytest.approx(worth, abs=0.01)
        assert sum(item["weight"] for item in split["long"]["items"]) == pytest.approx(1.0, abs=1e-6)
        assert {frozenset(item) for item in split["long"]["items"]} == {
            frozenset({"id", "name", "nav", "weight", "color"})
        }


async def test_one_type_is_enough_in_any_case(asks: ApiClient, simulation: Simulation) -> None:
    body = await allocation(asks, type="asset_class")
    assert body["allocations"].keys() == {"ASSET_CLASS"}
    trade(simulation.selected_account, MSFT, -10, 500.0)
    short = (await allocation(asks, type="SECTOR"))["allocations"]["SECTOR"]["short"]
    assert (short["items"][0]["name"], short["total"]["weight"]) == ("Technology", 1.0)
    assert short["total"]["nav"] < 0


async def test_a_day_of_the_past_is_not_real_time(asks: ApiClient) -> None:
    body = await allocation(asks, type="FINANCIAL_INSTRUMENT", date="20250601")
    assert (body["realtime"], body["date"]) == (False, "20250601")
    items = body["allocations"]["FINANCIAL_INSTRUMENT"]["long"]["items"]
    assert [(item["name"], item["nav"]) for item in items] == [("Cash", 1_000_000.0)]
    assert "date" not in await allocation(asks, date="20260303")


async def test_another_currency_shows_the_same_weights(asks: ApiClient) -> None:
    dollars = (await allocation(asks, type="REGION"))["allocations"]["REGION"]["long"]
    reply = await allocation(asks, type="REGION", currency="EUR")
    euros = reply["allocations"]["REGION"]["long"]
    assert reply["currency"] == "EUR"
    assert euros["total"]["nav"] < dollars["total"]["nav"]
    assert [item["weight"] for item in euros["items"]] == [item["weight"] for item in dollars["items"]]


async def test_a_model_that_holds_nothing_is_empty(asks: ApiClient) -> None:
    body = await allocation(asks, type="SECTOR", model="Growth")
    assert body["allocations"]["SECTOR"]["long"] == {"total": {"nav": 0.0, "weight": 0.0}, "items": []}


@pytest.mark.parametrize(
    "wrong",
    [{"type": "SIZE"}, {"type": None}, {"date": "yesterday"}, {"date": "20270101"}, {"currency": "XXX"}],
)
async def test_an_allocation_of_something_else_is_a_bad_request(
    asks: ApiClient, wrong: dict[str, Any]
) -> None:
    body = {"acctIds": [ACCOUNT], "type": "ALL"} | wrong
    assert (await asks.post("/pa/allocation", body)).status_code == 400


@pytest.mark.parametrize("options", [SimulationOptions(login=True)], ids=["limited"])
@pytest.mark.parametrize("path", ["/pa/performance", "/pa/allperiods", "/pa/transactions", "/pa/allocation"])
async def test_each_may_be_asked_once_in_fifteen_minutes(
    asks: ApiClient, simulation: Simulation, options: SimulationOptions, path: str
) -> None:
    assert options.rate_limits
    body = {"acctIds": [ACCOUNT], "period": "1D", "conids": [AAPL], "currency": "USD", "type": "SECTOR"}
    assert (await asks.post(path, body)).status_code == 200
    simulation.clock.advance(890)
    simulation.session.login()
    assert (await asks.post(path, body)).status_code == 429
    simulation.clock.advance(1000)
    simulation.session.login()
    assert (await asks.post(path, body)).status_code == 200


async def test_a_login_is_enough(asks: ApiClient, simulation: Simulation) -> None:
    simulation.session.drop()
    await performance(asks, "1D")
    simulation.session.logout()
    assert (await asks.post("/pa/performance", {"acctIds": [ACCOUNT], "period": "1D"})).status_code == 401


@pytest.mark.parametrize(
    "options", [SimulationOptions(login=True, rate_limits=False, profile="fa")], ids=["advisor"]
)
async def test_an_advisor_asks_for_several_clients_at_once(
    asks: ApiClient, simulation: Simulation, options: SimulationOptions
) -> None:
    clients = [account.id for account in simulation.profile.accounts]
    assert options.profile == "fa"
    assert len(clients) > 1
    body = await answer(asks, "/pa/performance", acctIds=clients, period="7D")
    assert [row["id"] for row in body["nav"]["data"]] == body["included"] == clients
    for client, row in zip(clients, body["nav"]["data"], strict=True):
        worth = simulation.accounts[client].valuation().net_liquidation
        assert row["navs"][-1] == pytest.approx(worth, abs=0.01)
    periods = await answer(asks, "/pa/allperiods", acctIds=clients)
    assert set(clients) <= periods.keys()
    together = (await allocation(asks, acctIds=clients, type="COUNTRY"))["allocations"]["COUNTRY"]["long"]
    whole = sum(simulation.accounts[client].valuation().net_liquidation for client in clients)
    assert together["total"]["nav"] == pytest.approx(whole, abs=0.05)
