"""A simulator in process, on a frozen clock that only the test advances."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from api_gateway.simulator.app import create_app
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.simulation import Simulation, SimulationOptions


@pytest.fixture
def noon() -> float:
    """Noon in New York on a Tuesday, in seconds since 1970."""
    return datetime(2026, 3, 3, 12, tzinfo=ZoneInfo("America/New_York")).timestamp()


@pytest.fixture
def clock(noon: float) -> Clock:
    """A clock that is frozen at noon."""
    return Clock(start=noon, frozen=True)


@pytest.fixture
def options() -> SimulationOptions:
    """The options of the simulation; a test module or a parametrized test may override them."""
    return SimulationOptions(login=True, rate_limits=False)


@pytest.fixture
def simulation(options: SimulationOptions, clock: Clock) -> Simulation:
    """A simulation at noon."""
    return Simulation(options, clock)


@pytest.fixture
async def gateway(simulation: Simulation) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client for the whole simulator; `/v1/api` is part of the paths."""
    transport = httpx.ASGITransport(app=create_app(simulation))
    async with httpx.AsyncClient(transport=transport, base_url="https://localhost:5055") as client:
        yield client


@pytest.fixture
def skip(clock: Clock) -> Callable[[float], None]:
    """A function that advances the clock by seconds."""
    return clock.advance
