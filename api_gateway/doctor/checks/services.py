"""The other two programs as their clients meet them: the ticker, and the MCP server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from api_gateway.doctor.checks.network import addresses_of
from api_gateway.doctor.findings import TITLES, Finding, Layer, broken, ok, skipped, warning
from api_gateway.redaction import sanitize

TICKER_SECONDS = 2.5
ENDPOINT_SECONDS = 5.0
READY_SECONDS = 2.5
MAX_BODY = 200_000
"""Bytes of an answer that are read; the longest of these has a few thousand."""

PROTOCOL = "2025-11-25"
_ENDPOINT = TITLES[Layer.ENDPOINT]
_START_TICKER = (
    "Start the ticker (`ib-mcp ticker`, or `docker compose up -d ticker`), restart it if it runs already, or "
    "correct TICKER_URL; without it the brokerage session closes after five idle minutes."
)
_START_SERVER = (
    "Start the MCP server (`ib-mcp serve`, or `docker compose up -d`), or correct MCP_SERVER_HOST and "
    "MCP_SERVER_PORT."
)


@dataclass(frozen=True)
class TickerCheck:
    """What the ticker answered: the finding on it, and its state as it tells it."""

    finding: Finding
    state: Mapping[str, Any] | None = None

    @property
    def held(self) -> bool:
        """True while it holds still, because an order waits for an answer."""
        return bool(self.state and self.state.get("holds"))


@dataclass(frozen=True)
class McpEndpoint:
    """Where MCP clients find the server, and what the server was told about who may call.

    `url` is the address from this machine. `loopback`: only this machine reaches it. `token` is never told
    in a finding. `over_http` is false where the client starts the server itself.
    """

    url: str
    token: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    loopback: bool = True
    over_http: bool = True

    @property
    def snippet(self) -> str:
        """The lines of VS Code's `mcp.json`; the token is asked for there and not written."""
        if not self.over_http:
            entry: dict[str, Any] = {"type": "stdio", "command": "ib-mcp", "args": ["serve", "--stdio"]}
            return json.dumps({"servers": {"ibkr": entry}}, indent=2)
        entry = {"type": "http", "url": self.url}
        if self.token is None:
            return json.dumps({"servers": {"ibkr": entry}}, indent=2)
        entry["headers"] = {"Authorization": "Bearer ${input:ibkr-token}"}
        asked = {"type": "promptString", "id": "ibkr-token", "description": "MCP_SERVER_TOKEN"}
        asked_for = {"inputs": [{**asked, "password": True}], "servers": {"ibkr": entry}}
        return json.dumps(asked_for, indent=2)


class _NoHttpResponseError(Exception):
    """No answer; `str()` is why, in words that stand in a sentence."""


async def examine_ticker(url: str) -> TickerCheck:
    """Whether the ticker answers at `url`, its loop beats, and what it says of the session."""
    try:
        async with asyncio.timeout(TICKER_SECONDS), _http_client(url) as web:
            health = await _request(web, "GET", f"{url}/health")
            answered = await _request(web, "GET", f"{url}/state")
    except TimeoutError:
        why = f"It has not answered within {TICKER_SECONDS:g} s."
        return TickerCheck(broken(Layer.TICKER, f"Nothing useful comes from {url}. {why}", _START_TICKER))
    except _NoHttpResponseError as error:
        return TickerCheck(
            broken(Layer.TICKER, f"The ticker does not answer at {url} ({error}).", _START_TICKER)
        )
    state = _object(answered.body)
    if answered.status != 200 or not isinstance(state.get("state"), str):
        said = f"What answers at {url} is not the ticker ({answered.status})."
        return TickerCheck(broken(Layer.TICKER, said, _START_TICKER))
    if health.status != 200:
        said = "The ticker answers, but its loop has stopped, and nothing keeps the session open."
        return TickerCheck(broken(Layer.TICKER, said, "Restart the ticker."), state)
    name = sanitize(str(state["state"]).replace("_", " "), max_length=40)
    return TickerCheck(ok(Layer.TICKER, f"The ticker answers, and tells the state “{name}”."), state)


def compare_with_ticker(ticker: TickerCheck, *, established: bool | None) -> Finding:
    """The finding on the ticker, in the light of what was found at the gateway: None for nothing."""
    ready = None if ticker.state is None else ticker.state.get("ready")
    if established is None or not isinstance(ready, bool) or ready == established:
        return ticker.finding
    if ticker.finding.fix:
        return ticker.finding
    seen, found = ("open", "not open") if ready else ("not open", "open")
    return warning(
        Layer.TICKER,
        f"The ticker sees a brokerage session that is {seen}, and here it is {found}.",
        "Run this again in a minute; if it lasts, the ticker's GATEWAY_URL is another gateway's.",
    )


async def examine_endpoint(endpoint: McpEndpoint | None) -> list[Finding]:
    """Whether an MCP client on this machine gets in, and which others would."""
    if endpoint is None:
        return []
    found = await _examine_endpoint(endpoint)
    if len(found) == 1:
        found.append(skipped(Layer.CLIENTS, f"Not looked at, because this comes first: {_ENDPOINT}."))
    return found


async def examine_readiness(endpoint: McpEndpoint, *, within: float) -> list[Finding]:
    """What keeps the MCP server from working where the brokerage session is open; empty if nothing does."""
    address = urlsplit(endpoint.url)
    try:
        async with asyncio.timeout(min(within, READY_SECONDS)), _http_client(endpoint.url) as web:
            answered = await _request(web, "GET", f"{address.scheme}://{address.netloc}/ready")
    except (TimeoutError, _NoHttpResponseError):
        return []
    told = _object(answered.body)
    happened, hint = told.get("happened"), told.get("hint")
    if answered.status != 503 or not isinstance(happened, str) or not isinstance(hint, str):
        return []
    said = f"The session is open, and the MCP server finds something else: {sanitize(happened)}"
    return [broken(Layer.ENDPOINT, said, sanitize(hint))]


async def _examine_endpoint(endpoint: McpEndpoint) -> list[Finding]:
    if not endpoint.over_http:
        stdio = "MCP_TRANSPORT_PROTOCOL=stdio: the client starts the server itself."
        return [skipped(Layer.ENDPOINT, stdio), ok(Layer.CLIENTS, stdio)]
    if urlsplit(endpoint.url).port == 0:
        why = "MCP_SERVER_PORT=0: the server takes any free port, and its log says which."
        return [skipped(Layer.ENDPOINT, why)]
    try:
        async with asyncio.timeout(ENDPOINT_SECONDS), _http_client(endpoint.url) as web:
            finding = await _initialize(web, endpoint)
            if finding.fix:
                return [finding]
            return [finding, await _examine_clients(web, endpoint)]
    except TimeoutError:
        said = f"The MCP server has not answered at {endpoint.url} within {ENDPOINT_SECONDS:g} s."
        return [broken(Layer.ENDPOINT, said, "Restart the MCP server, and look at its log.")]
    except _NoHttpResponseError as error:
        said = f"The MCP server does not answer at {endpoint.url} ({error})."
        return [broken(Layer.ENDPOINT, said, _START_SERVER)]


async def _initialize(web: httpx.AsyncClient, endpoint: McpEndpoint) -> Finding:
    """A client's first request, and its farewell."""
    hello = {
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
    answered = await _request(web, "POST", endpoint.url, headers=headers, content=json.dumps(hello))
    if session := answered.headers.get("mcp-session-id"):
        await _request(web, "DELETE", endpoint.url, headers={**headers, "Mcp-Session-Id": session})
    path = urlsplit(endpoint.url).path
    if answered.status == 401:
        return broken(
            Layer.ENDPOINT,
            "The MCP server wants another token than MCP_SERVER_TOKEN says here (401)."
            if endpoint.token is not None
            else "The MCP server wants a token, and MCP_SERVER_TOKEN is not set here (401).",
            "Give both the same MCP_SERVER_TOKEN, and restart the server.",
        )
    if answered.status in (403, 421):
        return broken(
            Layer.ENDPOINT,
            f"The MCP server does not want to be called by this name ({answered.status}).",
            "Add the host of the address to MCP_SERVER_ALLOWED_HOSTS, and restart the server.",
        )
    if answered.status == 404:
        return broken(
            Layer.ENDPOINT,
            f"Something answers there, and has no MCP endpoint at {path} (404).",
            "Correct MCP_SERVER_PATH, or MCP_SERVER_PORT if it is another program; restart the server.",
        )
    result = _result(answered.body)
    name = result.get("serverInfo", {}).get("name") if isinstance(result.get("serverInfo"), dict) else None
    if answered.status != 200 or name is None:
        return broken(
            Layer.ENDPOINT,
            f"What answers at {endpoint.url} is no MCP server ({answered.status}).",
            "Choose another port with MCP_SERVER_PORT, or end the other program.",
        )
    return ok(
        Layer.ENDPOINT, f"The MCP server {sanitize(str(name), max_length=60)} answers at {endpoint.url}."
    )


async def _examine_clients(web: httpx.AsyncClient, endpoint: McpEndpoint) -> Finding:
    """Whether those get in who are said to be allowed, and who does not."""
    address = urlsplit(endpoint.url)
    health = f"{address.scheme}://{address.netloc}/health"
    wanted = [("Host", host, "MCP_SERVER_ALLOWED_HOSTS") for host in endpoint.allowed_hosts[:3]]
    wanted += [("Origin", each, "MCP_SERVER_ALLOWED_ORIGINS") for each in endpoint.allowed_origins[:3]]
    for header, value, setting in wanted:
        if "*" in value:
            continue
        answered = await _request(web, "GET", health, headers={header: value})
        if answered.status in (400, 403, 421):
            return broken(
                Layer.CLIENTS,
                f"The running MCP server refuses {sanitize(value, max_length=80)}, which {setting} "
                "allows here.",
                f"Restart the MCP server with the present {setting}.",
            )
    if endpoint.loopback:
        return ok(
            Layer.CLIENTS,
            f"Programs on this machine reach it at {endpoint.url}; other machines and containers do not.",
        )
    if not endpoint.allowed_hosts:
        return warning(
            Layer.CLIENTS,
            "It listens beyond this machine, and is called by localhost only: others are refused.",
            "Name in MCP_SERVER_ALLOWED_HOSTS what others call this machine; or listen on 127.0.0.1.",
        )
    return ok(Layer.CLIENTS, f"It can be called by {', '.join(endpoint.allowed_hosts[:3])} and localhost.")


@dataclass(frozen=True)
class _HttpResponse:
    status: int
    headers: httpx.Headers
    body: bytes


@asynccontextmanager
async def _http_client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a proxy, once the name in `url` is known to have an address."""
    parts = urlsplit(url)
    try:
        await addresses_of(parts.hostname or "", parts.port or 80)
    except TimeoutError:
        raise _NoHttpResponseError("its name is not found in time") from None
    except OSError as error:
        raise _NoHttpResponseError(
            f"its name is not known: {sanitize(error.strerror or str(error))}"
        ) from None
    headers = {"User-Agent": "ib-mcp doctor"}
    verify = parts.scheme == "https"  # to read all certificates takes a while, which plain HTTP can spare
    # Each look has a limit of its own, for all of its requests.
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
                # A stream of events may stay open after the answer in it.
                if len(body) > MAX_BODY or (streamed and _result(body)):
                    break
            return _HttpResponse(response.status_code, response.headers, body)
    except httpx.ConnectError:
        raise _NoHttpResponseError("nothing listens there") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _NoHttpResponseError(f"the connection broke: {type(error).__name__}") from None


def _result(body: bytes) -> dict[str, Any]:
    """The result of a JSON-RPC answer, alone or in a stream of events; empty if there is none."""
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
