from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.control import COMMANDS
from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation, SimulationOptions


async def order(gateway: httpx.AsyncClient, name: str, **body: Any) -> dict[str, Any]:
    answer = await gateway.post(f"/simulator/{name}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_state_tells_what_a_test_wants_to_know(gateway: httpx.AsyncClient, noon: float) -> None:
    state = (await gateway.get("/simulator/state")).json()
    assert state["state"] == "BROKERAGE"
    assert state["now"] == noon
    assert state["time"] == "2026-03-03T17:00:00+00:00"
    assert state["loginExpiresMs"] == 12 * 3600 * 1000
    assert state["faults"] == []


async def test_the_control_explains_itself(gateway: httpx.AsyncClient) -> None:
    explained = (await gateway.get("/simulator")).json()
    assert set(explained) == {"GET /simulator/state", *(f"POST /simulator/{name}" for name in COMMANDS)}
    assert all(explained.values())


async def test_the_control_needs_no_user_agent_and_no_body(gateway: httpx.AsyncClient) -> None:
    del gateway.headers["user-agent"]
    assert (await gateway.get("/simulator/state")).status_code == 200
    assert (await gateway.post("/simulator/logout")).json()["state"] == "NO_LOGIN"


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("login", "CONNECTING"),
        ("logout", "NO_LOGIN"),
        ("drop", "SSO"),
        ("reset", "SSO"),
        ("compete", "COMPETING"),
        ("idle", "SSO"),
        ("midnight", "NO_LOGIN"),
    ],
)
async def test_the_session_can_be_moved(gateway: httpx.AsyncClient, name: str, state: str) -> None:
    assert (await order(gateway, name))["state"] == state


async def test_another_program_leaves_the_session_to_whoever_opens_it(gateway: httpx.AsyncClient) -> None:
    await order(gateway, "compete")
    left = await order(gateway, "leave")
    assert (left["state"], left["rival"]) == ("SSO", False)


async def test_asking_for_the_state_does_not_keep_the_session_open(gateway: httpx.AsyncClient) -> None:
    await order(gateway, "advance", seconds=300)
    await gateway.get("/simulator/state")
    assert (await order(gateway, "advance", seconds=60))["state"] == "SSO"


async def test_the_clock_can_be_moved_released_and_held(
    gateway: httpx.AsyncClient, clock: Clock, noon: float
) -> None:
    assert (await order(gateway, "advance", seconds=90.5))["now"] == noon + 90.5
    assert (await order(gateway, "release"))["held"] is False
    assert clock.now() >= noon + 90.5
    assert (await order(gateway, "hold"))["held"] is True


async def test_midnight_is_that_of_new_york(gateway: httpx.AsyncClient, noon: float) -> None:
    assert (await order(gateway, "midnight"))["now"] == noon + 12 * 3600


async def test_a_price_can_be_pinned_and_let_go(gateway: httpx.AsyncClient, simulation: Simulation) -> None:
    apple = simulation.universe.by_conid(265598)
    assert apple is not None
    await order(gateway, "price", conid=265598, price=123.45)
    assert simulation.prices.quote(apple).last == pytest.approx(123.45)
    await order(gateway, "price", conid=265598, price=None)
    await order(gateway, "advance", seconds=60)
    assert simulation.prices.quote(apple).last != pytest.approx(123.45)


async def test_an_instrument_can_be_halted_and_resumed(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    apple = simulation.universe.by_conid(265598)
    assert apple is not None
    await order(gateway, "halt", conid=265598)
    assert simulation.prices.quote(apple).halted
    await order(gateway, "halt", conid=265598, halted=False)
    assert not simulation.prices.quote(apple).halted


async def test_faults_are_put_in_force_and_cleared(gateway: httpx.AsyncClient) -> None:
    script = {
        "match": {"path": "/tickle"},
        "when": {"times": 1},
        "do": {"status": 503, "body": {"error": "busy"}},
    }
    assert (await order(gateway, "fault", **script))["faults"] == [{**script, "seen": 0, "fired": 0}]
    assert (await gateway.post("/v1/api/tickle", json={})).status_code == 503
    assert (await gateway.post("/v1/api/tickle", json={})).status_code == 200
    assert (await order(gateway, "faults/clear"))["faults"] == []


@pytest.mark.parametrize("options", [SimulationOptions(login=True)])
async def test_the_penalty_box_is_shown_and_can_be_left(gateway: httpx.AsyncClient) -> None:
    for _ in range(11):
        await gateway.post("/v1/api/iserver/auth/status", json={})
    assert (await gateway.get("/simulator/state")).json()["secondsInPenaltyBox"] == 600
    assert (await order(gateway, "pardon"))["secondsInPenaltyBox"] == 0
    assert (await gateway.post("/v1/api/tickle", json={})).status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("advance", "{}", "'seconds'"),
        ("advance", '{"seconds": -1}', "greater than or equal to 0"),
        ("advance", '{"seconds": 1e300}', "less than or equal to"),
        ("advance", '{"seconds": "soon"}', "number"),
        ("advance", '{"seconds": NaN}', "finite"),
        ("advance", '{"second": 1}', "It takes seconds."),
        ("advance", "soon", "JSON"),
        ("advance", "[]", "object"),
        ("login", '{"user": "me"}', "'user'"),
        ("price", '{"conid": 1, "price": 2}', "no instrument with conid 1"),
        ("price", '{"conid": 265598, "price": 0}', "greater than 0"),
        ("halt", '{"conid": "AAPL"}', "'conid'"),
        ("fault", '{"do": {"statos": 500}}', "'do.statos'"),
        ("fault", "{}", "'do'"),
    ],
)
async def test_bad_input_gets_a_sentence_and_changes_nothing(
    gateway: httpx.AsyncClient, name: str, body: str, says: str
) -> None:
    before = (await gateway.get("/simulator/state")).json()
    answer = await gateway.post(f"/simulator/{name}", content=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert answer.json()["error"].endswith(".")
    assert (await gateway.get("/simulator/state")).json() == before


@pytest.mark.parametrize("name", ["dance", "", "state/x"])
async def test_an_unknown_order_is_not_found(gateway: httpx.AsyncClient, name: str) -> None:
    assert (await gateway.post(f"/simulator/{name}", json={})).status_code == 404


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_an_order_is_not_given_by_reading(
    gateway: httpx.AsyncClient, simulation: Simulation, name: str
) -> None:
    assert (await gateway.get(f"/simulator/{name}")).status_code == 405
    assert simulation.session.state is LoginState.BROKERAGE


@pytest.mark.parametrize("options", [SimulationOptions(login=True, control=False)])
@pytest.mark.parametrize(("method", "name"), [("GET", "state"), ("POST", "logout")])
async def test_the_control_can_be_switched_off(gateway: httpx.AsyncClient, method: str, name: str) -> None:
    assert (await gateway.request(method, f"/simulator/{name}", json={})).status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:8000", "null", ""])
async def test_a_page_of_another_site_gets_nothing(
    gateway: httpx.AsyncClient, simulation: Simulation, origin: str
) -> None:
    assert (await gateway.get("/simulator/state", headers={"origin": origin})).status_code == 403
    assert (await gateway.post("/simulator/logout", headers={"origin": origin})).status_code == 403
    assert simulation.session.state is LoginState.BROKERAGE


async def test_a_working_order_can_be_refused_by_the_exchange(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    open_order = next(
        o for o in simulation.selected_account.live_orders() if o.status is OrderStatus.SUBMITTED
    )
    child = simulation.selected_account.add_working_order(
        open_order.conid, "SELL", 1, "MKT", at=simulation.clock.now()
    )
    child.parent_id = open_order.order_id
    await order(gateway, "reject", order=open_order.order_id)
    assert open_order.status is OrderStatus.INACTIVE
    assert child.status is OrderStatus.PENDING_CANCEL
    again = await gateway.post("/simulator/reject", json={"order": open_order.order_id})
    assert (again.status_code, again.json()) == (
        400,
        {"error": f"No working order has the number {open_order.order_id}."},
    )


async def test_what_was_due_happens_before_the_control_acts(
    gateway: httpx.AsyncClient, simulation: Simulation, clock: Clock
) -> None:
    waiting = simulation.selected_account.add_working_order(265598, "BUY", 1, "MKT", at=clock.now())
    clock.advance(60)
    await order(gateway, "halt", conid=265598)
    assert waiting.status is OrderStatus.FILLED
