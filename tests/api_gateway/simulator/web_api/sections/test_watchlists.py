from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation
from tests.api_gateway.simulator.paper_account import AAPL, IBM, SPY, ApiClient
from tests.api_gateway.simulator.wire_types import type_mismatches

LISTS, LIST = "/iserver/watchlists", "/iserver/watchlist"
MINE = {"id": "1234", "name": "Mine", "rows": [{"C": IBM}, {"H": ""}, {"C": str(SPY)}]}


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


async def delete(gateway: httpx.AsyncClient, list_id: str) -> httpx.Response:
    return await gateway.delete(f"/v1/api{LIST}", params={"id": list_id})


async def test_watchlists_match_the_recorded_types(api: ApiClient) -> None:
    body = await api.get_json(LISTS, SC="USER_WATCHLIST")
    assert type_mismatches("GET /iserver/watchlists", body) == []
    assert (body["action"], body["MID"]) == ("content", "1")
    first = body["data"]["user_lists"][0]
    assert {key: type(value) for key, value in first.items()} == {
        "is_open": bool,
        "read_only": bool,
        "name": str,
        "modified": int,
        "id": str,
        "type": str,
    }
    assert first["modified"] > 2**31


async def test_message_ids_increase_within_a_session(api: ApiClient, simulation: Simulation) -> None:
    assert [(await api.get_json(LISTS))["MID"] for _ in range(3)] == ["1", "2", "3"]
    simulation.session.establish()
    assert (await api.get_json(LISTS))["MID"] == "1"


async def test_the_first_read_of_a_watchlist_has_no_names(api: ApiClient) -> None:
    await api.post(LIST, MINE)
    first = await api.get_json(LIST, id="1234")
    assert first["instruments"] == [
        {"ST": "STK", "C": str(IBM), "conid": IBM},
        {"H": ""},
        {"ST": "STK", "C": str(SPY), "conid": SPY},
    ]
    second = await api.get_json(LIST, id="1234")
    assert type_mismatches("GET /iserver/watchlist", second) == []
    assert second["instruments"][0] == {
        "ST": "STK",
        "C": "8314",
        "conid": 8314,
        "name": "INTL BUSINESS MACHINES CORP",
        "fullName": "IBM",
        "assetClass": "STK",
        "ticker": "IBM",
        "chineseName": "",
    }
    assert (second["hash"], second["readOnly"]) == (first["hash"], False)


async def test_the_first_read_of_a_watchlist_in_a_new_session_has_no_names(
    api: ApiClient, simulation: Simulation
) -> None:
    await api.get_json_twice(LIST, id="101")
    simulation.session.establish()
    assert "name" not in (await api.get_json(LIST, id="101"))["instruments"][0]


async def test_the_response_to_a_new_watchlist_omits_its_contracts(
    api: ApiClient, simulation: Simulation
) -> None:
    reply = await api.post(LIST, MINE)
    body = reply.json()
    assert type_mismatches("POST /iserver/watchlist", body) == []
    now = str(simulation.clock.now_ms())
    assert body == {"id": "1234", "hash": now, "name": "Mine", "readOnly": False, "instruments": []}
    assert "1234" in [each["id"] for each in (await api.get_json(LISTS))["data"]["user_lists"]]


async def test_posting_an_existing_id_replaces_the_watchlist(api: ApiClient) -> None:
    await api.post(LIST, MINE)
    reply = await api.post(LIST, {"id": "1234", "name": "Mine", "rows": [{"C": AAPL}]})
    assert reply.status_code == 200
    assert [row["conid"] for row in (await api.get_json_twice(LIST, id="1234"))["instruments"]] == [AAPL]


async def test_the_first_read_of_a_replaced_watchlist_has_no_names(api: ApiClient) -> None:
    await api.get_json_twice(LIST, id="101")
    await api.post(LIST, {"id": "101", "name": "Mine", "rows": [{"C": AAPL}]})
    assert "name" not in (await api.get_json(LIST, id="101"))["instruments"][0]
    assert (await api.get_json(LIST, id="101"))["instruments"][0]["name"] == "APPLE INC"


async def test_a_watchlist_id_can_have_a_leading_minus(api: ApiClient) -> None:
    assert (await api.post(LIST, {**MINE, "id": "-5"})).status_code == 200
    assert (await api.get_json(LIST, id="-5"))["name"] == "Mine"


@pytest.mark.parametrize("body", [{}, []])
async def test_an_empty_body_is_a_bad_request(api: ApiClient, body: Any) -> None:
    assert (await api.post(LIST, body)).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"id": "abc"},
        {"id": "1.5"},
        {"id": 1234},
        {"name": None},
        {"name": ""},
        {"rows": None},
        {"rows": [8314]},
        {"rows": [{"C": "IBM"}]},
        {"rows": [{"C": True}]},
        {"rows": [{}]},
    ],
)
async def test_an_invalid_watchlist_is_unavailable_and_not_saved(
    api: ApiClient, simulation: Simulation, change: dict[str, Any]
) -> None:
    assert (await api.post(LIST, {**MINE, **change})).status_code == 503
    assert len(simulation.watchlists.all()) == 2


async def test_an_unknown_contract_stays_in_the_watchlist_without_a_name(api: ApiClient) -> None:
    await api.post(LIST, {**MINE, "rows": [{"C": 1}]})
    assert (await api.get_json_twice(LIST, id="1234"))["instruments"] == [{"ST": "", "C": "1", "conid": 1}]


async def test_an_unknown_watchlist_is_unavailable(api: ApiClient) -> None:
    assert (await api.get(LIST, id="999")).status_code == 503
    assert (await api.get(LIST)).status_code == 400


async def test_a_deleted_watchlist_is_gone(api: ApiClient, gateway: httpx.AsyncClient) -> None:
    body = (await delete(gateway, "101")).json()
    assert body == {"data": {"deleted": "101"}, "action": "context", "MID": "1"}
    assert (await api.get(LIST, id="101")).status_code == 503


async def test_deleting_an_unknown_watchlist_fails_only_as_the_first_call(
    api: ApiClient, gateway: httpx.AsyncClient
) -> None:
    assert (await delete(gateway, "999")).status_code == 503
    await api.get_json(LISTS)
    warm = await delete(gateway, "999")
    assert (warm.status_code, warm.json()["data"]) == (200, {"deleted": "999"})
