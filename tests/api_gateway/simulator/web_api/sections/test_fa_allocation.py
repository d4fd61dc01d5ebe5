from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import ApiClient

FIRST, SECOND, THIRD, MASTER = "DU1234567", "DU1234568", "DU1234569", "DF1234567"
GROUP = "/iserver/account/allocation/group"
PRESETS = "/iserver/account/allocation/presets"
ACCOUNTS = "/iserver/account/allocation/accounts"
EQUAL: dict[str, Any] = {
    "name": "Mine",
    "default_method": "E",
    "accounts": [{"name": FIRST}, {"name": SECOND}],
}
EVERY_CALL = [
    ("GET", ACCOUNTS, None),
    ("GET", GROUP, None),
    ("POST", GROUP, EQUAL),
    ("PUT", GROUP, {**EQUAL, "name": "Two_to_one"}),
    ("POST", f"{GROUP}/single", {"name": "Two_to_one"}),
    ("POST", f"{GROUP}/delete", {"name": "Two_to_one"}),
    ("GET", PRESETS, None),
    ("POST", PRESETS, {"strict_credit_check": True}),
]


@pytest.fixture
def options() -> SimulationOptions:
    return SimulationOptions(login=True, rate_limits=False, profile="fa")


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


async def put(gateway: httpx.AsyncClient, body: Any) -> httpx.Response:
    return await gateway.put(f"/v1/api{GROUP}", json=body)


async def names(api: ApiClient) -> list[str]:
    return [row["name"] for row in (await api.get_json(GROUP))["data"]]


@pytest.mark.parametrize(("method", "path", "body"), EVERY_CALL)
async def test_an_advisor_can_call_every_operation(
    gateway: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None
) -> None:
    reply = await gateway.request(method, f"/v1/api{path}", json=body)
    assert reply.status_code == 200, reply.text
    if body is not None and not path.endswith("/single"):
        assert reply.json() == {"success": True}


@pytest.mark.parametrize(
    "options",
    [SimulationOptions(login=True, rate_limits=False, profile=p) for p in ("retail", "live", "dynamic")],
)
@pytest.mark.parametrize(("method", "path", "body"), EVERY_CALL)
async def test_other_logins_get_503(
    gateway: httpx.AsyncClient,
    options: SimulationOptions,
    method: str,
    path: str,
    body: dict[str, Any] | None,
) -> None:
    assert options.profile != "fa"
    reply = await gateway.request(method, f"/v1/api{path}", json=body)
    assert (reply.status_code, reply.json()["error"]) == (503, "Service Unavailable")


async def test_allocatable_accounts_are_the_clients_with_text_amounts(api: ApiClient) -> None:
    rows = (await api.get_json(ACCOUNTS))["accounts"]
    assert [row["name"] for row in rows] == [FIRST, SECOND, THIRD]
    for row in rows:
        assert [each["key"] for each in row["data"]] == ["NetLiquidation", "AvailableEquity"]
        assert {type(each["value"]) for each in row["data"]} == {str}
        summary = await api.get_json(f"/iserver/account/{row['name']}/summary")
        value = float(row["data"][0]["value"])
        assert value == pytest.approx(summary["netLiquidationValue"], abs=0.51)


async def test_a_created_group_is_listed_and_returned(api: ApiClient) -> None:
    assert (await api.post(GROUP, EQUAL)).json() == {"success": True}
    assert (await api.get_json(GROUP))["data"][-1] == {"name": "Mine", "allocation_method": "E", "size": 2}
    shown = (await api.post(f"{GROUP}/single", {"name": "Mine"})).json()
    assert shown == EQUAL
    accounts = await api.get_json("/iserver/accounts")
    assert "Mine" in accounts["accounts"]
    assert "Mine" in accounts["groups"]


async def test_group_amounts_are_returned_as_sent(api: ApiClient) -> None:
    accounts = [{"name": FIRST, "amount": 62.5}, {"name": SECOND, "amount": 37.5}]
    body = {"name": "Parts", "default_method": "P", "accounts": accounts}
    assert (await api.post(GROUP, body)).status_code == 200
    assert (await api.post(f"{GROUP}/single", {"name": "Parts"})).json() == body
    two_to_one = (await api.post(f"{GROUP}/single", {"name": "Two_to_one"})).json()
    assert {type(each["amount"]) for each in two_to_one["accounts"]} == {int}


async def test_a_group_can_be_modified_and_renamed(api: ApiClient, gateway: httpx.AsyncClient) -> None:
    before = await names(api)
    assert (await put(gateway, {**EQUAL, "name": "Two_to_one"})).json() == {"success": True}
    assert (await api.post(f"{GROUP}/single", {"name": "Two_to_one"})).json()["default_method"] == "E"
    assert (await put(gateway, {**EQUAL, "prev_name": "Two_to_one"})).status_code == 200
    assert await names(api) == [*before[:-1], "Mine"]


async def test_a_deleted_group_is_gone(api: ApiClient) -> None:
    assert (await api.post(f"{GROUP}/delete", {"name": "Two_to_one"})).json() == {"success": True}
    assert "Two_to_one" not in await names(api)
    assert (await api.post(f"{GROUP}/delete", {"name": "Two_to_one"})).status_code == 500


@pytest.mark.parametrize("name", ["two_to_one", "TWO_TO_ONE", "Nobody", "All"])
async def test_group_names_are_case_sensitive(api: ApiClient, gateway: httpx.AsyncClient, name: str) -> None:
    for path in ("single", "delete"):
        assert (await api.post(f"{GROUP}/{path}", {"name": name})).status_code == 500
    assert (await put(gateway, {**EQUAL, "prev_name": name})).status_code == 500


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Two_to_one"},
        {"accounts": [{"name": MASTER}]},
        {"accounts": [{"name": "DU7654321"}]},
        {"default_method": "R"},
        {"default_method": "P", "accounts": [{"name": FIRST, "amount": 60}]},
        {"accounts": [{"name": FIRST, "amount": 5}]},
    ],
)
async def test_a_back_end_error_is_500_and_changes_nothing(
    api: ApiClient, simulation: Simulation, change: dict[str, Any]
) -> None:
    before = dict(simulation.allocation_groups.groups)
    reply = await api.post(GROUP, EQUAL | change)
    assert (reply.status_code, list(reply.json())) == (500, ["error", "statusCode"])
    assert not any(account in reply.text for account in (FIRST, MASTER, "DU7654321"))
    assert simulation.allocation_groups.groups == before


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {**EQUAL, "name": ""},
        {**EQUAL, "name": 5},
        {**EQUAL, "default_method": "X"},
        {**EQUAL, "default_method": ["E"]},
        {**EQUAL, "accounts": []},
        {**EQUAL, "accounts": [FIRST]},
        {**EQUAL, "accounts": [{"name": FIRST}, {"name": FIRST}]},
        {**EQUAL, "accounts": [{"name": FIRST, "amount": "5"}]},
        {**EQUAL, "accounts": [{"name": FIRST, "amount": True}]},
    ],
)
async def test_a_body_of_the_wrong_shape_is_a_bad_request(
    gateway: httpx.AsyncClient, simulation: Simulation, body: Any
) -> None:
    before = dict(simulation.allocation_groups.groups)
    for method in ("POST", "PUT"):
        assert (await gateway.request(method, f"/v1/api{GROUP}", json=body)).status_code == 400
    assert simulation.allocation_groups.groups == before


async def test_setting_presets_keeps_the_others(api: ApiClient, simulation: Simulation) -> None:
    before = await api.get_json(PRESETS)
    assert before == {
        "group_auto_close_positions": False,
        "profiles_auto_close_positions": False,
        "strict_credit_check": False,
        "group_proportional_allocation": False,
        "default_method_for_all": "AvailableEquity",
    }
    await api.post(PRESETS, {"default_method_for_all": "E"})
    await api.post(PRESETS, {"strict_credit_check": True})
    changed = {"default_method_for_all": "E", "strict_credit_check": True}
    assert await api.get_json(PRESETS) == before | changed
    assert simulation.allocation_groups.split("All", 3) == {FIRST: 1, SECOND: 1, THIRD: 1}


@pytest.mark.parametrize("body", [{"default_method_for_all": "X"}, {"strict_credit_check": 1}, []])
async def test_presets_of_the_wrong_type_change_nothing(api: ApiClient, body: Any) -> None:
    before = await api.get_json(PRESETS)
    assert (await api.post(PRESETS, body)).status_code == 400
    assert await api.get_json(PRESETS) == before
