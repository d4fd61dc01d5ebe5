"""The routes as one FastAPI app, and error handlers that turn every failure into a response.

Tools call the app in process; it does not listen on a port.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from api_gateway import errors
from api_gateway.client.gateway import GatewayClient
from mcp_server.rest.argument_errors import CORRECT_ARGUMENTS, NOTHING_SENT, describe_problem
from mcp_server.rest.listing import join_limited
from mcp_server.rest.relay import Relay
from mcp_server.routers import ROUTERS
from mcp_server.ticker.order_hold import OrderHold

ROUTE_NAME_KEY = "ib_mcp.operation"
"""ASGI scope key: the name of the route to call."""

# Never 429: for it, FastMCP and MCP hosts replace our message with their own.
STATUS_CODES: Mapping[type[errors.GatewayError], int] = {
    errors.Unreachable: 503,
    errors.OutcomeUnknown: 504,
    errors.LoginRequired: 401,
    errors.SessionLost: 503,
    errors.RateLimited: 503,
    errors.Refused: 400,
    errors.Invalid: 422,
    errors.Forbidden: 403,
    errors.Failed: 502,
}


def create_app(
    gateway: GatewayClient, routers: Sequence[APIRouter] = ROUTERS, hold: OrderHold | None = None
) -> FastAPI:
    """The app of these routers, which call this gateway. A route's operation ID is its function's name.

    `hold` pauses the ticker around orders.
    """
    app = FastAPI(
        title="IB MCP",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    app.state.relay = Relay(gateway, hold)
    for router in routers:
        app.include_router(router)
    app.state.routes = routes_by_name(routers)
    app.router.routes.insert(0, _RouteByName(app.state.routes))
    app.add_exception_handler(errors.GatewayError, _handle_gateway_error)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    return app


def routes_by_name(routers: Iterable[APIRouter]) -> dict[str, APIRoute]:
    """The routes of these routers by their functions' names."""
    return {route.name: route for router in routers for route in router.routes if isinstance(route, APIRoute)}


def operation_id(route: APIRoute) -> str:
    """The operation ID of a route: its function's name."""
    return route.name


class _RouteByName(BaseRoute):
    """Finds the route by the name that a caller passes; its path values are separate from any path.

    So a value that contains a slash cannot reach another route, and no path patterns are tried.
    """

    def __init__(self, routes: Mapping[str, APIRoute]) -> None:
        self._routes = routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        route = self._routes.get(scope.get(ROUTE_NAME_KEY, ""))
        if route is None:
            return Match.NONE, {}
        return Match.FULL, {"route": route, "endpoint": route.endpoint}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)


async def _handle_gateway_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.GatewayError)  # noqa: S101 - registered for this class only
    kind = next(kind for kind in (*type(error).__mro__, errors.Failed) if kind in STATUS_CODES)
    body: dict[str, Any] = {
        "error": kind.__name__,
        "request": error.request,
        "problem": error.problem,
        "hint": error.hint,
    }
    if isinstance(error, errors.RateLimited):
        body["seconds"] = error.seconds
    return JSONResponse(body, status_code=STATUS_CODES[kind])


async def _handle_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    problems = dict.fromkeys(
        describe_problem(each["loc"][1:], each["msg"], each.get("input")) for each in error.errors()
    )
    body = {
        "error": errors.Invalid.__name__,
        "request": request.scope["route"].name,
        "problem": join_limited("; ", list(problems)) + ".",
        "hint": f"{NOTHING_SENT} {CORRECT_ARGUMENTS}",
    }
    return JSONResponse(body, status_code=STATUS_CODES[errors.Invalid])
