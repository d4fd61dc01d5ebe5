from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import AAPL, IBM, IBM_IN_FRANKFURT, MSFT, ApiClient

FIRST, SECOND, MASTER = "DU1234567", "DU1234568", "DF1234567"
MODEL = "US-Stocks"
SAVED: dict[str, Any] = {
    "reqID": 4,
    "model": "Mine",
    "desc": "A test",
    "isStatic": False,
    "cashTargets": [{"ccy": "USD", "target": 0.2}],
    "positionTargets": [{"conid": AAPL, "target": 0.5}, {"conid": MSFT, "target": 0.3}],
}
EVERY_CALL: dict[str, dict[str, Any]] = {
    "model/list": {},
    "model/summary": {"model": MODEL},
    "model/positions": {"model": MODEL},
    "model/accounts-details": {"model": MODEL},
    "model/save": SAVED,
    "model/invest-divest": {"model": MODEL, "accountList": [{"account": FIRST, "amtToInvest": 1000}]},
    "model/invest-divest-positions": {"model": MODEL},
    "model/submit-transfers": {"fpOrderId": 1},
    "fa-preset/get": {},
    "fa-preset/save": {"keepModelOpen": True},
}
OF_ONE_MODEL = [path for path, body in EVERY_CALL.items() if list(body) == ["model"]]


@pytest.fixture
def options() -> SimulationOptions:
    return SimulationOptions(login=True, rate_limits=False, profile="fa")


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


async def call(api: ApiClient, path: str, **body: Any) -> dict[str, Any]:
    reply = await api.post(f"/fa/{path}", {"reqID": 7, **body})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


async def create_draft(api: ApiClient, account: str, amount: float, model: str = MODEL) -> dict[str, Any]:
    listed = [{"account": account, "amtToInvest": amount}]
    return await call(api, "model/invest-divest", model=model, accountList=listed)


async def invest(api: ApiClient, account: str, amount: float, model: str = MODEL) -> dict[str, Any]:
    draft = await create_draft(api, account, amount, model)
    await call(api, "model/submit-transfers", fpOrderId=draft["transfersInstructionId"])
    return draft


@pytest.mark.parametrize(("path", "body"), EVERY_CALL.items())
@pytest.mark.parametrize(
    "options",
    [SimulationOptions(login=True, rate_limits=False, profile=p) for p in ("retail", "live", "dynamic")],
)
async def test_only_advisors_have_models(
    api: ApiClient, options: SimulationOptions, path: str, body: dict[str, Any]
) -> None:
    assert options.profile != "fa"
    reply = await api.post(f"/fa/{path}", {"reqID": 7, **body})
    assert (reply.status_code, reply.json()["error"]) == (503, "Service Unavailable")


@pytest.mark.parametrize(("path", "body"), EVERY_CALL.items())
@pytest.mark.parametrize("number", [{}, {"reqID": "7"}, {"reqID": True}])
async def test_every_call_requires_a_req_id(
    api: ApiClient, path: str, body: dict[str, Any], number: dict[str, Any]
) -> None:
    unnumbered = {name: value for name, value in body.items() if name != "reqID"}
    assert (await api.post(f"/fa/{path}", unnumbered | number)).status_code == 400


async def test_the_req_id_is_returned(api: ApiClient) -> None:
    await create_draft(api, FIRST, 1000)
    for path, body in EVERY_CALL.items():
        assert (await call(api, path, **body | {"reqID": 41}))["reqID"] == 41


async def test_the_models_are_listed_with_the_master_account(api: ApiClient) -> None:
    listed = await call(api, "model/list")
    assert (listed["baseCcy"], listed["masterAccount"], listed["subscriptionStatus"]) == ("USD", MASTER, 1)
    (row,) = listed["models"]
    assert row["model"] == MODEL
    assert (row["bootstrapped"], row["nlv"], row["numAccounts"]) == (False, "0", 0)
    summary = await call(api, "model/summary", model=MODEL)
    assert summary == {**row, "reqID": 7, "subscriptionStatus": 1}


@pytest.mark.parametrize("name", ["us-stocks", "Nothing"])
@pytest.mark.parametrize("path", OF_ONE_MODEL)
async def test_an_unknown_model_is_returned_as_an_empty_one(api: ApiClient, path: str, name: str) -> None:
    result = await call(api, path, model=name)
    assert result["model"] == name
    assert {key: value for key, value in result.items() if isinstance(value, list) and value} == {}
    assert float(result.get("nlv", 0)) == 0


@pytest.mark.parametrize("path", OF_ONE_MODEL)
async def test_a_call_without_a_model_name_is_a_bad_request(api: ApiClient, path: str) -> None:
    for wrong in ({}, {"model": ""}, {"model": 5}):
        assert (await api.post(f"/fa/{path}", {"reqID": 7, **wrong})).status_code == 400


async def test_a_saved_model_returns_its_targets(api: ApiClient) -> None:
    assert await call(api, "model/save", **SAVED) == {"reqID": 4, "success": True}
    assert [each["model"] for each in (await call(api, "model/list"))["models"]] == [MODEL, "Mine"]
    result = await call(api, "model/positions", model="Mine")
    assert [(row["conid"], row["target"], row["actual"]) for row in result["positionList"]] == [
        (AAPL, 0.5, 0.0),
        (MSFT, 0.3, 0.0),
    ]
    assert [(row["ccy"], row["target"]) for row in result["cash"]] == [("USD", 0.2)]
    assert result["mismatched"] is False


@pytest.mark.parametrize(
    "change",
    [
        {"cashTargets": [{"ccy": "USD", "target": 0.1}]},
        {"cashTargets": [{"ccy": "USD", "target": 20}], "positionTargets": [{"conid": AAPL, "target": 80}]},
        {"cashTargets": [], "positionTargets": []},
        {"cashTargets": None},
        {"positionTargets": [{"conid": 1, "target": 0.8}]},
        {"positionTargets": [{"conid": "265598", "target": 0.8}]},
        {"positionTargets": [{"conid": AAPL, "target": 0.4}, {"conid": AAPL, "target": 0.4}]},
        {"positionTargets": [{"conid": AAPL, "target": 1.2}, {"conid": MSFT, "target": -0.4}]},
        {"positionTargets": [{"conid": 12087792, "target": 0.8}]},
        {"cashTargets": [{"ccy": "XXX", "target": 1.0}], "positionTargets": []},
        {"isStatic": "no"},
        {"model": ""},
    ],
)
async def test_targets_that_do_not_add_up_to_one_are_a_bad_request(
    api: ApiClient, simulation: Simulation, change: dict[str, Any]
) -> None:
    reply = await api.post("/fa/model/save", SAVED | change)
    assert reply.status_code == 400, reply.text
    assert list(simulation.models.by_name) == [MODEL]


async def test_a_missing_description_is_a_bad_request_without_a_body(api: ApiClient) -> None:
    reply = await api.post("/fa/model/save", {k: v for k, v in SAVED.items() if k != "desc"})
    assert (reply.status_code, reply.content) == (400, b"")


async def test_a_model_in_two_currencies_is_not_saved(api: ApiClient, simulation: Simulation) -> None:
    mixed = [{"conid": AAPL, "target": 0.4}, {"conid": IBM_IN_FRANKFURT, "target": 0.4}]
    saved = await call(api, "model/save", **SAVED | {"positionTargets": mixed})
    assert saved["success"] is False
    assert "Mine" not in simulation.models.by_name


async def test_a_model_with_investments_cannot_change_is_static(api: ApiClient) -> None:
    await call(api, "model/save", **SAVED)
    await call(api, "model/save", **SAVED | {"isStatic": True})
    await call(api, "model/save", **SAVED)
    await invest(api, FIRST, 1000, "Mine")
    assert (await api.post("/fa/model/save", SAVED | {"isStatic": True})).status_code == 400
    await call(api, "model/save", **SAVED | {"desc": "Another text"})
    assert (await call(api, "model/summary", model="Mine"))["desc"] == "Another text"


async def test_a_draft_moves_its_amount_only_when_submitted(api: ApiClient) -> None:
    before = await api.get_json(f"/iserver/account/{FIRST}/summary")
    draft = await create_draft(api, FIRST, 10_000)
    assert (draft["subscriptionStatus"], draft["transfersInstructionId"]) == (1, 1)
    assert (await call(api, "model/summary", model=MODEL))["nlv"] == "0"
    assert await call(api, "model/submit-transfers", fpOrderId=1) == {"reqID": 7, "success": True}
    summary = await call(api, "model/summary", model=MODEL)
    assert (summary["bootstrapped"], summary["nlv"], summary["numAccounts"]) == (True, "10000.00", 1)
    assert await api.get_json(f"/iserver/account/{FIRST}/summary") == before


async def test_an_investment_transfers_held_positions_and_lists_the_rest_to_buy(api: ApiClient) -> None:
    draft = await create_draft(api, FIRST, 10_000)
    assert {row["conid"] for row in draft["positionTransfers"]} == {AAPL, IBM}
    assert [(row["sourceModel"], row["destinationModel"]) for row in draft["cashTransfers"]] == [
        ("Core", MODEL)
    ]
    assert float(draft["cashTransfers"][0]["amt"]) == pytest.approx(1000, abs=0.01)
    assert draft["allocations"] == []
    cautious = await create_draft(api, SECOND, 10_000)
    assert [row["conid"] for row in cautious["positionTransfers"]] == [AAPL]
    assert [row["conid"] for row in cautious["allocations"]] == [IBM]


async def test_a_preset_makes_an_investment_buy_instead_of_transfer(api: ApiClient) -> None:
    await call(api, "fa-preset/save", preferTransferFromIndependent=False)
    draft = await create_draft(api, FIRST, 10_000)
    assert draft["positionTransfers"] == []
    assert float(draft["cashTransfers"][0]["amt"]) == 10_000
    assert {row["conid"]: float(row["cashQty"]) for row in draft["allocations"]} == {AAPL: 4500, IBM: 4500}


async def test_a_divestment_restores_the_positions(api: ApiClient) -> None:
    await invest(api, FIRST, 10_000)
    back = await create_draft(api, FIRST, -2_500)
    assert {row["sourceModel"] for row in back["positionTransfers"]} == {MODEL}
    assert {row["destinationModel"] for row in back["positionTransfers"]} == {"Core"}
    await call(api, "model/submit-transfers", fpOrderId=back["transfersInstructionId"])
    assert (await call(api, "model/summary", model=MODEL))["nlv"] == "7500.00"
    await invest(api, FIRST, -7_500)
    summary = await call(api, "model/summary", model=MODEL)
    assert (summary["nlv"], summary["numAccounts"]) == ("0", 0)


@pytest.mark.parametrize(
    "listed",
    [
        [{"account": FIRST, "amtToInvest": 0}],
        [{"account": FIRST, "amtToInvest": -1000}],
        [{"account": MASTER, "amtToInvest": 1000}],
        [{"account": "DU7654321", "amtToInvest": 1000}],
    ],
)
async def test_an_impossible_investment_is_500(api: ApiClient, listed: list[Any]) -> None:
    reply = await api.post("/fa/model/invest-divest", {"reqID": 7, "model": MODEL, "accountList": listed})
    assert (reply.status_code, list(reply.json())) == (500, ["error", "statusCode"])
    assert "DU" not in reply.text


async def test_an_investment_in_an_unknown_model_is_rejected(api: ApiClient) -> None:
    body = EVERY_CALL["model/invest-divest"] | {"reqID": 7, "model": "us-stocks"}
    assert (await api.post("/fa/model/invest-divest", body)).status_code == 500


@pytest.mark.parametrize(
    "listed",
    [
        None,
        [],
        [FIRST],
        [{"account": FIRST}],
        [{"account": FIRST, "amtToInvest": "1000"}],
        [{"account": FIRST, "amtToInvest": True}],
        [{"account": FIRST, "amtToInvest": 1}, {"account": FIRST, "amtToInvest": 1}],
    ],
)
async def test_an_account_list_of_the_wrong_shape_is_a_bad_request(api: ApiClient, listed: Any) -> None:
    reply = await api.post("/fa/model/invest-divest", {"reqID": 7, "model": MODEL, "accountList": listed})
    assert reply.status_code == 400


async def test_a_draft_can_be_submitted_once(api: ApiClient) -> None:
    number = (await invest(api, FIRST, 1000))["transfersInstructionId"]
    for wrong in (number, -1, 99):
        reply = await api.post("/fa/model/submit-transfers", {"reqID": 7, "fpOrderId": wrong})
        assert reply.status_code == 500
    assert (await api.post("/fa/model/submit-transfers", {"reqID": 7})).status_code == 400
    assert (await call(api, "model/summary", model=MODEL))["nlv"] == "1000.00"


async def test_the_accounts_of_a_model_add_up_to_their_total(api: ApiClient) -> None:
    await invest(api, FIRST, 6000)
    await invest(api, SECOND, 3000)
    result = await call(api, "model/accounts-details", model=MODEL, calcPnls=True)
    *rows, total = result["accountInfoList"]
    assert [row["account"] for row in rows] == [FIRST, SECOND]
    assert (total["account"], total["nlv"]) == ("TOTAL", "9000.00")
    for name in ("nlv", "costBasis", "unrealizedPnL", "cashInIndependent"):
        assert float(total[name]) == pytest.approx(sum(float(row[name]) for row in rows), abs=0.02)
    assert (rows[0]["accountImbalance"], rows[0]["numInstrumentsOutsideRange"]) == ("0.000000", 0)
    assert rows[1]["numInstrumentsOutsideRange"] == 1
    bare = await call(api, "model/accounts-details", model=MODEL)
    assert {row["costBasis"] for row in bare["accountInfoList"]} == {"0"}


async def test_the_parts_of_each_account_add_up_to_its_value(api: ApiClient) -> None:
    await call(api, "model/save", **SAVED)
    await invest(api, FIRST, 6000)
    await invest(api, FIRST, 2000, "Mine")
    result = await call(api, "model/invest-divest-positions", model=MODEL)
    assert len(result["accountList"]) == 3
    row = result["accountList"][0]
    assert (row["accountModelNlv"], row["accountOtherModelsNlv"]) == ("6000.00", "2000.00")
    for row in result["accountList"]:
        parts = (
            "accountModelNlv",
            "accountOtherModelsNlv",
            "cashInIndependentNlv",
            "positionsInIndependentNlv",
        )
        assert sum(float(row[name]) for name in parts) == pytest.approx(float(row["nlv"]), abs=0.03)
    assert {type(row["exchangeRate"]) for row in result["accountList"]} == {float}


async def test_model_positions_are_fractions_sorted_and_limited_on_request(api: ApiClient) -> None:
    await call(api, "model/save", **SAVED)
    await invest(api, FIRST, 10_000, "Mine")
    result = await call(api, "model/positions", model="Mine")
    rows = {row["conid"]: row for row in result["positionList"]}
    assert rows[AAPL]["actual"] == pytest.approx(0.5)
    assert rows[AAPL]["instrumentImbalance"] == pytest.approx(0.0, abs=1e-6)
    assert (rows[MSFT]["actual"], rows[MSFT]["mismatchType"]) == (0.0, 1)
    assert result["cash"][0]["actual"] == pytest.approx(0.5)
    assert result["mismatched"] is True
    assert result["nlv"] == pytest.approx(result["totalMv"] + result["cash"][0]["mv"])
    falling = await call(api, "model/positions", model="Mine", sortField="target", sortDirection="ASC")
    assert [row["conid"] for row in falling["positionList"]] == [AAPL, MSFT]
    rising = await call(api, "model/positions", model="Mine", sortField="target", sortDirection="DESC")
    assert [row["conid"] for row in rising["positionList"]] == [MSFT, AAPL]
    assert len((await call(api, "model/positions", model="Mine", limit=1))["positionList"]) == 1
    assert len((await call(api, "model/positions", model="Mine", limit=-1))["positionList"]) == 2


async def test_the_presets_are_read_and_written_in_both_spellings(api: ApiClient) -> None:
    before = await call(api, "fa-preset/get")
    saved = await call(api, "fa-preset/save", avoidNegativeCashInCore=True, roundAllocExchBoardLot=True)
    assert (saved["success"], saved["error"]) == (True, "None")
    after = await call(api, "fa-preset/get")
    assert {name for name in after if after[name] != before[name]} == {
        "avoidNegativeCashInCore",
        "avoidNegativeCashInIndependent",
        "roundAllocExchBoardLot",
        "roundAllocationQuantityToExchangeBoardLot",
    }
    await call(api, "fa-preset/save", avoidNegativeCashInIndependent=False)
    assert (await call(api, "fa-preset/get"))["avoidNegativeCashInCore"] is False
    assert (await api.post("/fa/fa-preset/save", {"reqID": 7, "keepModelOpen": "yes"})).status_code == 400


async def test_a_preset_prevents_negative_cash(api: ApiClient) -> None:
    await call(api, "fa-preset/save", avoidNegativeCashInIndependent=True)
    listed = [{"account": SECOND, "amtToInvest": 5_000_000}]
    reply = await api.post("/fa/model/invest-divest", {"reqID": 7, "model": MODEL, "accountList": listed})
    assert reply.status_code == 500


async def test_the_share_of_a_model_shows_in_positions_and_profits(api: ApiClient) -> None:
    await api.prepare_session()
    unrealised = (await api.get_json_twice("/iserver/account/pnl/partitioned"))["upnl"][f"{FIRST}.Core"]
    await invest(api, FIRST, 10_000)
    rows = (await api.get_json("/iserver/account/pnl/partitioned"))["upnl"]
    assert list(rows) == [f"{FIRST}.Core", f"{FIRST}.{MODEL}"]
    for name in ("nl", "upl", "dpl", "mv"):
        assert sum(row[name] for row in rows.values()) == pytest.approx(unrealised[name], abs=0.02)
    path = f"/portfolio/{FIRST}/positions/0"
    inside = await api.get_json(path, model=MODEL)
    assert {row["conid"] for row in inside} == {AAPL, IBM}
    assert {row["model"] for row in inside} == {MODEL}
    assert sum(row["mktValue"] for row in inside) == pytest.approx(9000, abs=0.02)
    assert await api.get_json(path, model="us-stocks") == []
    classes = (await api.get_json(f"/portfolio/{FIRST}/allocation", model=MODEL))["assetClass"]["long"]
    assert classes == {"STK": pytest.approx(9000, abs=0.02)}
