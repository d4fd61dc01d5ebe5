from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation, SimulationOptions

Skip = Callable[[float], None]
INIT = "/v1/api/iserver/auth/ssodh/init"
RESPONSE = "/v1/api/iserver/auth/ssodh/response"
MACHINE = {"username": "simulated1", "machineId": "257652e1", "compete": True}


@pytest.mark.parametrize("prefix", ["/v1/api", "/v1/portal"])
async def test_the_login_has_a_user_and_a_key_in_hex(gateway: httpx.AsyncClient, prefix: str) -> None:
    gateway.headers["user-agent"] = "ClientPortalGW/1"
    validated = (await gateway.get(f"{prefix}/sso/validate?gw=1")).json()
    user = (await gateway.get(f"{prefix}/one/user")).json()
    assert user["username"] == validated["USER_NAME"]
    assert (await gateway.get(f"{prefix}/ssodh/init")).json() == {"success": True}
    assert re.fullmatch("[0-9a-f]{40}", (await gateway.get(f"{prefix}/ssodh/st")).json()["st"])


@pytest.mark.parametrize("options", [SimulationOptions()])
@pytest.mark.parametrize("path", ["/one/user", "/ssodh/init", "/ssodh/st", "/logout"])
async def test_user_and_key_require_a_login(gateway: httpx.AsyncClient, path: str) -> None:
    assert (await gateway.get(f"/v1/api{path}")).status_code == 401


async def test_the_gateway_opens_the_session_by_responding_to_a_challenge(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    simulation.session.drop()
    challenged = (await gateway.post(INIT, json=MACHINE)).json()
    assert list(challenged) == ["challenge"]
    assert int(challenged["challenge"], 16)
    assert (await gateway.get("/v1/api/iserver/accounts")).json()["error"] == "Bad Request: no bridge"
    opened = (await gateway.post(RESPONSE, json={"response": "a" * 40})).json()
    assert (opened["passed"], opened["authenticated"], opened["competing"]) == (True, True, False)
    assert simulation.session.state is LoginState.BROKERAGE


@pytest.mark.parametrize(("compete", "state"), [(True, LoginState.BROKERAGE), (False, LoginState.COMPETING)])
async def test_the_gateway_takes_over_a_session_only_with_compete(
    gateway: httpx.AsyncClient, simulation: Simulation, compete: bool, state: LoginState
) -> None:
    simulation.session.displace()
    await gateway.post(INIT, json={**MACHINE, "compete": compete})
    answer = (await gateway.post(RESPONSE, json={"response": "a" * 40})).json()
    assert answer["competing"] is not compete
    assert simulation.session.state is state


async def test_a_challenge_can_be_used_once(gateway: httpx.AsyncClient, simulation: Simulation) -> None:
    simulation.session.drop()
    assert (await gateway.post(RESPONSE, json={"response": "aa"})).status_code == 400
    await gateway.post(INIT, json=MACHINE)
    bodies: tuple[Any, ...] = ({}, {"response": ""}, {"response": 7}, [])
    for body in bodies:
        assert (await gateway.post(RESPONSE, json=body)).status_code == 400
    assert (await gateway.post(RESPONSE, json={"response": "aa"})).status_code == 200
    assert (await gateway.post(RESPONSE, json={"response": "aa"})).status_code == 400


async def test_a_challenge_expires_with_its_login(gateway: httpx.AsyncClient, simulation: Simulation) -> None:
    await gateway.post(INIT, json=MACHINE)
    simulation.session.login()
    assert (await gateway.post(RESPONSE, json={"response": "aa"})).status_code == 400


async def test_no_challenge_is_issued_right_after_a_reset(
    gateway: httpx.AsyncClient, simulation: Simulation, skip: Skip
) -> None:
    await gateway.post(INIT, json=MACHINE)
    simulation.session.reset()
    assert (await gateway.post(INIT, json=MACHINE)).status_code == 503
    assert (await gateway.post(RESPONSE, json={"response": "aa"})).status_code == 503
    skip(30)
    assert (await gateway.post(INIT, json=MACHINE)).status_code == 200


async def test_the_gateway_logs_out_with_a_get(gateway: httpx.AsyncClient, simulation: Simulation) -> None:
    assert (await gateway.get("/v1/api/logout")).json() == {"status": True}
    assert simulation.session.state is LoginState.NO_LOGIN
