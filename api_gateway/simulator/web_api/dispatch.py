"""Dispatch of `/v1/api`: IBKR's edge checks, the session gate, then the section's handler."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from api_gateway.simulator.faults import FaultAction
from api_gateway.simulator.replies import ApiError, ApiResponse, bad_request
from api_gateway.simulator.session.session import SESSION_EVENTS, LoginState
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.login_cookies import carries_login
from api_gateway.simulator.web_api.response_writer import fault_response, wait_for_disconnect, write_response
from api_gateway.simulator.web_api.route_table import RouteMatch, RouteTable
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession
from api_gateway.simulator.web_api.sections.session import access_denied

# IBKR's gateway uses the second for its own requests unless its upstream's address contains "api".
PREFIXES = ("/v1/api", "/v1/portal")
GATEWAY_USER_AGENT = "ClientPortalGW/"
REPLY_PATH = "/iserver/reply/{replyId}"
REQUEST_LINE_LIMIT = 4096
BODY_LIMIT = 1_000_000


class WebApi:
    """The ASGI application for `/v1/api` or another of `PREFIXES`."""

    def __init__(self, simulation: Simulation, routes: RouteTable, prefix: str = PREFIXES[0]) -> None:
        self._simulation = simulation
        self._routes = routes
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        request = Request(scope, receive)
        try:
            body = await _read_body(
                request, strict=self._simulation.options.strict and not _is_from_gateway(request)
            )
        except ClientDisconnect:
            return
        if isinstance(body, ApiResponse):
            await write_response(body, None, scope, receive, send)
            return
        raw_path = scope["raw_path"].decode("latin-1").removeprefix(self._prefix)
        path = unquote(raw_path)
        route_match = self._routes.find(request.method, raw_path)
        template = route_match.endpoint.template if route_match else path
        try:
            with self._simulation.rate_limits.limit_concurrency(template):
                fault = self._simulation.faults.next_action(request.method, path)
                if fault:
                    await self._apply_fault(fault)
                if fault and fault.replaces_response:
                    if fault.perform:
                        self._handle_request(request, raw_path, route_match, body)
                    if fault.hang:
                        await wait_for_disconnect(receive)
                        return
                    response = fault_response(fault)
                else:
                    response = self._handle_request(request, raw_path, route_match, body)
                await write_response(response, fault, scope, receive, send)
        except ApiError as error:
            await write_response(error.response, None, scope, receive, send)

    async def _apply_fault(self, fault: FaultAction) -> None:
        if fault.session:
            SESSION_EVENTS[fault.session](self._simulation.session)
        if fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)

    def _handle_request(
        self, request: Request, raw_path: str, route_match: RouteMatch | None, body: bytes
    ) -> ApiResponse:
        simulation = self._simulation
        path = unquote(raw_path)
        try:
            if not _is_from_gateway(request):
                # The gateway's own requests do not count: its tickle can fall into the same second as the
                # client's.
                simulation.rate_limits.admit(
                    request.method, route_match.endpoint.template if route_match else path
                )
            if route_match is None:
                return _not_found(bool(self._routes.allowed_methods(raw_path)))
            has_cookies = carries_login(simulation, request.cookies)
            if has_cookies:
                simulation.session.touch()
            elif route_match.endpoint.requires is not RequiredSession.NONE:
                return access_denied()
            session_response = _check_session(simulation, route_match)
            if session_response is not None:
                return session_response
            simulation.catch_up()
            strict = simulation.options.strict
            if (
                strict
                and has_cookies
                and route_match.endpoint.template != REPLY_PATH
                and not _is_from_gateway(request)
            ):
                # Any other request invalidates the open question, even a ticker's tickle. The gateway's own
                # requests do not: the client could not avoid them, and its reply would fail at random.
                simulation.preflights.questions.supersede()
            result = route_match.endpoint.handler(
                simulation,
                _build_request(request, path, route_match.path_params, body, carries_login=has_cookies),
            )
        except ApiError as error:
            return error.response
        return result if isinstance(result, ApiResponse) else ApiResponse(200, result)


def _is_from_gateway(request: Request) -> bool:
    """Return whether IBKR's gateway made the request itself instead of forwarding a client's."""
    return request.headers.get("user-agent", "").startswith(GATEWAY_USER_AGENT)


async def _read_body(request: Request, *, strict: bool) -> bytes | ApiResponse:
    """Return the request's body, or the edge's error response."""
    headers = request.headers
    if strict and not headers.get("user-agent"):
        return _html_page(403, "Access Denied", "You don't have permission to access this resource.")
    if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > REQUEST_LINE_LIMIT:
        return ApiResponse(414)
    chunked = "transfer-encoding" in headers
    if strict and (chunked or (request.method in ("POST", "PUT") and "content-length" not in headers)):
        return _html_page(411, "Length Required", "The request must have a Content-Length.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            return _html_page(413, "Request Entity Too Large", "The request is too large.")
    return bytes(body)


def _check_session(simulation: Simulation, route_match: RouteMatch) -> ApiResponse | None:
    """Return the response that the session's state requires instead of the handler's, if any."""
    required, state = route_match.endpoint.requires, simulation.session.state
    if required is RequiredSession.NONE:
        return None
    if state is LoginState.NO_LOGIN:
        return access_denied()
    if required is RequiredSession.LOGIN or state is LoginState.BROKERAGE:
        return None
    if state is not LoginState.CONNECTING:
        raise bad_request("no bridge")
    if not route_match.endpoint.read_only:
        raise ApiError(503, {"error": "Service Unavailable", "statusCode": 503})
    return ApiResponse(200, [] if route_match.endpoint.returns_list else {})


def _build_request(
    request: Request, path: str, path_params: Mapping[str, str], body: bytes, *, carries_login: bool
) -> ApiRequest:
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return ApiRequest(
        request.method,
        path,
        path_params,
        query,
        _parse_json(body) if request.method != "GET" else None,
        carries_login,
    )


def _parse_json(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_request("malformed JSON") from None


def _html_page(status: int, title: str, text: str) -> ApiResponse:
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
    return ApiResponse(status, html.encode(), "text/html")


def _not_found(path_exists: bool) -> ApiResponse:
    if path_exists:
        return _html_page(405, "Method Not Allowed", "The method is not allowed here.")
    return _html_page(404, "Not Found", "The resource cannot be found.")
