from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx

from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation, SimulationOptions


def test_simulation_starts_logged_out_by_default(clock: Clock) -> None:
    assert Simulation(clock=clock).session.state is LoginState.NO_LOGIN
    assert Simulation(SimulationOptions(login=True), clock).session.state is LoginState.BROKERAGE


def test_simulations_share_no_state(clock: Clock) -> None:
    one, other = (
        Simulation(SimulationOptions(login=True), clock),
        Simulation(SimulationOptions(login=True), clock),
    )
    one.session.logout()
    one.preflights.searched_conids.add(265598)
    assert other.session.state is LoginState.BROKERAGE
    assert other.preflights.searched_conids == set()


async def test_a_simulated_day_of_requests_takes_no_real_time() -> None:
    start = datetime(2026, 3, 3, 0, 30, tzinfo=ZoneInfo("America/New_York")).timestamp()
    clock = Clock(start=start, frozen=True)
    simulation = Simulation(SimulationOptions(login=True), clock)
    transport = httpx.ASGITransport(app=create_app(simulation))
    states: Counter[LoginState] = Counter()
    before = time.monotonic()
    async with httpx.AsyncClient(transport=transport, base_url="https://localhost") as client:
        for _ in range(24 * 12):
            clock.advance(300)
            body = (await client.post("/v1/api/tickle", json={})).json()
            states[simulation.session.state] += 1
            if body.get("iserver", {}).get("authStatus", {}).get("authenticated") is False:
                await client.post("/v1/api/iserver/auth/ssodh/init", json={"publish": True, "compete": True})
    assert time.monotonic() - before < 20
    # Closed at one o'clock and unavailable for a moment, so closed once more five minutes later; logged out
    # from midnight to half past; open in between.
    assert states == {LoginState.BROKERAGE: 24 * 12 - 9, LoginState.SSO: 2, LoginState.NO_LOGIN: 7}
