"""Everything between a client and IBKR on loopback, and what can go wrong with it, as data."""

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
from tests.api_gateway.certificates import Certificate, make_certificate
from tests.api_gateway.fakes import RawServer, Serve
from tests.api_gateway.listening import listening

TUESDAY = 1_772_557_200.0  # 3 March 2026, noon in New York
TOKEN = "correct-horse-battery"
STATUS = "/iserver/auth/status"
ACCOUNTS = "/iserver/accounts"
SNAPSHOT = "/iserver/marketdata/snapshot"


@dataclass(frozen=True)
class Papers:
    """The certificates that gateways show in these tests; they take a while to make."""

    own: Certificate
    expired: Certificate
    other: Certificate


def make_papers(folder: Path) -> Papers:
    return Papers(
        make_certificate(folder, "own"),
        make_certificate(folder, "expired", expired=True),
        make_certificate(folder, "other"),
    )


@dataclass
class World:
    """What there is; all is well until faults say otherwise."""

    papers: Papers
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
    raw: Serve | None = None
    front: Callable[[Request], Any] | None = None
    ticker: ASGIApp | None = field(default_factory=lambda: ticker_app())
    server: ASGIApp | None = field(default_factory=lambda: server_app())
    endpoint: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

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
                "gateway_ca_file": self.papers.own.file if self.scheme == "https" else None,
                **self.settings,
            }
            gateway = await stack.enter_async_context(
                GatewayClient(GatewaySettings(_env_file=None, **settings), now=loop.time, sleep=sleep)
            )
            ticker = await self._serve(stack, self.ticker)
            server = await self._serve(stack, self.server)
            url = f"http://127.0.0.1:{server}/mcp"
            subject = DoctorContext(
                gateway=gateway,
                problems=tuple(self.problems),
                mode=TradingMode.PAPER,
                ticker_url=f"http://127.0.0.1:{ticker}",
                endpoint=McpEndpoint(**{"url": url, "token": TOKEN, **self.endpoint}),
            )
            more = {"resolve": self.resolve} if self.resolve else {}
            return await run_doctor(subject, wall=clock.now, **more)

    async def _gateway_port(self, stack: AsyncExitStack, simulation: Simulation) -> int:
        if self.port == "closed":
            return closed_port()
        if self.port == "full":
            return await stack.enter_async_context(full_port())
        shown: Certificate = getattr(self.papers, self.shows) if self.shows != "nothing" else self.papers.own
        if self.raw is not None:
            context = shown.server if self.shows != "nothing" else None
            return (await stack.enter_async_context(RawServer(self.raw).running(context))).port
        app = _Front(create_app(simulation), self)
        certificate = _files(shown) if self.shows != "nothing" else None
        return (await stack.enter_async_context(listening(app, certificate))).port

    async def _serve(self, stack: AsyncExitStack, app: ASGIApp | None) -> int:
        if app is None:
            return closed_port()
        return (await stack.enter_async_context(listening(app))).port


class _Front:
    """The simulator, behind a front page that may be somebody else's; what was asked is written down."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._world.asked.append(f"{scope['method']} {scope['path'].removeprefix('/v1/api')}")
        if self._world.front is not None:
            answer: Response = await self._world.front(Request(scope, receive))
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _files(shown: Certificate) -> CertificateFiles:
    return CertificateFiles(shown.file, shown.file.with_suffix(".key"), "")


def closed_port() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port: int = opened.getsockname()[1]
    return port


@asynccontextmanager
async def full_port() -> AsyncIterator[int]:
    """A port where a connection is begun and never made, as behind a firewall that swallows."""
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
    """A ticker."""

    async def health(request: Request) -> Response:
        if hangs:
            return await _hang(request)
        return JSONResponse({"alive": beats}, status_code=200 if beats else 503)

    async def told(_: Request) -> Response:
        ready = state == "established"
        held = [{"id": "1", "for": each, "ends_in_seconds": 50.0} for each in holds]
        return JSONResponse({"state": state, "ready": ready, "login_url": "https://x", "holds": held})

    return Starlette(routes=[Route("/health", health), Route("/state", told)])


def server_app(
    *,
    token: str = TOKEN,
    path: str = "/mcp",
    hangs: bool = False,
    refuses: str = "",
    unready: tuple[str, str] | None = None,
) -> ASGIApp:
    """An MCP server, as far as its first answer goes; `unready` is what it lacks, and what to do."""

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
        happened, hint = unready
        return JSONResponse({"status": "not ready", "happened": happened, "hint": hint}, status_code=503)

    return Starlette(
        routes=[
            Route(path, endpoint, methods=["POST", "DELETE"]),
            Route("/health", health),
            Route("/ready", ready),
        ]
    )


def other_app() -> ASGIApp:
    """Some other program that speaks HTTP."""

    async def page(_: Request) -> Response:
        return HTMLResponse("<h1>It works!</h1>")

    return Starlette(routes=[Route("/{path:path}", page, methods=["GET", "POST"])])


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong, and the layer that an examination must name for it.

    Of two things wrong in the same `place` only one can be.
    """

    name: str
    layer: Layer
    place: str
    happen: Callable[[World], object]

    def __str__(self) -> str:
        return self.name


def _set(**values: Any) -> Callable[[World], object]:
    def happen(world: World) -> None:
        for name, value in values.items():
            setattr(world, name, value)

    return happen


def _settings(**values: Any) -> Callable[[World], object]:
    return lambda world: world.settings.update(values)


def _simulated(path: str, **do: Any) -> Callable[[World], object]:
    return lambda world: world.simulator_faults.append(
        Fault(match=RequestPattern(path=path), do=FaultAction(**do))
    )


def _event(name: str) -> Callable[[World], object]:
    return lambda world: world.events.append(name)


def _options(**values: Any) -> Callable[[World], object]:
    def happen(world: World) -> None:
        world.options = SimulationOptions(**{**vars(world.options), **values})

    return happen


def _unknown_name(*_: object) -> Sequence[str]:
    raise socket.gaierror(-2, "Name or service not known")


def _endless_name(*_: object) -> Sequence[str]:
    threading.Event().wait(20)  # longer than any examination, in a thread that nobody waits for
    return []


async def _silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")
    await reader.read(-1)


async def _hang(request: Request) -> Response:
    """Answer when whoever asks has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
    return Response()


def _front(answer: Response) -> Callable[[World], object]:
    async def front(_: Request) -> Response:
        return answer

    return _set(front=front)


def _two(*happenings: Callable[[World], object]) -> Callable[[World], object]:
    return lambda world: [happen(world) for happen in happenings]


_AN_HOUR_LATE = format_datetime(datetime.fromtimestamp(TUESDAY - 3600, tz=UTC), usegmt=True)
_BAD_SETTING = broken(Layer.SETTINGS, "TRADING_MODE cannot be used: no.", "Correct it.")

WRONGS: tuple[Wrong, ...] = (
    Wrong("a setting cannot be used", Layer.SETTINGS, "settings", _set(problems=[_BAD_SETTING])),
    Wrong("its name is unknown", Layer.NAME, "name", _set(resolve=_unknown_name)),
    Wrong("its name is not answered", Layer.NAME, "name", _set(resolve=_endless_name)),
    Wrong("nothing listens", Layer.PORT, "port", _set(port="closed")),
    Wrong("connections are swallowed", Layer.PORT, "port", _set(port="full")),
    Wrong("its certificate expired", Layer.TLS, "trust", _two(_set(shows="expired"))),
    Wrong("its certificate is another one", Layer.TLS, "trust", _set(shows="other")),
    Wrong("its certificate is unknown", Layer.TLS, "trust", _settings(gateway_ca_file=None)),
    Wrong("its fingerprint is another", Layer.TLS, "trust", _settings(gateway_fingerprint="0" * 64)),
    Wrong("its file is missing", Layer.TLS, "trust", _settings(gateway_ca_file=Path("missing.pem"))),
    Wrong("it speaks plain HTTP", Layer.TLS, "protocol", _set(shows="nothing")),
    Wrong("it speaks TLS to http", Layer.TLS, "protocol", _set(scheme="http")),
    Wrong("it says nothing", Layer.TLS, "protocol", _set(raw=_silence, shows="nothing")),
    Wrong(
        "it says nothing to http", Layer.TLS, "protocol", _set(raw=_silence, shows="nothing", scheme="http")
    ),
    Wrong("it hangs up", Layer.TLS, "protocol", _set(raw=_hang_up, shows="nothing")),
    Wrong("it is a mail server", Layer.TLS, "protocol", _set(raw=_greet, shows="nothing")),
    Wrong("it is another program", Layer.GATEWAY, "front", _front(HTMLResponse("<h1>It works!</h1>"))),
    Wrong("it knows no front page", Layer.GATEWAY, "front", _front(JSONResponse({}, status_code=404))),
    Wrong("it breaks always", Layer.GATEWAY, "front", _front(PlainTextResponse("", status_code=500))),
    Wrong(
        "a proxy finds it not", Layer.GATEWAY, "front", _front(HTMLResponse("<h1>Bad</h1>", status_code=502))
    ),
    Wrong(
        "it points elsewhere",
        Layer.GATEWAY,
        "front",
        _front(Response(status_code=302, headers={"location": "https://other.example/?q=/sso/"})),
    ),
    Wrong("its front page hangs", Layer.GATEWAY, "front", _set(front=_hang)),
    Wrong(
        "it refuses the address",
        Layer.ADDRESS_LIST,
        "front",
        _front(PlainTextResponse("Access Denied", status_code=404)),
    ),
    Wrong("its API is unknown", Layer.API, "status", _simulated("*", status=404, html="<h1>No</h1>")),
    Wrong(
        "its API points away",
        Layer.API,
        "status",
        _simulated("*", status=302, headers={"Location": "https://api.ibkr.com/v1"}),
    ),
    Wrong("its API answers a page", Layer.API, "status", _simulated(STATUS, html="<h1>Welcome</h1>")),
    Wrong("its API answers half", Layer.API, "status", _simulated(STATUS, truncate=True)),
    Wrong("its API cuts", Layer.API, "status", _simulated(STATUS, reset=0)),
    Wrong("its API says something else", Layer.API, "status", _simulated(STATUS, body=[1, 2])),
    Wrong("IBKR is silent", Layer.UPSTREAM, "status", _simulated("*", hang=True)),
    Wrong("IBKR is silent about the session", Layer.UPSTREAM, "status", _simulated(STATUS, hang=True)),
    Wrong(
        "IBKR drips",
        Layer.UPSTREAM,
        "status",
        _simulated(
            STATUS, body={"authenticated": True, "message": "x" * 150}, drip=SlowBody(bytes=100, seconds=4.5)
        ),
    ),
    Wrong(
        "IBKR is not available", Layer.UPSTREAM, "status", _simulated("*", status=503, html="<h1>Sorry</h1>")
    ),
    Wrong("IBKR breaks", Layer.UPSTREAM, "status", _simulated("*", status=500, body={"error": "unknown"})),
    Wrong("IBKR wants silence", Layer.PACING, "status", _simulated("*", status=429)),
    Wrong(
        "IBKR wants a long silence",
        Layer.PACING,
        "status",
        _simulated("*", status=429, headers={"Retry-After": "900"}),
    ),
    Wrong("nobody is logged in", Layer.LOGIN, "session", _event("logout")),
    Wrong("nobody is logged in, by 401", Layer.LOGIN, "status", _simulated("*", status=401)),
    Wrong(
        "it leads to the login",
        Layer.LOGIN,
        "status",
        _simulated("*", status=302, headers={"Location": "/sso/Login?forwardTo=22"}),
    ),
    Wrong("the session was dropped", Layer.SESSION, "session", _event("drop")),
    Wrong("another program competes", Layer.SESSION, "session", _event("compete")),
    Wrong(
        "there is no bridge",
        Layer.SESSION,
        "session",
        _simulated(STATUS, status=400, body={"error": "Bad Request: no bridge", "statusCode": 400}),
    ),
    Wrong(
        "the session opens",
        Layer.SESSION,
        "session",
        _two(_options(login=False, connect_seconds=600.0), _event("login")),
    ),
    Wrong("there is no account", Layer.ACCOUNTS, "accounts", _simulated(ACCOUNTS, body={"accounts": []})),
    Wrong("the accounts hang", Layer.ACCOUNTS, "accounts", _simulated(ACCOUNTS, hang=True)),
    Wrong("the accounts break", Layer.ACCOUNTS, "accounts", _simulated(ACCOUNTS, status=500, html="<p>")),
    Wrong("silence at the accounts", Layer.PACING, "accounts", _simulated(ACCOUNTS, status=429)),
    Wrong("logged out at the accounts", Layer.LOGIN, "accounts", _simulated(ACCOUNTS, session="logout")),
    Wrong("the terms are not signed", Layer.QUOTES, "quotes", _options(availability="O")),
    Wrong("quotes hang", Layer.QUOTES, "quotes", _simulated(SNAPSHOT, hang=True)),
    Wrong("quotes break", Layer.QUOTES, "quotes", _simulated(SNAPSHOT, status=500, html="<p>")),
    Wrong("silence at the quotes", Layer.PACING, "quotes", _simulated(SNAPSHOT, status=429)),
    Wrong("dropped at the quotes", Layer.SESSION, "quotes", _simulated(SNAPSHOT, session="drop")),
    Wrong("the clock is late", Layer.CLOCK, "clock", _simulated(STATUS, headers={"Date": _AN_HOUR_LATE})),
    Wrong("no ticker runs", Layer.TICKER, "ticker", _set(ticker=None)),
    Wrong("the ticker is another program", Layer.TICKER, "ticker", _set(ticker=other_app())),
    Wrong("the ticker hangs", Layer.TICKER, "ticker", _set(ticker=ticker_app(hangs=True))),
    Wrong("the ticker's loop stopped", Layer.TICKER, "ticker", _set(ticker=ticker_app(beats=False))),
    Wrong("no server runs", Layer.ENDPOINT, "server", _set(server=None)),
    Wrong("the server is another program", Layer.ENDPOINT, "server", _set(server=other_app())),
    Wrong("the server hangs", Layer.ENDPOINT, "server", _set(server=server_app(hangs=True))),
    Wrong("the server has another token", Layer.ENDPOINT, "server", _set(server=server_app(token="t"))),
    Wrong("the server has another path", Layer.ENDPOINT, "server", _set(server=server_app(path="/other"))),
    Wrong(
        "the server does not know the host",
        Layer.CLIENTS,
        "server",
        _two(
            _set(server=server_app(refuses="nas.lan")),
            lambda world: world.endpoint.update(allowed_hosts=("nas.lan",)),
        ),
    ),
)
