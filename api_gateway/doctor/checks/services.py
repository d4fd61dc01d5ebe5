"""Service checks: the ticker and the MCP server, as their clients reach them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from api_gateway.causes import Cause, explain
from api_gateway.doctor.checks.network import addresses_of
from api_gateway.doctor.findings import TITLES, Finding, Layer, broken, ok, skipped, warning
from api_gateway.redaction import sanitize

TICKER_SECONDS = 2.5
ENDPOINT_SECONDS = 5.0
READY_SECONDS = 2.5
MAX_BODY = 200_000
"""Maximum bytes of a response to read; the longest expected has a few thousand."""

PROTOCOL = "2025-11-25"
_ENDPOINT = TITLES[Layer.ENDPOINT]


@dataclass(frozen=True)
class TickerCheck:
    """The finding on the ticker, and the state that it reports."""

    finding: Finding
    state: Mapping[str, Any] | None = None

    @property
    def held(self) -> bool:
        """True while it sends nothing, because an order awaits confirmation."""
        return bool(self.state and self.state.get("holds"))


@dataclass(frozen=True)
class McpEndpoint:
    """Where MCP clients reach the server, and the settings for who may call it.

    `url` is its URL from this machine. `loopback`: only this machine reaches it. `token` never appears in a
    finding. `over_http` is false if the client starts the server itself.
    """

    url: str
    token: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    loopback: bool = True
    over_http: bool = True

    @property
    def snippet(self) -> str:
        """The lines of VS Code's `mcp.json`; VS Code prompts for the token, so it is not in there."""
        if not self.over_http:
            entry: dict[str, Any] = {"type": "stdio", "command": "ib-mcp", "args": ["serve", "--stdio"]}
            return json.dumps({"servers": {"ibkr": entry}}, indent=2)
        entry = {"type": "http", "url": self.url}
        if self.token is None:
            return json.dumps({"servers": {"ibkr": entry}}, indent=2)
        entry["headers"] = {"Authorization": "Bearer ${input:ibkr-token}"}
        prompt = {"type": "promptString", "id": "ibkr-token", "description": "MCP_SERVER_TOKEN"}
        prompted = {"inputs": [{**prompt, "password": True}], "servers": {"ibkr": entry}}
        return json.dumps(prompted, indent=2)


class _NoHttpResponseError(Exception):
    """No response; `str()` is why, as part of a sentence."""


async def examine_ticker(url: str) -> TickerCheck:
    """Whether the ticker responds at `url`, whether its loop runs, and the session state it reports."""
    try:
        async with asyncio.timeout(TICKER_SECONDS), _http_client(url) as web:
            health = await _request(web, "GET", f"{url}/health")
            response = await _request(web, "GET", f"{url}/state")
    except TimeoutError:
        return TickerCheck(_ticker_down(f"{url} within {TICKER_SECONDS:g} s"))
    except _NoHttpResponseError as error:
        return TickerCheck(_ticker_down(f"{url} ({error})"))
    state = _object(response.body)
    if response.status != 200 or not isinstance(state.get("state"), str):
        other = explain(Cause.NOT_THE_TICKER, where=url, status=response.status)
        return TickerCheck(broken(Layer.TICKER, other))
    if health.status != 200:
        return TickerCheck(broken(Layer.TICKER, explain(Cause.TICKER_STUCK)), state)
    name = sanitize(str(state["state"]).replace("_", " "), max_length=40)
    return TickerCheck(ok(Layer.TICKER, f"The ticker responds and reports the state “{name}”."), state)


def compare_with_ticker(ticker: TickerCheck, *, established: bool | None) -> Finding:
    """The finding on the ticker, compared with the session found at the gateway (None: not known)."""
    ready = None if ticker.state is None else ticker.state.get("ready")
    if established is None or not isinstance(ready, bool) or ready == established:
        return ticker.finding
    if ticker.finding.fix:
        return ticker.finding
    seen, found = ("open", "not open") if ready else ("not open", "open")
    return warning(Layer.TICKER, explain(Cause.TICKER_DISAGREES, seen=seen, found=found))


def _ticker_down(where: str) -> Finding:
    return broken(Layer.TICKER, explain(Cause.TICKER_DOWN, where=where))


async def examine_endpoint(endpoint: McpEndpoint | None) -> list[Finding]:
    """Whether an MCP client on this machine can connect, and which others can."""
    if endpoint is None:
        return []
    found = await _examine_endpoint(endpoint)
    if len(found) == 1:
        found.append(skipped(Layer.CLIENTS, f"Depends on {_ENDPOINT}."))
    return found


async def examine_readiness(endpoint: McpEndpoint, *, within: float) -> list[Finding]:
    """What stops the MCP server from working while the brokerage session is open; empty if nothing does."""
    address = urlsplit(endpoint.url)
    try:
        async with asyncio.timeout(min(within, READY_SECONDS)), _http_client(endpoint.url) as web:
            response = await _request(web, "GET", f"{address.scheme}://{address.netloc}/ready")
    except (TimeoutError, _NoHttpResponseError):
        return []
    reported = _object(response.body)
    problem, hint = reported.get("problem"), reported.get("hint")
    if response.status != 503 or not isinstance(problem, str) or not isinstance(hint, str):
        return []
    not_ready = explain(Cause.SERVER_NOT_READY, said=sanitize(problem), hint=sanitize(hint))
    return [broken(Layer.ENDPOINT, not_ready)]


async def _examine_endpoint(endpoint: McpEndpoint) -> list[Finding]:
    if not endpoint.over_http:
        stdio = "MCP_TRANSPORT_PROTOCOL=stdio: the client starts the server itself."
        return [skipped(Layer.ENDPOINT, stdio), ok(Layer.CLIENTS, stdio)]
    if urlsplit(endpoint.url).port == 0:
        why = "MCP_SERVER_PORT=0: the server listens on any free port, and its log says which."
        return [skipped(Layer.ENDPOINT, why)]
    try:
        async with asyncio.timeout(ENDPOINT_SECONDS), _http_client(endpoint.url) as web:
            finding = await _initialize(web, endpoint)
            if finding.fix:
                return [finding]
            return [finding, await _examine_clients(web, endpoint)]
    except TimeoutError:
        silent = explain(Cause.SERVER_SILENT, where=endpoint.url, seconds=f"{ENDPOINT_SECONDS:g}")
        return [broken(Layer.ENDPOINT, silent)]
    except _NoHttpResponseError as error:
        down = explain(Cause.SERVER_DOWN, where=endpoint.url, reason=error)
        return [broken(Layer.ENDPOINT, down)]


async def _initialize(web: httpx.AsyncClient, endpoint: McpEndpoint) -> Finding:
    """Initialize an MCP session as a client does, and end it."""
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": PROTOCOL,
            "capabilities": {},
            "clientInfo": {"name": "ib-mcp doctor", "version": "1"},
        },
    }
    headers = {"Accept": "application/json, text/event-stream"}
    if endpoint.token is not None:
        headers["Authorization"] = f"Bearer {endpoint.token}"
    response = await _request(web, "POST", endpoint.url, headers=headers, content=json.dumps(initialize))
    if session := response.headers.get("mcp-session-id"):
        await _request(web, "DELETE", endpoint.url, headers={**headers, "Mcp-Session-Id": session})
    path = urlsplit(endpoint.url).path
    if response.status == 401:
        cause = Cause.TOKEN_MISSING if endpoint.token is None else Cause.TOKEN_DIFFERS
        return broken(Layer.ENDPOINT, explain(cause))
    if response.status in (403, 421):
        return broken(Layer.ENDPOINT, explain(Cause.HOST_REFUSED, status=response.status))
    if response.status == 404:
        return broken(Layer.ENDPOINT, explain(Cause.NO_ENDPOINT, path=path))
    result = _result(response.body)
    name = result.get("serverInfo", {}).get("name") if isinstance(result.get("serverInfo"), dict) else None
    if response.status != 200 or name is None:
        other = explain(Cause.NOT_AN_MCP_SERVER, where=endpoint.url, status=response.status)
        return broken(Layer.ENDPOINT, other)
    return ok(
        Layer.ENDPOINT, f"The MCP server {sanitize(str(name), max_length=60)} responds at {endpoint.url}."
    )


async def _examine_clients(web: httpx.AsyncClient, endpoint: McpEndpoint) -> Finding:
    """Whether the allowed hosts and origins can connect, and who cannot."""
    address = urlsplit(endpoint.url)
    health = f"{address.scheme}://{address.netloc}/health"
    wanted = [("Host", host, "MCP_SERVER_ALLOWED_HOSTS") for host in endpoint.allowed_hosts[:3]]
    wanted += [("Origin", each, "MCP_SERVER_ALLOWED_ORIGINS") for each in endpoint.allowed_origins[:3]]
    for header, value, setting in wanted:
        if "*" in value:
            continue
        response = await _request(web, "GET", health, headers={header: value})
        if response.status in (400, 403, 421):
            refused = explain(Cause.CLIENT_REFUSED, value=sanitize(value, max_length=80), setting=setting)
            return broken(Layer.CLIENTS, refused)
    if endpoint.loopback:
        return ok(
            Layer.CLIENTS,
            f"Programs on this machine reach it at {endpoint.url}; other machines and containers cannot.",
        )
    if not endpoint.allowed_hosts:
        return warning(Layer.CLIENTS, explain(Cause.ONLY_LOCALHOST))
    return ok(Layer.CLIENTS, f"It accepts calls to {', '.join(endpoint.allowed_hosts[:3])} and localhost.")


@dataclass(frozen=True)
class _HttpResponse:
    status: int
    headers: httpx.Headers
    body: bytes


@asynccontextmanager
async def _http_client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a proxy, once the name in `url` is resolved."""
    parts = urlsplit(url)
    try:
        await addresses_of(parts.hostname or "", parts.port or 80)
    except TimeoutError:
        raise _NoHttpResponseError("its host name was not resolved in time") from None
    except OSError as error:
        raise _NoHttpResponseError(
            f"its host name cannot be resolved: {sanitize(error.strerror or str(error))}"
        ) from None
    headers = {"User-Agent": "ib-mcp doctor"}
    verify = parts.scheme == "https"  # loading all certificates takes a while, and plain HTTP needs none
    # Each check has its own timeout, for all of its requests.
    async with httpx.AsyncClient(trust_env=False, timeout=None, headers=headers, verify=verify) as web:  # noqa: S113
        yield web


async def _request(
    web: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: str | None = None,
) -> _HttpResponse:
    kind = {"Content-Type": "application/json"} if content is not None else {}
    try:
        async with web.stream(method, url, headers={**kind, **(headers or {})}, content=content) as response:
            body = b""
            streamed = response.headers.get("content-type", "").startswith("text/event-stream")
            async for chunk in response.aiter_bytes():
                body += chunk
                # An event stream may stay open after the response.
                if len(body) > MAX_BODY or (streamed and _result(body)):
                    break
            return _HttpResponse(response.status_code, response.headers, body)
    except httpx.ConnectError:
        raise _NoHttpResponseError("nothing is listening there") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _NoHttpResponseError(f"the connection was lost: {type(error).__name__}") from None


def _result(body: bytes) -> dict[str, Any]:
    """The result of a JSON-RPC response, alone or in a stream of events; empty if there is none."""
    found = _object(body).get("result")
    if isinstance(found, dict):
        return found
    for line in body.splitlines():
        if line.startswith(b"data:"):
            found = _object(line[5:]).get("result")
            if isinstance(found, dict):
                return found
    return {}


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
