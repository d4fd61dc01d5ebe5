from __future__ import annotations

import httpx
import pytest

from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.variants import Variants
from api_gateway.simulator.web_api.login_cookies import carries_login

BEHIND = SimulationOptions(rate_limits=False, behind_gateway=True)
TICKLE = "/v1/api/tickle"
STATUS = "/v1/api/iserver/auth/status"


def test_as_a_gateway_the_simulator_needs_no_cookies(simulation: Simulation) -> None:
    assert carries_login(simulation, {})


@pytest.mark.parametrize("options", [BEHIND])
def test_behind_a_gateway_every_cookie_of_the_current_login_is_needed(simulation: Simulation) -> None:
    simulation.session.login()
    cookies = simulation.session.login_cookies
    assert carries_login(simulation, {**cookies, "USERID": "1"})
    for name in cookies:
        assert not carries_login(simulation, {**cookies, name: "wrong"})
        assert not carries_login(simulation, {other: cookies[other] for other in cookies if other != name})
    simulation.session.login()
    assert not carries_login(simulation, cookies)


@pytest.mark.parametrize("options", [BEHIND])
async def test_a_login_sets_the_cookies_that_requests_need(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    await gateway.post("/sso/Dispatcher")
    simulation.clock.advance(2)
    assert (await gateway.get("/v1/api/iserver/accounts")).status_code == 200
    assert "session" in (await gateway.post(TICKLE, json={})).json()
    assert (await gateway.get("/sso/ping")).status_code == 200
    gateway.cookies.clear()
    assert (await gateway.get("/v1/api/iserver/accounts")).status_code == 401
    assert (await gateway.get("/v1/api/portfolio/accounts")).status_code == 401
    assert (await gateway.get("/sso/ping")).status_code == 401
    assert (await gateway.get("/sso/LoggedIn")).status_code == 302
    assert simulation.session.state is LoginState.BROKERAGE


@pytest.mark.parametrize("options", [BEHIND])
async def test_a_tickle_without_the_cookies_gets_either_logged_out_response(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    simulation.session.establish()
    assert (await gateway.post(TICKLE, json={})).json() == {"error": "no session"}
    assert (await gateway.post(STATUS, json={})).json()["authenticated"] is False
    assert (await gateway.post("/v1/api/iserver/reauthenticate", json={})).json() == {
        "error": "not logged in"
    }
    simulation.variants = Variants(without_login="401")
    for path in (TICKLE, STATUS):
        answer = await gateway.post(path, json={})
        assert (answer.status_code, answer.text) == (401, "Access Denied")


@pytest.mark.parametrize("options", [BEHIND])
async def test_requests_without_the_cookies_do_not_keep_the_session_alive_and_supersede_no_question(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    simulation.session.establish()
    began = simulation.session.last_request
    simulation.clock.advance(5)
    await gateway.post(TICKLE, json={})
    await gateway.get("/v1/api/iserver/accounts")
    assert simulation.session.last_request == began
