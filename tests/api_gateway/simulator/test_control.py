from __future__ import annotations

from typing import Any

import httpx
import pytest

from api_gateway.simulator.clock import Clock
from api_gateway.simulator.control import COMMANDS
from api_gateway.simulator.order_behaviour import OrderBehaviour
from api_gateway.simulator.orders.order import OrderStatus
from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation, SimulationOptions


async def run_command(gateway: httpx.AsyncClient, name: str, **body: Any) -> dict[str, Any]:
    answer = await gateway.post(f"/simulator/{name}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_state_contains_session_clock_and_accounts(gateway: httpx.AsyncClient, noon: float) -> None:
    state = (await gateway.get("/simulator/state")).json()
    assert state["state"] == "BROKERAGE"
    assert state["now"] == noon
    assert state["time"] == "2026-03-03T17:00:00+00:00"
    assert state["loginExpiresMs"] == 12 * 3600 * 1000
    assert state["faults"] == []


async def test_control_lists_its_commands(gateway: httpx.AsyncClient) -> None:
    explained = (await gateway.get("/simulator")).json()
    assert set(explained) == {"GET /simulator/state", *(f"POST /simulator/{name}" for name in COMMANDS)}
    assert all(explained.values())


async def test_control_needs_no_user_agent_and_no_body(gateway: httpx.AsyncClient) -> None:
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
async def test_session_commands_change_the_session_state(
    gateway: httpx.AsyncClient, name: str, state: str
) -> None:
    assert (await run_command(gateway, name))["state"] == state


async def test_leave_command_frees_the_session_for_the_next_init(gateway: httpx.AsyncClient) -> None:
    await run_command(gateway, "compete")
    left = await run_command(gateway, "leave")
    assert (left["state"], left["rival"]) == ("SSO", False)


async def test_reading_the_state_does_not_restart_the_idle_timeout(gateway: httpx.AsyncClient) -> None:
    await run_command(gateway, "advance", seconds=300)
    await gateway.get("/simulator/state")
    assert (await run_command(gateway, "advance", seconds=60))["state"] == "SSO"


async def test_clock_commands_advance_resume_and_freeze_the_clock(
    gateway: httpx.AsyncClient, clock: Clock, noon: float
) -> None:
    assert (await run_command(gateway, "advance", seconds=90.5))["now"] == noon + 90.5
    assert (await run_command(gateway, "release"))["held"] is False
    assert clock.now() >= noon + 90.5
    assert (await run_command(gateway, "hold"))["held"] is True


async def test_midnight_command_advances_to_midnight_in_new_york(
    gateway: httpx.AsyncClient, noon: float
) -> None:
    assert (await run_command(gateway, "midnight"))["now"] == noon + 12 * 3600


async def test_price_command_overrides_a_price_until_null(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    apple = simulation.universe.by_conid(265598)
    assert apple is not None
    await run_command(gateway, "price", conid=265598, price=123.45)
    assert simulation.prices.quote(apple).last == pytest.approx(123.45)
    await run_command(gateway, "price", conid=265598, price=None)
    await run_command(gateway, "advance", seconds=60)
    assert simulation.prices.quote(apple).last != pytest.approx(123.45)


async def test_halt_command_halts_and_resumes_an_instrument(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    apple = simulation.universe.by_conid(265598)
    assert apple is not None
    await run_command(gateway, "halt", conid=265598)
    assert simulation.prices.quote(apple).halted
    await run_command(gateway, "halt", conid=265598, halted=False)
    assert not simulation.prices.quote(apple).halted


async def test_fault_commands_add_and_clear_faults(gateway: httpx.AsyncClient) -> None:
    script = {
        "match": {"path": "/tickle"},
        "when": {"times": 1},
        "do": {"status": 503, "body": {"error": "busy"}},
    }
    assert (await run_command(gateway, "fault", **script))["faults"] == [{**script, "seen": 0, "fired": 0}]
    assert (await gateway.post("/v1/api/tickle", json={})).status_code == 503
    assert (await gateway.post("/v1/api/tickle", json={})).status_code == 200
    assert (await run_command(gateway, "faults/clear"))["faults"] == []


@pytest.mark.parametrize("options", [SimulationOptions(login=True)])
async def test_pardon_command_ends_the_penalty_that_the_state_reports(gateway: httpx.AsyncClient) -> None:
    for _ in range(11):
        await gateway.post("/v1/api/iserver/auth/status", json={})
    assert (await gateway.get("/simulator/state")).json()["secondsInPenaltyBox"] == 600
    assert (await run_command(gateway, "pardon"))["secondsInPenaltyBox"] == 0
    assert (await gateway.post("/v1/api/tickle", json={})).status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("advance", "{}", "'seconds'"),
        ("advance", '{"seconds": -1}', "greater than or equal to 0"),
        ("advance", '{"seconds": 1e300}', "less than or equal to"),
        ("advance", '{"seconds": "soon"}', "number"),
        ("advance", '{"seconds": NaN}', "finite"),
        ("advance", '{"second": 1}', "Supported fields: seconds."),
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
async def test_an_invalid_body_is_rejected_with_a_reason_and_changes_nothing(
    gateway: httpx.AsyncClient, name: str, body: str, says: str
) -> None:
    before = (await gateway.get("/simulator/state")).json()
    answer = await gateway.post(f"/simulator/{name}", content=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert answer.json()["error"].endswith(".")
    assert (await gateway.get("/simulator/state")).json() == before


@pytest.mark.parametrize("name", ["dance", "", "state/x"])
async def test_an_unknown_command_is_404(gateway: httpx.AsyncClient, name: str) -> None:
    assert (await gateway.post(f"/simulator/{name}", json={})).status_code == 404


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_a_command_is_not_run_by_get(
    gateway: httpx.AsyncClient, simulation: Simulation, name: str
) -> None:
    assert (await gateway.get(f"/simulator/{name}")).status_code == 405
    assert simulation.session.state is LoginState.BROKERAGE


@pytest.mark.parametrize("options", [SimulationOptions(login=True, control=False)])
@pytest.mark.parametrize(("method", "name"), [("GET", "state"), ("POST", "logout")])
async def test_control_can_be_disabled(gateway: httpx.AsyncClient, method: str, name: str) -> None:
    assert (await gateway.request(method, f"/simulator/{name}", json={})).status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:8000", "null", ""])
async def test_control_rejects_a_cross_site_request(
    gateway: httpx.AsyncClient, simulation: Simulation, origin: str
) -> None:
    assert (await gateway.get("/simulator/state", headers={"origin": origin})).status_code == 403
    assert (await gateway.post("/simulator/logout", headers={"origin": origin})).status_code == 403
    assert simulation.session.state is LoginState.BROKERAGE


async def test_reject_command_deactivates_a_working_order_and_cancels_its_children(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    open_order = next(
        o for o in simulation.selected_account.live_orders() if o.status is OrderStatus.SUBMITTED
    )
    child = simulation.selected_account.add_working_order(
        open_order.conid, "SELL", 1, "MKT", at=simulation.clock.now()
    )
    child.parent_id = open_order.order_id
    await run_command(gateway, "reject", order=open_order.order_id)
    assert open_order.status is OrderStatus.INACTIVE
    assert child.status is OrderStatus.PENDING_CANCEL
    again = await gateway.post("/simulator/reject", json={"order": open_order.order_id})
    assert again.status_code == 400
    assert str(open_order.order_id) in again.json()["error"]


async def test_due_events_happen_before_a_command_runs(
    gateway: httpx.AsyncClient, simulation: Simulation, clock: Clock
) -> None:
    waiting = simulation.selected_account.add_working_order(265598, "BUY", 1, "MKT", at=clock.now())
    clock.advance(60)
    await run_command(gateway, "halt", conid=265598)
    assert waiting.status is OrderStatus.FILLED


async def test_prompt_command_offers_price_management_for_a_working_order(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    (order,) = [each for each in simulation.selected_account.orders.values() if each.status.is_working]
    await run_command(gateway, "prompt", order=order.order_id)
    assert order.status is OrderStatus.WARN_STATE
    assert [prompt.order_id for prompt in simulation.preflights.prompts.values()] == [order.order_id]
    answer = await gateway.post("/simulator/prompt", json={"order": 1})
    assert (answer.status_code, "No working order" in answer.json()["error"]) == (400, True)


async def test_orders_command_changes_only_the_given_fields(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    await run_command(gateway, "orders", duplicate_status=400)
    state = await run_command(gateway, "orders", cancel_seconds=3)
    assert simulation.order_behaviour == OrderBehaviour(duplicate_status=400, cancel_seconds=3)
    assert state["orders"] == simulation.order_behaviour.model_dump()


@pytest.mark.parametrize("body", [{"duplicate_status": 500}, {"cancel_seconds": -1}, {"speed": 1}])
async def test_orders_command_rejects_unknown_fields_and_values(
    gateway: httpx.AsyncClient, simulation: Simulation, body: dict[str, Any]
) -> None:
    assert (await gateway.post("/simulator/orders", json=body)).status_code == 400
    assert simulation.order_behaviour == OrderBehaviour()
