"""`/v1/api`: IBKR's edge, the session gate, and then the section that answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from api_gateway.simulator.faults import Do
from api_gateway.simulator.session.session import EVENTS, State
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.response_writer import deliver, replacement, wait_for_departure
from api_gateway.simulator.web_api.route_table import Endpoints, Found
from api_gateway.simulator.web_api.routing import Call, Needs, Refusal, Reply, bad_request
from api_gateway.simulator.web_api.sections.session import unauthorized

# IBKR's gateway writes the second for its own requests unless its upstream's address has "api" in it.
PREFIXES = ("/v1/api", "/v1/portal")
GATEWAYS_OWN = "ClientPortalGW/"
REPLY = "/iserver/reply/{replyId}"
REQUEST_LINE_LIMIT = 4096
BODY_LIMIT = 1_000_000


class Api:
    """The ASGI application behind `/v1/api`, or behind the same under another prefix."""

    def __init__(self, simulation: Simulation, endpoints: Endpoints, prefix: str = PREFIXES[0]) -> None:
        self._simulation = simulation
        self._endpoints = endpoints
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            body = await _read(request, strict=self._simulation.options.strict and not _gateways_own(request))
        except ClientDisconnect:
            return
        if isinstance(body, Reply):
            await deliver(body, None, scope, receive, send)
            return
        raw_path = scope["raw_path"].decode("latin-1").removeprefix(self._prefix)
        path = unquote(raw_path)
        found = self._endpoints.find(request.method, raw_path)
        template = found.endpoint.template if found else path
        try:
            with self._simulation.limits.in_flight(template):
                do = self._simulation.faults.strike(request.method, path)
                if do:
                    await self._begin(do)
                if do and do.replaces:
                    if do.perform:
                        self._answer(request, raw_path, found, body)
                    if do.hang:
                        await wait_for_departure(receive)
                        return
                    reply = replacement(do)
                else:
                    reply = self._answer(request, raw_path, found, body)
                await deliver(reply, do, scope, receive, send)
        except Refusal as refusal:
            await deliver(refusal.reply, None, scope, receive, send)

    async def _begin(self, do: Do) -> None:
        if do.session:
            EVENTS[do.session](self._simulation.session)
        if do.delay_seconds:
            await asyncio.sleep(do.delay_seconds)

    def _answer(self, request: Request, raw_path: str, found: Found | None, body: bytes) -> Reply:
        simulation = self._simulation
        path = unquote(raw_path)
        try:
            if not _gateways_own(request):
                # What IBKR's gateway asks by itself comes on top of a user's requests: a tickle of its own
                # may fall into the same second as the user's.
                simulation.limits.admit(found.endpoint.template if found else path)
            if found is None:
                return _unknown(bool(self._endpoints.methods(raw_path)))
            simulation.session.touch()
            early = _gate(simulation, found)
            if early is not None:
                return early
            simulation.catch_up()
            strict = simulation.options.strict
            if strict and found.endpoint.template != REPLY and not _gateways_own(request):
                # Any other request makes an open question void, and a ticker's tickle is one. What the
                # gateway asks by itself is not: nobody has sent it, and a reply in time would fail at times.
                simulation.preflights.questions.overtake()
            answer = found.endpoint.answer(simulation, _call(request, path, found.values, body))
        except Refusal as refusal:
            return refusal.reply
        return answer if isinstance(answer, Reply) else Reply(200, answer)


def _gateways_own(request: Request) -> bool:
    """True for a request that IBKR's gateway has made by itself and not passed on."""
    return request.headers.get("user-agent", "").startswith(GATEWAYS_OWN)


async def _read(request: Request, *, strict: bool) -> bytes | Reply:
    """The request's body, or what the edge answers to a request that it does not let in."""
    headers = request.headers
    if strict and not headers.get("user-agent"):
        return _page(403, "Access Denied", "You don't have permission to access this resource.")
    if len(request.scope["raw_path"]) + len(request.scope["query_string"]) > REQUEST_LINE_LIMIT:
        return Reply(414)
    chunked = "transfer-encoding" in headers
    if strict and (chunked or (request.method in ("POST", "PUT") and "content-length" not in headers)):
        return _page(411, "Length Required", "The request must have a Content-Length.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT:
            return _page(413, "Request Entity Too Large", "The request is too large.")
    return bytes(body)


def _gate(simulation: Simulation, found: Found) -> Reply | None:
    """The answer that the session's state gives instead of the section, if it gives one."""
    needs, state = found.endpoint.needs, simulation.session.state
    if needs is Needs.NOTHING:
        return None
    if state is State.NO_LOGIN:
        return unauthorized()
    if needs is Needs.LOGIN or state is State.BROKERAGE:
        return None
    if state is not State.CONNECTING:
        raise bad_request("no bridge")
    if not found.endpoint.reads:
        raise Refusal(503, {"error": "Service Unavailable", "statusCode": 503})
    return Reply(200, [] if found.endpoint.lists else {})


def _call(request: Request, path: str, values: Mapping[str, str], body: bytes) -> Call:
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Call(request.method, path, values, query, _parsed(body) if request.method != "GET" else None)


def _parsed(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_request("malformed JSON") from None


def _page(status: int, title: str, text: str) -> Reply:
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
    return Reply(status, html.encode(), "text/html")


def _unknown(path_exists: bool) -> Reply:
    if path_exists:
        return _page(405, "Method Not Allowed", "The method is not allowed here.")
    return _page(404, "Not Found", "The resource cannot be found.")
