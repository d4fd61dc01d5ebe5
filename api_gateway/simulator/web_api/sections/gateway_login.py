"""What IBKR's own gateway asks after a browser login, and no client does.

No reference names these. They are what the gateway was seen to ask when it is put in front of a simulator:
the login's user, a key, and the response to a challenge, which is not verified here.
"""

from __future__ import annotations

from hashlib import sha1
from typing import Any

from api_gateway.simulator.session.session import MaintenanceError
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section, bad_request
from api_gateway.simulator.web_api.sections.session import USER_ID, USER_NAME, auth_status, unavailable

SECTION = Section("Gateway login")


@SECTION.route("GET", "/one/user", requires=RequiredSession.LOGIN)
def user(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Who has logged in."""
    return {
        "username": USER_NAME,
        "userId": USER_ID,
        "features": {"env": "PROD", "realtime": True},
        "accts": {account: {"isPaper": simulation.profile.paper} for account in simulation.accounts},
    }


@SECTION.route("GET", "/ssodh/init", requires=RequiredSession.LOGIN)
def begin_key_exchange(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """The exchange of a key has begun."""
    return {"success": True}


@SECTION.route("GET", "/ssodh/st", requires=RequiredSession.LOGIN)
def login_key(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """The key, in hex, another one for every login."""
    # Nothing is protected by it; it has the length of the gateway's own digests.
    return {"st": sha1(simulation.session.token.encode(), usedforsecurity=False).hexdigest()}


@SECTION.route("POST", "/iserver/auth/ssodh/response", requires=RequiredSession.LOGIN)
def respond_to_challenge(simulation: Simulation, request: ApiRequest) -> Any:
    """Open the brokerage session, after the challenge that `/iserver/auth/ssodh/init` has put."""
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
    """End the login, as the gateway does when a tickle tells it that the brokerage session is closed."""
    simulation.session.logout()
    return {"status": True}
