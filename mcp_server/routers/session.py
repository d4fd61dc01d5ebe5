"""Session: the browser login, and the brokerage session on top of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from mcp_server.rest.parameters import Gateway
from mcp_server.rest.relay import Json

router = APIRouter(tags=["Session"])


@router.post("/iserver/auth/ssodh/init")
async def open_brokerage_session(
    gateway: Gateway,
    compete: Annotated[
        bool, Body(embed=True, description="true: take it over from TWS, the phone app or another program.")
    ] = False,
) -> Json:
    """Open the brokerage session that quotes, contracts, orders and trades need.

    Ready when the result has `established`: true; if not, call `get_session_status` in a second. A username
    has one brokerage session: `competing` means that another program holds it, and `compete` disconnects
    that program. Needs the browser login.
    \f
    Source: IBKR Web API reference, "Initialize Brokerage Session".
    Found by: connect, reconnect, reauthenticate, start trading session, initialise, ssodh init, no
    bridge, kick out TWS, disconnected, session was lost or taken over, log in to brokerage.
    """
    return await gateway.post("/iserver/auth/ssodh/init", body={"publish": True, "compete": compete})


@router.post("/iserver/auth/status")
async def get_session_status(gateway: Gateway) -> Json:
    """Check whether the brokerage session is open.

    Check `established`: with `authenticated` alone, results are empty. `competing`: another
    program with the same username holds the session. `connected` false: no browser login.
    \f
    Source: IBKR Web API reference, "Authentication Status".
    Found by: am I connected, am I logged in, auth status, connection check, is the gateway up, is IBKR
    online, health, is TWS logged in elsewhere, why is everything empty.
    """
    return await gateway.post("/iserver/auth/status")


@router.post("/tickle")
async def tickle(gateway: Gateway) -> Json:
    """Keep the session alive and report when the login expires.

    Not needed while the ticker runs: it does this every minute, and two within a second can block this login
    for ten minutes (429). Use `get_session_status` instead. `ssoExpires` is in ms. The session token is
    removed.
    \f
    Source: IBKR Web API reference, "Ping the server".
    Found by: ping, keepalive, heartbeat, keep alive, prevent timeout, extend the session, session expiry,
    when will I be logged off.
    """
    return await gateway.tickle()


@router.get("/sso/validate")
async def validate_sso(gateway: Gateway) -> Json:
    """Show who is logged in and when the login expires.

    `RESULT` true: valid; `EXPIRES`: ms left; `LOGIN_TYPE` (or `loginType`): 1 live, 2 paper. At most one
    request a minute.
    \f
    Source: IBKR Web API reference, "Validate SSO".
    Found by: who am I, username, user name, which user is signed in, single sign-on, session expiry, is
    this a live or paper login, token validity.
    """
    return await gateway.get("/sso/validate")


@router.post("/logout")
async def logout(gateway: Gateway) -> Json:
    """End the gateway's browser login.

    Every program that uses this gateway is logged out, and only a person can log in again, in a browser.
    Open orders stay open.
    \f
    Source: IBKR Web API reference, "Logout of the current session".
    Found by: log out, sign out, log off, disconnect, terminate, close the connection, quit.
    """
    return await gateway.post("/logout")
