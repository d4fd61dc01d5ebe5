"""Requests that IBKR's own gateway sends after a browser login, and clients never do.

They are undocumented; a gateway in front of a simulator was observed to send them: the login's user, a key,
and the response to a challenge, which is not verified here.
"""

from __future__ import annotations

from hashlib import sha1
from typing import Any

from api_gateway.simulator.replies import bad_request
from api_gateway.simulator.session.session import MaintenanceError
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import unavailable
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section
from api_gateway.simulator.web_api.sections.session import USER_ID, USER_NAME, auth_status

SECTION = Section("Gateway login")


@SECTION.route("GET", "/one/user", requires=RequiredSession.LOGIN)
def user(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the user who has logged in."""
    return {
        "username": USER_NAME,
        "userId": USER_ID,
        "features": {"env": "PROD", "realtime": True},
        "accts": {account: {"isPaper": simulation.profile.paper} for account in simulation.accounts},
    }


@SECTION.route("GET", "/ssodh/init", requires=RequiredSession.LOGIN)
def begin_key_exchange(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Acknowledge the start of a key exchange."""
    return {"success": True}


@SECTION.route("GET", "/ssodh/st", requires=RequiredSession.LOGIN)
def login_key(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return the login's key, in hex, different for each login."""
    # It protects nothing; it has the length of the gateway's own digests.
    return {"st": sha1(simulation.session.token.encode(), usedforsecurity=False).hexdigest()}


@SECTION.route("POST", "/iserver/auth/ssodh/response", requires=RequiredSession.LOGIN)
def respond_to_challenge(simulation: Simulation, request: ApiRequest) -> Any:
    """Open the brokerage session, in response to the challenge of `/iserver/auth/ssodh/init`."""
    response = request.body.get("response") if isinstance(request.body, dict) else None
    if not isinstance(response, str) or not response:
        raise bad_request("response expected")
    try:
        challenged = simulation.session.respond()
    except MaintenanceError:
        raise unavailable() from None
    if not challenged:
        raise bad_request("no challenge")
    return {"passed": True, **auth_status(simulation)}


@SECTION.route("GET", "/logout", requires=RequiredSession.LOGIN)
def logout_by_gateway(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """End the login, as the gateway does when a tickle reports a closed brokerage session."""
    simulation.session.logout()
    return {"status": True}
