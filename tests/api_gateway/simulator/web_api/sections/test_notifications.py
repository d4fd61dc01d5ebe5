from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import MSFT, ApiClient, trade
from tests.api_gateway.simulator.wire_types import type_mismatches

UNREAD, NEWS, MORE = "/fyi/unreadnumber", "/fyi/notifications", "/fyi/notifications/more"
SETTINGS, DELIVERY = "/fyi/settings", "/fyi/deliveryoptions"
DAY = 86400.0


@pytest.fixture
async def api(gateway: httpx.AsyncClient, simulation: Simulation) -> ApiClient:
    simulation.preflights.fyi_warm = True
    return ApiClient(gateway)


async def put(gateway: httpx.AsyncClient, path: str, **query: str) -> httpx.Response:
    return await gateway.put(f"/v1/api{path}", params=query, json={})


async def test_the_first_call_only_starts_the_service(gateway: httpx.AsyncClient) -> None:
    api = ApiClient(gateway)
    cold = await api.get(UNREAD)
    assert (cold.status_code, cold.json()) == (423, {"status": "waiting for reply"})
    assert (await api.get(UNREAD)).status_code == 200
    assert (await api.get(NEWS, max=1)).status_code == 200


@pytest.mark.parametrize(("path", "query"), [(NEWS, {"max": "5"}), (MORE, {"id": "1"})])
async def test_notifications_are_unavailable_on_the_first_call(
    gateway: httpx.AsyncClient, path: str, query: dict[str, str]
) -> None:
    api = ApiClient(gateway)
    cold = await api.get(path, **query)
    assert (cold.status_code, cold.json()) == (503, {"status": "waiting for reply"})
    assert (await api.get(path, **query)).status_code == 200


async def test_the_first_call_of_a_new_session_fails_again(api: ApiClient, simulation: Simulation) -> None:
    simulation.session.establish()
    assert (await api.get(UNREAD)).status_code == 423


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False, strict=False)])
async def test_the_first_call_succeeds_unless_strict(gateway: httpx.AsyncClient) -> None:
    assert (await ApiClient(gateway).get(UNREAD)).status_code == 200


async def test_notifications_match_the_recorded_types(api: ApiClient) -> None:
    assert type_mismatches("GET /fyi/unreadnumber", await api.get_json(UNREAD)) == []
    rows: list[dict[str, Any]] = []
    while page := await api.get_json(NEWS, max=10, **({"id": rows[-1]["ID"]} if rows else {})):
        rows += page
    assert type_mismatches("GET /fyi/notifications", rows) == []
    for row in rows:
        assert row["R"] in (0, 1)
        assert re.fullmatch(r"\d{10}\.0", row["D"])
        assert re.fullmatch(r"<html>.*</html>", row["MD"])
        assert re.fullmatch(r"\d{16}", row["ID"])
        assert ("HT" in row) is (row["FC"] != "PF")


async def test_a_page_has_at_most_ten_notifications(api: ApiClient) -> None:
    assert len(await api.get_json(NEWS, max=3)) == 3
    assert len(await api.get_json(NEWS, max=10)) == 10
    assert len(await api.get_json(NEWS, max=99)) == 10


@pytest.mark.parametrize("query", [{}, {"max": ""}, {"max": "0"}, {"max": "-1"}, {"max": "x"}])
async def test_notifications_require_a_maximum(api: ApiClient, query: dict[str, str]) -> None:
    assert (await api.get(NEWS, **query)).status_code == 400


async def test_the_next_page_starts_after_the_given_id(api: ApiClient) -> None:
    first, second = await api.get_json(NEWS, max=2)
    following = await api.get_json(NEWS, max=2, id=first["ID"])
    assert following[0] == second
    assert (await api.get_json(MORE, id=first["ID"]))[0] == second
    assert (await api.get(MORE)).status_code == 400


async def test_notifications_can_be_included_and_excluded_by_type(api: ApiClient) -> None:
    assert {row["FC"] for row in await api.get_json(NEWS, max=10, include="EH, XX")} == {"EH"}
    assert {row["FC"] for row in await api.get_json(NEWS, max=10, exclude="PF")} == {"EH"}


async def test_marking_a_notification_read_lowers_the_unread_number(
    api: ApiClient, gateway: httpx.AsyncClient
) -> None:
    before = (await api.get_json(UNREAD))["BN"]
    newest = (await api.get_json(NEWS, max=1))[0]
    assert newest["R"] == 0
    body = (await put(gateway, f"{NEWS}/{newest['ID']}")).json()
    assert type_mismatches("PUT /fyi/notifications/{id}", body) == []
    assert body == {"V": 1, "T": 5, "P": {"R": 1, "ID": newest["ID"]}}
    assert (await api.get_json(NEWS, max=1))[0]["R"] == 1
    assert (await api.get_json(UNREAD))["BN"] == before - 1


async def test_marking_an_unknown_notification_read_is_acknowledged(gateway: httpx.AsyncClient) -> None:
    body = (await put(gateway, f"{NEWS}/0")).json()
    assert body == {"V": 1, "T": 5, "P": {"R": 1, "ID": "0"}}


async def test_a_new_notification_is_unread(
    api: ApiClient, simulation: Simulation, skip: Callable[[float], None]
) -> None:
    before = (await api.get_json(UNREAD))["BN"]
    skip(DAY)
    simulation.session.establish()
    simulation.preflights.fyi_warm = True
    assert (await api.get_json(UNREAD))["BN"] == before + 1


async def test_settings_match_the_recorded_types(api: ApiClient) -> None:
    rows = await api.get_json(SETTINGS)
    assert type_mismatches("GET /fyi/settings", rows) == []
    assert len(rows) == 30
    by_code = {row["FC"]: row for row in rows}
    assert by_code["NS"] == {"FC": "NS", "H": 0}
    assert "A" not in by_code["UA"]
    assert by_code["DA"]["SS"] == "TA_FYI"
    assert (by_code["PF"]["A"], by_code["PF"]["H"], by_code["TP"]["A"]) == (1, 1, 0)


async def test_a_disabled_type_sends_no_notifications(api: ApiClient, simulation: Simulation) -> None:
    trade(simulation.selected_account, MSFT, 1, 400.0)
    assert await api.get_json(NEWS, max=10, include="TP") == []
    reply = await api.post(f"{SETTINGS}/TP", {"enabled": True})
    assert type_mismatches("POST /fyi/settings/BA", reply.json()) == []
    assert reply.json() == {"V": 1, "T": 10}
    assert next(row for row in await api.get_json(SETTINGS) if row["FC"] == "TP")["A"] == 1
    simulation.clock.advance(1)
    trade(simulation.selected_account, MSFT, 2, 401.0)
    (notification,) = await api.get_json(NEWS, max=10, include="TP")
    assert "Bought 2 MSFT at 401.00" in notification["MD"]


async def test_disabling_a_type_keeps_its_earlier_notifications(
    api: ApiClient, simulation: Simulation, skip: Callable[[float], None]
) -> None:
    before = (await api.get_json(NEWS, max=1))[0]["ID"]
    skip(DAY)
    simulation.session.establish()
    simulation.preflights.fyi_warm = True
    await api.post(f"{SETTINGS}/PF", {"enabled": False})
    assert (await api.get_json(NEWS, max=2))[1]["ID"] == before


async def test_an_unknown_type_is_acknowledged_but_not_stored(api: ApiClient) -> None:
    assert (await api.post(f"{SETTINGS}/ZZ", {"enabled": True})).json() == {"V": 1, "T": 10}
    assert len(await api.get_json(SETTINGS)) == 30


@pytest.mark.parametrize("body", [{}, [], {"enabled": 1}, {"enabled": "true"}])
async def test_a_setting_must_be_true_or_false(api: ApiClient, body: Any) -> None:
    assert (await api.post(f"{SETTINGS}/PF", body)).status_code == 400


async def test_a_disclaimer_is_unread_until_it_is_marked_read(
    api: ApiClient, gateway: httpx.AsyncClient
) -> None:
    body = await api.get_json("/fyi/disclaimer/PF")
    assert body["FC"] == "PF"
    assert body["DT"]
    done = (await put(gateway, "/fyi/disclaimer/PF")).json()
    assert type_mismatches("PUT /fyi/disclaimer/BA", done) == []
    assert next(row for row in await api.get_json(SETTINGS) if row["FC"] == "PF")["H"] == 0
    assert await api.get_json("/fyi/disclaimer/ZZ") == {"FC": "ZZ", "DT": ""}


async def test_email_can_be_turned_off_and_on(api: ApiClient, gateway: httpx.AsyncClient) -> None:
    assert (await api.get_json(DELIVERY))["M"] == 1
    assert (await put(gateway, f"{DELIVERY}/email", enabled="false")).json() == {"V": 1, "T": 10}
    assert (await api.get_json(DELIVERY))["M"] == 0
    await put(gateway, f"{DELIVERY}/email", enabled="true")
    assert (await api.get_json(DELIVERY))["M"] == 1
    for wrong in ({}, {"enabled": "1"}):
        assert (await put(gateway, f"{DELIVERY}/email", **wrong)).status_code == 400


async def test_a_device_can_be_registered_turned_off_and_deleted(
    api: ApiClient, gateway: httpx.AsyncClient
) -> None:
    device = {"deviceId": "apn://x@1/2", "deviceName": "Desk", "uiName": "My desk", "enabled": True}
    assert (await api.post(f"{DELIVERY}/device", device)).json() == {"V": 1, "T": 10}
    added = (await api.get_json(DELIVERY))["E"][-1]
    assert added == {"NM": "Desk", "I": "apn://x@1/2", "UI": "My desk", "A": 1}
    await api.post(f"{DELIVERY}/device", {"deviceId": "apn://x@1/2", "enabled": False})
    assert (await api.get_json(DELIVERY))["E"][-1] == {**added, "A": 0}
    path = f"/v1/api{DELIVERY}/{quote('apn://x@1/2', safe='')}"
    gone = await gateway.delete(path)
    assert (gone.status_code, gone.content) == (200, b"")
    again = await gateway.delete(path)
    assert again.status_code == 404
    assert again.headers["content-type"].startswith("text/html")
    assert again.text.startswith("<html>")


@pytest.mark.parametrize(
    "body", [{}, [], {"deviceId": "d"}, {"deviceId": "", "enabled": True}, {"enabled": True}]
)
async def test_a_device_requires_an_id_and_a_flag(api: ApiClient, body: Any) -> None:
    assert (await api.post(f"{DELIVERY}/device", body)).status_code == 400
    names = {"deviceId": "d", "enabled": True, "deviceName": 5}
    assert (await api.post(f"{DELIVERY}/device", names)).status_code == 400


@pytest.mark.parametrize("options", [SimulationOptions(opens_brokerage=False, rate_limits=False)])
async def test_notifications_need_only_a_login(gateway: httpx.AsyncClient, simulation: Simulation) -> None:
    api = ApiClient(gateway)
    assert (await api.get(SETTINGS)).status_code == 401
    simulation.session.login()
    assert len(await api.get_json(SETTINGS)) == 30
    assert "BN" in await api.get_json_twice(UNREAD)
