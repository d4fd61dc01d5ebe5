"""Session: the brokerage session, the browser login, and keeping both alive."""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.replies import ApiResponse, bad_request
from api_gateway.simulator.session.session import LoginState, MaintenanceError
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.guards import has_login, server_error, unavailable
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Session")

MAC = "02:00:5E:10:00:01"
HARDWARE_INFO = "5a1e0001|02:00:5E:10:00:01"
SERVER_INFO = {"serverName": "SimN00001", "serverVersion": "Build 10.40.0a, Jan 5, 2026 4:00:00 PM"}
USER_ID = 100000001
USER_NAME = "simulated1"


def auth_status(simulation: Simulation) -> dict[str, Any]:
    """Return the authentication object of auth/status, ssodh/init and tickle."""
    state = simulation.session.state
    if state is LoginState.NO_LOGIN:
        return logged_out_status()
    return {
        "authenticated": state in (LoginState.CONNECTING, LoginState.BROKERAGE),
        "established": state is LoginState.BROKERAGE,
        "competing": state is LoginState.COMPETING,
        "connected": True,
        "message": "",
        "MAC": MAC,
        "serverInfo": dict(SERVER_INFO),
        "hardware_info": HARDWARE_INFO,
    }


def logged_out_status() -> dict[str, Any]:
    """Return the short form of the authentication object, without a login."""
    return {"authenticated": False, "competing": False, "connected": False, "MAC": MAC}


def access_denied() -> ApiResponse:
    """Return the plain-text 401 that IBKR's edge sends without a login."""
    return ApiResponse(401, b"Access Denied", "text/plain")


@SECTION.route("POST", "/iserver/auth/ssodh/init", requires=RequiredSession.LOGIN)
def open_brokerage_session(simulation: Simulation, request: ApiRequest) -> Any:
    """Open the brokerage session, with `compete` by taking it over; IBKR's gateway gets a challenge first."""
    body = request.body if isinstance(request.body, dict) else {}
    publish, compete = body.get("publish"), body.get("compete", False)
    if not isinstance(compete, bool):
        raise bad_request("compete must be a boolean")
    by_gateway = "machineId" in body and "publish" not in body
    # IBKR's error text says that `publish` must be true; the recorded responses to false and true are equal.
    if not isinstance(publish, bool) and simulation.options.strict and not by_gateway:
        raise server_error("publish must be true")
    try:
        if by_gateway:
            return {"challenge": simulation.session.challenge(compete=compete)}
        simulation.session.init(compete=compete)
    except MaintenanceError:
        raise unavailable() from None
    if simulation.session.state is not LoginState.CONNECTING:
        return auth_status(simulation)
    return {
        "passed": True,
        "authenticated": True,
        "established": False,
        "connected": True,
        "competing": False,
        "hardware_info": HARDWARE_INFO,
    }


@SECTION.route("POST", "/iserver/auth/status", requires=RequiredSession.NONE)
@SECTION.route("GET", "/iserver/auth/status", requires=RequiredSession.NONE)
def brokerage_session_status(simulation: Simulation, request: ApiRequest) -> Any:
    """Return the brokerage session's status; in a shorter form without a login."""
    if not has_login(simulation, request):
        return access_denied() if simulation.variants.without_login == "401" else logged_out_status()
    return {**auth_status(simulation), "fail": ""}


@SECTION.route("POST", "/tickle", requires=RequiredSession.NONE)
@SECTION.route("GET", "/tickle", requires=RequiredSession.NONE)
def tickle(simulation: Simulation, request: ApiRequest) -> Any:
    """Keep the session alive, and return its status."""
    if not has_login(simulation, request):
        return access_denied() if simulation.variants.without_login == "401" else {"error": "no session"}
    return {
        "session": simulation.session.token,
        "ssoExpires": simulation.session.login_expires_ms,
        "collission": False,
        "userId": USER_ID,
        "hmds": {"error": "no bridge"},
        "iserver": {"authStatus": auth_status(simulation)},
    }


@SECTION.route("GET", "/sso/validate", requires=RequiredSession.LOGIN)
def validate_login(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """Return whether, and for how long, the login is valid. `LOGIN_TYPE` is 2 for paper, 1 for live."""
    return {
        "USER_ID": USER_ID,
        "USER_NAME": USER_NAME,
        "RESULT": True,
        "AUTH_TIME": int((simulation.session.logged_in_at or 0) * 1000),
        "SF_ENABLED": False,
        "IS_FREE_TRIAL": False,
        "CREDENTIAL": USER_NAME,
        "IP": "127.0.0.1",
        "EXPIRES": simulation.session.login_expires_ms,
        "QUALIFIED_FOR_MOBILE_AUTH": None,
        "LANDING_APP": "UNIVERSAL",
        "IS_MASTER": simulation.profile.master is not None,
        "lastAccessed": simulation.clock.now_ms(),
        "LOGIN_TYPE": 2 if simulation.profile.paper else 1,
        "PAPER_USER_NAME": USER_NAME,
        "features": {
            "env": "PROD",
            "wlms": True,
            "realtime": True,
            "bond": True,
            "optionChains": True,
            "calendar": True,
            "newMf": True,
        },
        "region": "NJ",
    }


@SECTION.route("POST", "/logout", requires=RequiredSession.LOGIN)
def logout(simulation: Simulation, request: ApiRequest) -> Any:  # noqa: ARG001
    """End the login."""
    simulation.session.logout()
    return {"status": True}


@SECTION.route("GET", "/iserver/reauthenticate", requires=RequiredSession.NONE)
@SECTION.route("POST", "/iserver/reauthenticate", requires=RequiredSession.NONE)
def reauthenticate(simulation: Simulation, request: ApiRequest) -> Any:
    """Open the brokerage session the deprecated way; the gateway itself responds at once, and competes."""
    if not has_login(simulation, request):
        return {"error": "not logged in"}
    if simulation.session.state in (LoginState.SSO, LoginState.COMPETING):
        try:
            simulation.session.init(compete=True)
        except MaintenanceError:
            # The gateway has already responded "triggered", and never reports the failure.
            return {"message": "triggered"}
    return {"message": "triggered"}
