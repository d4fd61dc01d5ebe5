"""The cookies of the login: behind IBKR's gateway, a request without them has no login."""

from __future__ import annotations

from collections.abc import Mapping

from api_gateway.simulator.session.session import LoginState
from api_gateway.simulator.simulation import Simulation


def carries_login(simulation: Simulation, cookies: Mapping[str, str]) -> bool:
    """True if a request with these cookies belongs to the login, or none are needed.

    IBKR's gateway keeps the cookies itself and needs none from its clients, so the simulator demands them
    only where it plays IBKR behind that gateway. Without a login, there are none to demand.
    """
    session = simulation.session
    if not simulation.options.behind_gateway or session.state is LoginState.NO_LOGIN:
        return True
    return all(cookies.get(name) == value for name, value in session.login_cookies.items())
