from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import AAPL, ACCOUNT, EUR_USD, IBM, MSFT, SPY, ApiClient, trade

PERIODS = ["1D", "7D", "MTD", "1M", "YTD", "1Y"]


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


async def answer(api: ApiClient, path: str, **body: Any) -> Any:
    reply = await api.post(path, body)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def performance(api: ApiClient, period: str) -> Any:
    return await answer(api, "/pa/performance", acctIds=[ACCOUNT], period=period)


async def test_performance_matches_the_recorded_types(api: ApiClient) -> None:
    body = await performance(api, "1M")
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


async def test_performance_has_one_value_per_weekday_and_counts_calendar_days(api: ApiClient) -> None:
    body = await performance(api, "1M")
    dates = body["nav"]["dates"]
    assert dates == body["cps"]["dates"]
    assert (dates[0], dates[-1], len(dates)) == ("20260203", "20260303", 21)
    assert "20260228" not in dates  # a Saturday
    assert len(body["nav"]["data"][0]["navs"]) == len(dates)
    assert body["nav"]["data"][0]["startNAV"]["date"] == "20260202"
    assert body["nd"] == 29


@pytest.mark.parametrize("period", PERIODS)
async def test_the_last_value_is_the_current_account_value(
    api: ApiClient, simulation: Simulation, period: str
) -> None:
    nav = (await performance(api, period))["nav"]["data"][0]
    assert nav["navs"][-1] == simulation.selected_account.valuation().net_liquidation


async def test_returns_follow_from_the_values(api: ApiClient) -> None:
    body = await performance(api, "YTD")
    nav = body["nav"]["data"][0]
    start = nav["startNAV"]["val"]
    for value, returned in zip(nav["navs"], body["cps"]["data"][0]["returns"], strict=True):
        assert returned == pytest.approx(value / start - 1, abs=1e-7)
    total = 1.0
    for month in body["tpps"]["data"][0]["returns"]:
        total *= 1 + month
    assert total - 1 == pytest.approx(body["cps"]["data"][0]["returns"][-1], abs=1e-6)


async def test_a_year_starts_with_the_deposit_and_a_zero_return(api: ApiClient) -> None:
    nav = (await performance(api, "1Y"))["nav"]["data"][0]
    assert (nav["startNAV"]["val"], nav["navs"][0]) == (1_000_000.0, 1_000_000.0)
    assert nav["start"] == "20250303"


async def test_a_trade_today_changes_only_todays_value(api: ApiClient, simulation: Simulation) -> None:
    before = (await performance(api, "7D"))["nav"]["data"][0]["navs"]
    trade(simulation.selected_account, MSFT, 100, 100.0)
    after = (await performance(api, "7D"))["nav"]["data"][0]["navs"]
    assert after[:-1] == before[:-1]
    assert after[-1] > before[-1] + 10_000


@pytest.mark.parametrize("period", ["3M", "6M", "12M", "1y", "", None, 7])
async def test_a_documented_but_unsupported_period_is_rejected(api: ApiClient, period: Any) -> None:
    reply = await api.post("/pa/performance", {"acctIds": [ACCOUNT], "period": period})
    assert (reply.status_code, reply.json()["error"]) == (400, "Bad Request: Invalid period")


@pytest.mark.parametrize("path", ["/pa/performance", "/pa/allperiods", "/pa/transactions", "/pa/allocation"])
@pytest.mark.parametrize("accounts", [[], None, "DU1234567", [7]])
async def test_a_request_without_accounts_is_a_bad_request(api: ApiClient, path: str, accounts: Any) -> None:
    body = {"acctIds": accounts, "period": "1M", "conids": [AAPL], "currency": "USD", "type": "SECTOR"}
    assert (await api.post(path, body)).status_code == 400
    assert (await api.post(path, [])).status_code == 400


@pytest.mark.parametrize("path", ["/pa/performance", "/pa/allperiods", "/pa/transactions", "/pa/allocation"])
async def test_an_account_of_another_login_gets_500(api: ApiClient, path: str) -> None:
    body = {"acctIds": ["U7654321"], "period": "1M", "conids": [AAPL], "currency": "USD", "type": "SECTOR"}
    assert (await api.post(path, body)).status_code == 500


async def test_all_periods_are_keyed_by_account_and_agree_with_single_periods(api: ApiClient) -> None:
    body = await answer(api, "/pa/allperiods", acctIds=[ACCOUNT])
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
        alone = await performance(api, period)
        assert own[period].keys() == {"freq", "startNAV", "dates", "nav", "cps"}
        assert own[period]["nav"] == alone["nav"]["data"][0]["navs"]
        assert own[period]["dates"] == alone["nav"]["dates"]
    assert [len(own[period]["dates"]) for period in PERIODS[:3]] == [1, 5, 2]


async def test_an_account_in_the_query_overrides_the_body(gateway: httpx.AsyncClient) -> None:
    reply = await gateway.post("/v1/api/pa/allperiods?param=" + ACCOUNT, json={"acctIds": ["U7654321"]})
    assert (reply.status_code, reply.json()["view"]) == (200, [ACCOUNT])


async def test_performance_on_a_weekend_ends_on_friday(api: ApiClient, simulation: Simulation) -> None:
    simulation.clock.advance(5 * 86400)
    simulation.session.login()
    body = await performance(api, "MTD")
    assert body["nav"]["dates"][-1] == "20260306"
    assert body["nav"]["data"][0]["end"] == "20260306"


async def transactions(api: ApiClient, **body: Any) -> Any:
    return await answer(
        api, "/pa/transactions", **({"acctIds": [ACCOUNT], "conids": [AAPL], "currency": "USD"} | body)
    )


async def test_transactions_match_the_recorded_types(api: ApiClient) -> None:
    body = await transactions(api)
    assert body.keys() == {"nd", "rpnl", "currency", "from", "id", "to", "transactions"}
    assert (body["id"], body["nd"], body["currency"]) == ("getTransactions", 91, "USD")
    assert body["to"] - body["from"] == 90 * 86_400_000
    bought, dividend, tax, sold = body["transactions"]
    assert (dividend["type"], tax["type"]) == ("Dividends", "Withholding Tax")
    assert dividend.keys() == bought.keys()
    assert dividend["amt"] == pytest.approx(dividend["qty"] * dividend["pr"])
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


async def test_realised_profit_is_text_and_names_the_closed_side(
    api: ApiClient, simulation: Simulation
) -> None:
    body = await transactions(api, days=1)
    profit = body["rpnl"]["data"][0]
    assert profit.keys() == {"cur", "date", "fxRate", "side", "positionSide", "acctid", "amt", "conid"}
    assert (profit["side"], profit["positionSide"], profit["conid"]) == ("L", "long", str(AAPL))
    assert float(profit["amt"]) == pytest.approx(simulation.selected_account.realised_by_conid(0)[AAPL])
    assert body["rpnl"]["amt"] == profit["amt"]
    trade(simulation.selected_account, MSFT, -10, 500.0)
    trade(simulation.selected_account, MSFT, 10, 480.0)
    short = (await transactions(api, conids=[MSFT]))["rpnl"]["data"][0]
    assert (short["side"], short["positionSide"]) == ("S", "short")
    assert float(short["amt"]) > 190


async def test_purchases_realise_no_profit(api: ApiClient) -> None:
    assert (await transactions(api, conids=[IBM]))["rpnl"] == {"data": [], "amt": "0.0"}


async def test_several_conids_may_be_text(api: ApiClient) -> None:
    body = await transactions(api, conids=[str(SPY), EUR_USD])
    assert {row["conid"] for row in body["transactions"]} == {SPY, EUR_USD}
    assert [row["rawDate"] for row in body["transactions"]] == sorted(
        row["rawDate"] for row in body["transactions"]
    )
    assert (await transactions(api, conids=[999]))["transactions"] == []


async def test_a_different_currency_changes_the_rate_and_the_total(api: ApiClient) -> None:
    dollars, euros = await transactions(api), await transactions(api, currency="EUR")
    rate = euros["transactions"][0]["fxRate"]
    assert 0.5 < rate < 1.0
    assert euros["transactions"][0]["pr"] == dollars["transactions"][0]["pr"]
    profits = [float(row["amt"]) * row["fxRate"] for row in euros["rpnl"]["data"]]
    assert float(euros["rpnl"]["amt"]) == pytest.approx(sum(profits))


@pytest.mark.parametrize(
    "wrong",
    [{"conids": []}, {"conids": None}, {"currency": ""}, {"currency": None}],
    ids=["no conids", "conids absent", "no currency", "currency absent"],
)
async def test_transactions_require_accounts_conids_and_currency(
    api: ApiClient, wrong: dict[str, Any]
) -> None:
    body = {"acctIds": [ACCOUNT], "conids": [AAPL], "currency": "USD"} | wrong
    reply = await api.post("/pa/transactions", body)
    assert (reply.status_code, reply.json()["error"]) == (
        400,
        "Bad Request: acctIds, currency and conids are required",
    )


@pytest.mark.parametrize(
    "wrong",
    [{"days": 0}, {"days": "7"}, {"days": True}, {"conids": ["x"]}, {"conids": [-1]}, {"currency": "XXX"}],
    ids=str,
)
async def test_invalid_transaction_parameters_are_a_bad_request(
    api: ApiClient, wrong: dict[str, Any]
) -> None:
    body = {"acctIds": [ACCOUNT], "conids": [AAPL], "currency": "USD"} | wrong
    assert (await api.post("/pa/transactions", body)).status_code == 400


async def allocation(api: ApiClient, **body: Any) -> Any:
    return await answer(api, "/pa/allocation", **({"acctIds": [ACCOUNT], "type": "ALL"} | body))


async def test_the_allocation_splits_the_account_by_five_types(
    api: ApiClient, simulation: Simulation
) -> None:
    body = await allocation(api)
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


async def test_one_allocation_type_can_be_requested_in_any_case(
    api: ApiClient, simulation: Simulation
) -> None:
    body = await allocation(api, type="asset_class")
    assert body["allocations"].keys() == {"ASSET_CLASS"}
    trade(simulation.selected_account, MSFT, -10, 500.0)
    short = (await allocation(api, type="SECTOR"))["allocations"]["SECTOR"]["short"]
    assert (short["items"][0]["name"], short["total"]["weight"]) == ("Technology", 1.0)
    assert short["total"]["nav"] < 0


async def test_a_past_allocation_is_not_real_time(api: ApiClient) -> None:
    body = await allocation(api, type="FINANCIAL_INSTRUMENT", date="20250601")
    assert (body["realtime"], body["date"]) == (False, "20250601")
    items = body["allocations"]["FINANCIAL_INSTRUMENT"]["long"]["items"]
    assert [(item["name"], item["nav"]) for item in items] == [("Cash", 1_000_000.0)]
    assert "date" not in await allocation(api, date="20260303")


async def test_the_allocation_weights_do_not_depend_on_the_currency(api: ApiClient) -> None:
    dollars = (await allocation(api, type="REGION"))["allocations"]["REGION"]["long"]
    reply = await allocation(api, type="REGION", currency="EUR")
    euros = reply["allocations"]["REGION"]["long"]
    assert reply["currency"] == "EUR"
    assert euros["total"]["nav"] < dollars["total"]["nav"]
    assert [item["weight"] for item in euros["items"]] == [item["weight"] for item in dollars["items"]]


async def test_the_allocation_of_a_model_is_empty(api: ApiClient) -> None:
    body = await allocation(api, type="SECTOR", model="Growth")
    assert body["allocations"]["SECTOR"]["long"] == {"total": {"nav": 0.0, "weight": 0.0}, "items": []}


@pytest.mark.parametrize(
    "wrong",
    [{"type": "SIZE"}, {"type": None}, {"date": "yesterday"}, {"date": "20270101"}, {"currency": "XXX"}],
)
async def test_an_invalid_allocation_request_is_a_bad_request(api: ApiClient, wrong: dict[str, Any]) -> None:
    body = {"acctIds": [ACCOUNT], "type": "ALL"} | wrong
    assert (await api.post("/pa/allocation", body)).status_code == 400


@pytest.mark.parametrize("options", [SimulationOptions(login=True)], ids=["limited"])
@pytest.mark.parametrize("path", ["/pa/performance", "/pa/allperiods", "/pa/transactions", "/pa/allocation"])
async def test_each_operation_is_limited_to_one_request_per_15_minutes(
    api: ApiClient, simulation: Simulation, options: SimulationOptions, path: str
) -> None:
    assert options.rate_limits
    body = {"acctIds": [ACCOUNT], "period": "1D", "conids": [AAPL], "currency": "USD", "type": "SECTOR"}
    assert (await api.post(path, body)).status_code == 200
    simulation.clock.advance(890)
    simulation.session.login()
    assert (await api.post(path, body)).status_code == 429
    simulation.clock.advance(1000)
    simulation.session.login()
    assert (await api.post(path, body)).status_code == 200


async def test_portfolio_analyst_needs_only_a_login(api: ApiClient, simulation: Simulation) -> None:
    simulation.session.drop()
    await performance(api, "1D")
    simulation.session.logout()
    assert (await api.post("/pa/performance", {"acctIds": [ACCOUNT], "period": "1D"})).status_code == 401


@pytest.mark.parametrize(
    "options", [SimulationOptions(login=True, rate_limits=False, profile="fa")], ids=["advisor"]
)
async def test_an_advisor_can_request_several_clients_together(
    api: ApiClient, simulation: Simulation, options: SimulationOptions
) -> None:
    clients = [account.id for account in simulation.profile.accounts]
    assert options.profile == "fa"
    assert len(clients) > 1
    body = await answer(api, "/pa/performance", acctIds=clients, period="7D")
    assert [row["id"] for row in body["nav"]["data"]] == body["included"] == clients
    for client, row in zip(clients, body["nav"]["data"], strict=True):
        worth = simulation.accounts[client].valuation().net_liquidation
        assert row["navs"][-1] == pytest.approx(worth, abs=0.01)
    periods = await answer(api, "/pa/allperiods", acctIds=clients)
    assert set(clients) <= periods.keys()
    together = (await allocation(api, acctIds=clients, type="COUNTRY"))["allocations"]["COUNTRY"]["long"]
    total = sum(simulation.accounts[client].valuation().net_liquidation for client in clients)
    assert together["total"]["nav"] == pytest.approx(total, abs=0.05)
