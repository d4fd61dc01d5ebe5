"""The simulator as an ASGI application: login page, `/v1/api`, and the control endpoints `/simulator/*`.

It simulates IBKR's gateway, and with `behind_gateway` only the servers behind it: then IBKR's Java program
runs between a client and the simulator, with `proxyRemoteHost: http://localhost:PORT` in its conf.yaml, or
with https and a trust store that contains the simulator's certificate.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api_gateway.simulator.control import control_routes
from api_gateway.simulator.login_page import login_routes
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.dispatch import PREFIXES, WebApi
from api_gateway.simulator.web_api.route_table import RouteTable
from api_gateway.simulator.web_api.sections import all_sections
from api_gateway.simulator.websocket.endpoint import websocket_routes


class _Application(Starlette):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if _is_cross_site(HTTPConnection(scope)):
                # IBKR's gateway does the same when conf.yaml lists the allowed origins.
                await PlainTextResponse("CORS Rejected", status_code=403)(scope, receive, send)
                return
            # ASGI cannot abort a connection, but the transport behind uvicorn's `send` can: faults need it.
            scope["transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


def create_app(simulation: Simulation) -> Starlette:
    """The application that serves a simulation over HTTP. Several applications may share one simulation."""
    endpoints = RouteTable(all_sections())
    routes = [
        *login_routes(simulation),
        *(control_routes(simulation) if simulation.options.control else []),
        *websocket_routes(simulation, PREFIXES),
        *(Route(f"{prefix}/{{path:path}}", WebApi(simulation, endpoints, prefix)) for prefix in PREFIXES),
    ]
    app = _Application(routes=routes, exception_handlers={404: _not_found})
    app.router.redirect_slashes = False
    return app


def _is_cross_site(request: HTTPConnection) -> bool:
    text = request.headers.get("origin")
    if text is None:
        return False
    try:
        origin = urlsplit(text)
    except ValueError:
        return True
    if origin.netloc == request.headers.get("host"):
        return False
    # Behind IBKR's gateway, the page's origin is the gateway's, while Host is the simulator's or IBKR's. The
    # control endpoints cannot be reached through that gateway.
    return request.scope["path"].startswith("/simulator") or not _is_local_origin(origin)


def _is_local_origin(origin: SplitResult) -> bool:
    host = origin.hostname or ""
    if origin.scheme not in ("http", "https"):
        return False
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _not_found(_: HTTPConnection, __: Exception) -> HTMLResponse:
    return HTMLResponse(
        "<html><head><title>Not Found</title></head><body><h1>Not Found</h1></body></html>", 404
    )
