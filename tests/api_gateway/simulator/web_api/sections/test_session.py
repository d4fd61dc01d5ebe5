from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.session.preflight import PreflightState
from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.variants import Variants

Skip = Callable[[float], None]
INIT = "/v1/api/iserver/auth/ssodh/init"
STATUS = "/v1/api/iserver/auth/status"
LOGGED_OUT = SimulationOptions(rate_limits=False)
IN_FLIGHT = {"passed", "authenticated", "established", "connected", "competing", "hardware_info"}
FULL = {
    "authenticated": bool,
    "established": bool,
    "competing": bool,
    "connected": bool,
    "message": str,
    "MAC": str,
    "serverInfo": dict,
    "hardware_info": str,
}


def types(body: dict[str, Any]) -> dict[str, type]:
    return {key: type(value) for key, value in body.items()}


async def status(gateway: httpx.AsyncClient) -> dict[str, Any]:
    answer = await gateway.post(STATUS, json={})
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_status_of_an_open_session_has_every_field_for_get_and_post(
    gateway: httpx.AsyncClient, method: str
) -> None:
    answer = await gateway.request(method, STATUS, json={})
    assert types(answer.json()) == {**FULL, "fail": str}
    assert types(answer.json()["serverInfo"]) == {"serverName": str, "serverVersion": str}
    assert answer.json()["established"] is True


@pytest.mark.parametrize("options", [LOGGED_OUT])
async def test_the_session_status_without_a_login_has_four_fields(gateway: httpx.AsyncClient) -> None:
    body = await status(gateway)
    assert types(body) == {"authenticated": bool, "competing": bool, "connected": bool, "MAC": str}
    assert not any(body[field] for field in ("authenticated", "competing", "connected"))


@pytest.mark.parametrize("options", [SimulationOptions(variants=Variants(without_login="401"))])
@pytest.mark.parametrize("path", [STATUS, "/v1/api/tickle"])
async def test_status_and_tickle_without_a_login_can_get_401(gateway: httpx.AsyncClient, path: str) -> None:
    answer = await gateway.post(path, json={})
    assert (answer.status_code, answer.text) == (401, "Access Denied")


@pytest.mark.parametrize(
    "options", [SimulationOptions(login=False, rate_limits=False, opens_brokerage=False)]
)
async def test_an_opening_session_is_authenticated_before_it_is_established(
    gateway: httpx.AsyncClient, simulation: Simulation, skip: Skip
) -> None:
    simulation.session.login()
    before = await status(gateway)
    assert (before["authenticated"], before["established"], before["connected"]) == (False, False, True)
    opening = (await gateway.post(INIT, json={"publish": True, "compete": True})).json()
    assert set(opening) == IN_FLIGHT
    assert (opening["authenticated"], opening["established"]) == (True, False)
    during = await status(gateway)
    assert (during["authenticated"], during["established"]) == (True, False)
    skip(1)
    assert (await status(gateway))["established"] is True
    again = (await gateway.post(INIT, json={"publish": True, "compete": True})).json()
    assert types(again) == FULL


async def test_reopening_the_session_resets_the_preflights(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    simulation.preflights.orders_warm = True
    await gateway.post(INIT, json={"publish": True, "compete": False})
    assert simulation.preflights == PreflightState()


@pytest.mark.parametrize(
    "body", [{}, {"publish": "true"}, {"publish": None, "compete": True}, {"compete": True}]
)
async def test_opening_the_session_requires_publish(gateway: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await gateway.post(INIT, json=body)
    assert answer.status_code == 500
    assert "publish" in answer.json()["error"]


async def test_publish_false_gets_the_recorded_response(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.post(INIT, json={"publish": False, "compete": True})).status_code == 200


@pytest.mark.parametrize("options", [SimulationOptions(login=True, strict=False)])
async def test_a_missing_publish_is_accepted_unless_strict(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.post(INIT, json={"compete": True})).status_code == 200


async def test_compete_must_be_a_boolean(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post(INIT, json={"publish": True, "compete": "yes"})
    assert (answer.status_code, answer.json()["statusCode"]) == (400, 400)


async def test_the_session_is_unavailable_right_after_a_reset(
    gateway: httpx.AsyncClient, simulation: Simulation, skip: Skip
) -> None:
    simulation.session.reset()
    assert (await gateway.post(INIT, json={"publish": True, "compete": True})).status_code == 503
    skip(30)
    assert (await gateway.post(INIT, json={"publish": True, "compete": True})).status_code == 200


async def test_compete_true_takes_over_and_the_tickle_reports_competing(
    gateway: httpx.AsyncClient, skip: Skip
) -> None:
    await gateway.post("/simulator/compete", json={})
    tickle = (await gateway.post("/v1/api/tickle", json={})).json()
    assert tickle["iserver"]["authStatus"]["competing"] is True
    left = (await gateway.post(INIT, json={"publish": True, "compete": False})).json()
    assert left["competing"] is True
    assert (await gateway.get("/v1/api/iserver/accounts")).json()["error"] == "Bad Request: no bridge"
    await gateway.post(INIT, json={"publish": True, "compete": True})
    skip(1)
    assert (await gateway.get("/simulator/state")).json()["rival"] is False
    tickle = (await gateway.post("/v1/api/tickle", json={})).json()
    assert tickle["iserver"]["authStatus"]["competing"] is False
    assert tickle["iserver"]["authStatus"]["established"] is True


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_tickle_has_the_fields_of_the_gateway(gateway: httpx.AsyncClient, method: str) -> None:
    body = (await gateway.request(method, "/v1/api/tickle", json={})).json()
    assert types(body) == {
        "session": str,
        "ssoExpires": int,
        "collission": bool,
        "userId": int,
        "hmds": dict,
        "iserver": dict,
    }
    assert body["hmds"] == {"error": "no bridge"}
    assert types(body["iserver"]["authStatus"]) == FULL


@pytest.mark.parametrize("options", [LOGGED_OUT])
async def test_a_tickle_without_a_login_reports_no_session(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/v1/api/tickle", json={})
    assert (answer.status_code, answer.json()) == (200, {"error": "no session"})


async def test_only_tickling_keeps_the_session_alive(
    gateway: httpx.AsyncClient, simulation: Simulation, skip: Skip
) -> None:
    for _ in range(20):
        skip(60)
        await gateway.post("/v1/api/tickle", json={})
    assert simulation.session.state is LoginState.BROKERAGE
    skip(360)
    body = (await gateway.post("/v1/api/tickle", json={})).json()
    assert body["iserver"]["authStatus"]["authenticated"] is False
    assert body["iserver"]["authStatus"]["connected"] is True


async def test_login_validation_reports_the_remaining_time(gateway: httpx.AsyncClient, skip: Skip) -> None:
    first = (await gateway.get("/v1/api/sso/validate")).json()
    skip(60)
    second = (await gateway.get("/v1/api/sso/validate")).json()
    assert first["RESULT"] is True
    assert first["LOGIN_TYPE"] == 2
    assert first["EXPIRES"] - second["EXPIRES"] == 60_000
    assert second["AUTH_TIME"] == first["AUTH_TIME"]
    assert second["lastAccessed"] - first["lastAccessed"] == 60_000
    assert isinstance(first["features"], dict)


@pytest.mark.parametrize("options", [LOGGED_OUT])
@pytest.mark.parametrize(("method", "path"), [("GET", "/sso/validate"), ("POST", "/logout")])
async def test_validation_and_logout_require_a_login(
    gateway: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await gateway.request(method, f"/v1/api{path}", json={})
    assert (answer.status_code, answer.text) == (401, "Access Denied")


async def test_a_logout_ends_the_login(gateway: httpx.AsyncClient, simulation: Simulation) -> None:
    assert (await gateway.post("/v1/api/logout", json={})).json() == {"status": True}
    assert simulation.session.state is LoginState.NO_LOGIN


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_reauthenticate_opens_a_closed_session_and_reports_only_triggered(
    gateway: httpx.AsyncClient, simulation: Simulation, skip: Skip, method: str
) -> None:
    simulation.session.drop()
    answer = await gateway.request(method, "/v1/api/iserver/reauthenticate", json={})
    assert answer.json() == {"message": "triggered"}
    skip(1)
    assert simulation.session.state is LoginState.BROKERAGE


async def test_reauthenticate_reports_triggered_even_if_it_fails(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    simulation.session.reset()
    answer = await gateway.post("/v1/api/iserver/reauthenticate", json={})
    assert answer.json() == {"message": "triggered"}
    assert simulation.session.state is LoginState.SSO


@pytest.mark.parametrize("options", [LOGGED_OUT])
async def test_reauthenticate_without_a_login_is_an_error(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.post("/v1/api/iserver/reauthenticate", json={})).json() == {
        "error": "not logged in"
    }
