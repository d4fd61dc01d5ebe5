"""Client, a stand-in for IBKR's Java gateway, and the simulator as IBKR's back end."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedOK

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.causes import Cause, Outcome
from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, LoginRequired, NoResponse, OutcomeUnknown, Unreachable
from api_gateway.session.diagnosis import Diagnosis
from api_gateway.session.maintenance import Region
from api_gateway.session.states import SessionState as State
from api_gateway.settings import GatewaySettings
from api_gateway.simulator.app import create_app
from api_gateway.simulator.certificate import CertificateFiles, ensure_certificate
from api_gateway.simulator.clock import Clock
from api_gateway.simulator.faults import Fault, FaultAction, FaultSchedule, RequestPattern
from api_gateway.simulator.session.session import LoginState as SimulatedState
from api_gateway.simulator.simulation import Simulation, SimulationOptions
from api_gateway.simulator.variants import Variants
from tests.api_gateway.because import because
from tests.api_gateway.certificates import make_certificate
from tests.api_gateway.java_gateway import LOGIN_PAGE, JavaGateway
from tests.api_gateway.listening import ListeningServer, serve_app, wait_until
from ticker_service.heartbeat import HeartbeatMemory, Rules, send_heartbeat
from ticker_service.settings import Compete

ACCOUNT = "DU1234567"
TUESDAY = 1_772_557_200.0  # 3 March 2026, noon in New York
LOGIN_URL = "https://localhost:5055"
SOON = 0.25  # real seconds that a test waits for a response that never arrives
LOGIN_CHAIN = [
    "GET /sso/validate",
    "GET /one/user",
    "GET /ssodh/init",
    "GET /ssodh/st",
    "GET /sso/Authenticator",
    "GET /iserver/auth/status",
]


class JavaGatewayStack:
    """Client, ticker, the gateway's stand-in and the simulator, with a clock that only requests advance."""

    def __init__(self, options: SimulationOptions | None = None) -> None:
        self.clock = Clock(start=TUESDAY, frozen=True)
        self.simulation = Simulation(options, self.clock)
        self.memory = HeartbeatMemory()
        self.java: JavaGateway
        self.simulator: ListeningServer
        self.gateway: GatewayClient

    @asynccontextmanager
    async def open(
        self, *, refuses: bool = False, tls: Path | None = None
    ) -> AsyncIterator[JavaGatewayStack]:
        """Serve everything on free ports, with TLS on both sides if a folder is given."""
        certificate: CertificateFiles | None = None
        upstream_tls: ssl.SSLContext | None = None
        context: ssl.SSLContext | None = None
        settings = GatewaySettings(_env_file=None, gateway_login_url=LOGIN_URL)
        if tls:
            certificate = ensure_certificate(tls / "simulator")
            upstream_tls = ssl.create_default_context(cafile=certificate.certificate_path)
            own = make_certificate(tls, "java")
            context = own.server_context
            settings.gateway_ca_file = own.file
        async with AsyncExitStack() as stack:
            self.simulator = await stack.enter_async_context(
                serve_app(create_app(self.simulation), certificate)
            )
            java = JavaGateway(
                self.simulator.port, upstream_tls=upstream_tls, sleep=self.sleep, refuses=refuses
            )
            self.java = await stack.enter_async_context(java.running(context))
            settings.gateway_url = f"{'https' if tls else 'http'}://127.0.0.1:{self.java.port}"
            self.gateway = await stack.enter_async_context(
                GatewayClient(settings, policy=ALL_OPERATIONS, now=self.clock.now, sleep=self.sleep)
            )
            yield self

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    def websocket(self) -> connect:
        """A WebSocket to the gateway; it sends no cookie, as the gateway drops it."""
        return connect(f"ws://127.0.0.1:{self.java.port}/v1/api/ws", compression=None, proxy=None)

    def browser(self) -> httpx.AsyncClient:
        settings = self.gateway.settings
        trusted = ssl.create_default_context(cafile=settings.gateway_ca_file)
        return httpx.AsyncClient(base_url=settings.gateway_url, verify=trusted, trust_env=False)

    async def log_in(self) -> None:
        """Log in with the login page, and wait for the gateway's part of the login."""
        async with self.browser() as browser:
            await press_the_button(browser)
        await self.java.wait_for_login_chain()

    async def get(self, template: str, *values: object, **query: Any) -> Any:
        return (await self.gateway.get(template, *values, **query)).value

    async def beat(self) -> Diagnosis:
        self.clock.advance(1.5)
        rules = Rules(Compete.YIELD, Region.AMERICA, LOGIN_URL, random.Random(1))  # noqa: S311
        found = await send_heartbeat(
            self.gateway, self.memory, rules, now=self.clock.now(), at=datetime(2026, 3, 3, 17, tzinfo=UTC)
        )
        assert found.diagnosis
        return found.diagnosis

    def fault(self, path: str, do: FaultAction, *, times: int | None = None) -> None:
        self.simulation.faults.add(
            Fault(match=RequestPattern(path=path), when=FaultSchedule(times=times), do=do)
        )


class Form(HTMLParser):
    """The only form of a page: its action, and the fields that its button sends."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values["action"]
        elif tag == "button":
            self.fields[values["name"]] = values["value"]


async def press_the_button(browser: httpx.AsyncClient) -> None:
    start = await browser.get("/")
    assert (start.status_code, start.headers["location"]) == (302, LOGIN_PAGE)
    form = Form((await browser.get(LOGIN_PAGE)).text)
    response = await browser.post(form.action, data=form.fields, headers={"origin": LOGIN_URL})
    assert (response.status_code, response.text) == (200, "Client login succeeds")


@pytest.fixture
async def stack() -> AsyncIterator[JavaGatewayStack]:
    """Nobody is logged in."""
    async with JavaGatewayStack().open() as stack:
        yield stack


@pytest.fixture
async def open_stack(stack: JavaGatewayStack) -> JavaGatewayStack:
    """A user is logged in, and the brokerage session is open."""
    await stack.log_in()
    return stack


async def test_after_a_login_each_first_call_returns_a_complete_response(stack: JavaGatewayStack) -> None:
    await stack.log_in()
    assert stack.java.own_requests == [*LOGIN_CHAIN, "GET /iserver/accounts"]
    assert (await stack.beat()).state is State.ESTABLISHED
    assert (await stack.get("/iserver/accounts"))["accounts"] == [ACCOUNT]
    (quote,) = await stack.get("/iserver/marketdata/snapshot", conids="265598", fields="31,84,86")
    assert {"31", "84", "86"} <= quote.keys()
    positions = await stack.get("/portfolio/{account}/positions/{page}", ACCOUNT, 0)
    assert "AAPL" in {position["ticker"] for position in positions}
    assert (await stack.get("/iserver/account/orders"))["orders"]
    assert stack.simulation.rate_limits.penalty_seconds_left == 0


async def test_a_login_that_opens_no_session_is_followed_by_challenge_and_response() -> None:
    async with JavaGatewayStack(SimulationOptions(opens_brokerage=False)).open() as stack:
        await stack.log_in()
        exchange = ["POST /iserver/auth/ssodh/init", "POST /iserver/auth/ssodh/response"]
        assert stack.java.own_requests == [*LOGIN_CHAIN, *exchange, "GET /iserver/accounts"]
        assert stack.simulation.session.state is SimulatedState.BROKERAGE
        assert (await stack.beat()).state is State.ESTABLISHED


async def test_a_login_disconnects_another_program(stack: JavaGatewayStack) -> None:
    stack.simulation.session.displace()
    await stack.log_in()
    assert not stack.simulation.session.is_competing
    assert (await stack.beat()).state is State.ESTABLISHED


async def test_the_gateway_works_with_tls_on_both_sides(tmp_path: Path) -> None:
    async with JavaGatewayStack().open(tls=tmp_path) as stack:
        await stack.log_in()
        assert (await stack.beat()).state is State.ESTABLISHED
        assert (await stack.get("/iserver/accounts"))["accounts"] == [ACCOUNT]


async def test_before_a_login_every_error_names_the_login_page(stack: JavaGatewayStack) -> None:
    for call in (
        stack.get("/portfolio/accounts"),
        stack.get("/iserver/account/orders"),
        stack.gateway.tickle(),
    ):
        with pytest.raises(LoginRequired, match=LOGIN_URL):
            await call
    finding = await stack.beat()
    assert finding.state is State.NOT_LOGGED_IN
    assert LOGIN_URL in finding.next_step
    assert stack.java.own_requests == []


async def test_the_login_page_is_passed_through_unchanged(stack: JavaGatewayStack) -> None:
    async with stack.browser() as browser:
        through = await browser.get(LOGIN_PAGE)
        straight = await browser.get(f"http://127.0.0.1:{stack.simulator.port}{LOGIN_PAGE}")
    assert through.content == straight.content


async def test_a_form_on_another_sites_page_logs_nobody_in(stack: JavaGatewayStack) -> None:
    async with stack.browser() as browser:
        response = await browser.post("/sso/Dispatcher", headers={"origin": "https://evil.example"})
    assert response.status_code == 403
    assert stack.simulation.session.state is SimulatedState.NO_LOGIN


async def test_the_gateways_own_tickles_do_not_use_up_the_rate_limits(open_stack: JavaGatewayStack) -> None:
    for _ in range(3):
        await open_stack.java.tickle()
    assert (await open_stack.gateway.tickle()).value["session"]
    await open_stack.get("/sso/validate")
    assert open_stack.simulation.rate_limits.penalty_seconds_left == 0
    assert open_stack.java.tickling


async def test_the_gateways_own_tickle_keeps_the_session_open(open_stack: JavaGatewayStack) -> None:
    for _ in range(30):
        open_stack.clock.advance(30)
        await open_stack.java.tickle()
    assert open_stack.simulation.session.state is SimulatedState.BROKERAGE


async def test_the_gateways_own_tickle_ends_the_login_if_the_session_is_lost_and_the_ticker_reports_it(
    open_stack: JavaGatewayStack,
) -> None:
    open_stack.simulation.session.reset()
    await open_stack.java.tickle()
    finding = await open_stack.beat()
    assert finding.state is State.NOT_LOGGED_IN
    assert LOGIN_URL in finding.next_step


async def test_the_ticker_reopens_a_lost_session_before_that(open_stack: JavaGatewayStack) -> None:
    open_stack.simulation.session.drop()
    assert (await open_stack.beat()).state is State.OPENING
    await open_stack.java.tickle()
    assert (await open_stack.beat()).state is State.ESTABLISHED


async def test_the_ticker_restarts_the_gateways_own_tickle_after_an_outage(
    open_stack: JavaGatewayStack,
) -> None:
    open_stack.fault("/tickle", FaultAction(status=503, html="<html>Service Unavailable</html>"))
    await open_stack.java.tickle()
    assert not open_stack.java.tickling
    assert (await open_stack.beat()).state is State.FAILING
    open_stack.simulation.faults.clear()
    assert (await open_stack.beat()).state is State.ESTABLISHED
    await open_stack.java.wait_for_login_chain()
    assert open_stack.java.tickling


async def test_a_silent_upstream_fails_requests_at_the_timeout_until_it_responds_again(
    open_stack: JavaGatewayStack,
) -> None:
    await (
        open_stack.gateway.tickle()
    )  # on a pooled connection, so that the timeout does not include connecting
    await open_stack.simulator.stop()
    open_stack.gateway.settings.gateway_timeout = SOON
    with pytest.raises(Failed, check=because(Cause.NO_RESPONSE_IN_TIME)):
        await open_stack.get("/portfolio/accounts")
    finding = await open_stack.beat()
    assert finding.state is State.UPSTREAM_SILENT
    assert "0.25 s" in finding.detail
    open_stack.gateway.settings.gateway_timeout = 15
    async with serve_app(create_app(open_stack.simulation)) as again:
        open_stack.java.upstream_port = again.port
        assert (await open_stack.beat()).state is State.ESTABLISHED
        await open_stack.java.wait_for_login_chain()


async def test_a_write_without_a_response_has_an_unknown_outcome_because_it_may_be_forwarded_later(
    open_stack: JavaGatewayStack,
) -> None:
    open_stack.fault("/iserver/auth/status", FaultAction(delay_seconds=3 * SOON))
    await open_stack.gateway.tickle()
    async with open_stack.browser() as other:
        slow = [asyncio.create_task(other.get("/v1/api/iserver/auth/status")) for _ in range(5)]
        await wait_until(lambda: open_stack.simulation.faults.to_json()[0]["fired"] == 5)
        open_stack.gateway.settings.gateway_timeout = SOON
        with pytest.raises(OutcomeUnknown, check=because(Cause.NO_RESPONSE_IN_TIME, Outcome.UNKNOWN)):
            await open_stack.gateway.post("/logout")
        assert open_stack.simulation.session.state is SimulatedState.BROKERAGE
        await asyncio.gather(*slow)
    await wait_until(lambda: open_stack.simulation.session.logged_in_at is None)


async def test_five_hung_requests_block_the_gateway_and_each_caller_gets_an_error_at_the_timeout(
    open_stack: JavaGatewayStack,
) -> None:
    open_stack.fault("/iserver/contract/*", FaultAction(hang=True))
    await open_stack.get("/iserver/accounts")
    open_stack.gateway.settings.gateway_timeout = SOON
    calls = [open_stack.get("/iserver/contract/{conid}/info", conid) for conid in range(1, 6)]
    failures = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(failure) for failure in failures] == [NoResponse] * 5
    assert open_stack.simulation.faults.to_json()[0]["fired"] == 5
    open_stack.simulation.faults.clear()
    with pytest.raises(Failed, check=because(Cause.NO_RESPONSE_IN_TIME)):
        await open_stack.gateway.tickle()
    with pytest.raises(
        Unreachable, check=because(Cause.IBKR_SILENT, Outcome.NOT_SENT)
    ):  # a check finds it before the request is sent
        await open_stack.get("/portfolio/accounts")
    assert (await open_stack.beat()).state is State.UPSTREAM_SILENT
    async with open_stack.browser() as browser:
        assert (await browser.get("/")).status_code == 302


@pytest.mark.parametrize("status", [204, 304])
async def test_a_stray_end_of_chunks_after_an_empty_response_affects_no_other_request(
    open_stack: JavaGatewayStack, status: int
) -> None:
    open_stack.fault("/trsrv/stocks", FaultAction(status=status), times=1)
    with pytest.raises(Failed, check=because(Cause.UNUSABLE_RESPONSE)):
        await open_stack.gateway.get("/trsrv/stocks", symbols="AAPL")
    assert (await open_stack.gateway.tickle()).value["session"]  # nothing else sends a tickle
    for _ in range(3):
        assert (await open_stack.get("/trsrv/stocks", symbols="AAPL"))["AAPL"]


async def test_a_truncated_response_fails_at_the_timeout(open_stack: JavaGatewayStack) -> None:
    open_stack.fault("/trsrv/stocks", FaultAction(declare=5_000_000), times=1)
    await open_stack.gateway.tickle()
    open_stack.gateway.settings.gateway_timeout = SOON
    with pytest.raises(Failed, check=because(Cause.NO_RESPONSE_IN_TIME)):
        await open_stack.get("/trsrv/stocks", symbols="AAPL")
    open_stack.gateway.settings.gateway_timeout = 15
    assert (await open_stack.get("/trsrv/stocks", symbols="AAPL"))["AAPL"]


async def test_a_rejected_address_is_reported_with_the_setting_to_change() -> None:
    async with JavaGatewayStack().open(refuses=True) as stack:
        with pytest.raises(Unreachable, check=because(Cause.ADDRESS_REFUSED)):
            await stack.get("/iserver/accounts")
        assert (await stack.beat()).state is State.ADDRESS_REFUSED


async def test_a_chunked_body_never_arrives_and_the_clients_bodies_do(open_stack: JavaGatewayStack) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'{"publish":true,"compete":true}'

    async with open_stack.browser() as other:
        lost = await other.post("/v1/api/iserver/auth/ssodh/init", content=body())
    assert lost.json()["error"] == "publish must be true"
    opened = await open_stack.gateway.post(
        "/iserver/auth/ssodh/init", body={"publish": True, "compete": False}
    )
    assert opened.value["established"] is True


BEHIND = SimulationOptions(behind_gateway=True)


async def receive(socket: ClientConnection) -> Any:
    """The next frame, which is binary."""
    async with asyncio.timeout(10):
        raw = await socket.recv()
    assert isinstance(raw, bytes)
    return orjson.loads(raw)


async def greet(socket: ClientConnection) -> set[str]:
    return {(await receive(socket))["topic"] for _ in range(3)}


async def test_behind_the_gateway_a_login_through_it_works_and_nobody_else_has_it() -> None:
    async with JavaGatewayStack(BEHIND).open() as stack:
        await stack.log_in()
        assert (await stack.beat()).state is State.ESTABLISHED
        assert (await stack.get("/iserver/accounts"))["accounts"] == [ACCOUNT]
        direct = f"http://127.0.0.1:{stack.simulator.port}/v1/api/iserver/accounts"
        async with httpx.AsyncClient(trust_env=False) as stranger:
            assert (await stranger.get(direct)).status_code == 401


@pytest.mark.parametrize("without_login", ["bodies", "401"])
async def test_behind_the_gateway_its_restart_loses_the_login_until_the_next_one(
    without_login: Literal["bodies", "401"],
) -> None:
    async with JavaGatewayStack(BEHIND).open() as stack:
        stack.simulation.variants = Variants(without_login=without_login)
        await stack.log_in()
        stack.java.restart()
        assert stack.simulation.session.state is SimulatedState.BROKERAGE
        assert (await stack.beat()).state is State.NOT_LOGGED_IN
        with pytest.raises(LoginRequired):
            await stack.get("/iserver/accounts")
        await stack.log_in()
        assert (await stack.beat()).state is State.ESTABLISHED


async def test_the_websocket_works_through_the_gateway() -> None:
    async with JavaGatewayStack(BEHIND).open() as stack:
        await stack.log_in()
        async with stack.websocket() as socket:
            assert await greet(socket) == {"system", "act", "sts"}
            await socket.send("spl+{}")
            await socket.send("ech+hb")
            while (await receive(socket)).get("topic") != "ech+hb":
                continue
            stack.clock.advance(1)
            while (await receive(socket)).get("topic") != "spl":
                continue


async def test_the_gateway_closes_a_websocket_that_carries_too_large_a_frame() -> None:
    async with JavaGatewayStack(BEHIND).open() as stack:
        await stack.log_in()
        async with stack.websocket() as socket:
            await greet(socket)
            await socket.send("x" * 200_000)
            with pytest.raises(ConnectionClosedOK):
                await receive(socket)


async def test_after_a_restart_of_the_gateway_a_websocket_is_accepted_and_silent() -> None:
    async with JavaGatewayStack(BEHIND).open() as stack:
        await stack.log_in()
        stack.java.restart()
        async with stack.websocket() as socket:
            await (await socket.ping())  # which the gateway answers itself
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(SOON):
                    await socket.recv()
