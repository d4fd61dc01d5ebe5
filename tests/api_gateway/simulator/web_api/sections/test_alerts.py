from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.simulator.paper_account import ACCOUNT, IBM, ApiClient

ALERTS, ALERT = f"/iserver/account/{ACCOUNT}/alerts", f"/iserver/account/{ACCOUNT}/alert"
ONE, ACTIVATE, MOBILE = "/iserver/account/alert", f"{ALERT}/activate", "/iserver/account/mta"
CREATION = SimulationOptions(login=True, rate_limits=False, alert_creation=True)
creation = pytest.mark.parametrize("options", [CREATION])
CONDITION = {
    "conidex": f"{IBM}@SMART",
    "logicBind": "n",
    "operator": ">=",
    "triggerMethod": "0",
    "type": 1,
    "value": "300",
}
TICKET = {
    "alertName": "IBM",
    "alertMessage": "IBM is expensive",
    "alertRepeatable": 0,
    "outsideRth": 0,
    "tif": "GTC",
    "conditions": [CONDITION],
}

Skip = Callable[[float], None]


@pytest.fixture
def api(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


async def delete(gateway: httpx.AsyncClient, alert_id: int | str) -> httpx.Response:
    return await gateway.delete(f"/v1/api{ALERT}/{alert_id}")


async def first_id(api: ApiClient) -> int:
    result = (await api.get_json(ALERTS))[0]["order_id"]
    assert isinstance(result, int)
    return result


async def test_the_initial_alerts_from_tws_are_listed(api: ApiClient) -> None:
    rows = await api.get_json(ALERTS)
    assert [(row["alert_name"], row["alert_active"]) for row in rows] == [("AAPL", 1), ("SPY", 0)]
    assert {row["account"] for row in rows} == {ACCOUNT}


async def test_alerts_of_another_logins_account_cannot_be_listed(api: ApiClient) -> None:
    assert (await api.get("/iserver/account/U7654321/alerts")).status_code == 400


async def test_one_alert_is_returned_in_full(api: ApiClient) -> None:
    number = await first_id(api)
    body = await api.get_json(f"{ONE}/{number}", type="Q")
    assert (body["order_id"], body["alert_name"], body["condition_size"]) == (number, "AAPL", 1)
    assert (body["alert_active"], body["alert_triggered"]) == (1, False)
    assert len(body) == 26
    assert "alertName" not in body


@pytest.mark.parametrize("query", [{}, {"type": ""}, {"type": "q"}, {"type": "A"}])
async def test_an_alert_requires_its_type(api: ApiClient, query: dict[str, str]) -> None:
    reply = await api.get(f"{ONE}/{await first_id(api)}", **query)
    assert (reply.status_code, reply.json()["error"]) == (400, "Bad Request: orderId and type are required")


async def test_an_unknown_alert_is_an_error_with_status_200(api: ApiClient) -> None:
    assert await api.get_json(f"{ONE}/1", type="Q") == {"error": "Alert with order ID=1 not found."}
    assert await api.get_json(f"{ONE}/-1", type="Q") == {"error": "Alert with order ID=-1 not found."}
    assert await api.get_json(f"{ONE}/0", type="Q") == {"error": "MTA alert tool ID is wrong =0"}
    assert (await api.get(f"{ONE}/abc", type="Q")).status_code == 500


async def test_the_mobile_alert_has_a_different_order_id_on_each_call(api: ApiClient) -> None:
    first, second = await api.get_json(MOBILE), await api.get_json(MOBILE)
    assert first["order_id"] != second["order_id"]
    assert first["tool_id"] == second["tool_id"] > 2**31
    assert {**first, "order_id": 0} == {**second, "order_id": 0}
    assert (await api.get_json(f"{ONE}/{second['order_id']}", type="Q"))["tool_id"] == second["tool_id"]
    assert second["order_id"] not in [row["order_id"] for row in await api.get_json(ALERTS)]


async def test_an_alert_can_be_deactivated_and_activated(api: ApiClient) -> None:
    number = await first_id(api)
    for active in (0, 1):
        reply = await api.post(ACTIVATE, {"alertId": number, "alertActive": active})
        assert reply.json() == {
            "request_id": None,
            "order_id": number,
            "success": True,
            "text": "Request was submitted",
            "failure_list": None,
        }
        assert (await api.get_json(ALERTS))[0]["alert_active"] == active


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ([], 400),
        ({"alertId": 1, "alertActive": 1}, 503),
        ({"alertId": 0, "alertActive": 1}, 503),
        ({"alertActive": 1}, 500),
        ({"alertId": "1", "alertActive": 1}, 500),
        ({"alertId": 1}, 500),
        ({"alertId": 1, "alertActive": True}, 500),
        ({"alertId": 1, "alertActive": 2}, 500),
    ],
)
async def test_an_invalid_activation_is_rejected(api: ApiClient, body: Any, status: int) -> None:
    assert (await api.post(ACTIVATE, body)).status_code == status


async def test_a_deleted_alert_is_gone(api: ApiClient, gateway: httpx.AsyncClient) -> None:
    number = await first_id(api)
    reply = await delete(gateway, number)
    assert (reply.status_code, reply.json()["order_id"], reply.json()["success"]) == (200, number, True)
    assert len(await api.get_json(ALERTS)) == 1
    assert (await delete(gateway, number)).status_code == 503


@pytest.mark.parametrize("alert_id", ["1", "-1", "abc", "9" * 40])
async def test_an_unknown_alert_cannot_be_deleted(gateway: httpx.AsyncClient, alert_id: str) -> None:
    assert (await delete(gateway, alert_id)).status_code == 503


async def test_deleting_alert_0_deletes_all(api: ApiClient, gateway: httpx.AsyncClient) -> None:
    assert (await delete(gateway, 0)).json()["success"] is True
    assert await api.get_json(ALERTS) == []
    assert (await api.get_json(MOBILE))["alert_active"] == 1


async def test_deleting_the_mobile_alert_resets_it(api: ApiClient, gateway: httpx.AsyncClient) -> None:
    before = await api.get_json(MOBILE)
    await api.post(ACTIVATE, {"alertId": before["tool_id"], "alertActive": 0})
    assert (await api.get_json(MOBILE))["alert_active"] == 0
    assert (await delete(gateway, before["tool_id"])).status_code == 200
    after = await api.get_json(MOBILE)
    assert (after["alert_active"], after["tool_id"]) == (1, before["tool_id"])


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False, profile="fa")])
async def test_an_alert_is_found_only_under_its_account(
    api: ApiClient, gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    number = await first_id(api)
    other = next(account for account in simulation.accounts if account != ACCOUNT)
    assert await api.get_json(f"/iserver/account/{other}/alerts") == []
    path = f"/iserver/account/{other}/alert"
    assert (await api.post(f"{path}/activate", {"alertId": number, "alertActive": 0})).status_code == 503
    assert (await gateway.delete(f"/v1/api{path}/{number}")).status_code == 503
    assert (await gateway.delete(f"/v1/api{path}/0")).status_code == 200
    assert len(await api.get_json(ALERTS)) == 2


async def test_creating_an_alert_gets_403(api: ApiClient) -> None:
    reply = await api.post(ALERT, TICKET)
    assert (reply.status_code, reply.text) == (403, "Error 403 - Access Denied")
    assert reply.headers["content-type"].startswith("text/html")
    assert len(await api.get_json(ALERTS)) == 2


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False), CREATION])
async def test_an_incomplete_alert_is_a_bad_request_before_the_403(api: ApiClient) -> None:
    empty = await api.post(ALERT, {})
    assert (empty.status_code, empty.json()["error"]) == (400, "Bad Request: body can't be empty")
    for name in TICKET:
        partial = await api.post(ALERT, {key: value for key, value in TICKET.items() if key != name})
        assert (partial.status_code, list(partial.json())) == (500, ["error"])


@creation
async def test_a_created_alert_fires_and_sends_a_notification(
    api: ApiClient, simulation: Simulation, skip: Skip
) -> None:
    simulation.prices.override_price(IBM, 250.0)
    body = (await api.post(ALERT, TICKET)).json()
    assert {key: body[key] for key in body if key != "order_id"} == {
        "request_id": None,
        "success": True,
        "text": "Submitted",
        "order_status": None,
        "warning_message": None,
    }
    unread = (await api.get_json_twice("/fyi/unreadnumber"))["BN"]
    simulation.prices.override_price(IBM, 300.0)
    skip(5)
    mine = next(row for row in await api.get_json(ALERTS) if row["order_id"] == body["order_id"])
    assert (mine["alert_active"], mine["alert_triggered"]) == (0, True)
    assert (await api.get_json("/fyi/unreadnumber"))["BN"] == unread + 1
    (notification,) = await api.get_json("/fyi/notifications", max=1)
    assert (notification["FC"], notification["MS"], notification["R"]) == ("UA", "Alert: IBM", 0)
    assert "IBM is expensive" in notification["MD"]


@creation
async def test_an_invalid_condition_is_named(api: ApiClient) -> None:
    condition = {**CONDITION, "operator": "abc"}
    reply = await api.post(ALERT, {**TICKET, "conditions": [condition]})
    assert (reply.status_code, reply.json()) == (500, {"error": "Condition #1:can't recognize fix [abc]"})


@creation
async def test_an_alert_can_be_modified_except_its_name(api: ApiClient) -> None:
    number = (await api.post(ALERT, TICKET)).json()["order_id"]
    change = {**TICKET, "orderId": str(number), "alertMessage": "Very dear", "outsideRth": 1}
    assert (await api.post(ALERT, change)).json()["order_id"] == number
    body = await api.get_json(f"{ONE}/{number}", type="Q")
    assert (body["alert_message"], body["condition_outside_rth"]) == ("Very dear", 1)
    renamed = await api.post(ALERT, {**change, "alertName": "Other"})
    assert (renamed.status_code, renamed.json()) == (500, {"error": "Alert name cannot be modified"})
    for unknown in (1, "abc"):
        assert (await api.post(ALERT, {**change, "orderId": unknown})).status_code == 503


@creation
async def test_the_mobile_alert_can_be_modified_but_must_stay_repeatable(api: ApiClient) -> None:
    number = (await api.get_json(MOBILE))["order_id"]
    condition = {**CONDITION, "type": 8, "conidex": "*@*", "value": "2"}
    change = {**TICKET, "orderId": number, "iTWSOrdersOnly": 1, "conditions": [condition]}
    assert (await api.post(ALERT, change)).status_code == 500
    assert (await api.post(ALERT, {**change, "alertRepeatable": 1})).json()["order_id"] != number
    body = await api.get_json(MOBILE)
    assert (body["condition_size"], body["itws_orders_only"], body["order_status"]) == (1, 1, "Submitted")
