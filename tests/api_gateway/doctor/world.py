"""Everything between a client and IBKR on loopback, and its possible faults as data."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api_gateway.access_policy import TradingMode
from api_gateway.causes import Cause, explain
from api_gateway.client.gateway import GatewayClient
from api_gateway.doctor.checks.services import McpEndpoint
from api_gateway.doctor.doctor import DoctorContext, DoctorResult, run_doctor
from api_gateway.doctor.findings import Finding, Layer, broken
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.certificate import CertificateFiles
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.faults import Fault, FaultAction, RequestPattern, SlowBody
from api_gateway.simulator.session.session import SESSION_EVENTS
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from tests.api_gateway.certificates import SelfSignedCertificate, make_certificate
from tests.api_gateway.fakes import ConnectionHandler, RawServer
from tests.api_gateway.listening import serve_app

TUESDAY = 1_772_557_200.0  # 3 March 2026, noon in New York
TOKEN = "correct-horse-battery"
STATUS = "/iserver/auth/status"
ACCOUNTS = "/iserver/accounts"
SNAPSHOT = "/iserver/marketdata/snapshot"


@dataclass(frozen=True)
class CertificateSet:
    """The certificates of the gateways in these tests; creating them takes a while."""

    own: SelfSignedCertificate
    expired: SelfSignedCertificate
    other: SelfSignedCertificate


def make_certificate_set(folder: Path) -> CertificateSet:
    return CertificateSet(
        make_certificate(folder, "own"),
        make_certificate(folder, "expired", expired=True),
        make_certificate(folder, "other"),
    )


@dataclass
class DoctorEnvironment:
    """Gateway, ticker and MCP server, which work until a fault is injected."""

    certificates: CertificateSet
    options: SimulationOptions = field(
        default_factory=lambda: SimulationOptions(login=True, rate_limits=False)
    )
    simulator_faults: list[Fault] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    resolve: Callable[[str, int], Sequence[str]] | None = None
    port: str = "open"
    scheme: str = "https"
    shows: str = "own"
    raw: ConnectionHandler | None = None
    front: Callable[[Request], Any] | None = None
    ticker: ASGIApp | None = field(default_factory=lambda: ticker_app())
    server: ASGIApp | None = field(default_factory=lambda: server_app())
    endpoint: dict[str, Any] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    async def run(self) -> DoctorResult:
        async with AsyncExitStack() as stack:
            clock = Clock(start=TUESDAY, frozen=True)
            simulation = Simulation(self.options, clock)
            for event in self.events:
                SESSION_EVENTS[event](simulation.session)
            for fault in self.simulator_faults:
                simulation.faults.add(fault)
            port = await self._gateway_port(stack, simulation)
            loop = asyncio.get_running_loop()

            async def sleep(seconds: float) -> None:
                clock.advance(seconds)
                await asyncio.sleep(seconds)

            url = f"{self.scheme}://{'gateway.test' if self.resolve else '127.0.0.1'}:{port}"
            settings: dict[str, Any] = {
                "gateway_url": url,
                "gateway_login_url": url,
                "gateway_ca_file": self.certificates.own.file if self.scheme == "https" else None,
                **self.settings,
            }
            gateway = await stack.enter_async_context(
                GatewayClient(GatewaySettings(_env_file=None, **settings), now=loop.time, sleep=sleep)
            )
            ticker = await self._serve(stack, self.ticker)
            server = await self._serve(stack, self.server)
            url = f"http://127.0.0.1:{server}/mcp"
            context = DoctorContext(
                gateway=gateway,
                problems=tuple(self.problems),
                mode=TradingMode.PAPER,
                ticker_url=f"http://127.0.0.1:{ticker}",
                endpoint=McpEndpoint(**{"url": url, "token": TOKEN, **self.endpoint}),
            )
            more = {"resolve": self.resolve} if self.resolve else {}
            return await run_doctor(context, wall=clock.now, **more)

    async def _gateway_port(self, stack: AsyncExitStack, simulation: Simulation) -> int:
        if self.port == "closed":
            return closed_port()
        if self.port == "full":
            return await stack.enter_async_context(unresponsive_port())
        shown: SelfSignedCertificate = (
            getattr(self.certificates, self.shows) if self.shows != "nothing" else self.certificates.own
        )
        if self.raw is not None:
            context = shown.server_context if self.shows != "nothing" else None
            return (await stack.enter_async_context(RawServer(self.raw).running(context))).port
        app = _RecordingApp(create_app(simulation), self)
        certificate = _certificate_files(shown) if self.shows != "nothing" else None
        return (await stack.enter_async_context(serve_app(app, certificate))).port

    async def _serve(self, stack: AsyncExitStack, app: ASGIApp | None) -> int:
        if app is None:
            return closed_port()
        return (await stack.enter_async_context(serve_app(app))).port


class _RecordingApp:
    """The simulator, with a replaceable front page; records every request."""

    def __init__(self, app: ASGIApp, world: DoctorEnvironment) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._world.requests.append(f"{scope['method']} {scope['path'].removeprefix('/v1/api')}")
        if self._world.front is not None:
            answer: Response = await self._world.front(Request(scope, receive))
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _certificate_files(certificate: SelfSignedCertificate) -> CertificateFiles:
    return CertificateFiles(certificate.file, certificate.file.with_suffix(".key"), "")


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port: int = opened.getsockname()[1]
    return port


@asynccontextmanager
async def unresponsive_port() -> AsyncIterator[int]:
    """A port on which connecting hangs, as behind a firewall that drops packets."""
    waiting = []
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        opened.listen(0)
        for _ in range(4):
            each = socket.socket()
            each.setblocking(False)
            each.connect_ex(opened.getsockname())
            waiting.append(each)
        try:
            yield opened.getsockname()[1]
        finally:
            for each in waiting:
                each.close()


def ticker_app(
    state: str = "established", *, beats: bool = True, hangs: bool = False, holds: Sequence[str] = ()
) -> ASGIApp:
    """A ticker in this state."""

    async def health(request: Request) -> Response:
        if hangs:
            return await _hang(request)
        return JSONResponse({"alive": beats}, status_code=200 if beats else 503)

    async def get_state(_: Request) -> Response:
        ready = state == "established"
        held = [{"id": "1", "for": each, "ends_in_seconds": 50.0} for each in holds]
        return JSONResponse({"state": state, "ready": ready, "login_url": "https://x", "holds": held})

    return Starlette(routes=[Route("/health", health), Route("/state", get_state)])


def server_app(
    *,
    token: str = TOKEN,
    path: str = "/mcp",
    hangs: bool = False,
    refuses: str = "",
    unready: tuple[str, str] | None = None,
) -> ASGIApp:
    """An MCP server that only accepts a session; `unready` is the problem and hint of its /ready."""

    async def endpoint(request: Request) -> Response:
        if hangs:
            return await _hang(request)
        if request.headers.get("authorization") != f"Bearer {token}":
            return JSONResponse({"error": "invalid_token"}, status_code=401)
        if request.method == "DELETE":
            return Response(status_code=200)
        result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "IB MCP"}}
        answer = {"jsonrpc": "2.0", "id": 1, "result": result}
        return JSONResponse(answer, headers={"mcp-session-id": "1"})

    async def health(request: Request) -> Response:
        status = 421 if refuses and request.headers["host"] == refuses else 200
        return JSONResponse({"status": "alive"}, status_code=status)

    async def ready(_: Request) -> Response:
        if unready is None:
            return JSONResponse({"status": "ready"})
        problem, hint = unready
        return JSONResponse({"status": "not ready", "problem": problem, "hint": hint}, status_code=503)

    return Starlette(
        routes=[
            Route(path, endpoint, methods=["POST", "DELETE"]),
            Route("/health", health),
            Route("/ready", ready),
        ]
    )


def other_app() -> ASGIApp:
    """Another program that speaks HTTP."""

    async def page(_: Request) -> Response:
        return HTMLResponse("<h1>It works!</h1>")

    return Starlette(routes=[Route("/{path:path}", page, methods=["GET", "POST"])])


@dataclass(frozen=True)
class FaultCase:
    """One fault, and the layer that doctor must name for it.

    Faults in the same `place` exclude each other.
    """

    name: str
    layer: Layer
    place: str
    inject: Callable[[DoctorEnvironment], object]

    def __str__(self) -> str:
        return self.name


def _set_fields(**values: Any) -> Callable[[DoctorEnvironment], object]:
    def inject(world: DoctorEnvironment) -> None:
        for name, value in values.items():
            setattr(world, name, value)

    return inject


def _update_settings(**values: Any) -> Callable[[DoctorEnvironment], object]:
    return lambda world: world.settings.update(values)


def _add_simulator_fault(path: str, **do: Any) -> Callable[[DoctorEnvironment], object]:
    return lambda world: world.simulator_faults.append(
        Fault(match=RequestPattern(path=path), do=FaultAction(**do))
    )


def _add_event(name: str) -> Callable[[DoctorEnvironment], object]:
    return lambda world: world.events.append(name)


def _update_options(**values: Any) -> Callable[[DoctorEnvironment], object]:
    def inject(world: DoctorEnvironment) -> None:
        world.options = SimulationOptions(**{**vars(world.options), **values})

    return inject


def _fail_to_resolve(*_: object) -> Sequence[str]:
    raise socket.gaierror(-2, "Name or service not known")


def _resolve_forever(*_: object) -> Sequence[str]:
    threading.Event().wait(20)  # longer than doctor takes, in a thread that nothing waits for
    return []


async def _stay_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _send_smtp_greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")
    await reader.read(-1)


async def _hang(request: Request) -> Response:
    """Respond only after the client has disconnected."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
    return Response()


def _set_front_page(answer: Response) -> Callable[[DoctorEnvironment], object]:
    async def front(_: Request) -> Response:
        return answer

    return _set_fields(front=front)


def _all_of(*faults: Callable[[DoctorEnvironment], object]) -> Callable[[DoctorEnvironment], object]:
    return lambda world: [inject(world) for inject in faults]


_DATE_AN_HOUR_AGO = format_datetime(datetime.fromtimestamp(TUESDAY - 3600, tz=UTC), usegmt=True)
_BAD_SETTING = broken(Layer.SETTINGS, explain(Cause.INVALID_SETTING, said="No"))

FAULT_CASES: tuple[FaultCase, ...] = (
    FaultCase("a setting is invalid", Layer.SETTINGS, "settings", _set_fields(problems=[_BAD_SETTING])),
    FaultCase("its name is unknown", Layer.NAME, "name", _set_fields(resolve=_fail_to_resolve)),
    FaultCase("its name is not resolved", Layer.NAME, "name", _set_fields(resolve=_resolve_forever)),
    FaultCase("nothing listens", Layer.PORT, "port", _set_fields(port="closed")),
    FaultCase("connections time out", Layer.PORT, "port", _set_fields(port="full")),
    FaultCase("its certificate expired", Layer.TLS, "trust", _all_of(_set_fields(shows="expired"))),
    FaultCase("its certificate is a different one", Layer.TLS, "trust", _set_fields(shows="other")),
    FaultCase("its certificate is unknown", Layer.TLS, "trust", _update_settings(gateway_ca_file=None)),
    FaultCase(
        "its fingerprint is a different one",
        Layer.TLS,
        "trust",
        _update_settings(gateway_fingerprint="0" * 64),
    ),
    FaultCase(
        "its file is missing", Layer.TLS, "trust", _update_settings(gateway_ca_file=Path("missing.pem"))
    ),
    FaultCase("it speaks plain HTTP", Layer.TLS, "protocol", _set_fields(shows="nothing")),
    FaultCase("it speaks TLS to http", Layer.TLS, "protocol", _set_fields(scheme="http")),
    FaultCase("it sends nothing", Layer.TLS, "protocol", _set_fields(raw=_stay_silent, shows="nothing")),
    FaultCase(
        "it sends nothing over http",
        Layer.TLS,
        "protocol",
        _set_fields(raw=_stay_silent, shows="nothing", scheme="http"),
    ),
    FaultCase("it closes the connection", Layer.TLS, "protocol", _set_fields(raw=_hang_up, shows="nothing")),
    FaultCase(
        "it is a mail server", Layer.TLS, "protocol", _set_fields(raw=_send_smtp_greeting, shows="nothing")
    ),
    FaultCase(
        "it is another program", Layer.GATEWAY, "front", _set_front_page(HTMLResponse("<h1>It works!</h1>"))
    ),
    FaultCase(
        "it has no front page", Layer.GATEWAY, "front", _set_front_page(JSONResponse({}, status_code=404))
    ),
    FaultCase(
        "it returns 500 for everything",
        Layer.GATEWAY,
        "front",
        _set_front_page(PlainTextResponse("", status_code=500)),
    ),
    FaultCase(
        "a proxy cannot reach it",
        Layer.GATEWAY,
        "front",
        _set_front_page(HTMLResponse("<h1>Bad</h1>", status_code=502)),
    ),
    FaultCase(
        "it redirects elsewhere",
        Layer.GATEWAY,
        "front",
        _set_front_page(Response(status_code=302, headers={"location": "https://other.example/?q=/sso/"})),
    ),
    FaultCase("its front page hangs", Layer.GATEWAY, "front", _set_fields(front=_hang)),
    FaultCase(
        "it rejects the address",
        Layer.ADDRESS_LIST,
        "front",
        _set_front_page(PlainTextResponse("Access Denied", status_code=404)),
    ),
    FaultCase(
        "its API is unknown", Layer.API, "status", _add_simulator_fault("*", status=404, html="<h1>No</h1>")
    ),
    FaultCase(
        "its API redirects elsewhere",
        Layer.API,
        "status",
        _add_simulator_fault("*", status=302, headers={"Location": "https://api.ibkr.com/v1"}),
    ),
    FaultCase(
        "its API returns a web page",
        Layer.API,
        "status",
        _add_simulator_fault(STATUS, html="<h1>Welcome</h1>"),
    ),
    FaultCase(
        "its API truncates the response", Layer.API, "status", _add_simulator_fault(STATUS, truncate=True)
    ),
    FaultCase("its API resets the connection", Layer.API, "status", _add_simulator_fault(STATUS, reset=0)),
    FaultCase(
        "its API returns something else", Layer.API, "status", _add_simulator_fault(STATUS, body=[1, 2])
    ),
    FaultCase("IBKR is silent", Layer.UPSTREAM, "status", _add_simulator_fault("*", hang=True)),
    FaultCase(
        "IBKR is silent about the session", Layer.UPSTREAM, "status", _add_simulator_fault(STATUS, hang=True)
    ),
    FaultCase(
        "IBKR responds slowly",
        Layer.UPSTREAM,
        "status",
        _add_simulator_fault(
            STATUS, body={"authenticated": True, "message": "x" * 150}, drip=SlowBody(bytes=100, seconds=4.5)
        ),
    ),
    FaultCase(
        "IBKR returns 503",
        Layer.UPSTREAM,
        "status",
        _add_simulator_fault("*", status=503, html="<h1>Sorry</h1>"),
    ),
    FaultCase(
        "IBKR returns 500",
        Layer.UPSTREAM,
        "status",
        _add_simulator_fault("*", status=500, body={"error": "unknown"}),
    ),
    FaultCase("IBKR returns 429", Layer.PACING, "status", _add_simulator_fault("*", status=429)),
    FaultCase(
        "IBKR returns 429 with Retry-After",
        Layer.PACING,
        "status",
        _add_simulator_fault("*", status=429, headers={"Retry-After": "900"}),
    ),
    FaultCase("nobody is logged in", Layer.LOGIN, "session", _add_event("logout")),
    FaultCase("nobody is logged in, by 401", Layer.LOGIN, "status", _add_simulator_fault("*", status=401)),
    FaultCase(
        "it redirects to the login",
        Layer.LOGIN,
        "status",
        _add_simulator_fault("*", status=302, headers={"Location": "/sso/Login?forwardTo=22"}),
    ),
    FaultCase("the session was dropped", Layer.SESSION, "session", _add_event("drop")),
    FaultCase("another program competes", Layer.SESSION, "session", _add_event("compete")),
    FaultCase(
        "there is no bridge",
        Layer.SESSION,
        "session",
        _add_simulator_fault(STATUS, status=400, body={"error": "Bad Request: no bridge", "statusCode": 400}),
    ),
    FaultCase(
        "the session is opening",
        Layer.SESSION,
        "session",
        _all_of(_update_options(login=False, connect_seconds=600.0), _add_event("login")),
    ),
    FaultCase(
        "there is no account",
        Layer.ACCOUNTS,
        "accounts",
        _add_simulator_fault(ACCOUNTS, body={"accounts": []}),
    ),
    FaultCase("the accounts hang", Layer.ACCOUNTS, "accounts", _add_simulator_fault(ACCOUNTS, hang=True)),
    FaultCase(
        "the accounts return 500",
        Layer.ACCOUNTS,
        "accounts",
        _add_simulator_fault(ACCOUNTS, status=500, html="<p>"),
    ),
    FaultCase(
        "the accounts return 429", Layer.PACING, "accounts", _add_simulator_fault(ACCOUNTS, status=429)
    ),
    FaultCase(
        "logged out at the accounts",
        Layer.LOGIN,
        "accounts",
        _add_simulator_fault(ACCOUNTS, session="logout"),
    ),
    FaultCase("the terms are not signed", Layer.QUOTES, "quotes", _update_options(availability="O")),
    FaultCase("quotes hang", Layer.QUOTES, "quotes", _add_simulator_fault(SNAPSHOT, hang=True)),
    FaultCase(
        "quotes return 500", Layer.QUOTES, "quotes", _add_simulator_fault(SNAPSHOT, status=500, html="<p>")
    ),
    FaultCase("quotes return 429", Layer.PACING, "quotes", _add_simulator_fault(SNAPSHOT, status=429)),
    FaultCase(
        "dropped at the quotes", Layer.SESSION, "quotes", _add_simulator_fault(SNAPSHOT, session="drop")
    ),
    FaultCase(
        "the clock is ahead",
        Layer.CLOCK,
        "clock",
        _add_simulator_fault(STATUS, headers={"Date": _DATE_AN_HOUR_AGO}),
    ),
    FaultCase("no ticker runs", Layer.TICKER, "ticker", _set_fields(ticker=None)),
    FaultCase("the ticker is another program", Layer.TICKER, "ticker", _set_fields(ticker=other_app())),
    FaultCase("the ticker hangs", Layer.TICKER, "ticker", _set_fields(ticker=ticker_app(hangs=True))),
    FaultCase(
        "the ticker's loop stopped", Layer.TICKER, "ticker", _set_fields(ticker=ticker_app(beats=False))
    ),
    FaultCase("no server runs", Layer.ENDPOINT, "server", _set_fields(server=None)),
    FaultCase("the server is another program", Layer.ENDPOINT, "server", _set_fields(server=other_app())),
    FaultCase("the server hangs", Layer.ENDPOINT, "server", _set_fields(server=server_app(hangs=True))),
    FaultCase(
        "the server has another token", Layer.ENDPOINT, "server", _set_fields(server=server_app(token="t"))
    ),
    FaultCase(
        "the server has another path", Layer.ENDPOINT, "server", _set_fields(server=server_app(path="/other"))
    ),
    FaultCase(
        "the server does not know the host",
        Layer.CLIENTS,
        "server",
        _all_of(
            _set_fields(server=server_app(refuses="nas.lan")),
            lambda world: world.endpoint.update(allowed_hosts=("nas.lan",)),
        ),
    ),
)
