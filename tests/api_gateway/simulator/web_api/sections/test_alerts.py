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
    "alertMessage": "IBM is dear",
    "alertRepeatable": 0,
    "outsideRth": 0,
    "tif": "GTC",
    "conditions": [CONDITION],
}

Skip = Callable[[float], None]


@pytest.fixture
def asks(gateway: httpx.AsyncClient) -> ApiClient:
    return ApiClient(gateway)


async def delete(gateway: httpx.AsyncClient, alert_id: int | str) -> httpx.Response:
    return await gateway.delete(f"/v1/api{ALERT}/{alert_id}")


async def first_id(asks: ApiClient) -> int:
    found = (await asks.get_json(ALERTS))[0]["order_id"]
    assert isinstance(found, int)
    return found


async def test_the_alerts_that_were_made_in_tws_are_listed(asks: ApiClient) -> None:
    rows = await asks.get_json(ALERTS)
    assert [(row["alert_name"], row["alert_active"]) for row in rows] == [("AAPL", 1), ("SPY", 0)]
    assert {row["account"] for row in rows} == {ACCOUNT}


async def test_another_account_has_no_alerts_to_list(asks: ApiClient) -> None:
    assert (await asks.get("/iserver/account/U7654321/alerts")).status_code == 400


async def test_one_alert_is_told_in_full(asks: ApiClient) -> None:
    number = await first_id(asks)
    body = await asks.get_json(f"{ONE}/{number}", type="Q")
    assert (body["order_id"], body["alert_name"], body["condition_size"]) == (number, "AAPL", 1)
    assert (body["alert_active"], body["alert_triggered"]) == (1, False)
    assert len(body) == 26
    assert "alertName" not in body


@pytest.mark.parametrize("query", [{}, {"type": ""}, {"type": "q"}, {"type": "A"}])
async def test_without_its_type_an_alert_is_not_told(asks: ApiClient, query: dict[str, str]) -> None:
    reply = await asks.get(f"{ONE}/{await first_id(asks)}", **query)
    assert (reply.status_code, reply.json()["error"]) == (400, "Bad Request: orderId and type are required")


async def test_that_there_is_no_such_alert_is_said_with_status_200(asks: ApiClient) -> None:
    assert await asks.get_json(f"{ONE}/1", type="Q") == {"error": "Alert with order ID=1 not found."}
    assert await asks.get_json(f"{ONE}/-1", type="Q") == {"error": "Alert with order ID=-1 not found."}
    assert await asks.get_json(f"{ONE}/0", type="Q") == {"error": "MTA alert tool ID is wrong =0"}
    assert (await asks.get(f"{ONE}/abc", type="Q")).status_code == 500


async def test_the_mobile_alert_is_one_object_with_another_number_each_time(asks: ApiClient) -> None:
    first, second = await asks.get_json(MOBILE), await asks.get_json(MOBILE)
    assert first["order_id"] != second["order_id"]
    assert first["tool_id"] == second["tool_id"] > 2**31
    assert {**first, "order_id": 0} == {**second, "order_id": 0}
    assert (await asks.get_json(f"{ONE}/{second['order_id']}", type="Q"))["tool_id"] == second["tool_id"]
    assert second["order_id"] not in [row["order_id"] for row in await asks.get_json(ALERTS)]


async def test_an_alert_can_be_switched_off_and_on(asks: ApiClient) -> None:
    number = await first_id(asks)
    for active in (0, 1):
        reply = await asks.post(ACTIVATE, {"alertId": number, "alertActive": active})
        assert reply.json() == {
            "request_id": None,
            "order_id": number,
            "success": True,
            "text": "Request was submitted",
            "failure_list": None,
        }
        assert (await asks.get_json(ALERTS))[0]["alert_active"] == active


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
async def test_what_cannot_be_switched_is_refused(asks: ApiClient, body: Any, status: int) -> None:
    assert (await asks.post(ACTIVATE, body)).status_code == status


async def test_a_deleted_alert_is_gone(asks: ApiClient, gateway: httpx.AsyncClient) -> None:
    number = await first_id(asks)
    reply = await delete(gateway, number)
    assert (reply.status_code, reply.json()["order_id"], reply.json()["success"]) == (200, number, True)
    assert len(await asks.get_json(ALERTS)) == 1
    assert (await delete(gateway, number)).status_code == 503


@pytest.mark.parametrize("alert_id", ["1", "-1", "abc", "9" * 40])
async def test_an_unknown_alert_cannot_be_deleted(gateway: httpx.AsyncClient, alert_id: str) -> None:
    assert (await delete(gateway, alert_id)).status_code == 503


async def test_deleting_number_0_deletes_all(asks: ApiClient, gateway: httpx.AsyncClient) -> None:
    assert (await delete(gateway, 0)).json()["success"] is True
    assert await asks.get_json(ALERTS) == []
    assert (await asks.get_json(MOBILE))["alert_active"] == 1


async def test_deleting_the_mobile_alert_resets_it(asks: ApiClient, gateway: httpx.AsyncClient) -> None:
    before = await asks.get_json(MOBILE)
    await asks.post(ACTIVATE, {"alertId": before["tool_id"], "alertActive": 0})
    assert (await asks.get_json(MOBILE))["alert_active"] == 0
    assert (await delete(gateway, before["tool_id"])).status_code == 200
    after = await asks.get_json(MOBILE)
    assert (after["alert_active"], after["tool_id"]) == (1, before["tool_id"])


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False, profile="fa")])
async def test_an_alert_is_found_below_its_own_account_only(
    asks: ApiClient, gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    number = await first_id(asks)
    other = next(account for account in simulation.accounts if account != ACCOUNT)
    assert await asks.get_json(f"/iserver/account/{other}/alerts") == []
    path = f"/iserver/account/{other}/alert"
    assert (await asks.post(f"{path}/activate", {"alertId": number, "alertActive": 0})).status_code == 503
    assert (await gateway.delete(f"/v1/api{path}/{number}")).status_code == 503
    assert (await gateway.delete(f"/v1/api{path}/0")).status_code == 200
    assert len(await asks.get_json(ALERTS)) == 2


async def test_making_an_alert_is_denied(asks: ApiClient) -> None:
    reply = await asks.post(ALERT, TICKET)
    assert (reply.status_code, reply.text) == (403, "Error 403 - Access Denied")
    assert reply.headers["content-type"].startswith("text/html")
    assert len(await asks.get_json(ALERTS)) == 2


@pytest.mark.parametrize("options", [SimulationOptions(login=True, rate_limits=False), CREATION])
async def test_a_body_that_is_empty_or_lacks_something_is_refused_before_that(asks: ApiClient) -> None:
    empty = await asks.post(ALERT, {})
    assert (empty.status_code, empty.json()["error"]) == (400, "Bad Request: body can't be empty")
    for name in TICKET:
        partial = await asks.post(ALERT, {key: value for key, value in TICKET.items() if key != name})
        assert (partial.status_code, list(partial.json())) == (500, ["error"])


@creation
async def test_an_alert_is_made_fires_and_is_told_of(
    asks: ApiClient, simulation: Simulation, skip: Skip
) -> None:
    simulation.prices.override_price(IBM, 250.0)
    body = (await asks.post(ALERT, TICKET)).json()
    assert {key: body[key] for key in body if key != "order_id"} == {
        "request_id": None,
        "success": True,
        "text": "Submitted",
        "order_status": None,
        "warning_message": None,
    }
    unread = (await asks.get_json_twice("/fyi/unreadnumber"))["BN"]
    simulation.prices.override_price(IBM, 300.0)
    skip(5)
    mine = next(row for row in await asks.get_json(ALERTS) if row["order_id"] == body["order_id"])
    assert (mine["alert_active"], mine["alert_triggered"]) == (0, True)
    assert (await asks.get_json("/fyi/unreadnumber"))["BN"] == unread + 1
    (told,) = await asks.get_json("/fyi/notifications", max=1)
    assert (told["FC"], told["MS"], told["R"]) == ("UA", "Alert: IBM", 0)
    assert "IBM is dear" in told["MD"]


@creation
async def test_a_condition_that_is_not_understood_is_named(asks: ApiClient) -> None:
    condition = {**CONDITION, "operator": "abc"}
    reply = await asks.post(ALERT, {**TICKET, "conditions": [condition]})
    assert (reply.status_code, reply.json()) == (500, {"error": "Condition #1:can't recognize fix [abc]"})


@creation
async def test_an_alert_can_be_changed_but_not_its_name(asks: ApiClient) -> None:
    number = (await asks.post(ALERT, TICKET)).json()["order_id"]
    change = {**TICKET, "orderId": str(number), "alertMessage": "Very dear", "outsideRth": 1}
    assert (await asks.post(ALERT, change)).json()["order_id"] == number
    body = await asks.get_json(f"{ONE}/{number}", type="Q")
    assert (body["alert_message"], body["condition_outside_rth"]) == ("Very dear", 1)
    renamed = await asks.post(ALERT, {**change, "alertName": "Other"})
    assert (renamed.status_code, renamed.json()) == (500, {"error": "Alert name cannot be modified"})
    for unknown in (1, "abc"):
        assert (await asks.post(ALERT, {**change, "orderId": unknown})).status_code == 503


@creation
async def test_the_mobile_alert_can_be_changed_and_must_be_repeatable(asks: ApiClient) -> None:
    number = (await asks.get_json(MOBILE))["order_id"]
    condition = {**CONDITION, "type": 8, "conidex": "*@*", "value": "2"}
    change = {**TICKET, "orderId": number, "iTWSOrdersOnly": 1, "conditions": [condition]}
    assert (await asks.post(ALERT, change)).status_code == 500
    assert (await asks.post(ALERT, {**change, "alertRepeatable": 1})).json()["order_id"] != number
    body = await asks.get_json(MOBILE)
    assert (body["condition_size"], body["itws_orders_only"], body["order_status"]) == (1, 1, "Submitted")
