"""Session monitor: checks are shared, never stale, and not sent while an order awaits confirmation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api_gateway.access_policy import ALL_OPERATIONS
from api_gateway.causes import Cause, Outcome
from api_gateway.client.gateway import GatewayClient
from api_gateway.client.rate_limiter import MAX_IN_FLIGHT
from api_gateway.errors import GatewayError, LoginRequired, NoResponse, RateLimited, SessionLost, Unreachable
from api_gateway.session.maintenance import Region
from api_gateway.session.monitor import MAX_CONCURRENT, SessionMonitor
from api_gateway.session.states import SessionState
from api_gateway.settings import GatewaySettings
from tests.api_gateway.because import because
from tests.api_gateway.fakes import FakeTime
from tests.virtual_loop import run_in_virtual_time

OPEN = {"authenticated": True, "established": True, "connected": True, "competing": False}
CLOSED = {"authenticated": False, "established": False, "connected": True, "competing": False}
COMPETING = {**CLOSED, "competing": True}
STATUS = "/v1/api/iserver/auth/status"
SILENT = NoResponse(request="a", problem="b", hint="c", late=True)
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC).timestamp()


class MonitorRig:
    """A monitor whose status requests return `status`, or raise it, once `gate` is set."""

    def __init__(self) -> None:
        self.status: Any = OPEN
        self.page: int | None = 302
        self.requests = self.cancelled = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.quiet = False
        self.set_back = 0.0
        self.time = FakeTime()
        self.monitor = SessionMonitor(
            fetch_status=self.fetch_status,
            probe=self.probe,
            quiet=lambda: self.quiet,
            region=Region.AMERICA,
            login_url="https://login.example",
            now=self.time.now,
            wall=lambda: NOON + self.time.seconds - self.set_back,
        )

    async def fetch_status(self) -> Any:
        self.requests += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.status, Exception):
            raise self.status
        return self.status

    async def probe(self) -> int | None:
        await asyncio.sleep(0)
        return self.page


@pytest_asyncio.fixture
async def rig() -> AsyncIterator[MonitorRig]:
    rig = MonitorRig()
    yield rig
    await rig.monitor.aclose()


async def test_fifty_concurrent_callers_share_one_check(rig: MonitorRig) -> None:
    checks = await asyncio.gather(*(rig.monitor.check_now(timeout=5) for _ in range(50)))
    assert rig.requests == 1
    assert {check.diagnosis.state for check in checks if check} == {SessionState.ESTABLISHED}


async def test_a_result_is_reused_only_within_max_age(rig: MonitorRig) -> None:
    await rig.monitor.check_now(timeout=5)
    await rig.monitor.check_now(timeout=5, max_age=1)
    assert rig.requests == 1
    rig.status = CLOSED
    check = await rig.monitor.check_now(timeout=5)
    assert check is not None
    assert check.diagnosis.state is SessionState.CLOSED
    rig.time.seconds += 1
    await rig.monitor.check_now(timeout=5, max_age=1)
    assert rig.requests == 3


async def test_a_result_is_not_reused_after_a_session_error(rig: MonitorRig) -> None:
    await rig.monitor.check_now(timeout=5)
    rig.monitor.record_failure(SessionLost(request="a", problem="b", hint="c"))
    await rig.monitor.check_now(timeout=5, max_age=1)
    assert rig.requests == 2


async def test_a_clock_that_is_set_back_never_puts_since_in_the_future(rig: MonitorRig) -> None:
    await rig.monitor.check_now(timeout=5)
    rig.time.seconds += 10
    rig.set_back = 3600
    check = await rig.monitor.check_now(timeout=5)
    assert check is not None
    assert check.since.timestamp() == NOON + rig.time.seconds - 3600


async def test_since_is_when_the_state_began(rig: MonitorRig) -> None:
    first = await rig.monitor.check_now(timeout=5)
    rig.time.seconds += 100
    later = await rig.monitor.check_now(timeout=5)
    rig.status = COMPETING
    other = await rig.monitor.check_now(timeout=5)
    assert first is not None
    assert later is not None
    assert other is not None
    assert later.since == first.since
    assert (other.since - first.since).total_seconds() == 100


async def test_no_check_is_sent_while_an_order_awaits_confirmation(rig: MonitorRig) -> None:
    rig.quiet = True
    assert await rig.monitor.check_now(timeout=5) is None
    assert await rig.monitor.check_within(timeout=5) is None
    rig.quiet = False
    known = await rig.monitor.check_now(timeout=5)
    rig.quiet, rig.status = True, CLOSED
    assert await rig.monitor.check_within(timeout=5) is known
    assert rig.requests == 1


@pytest.mark.parametrize(
    ("page", "state"), [(302, SessionState.UPSTREAM_SILENT), (None, SessionState.UNREACHABLE)]
)
async def test_without_a_response_the_front_page_decides(
    rig: MonitorRig, page: int | None, state: SessionState
) -> None:
    rig.gate.clear()
    rig.page = page
    check = await rig.monitor.check_within(timeout=0.05)
    assert check is not None
    assert check.given_up
    assert check.diagnosis.state is state
    assert rig.monitor.last is None
    assert (
        await rig.monitor.confirm_outage(timeout=0.05) is check.diagnosis
    )  # so that the next request checks the session first


async def test_a_hanging_check_is_not_shared_with_later_callers_and_few_checks_wait(rig: MonitorRig) -> None:
    rig.gate.clear()
    for _ in range(MAX_CONCURRENT + 2):
        assert await rig.monitor.check_now(timeout=0) is None
        await asyncio.sleep(0)
        rig.time.seconds += 1
    await asyncio.sleep(0)
    assert rig.requests == MAX_CONCURRENT + 2
    assert rig.cancelled == 2


async def test_on_opened_is_called_whenever_the_session_opens(rig: MonitorRig) -> None:
    opened: list[int] = []
    rig.monitor.on_opened(lambda: opened.append(rig.requests))
    for status in (OPEN, OPEN, CLOSED, OPEN):
        rig.status = status
        await rig.monitor.check_now(timeout=5)
    assert opened == [1, 4]


# With the gateway client


class FakeUpstream:
    """A gateway with this session status; an exception is raised for every request."""

    def __init__(self) -> None:
        self.status: Any = OPEN
        self.paths: list[str] = []
        self.gate: asyncio.Event | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.paths.append(path)
        if isinstance(self.status, Exception):
            raise self.status
        if path == STATUS:
            return httpx.Response(200 if self.status else 401, json=self.status or {})
        if self.gate is not None:
            await self.gate.wait()
        if self.status is None:
            return httpx.Response(401)
        if path.startswith("/v1/api/iserver/") and self.status is not OPEN:
            return httpx.Response(400, json={"error": "Bad Request: no bridge"})
        return httpx.Response(200, json=[{"ok": 1}])


@pytest.fixture
def upstream() -> FakeUpstream:
    return FakeUpstream()


@pytest_asyncio.fixture
async def gateway(upstream: FakeUpstream) -> AsyncIterator[GatewayClient]:
    async with open_gateway(upstream) as opened:
        yield opened


@asynccontextmanager
async def open_gateway(upstream: FakeUpstream) -> AsyncIterator[GatewayClient]:
    time = FakeTime()
    settings = GatewaySettings(_env_file=None, gateway_login_url="https://login.example")
    transport = httpx.MockTransport(upstream)
    async with GatewayClient(
        settings,
        policy=ALL_OPERATIONS,
        transport=transport,
        now=time.now,
        sleep=time.sleep,
        wall=lambda: NOON,
    ) as opened:
        yield opened


@pytest.mark.parametrize(
    ("status", "failure", "cause"),
    [
        (None, LoginRequired, Cause.NOT_LOGGED_IN),
        (CLOSED, SessionLost, Cause.SESSION_CLOSED),
        (COMPETING, SessionLost, Cause.COMPETING),
        (httpx.ConnectError("refused"), Unreachable, Cause.CONNECT_FAILED),
    ],
)
async def test_a_known_problem_fails_requests_unsent_and_only_while_it_lasts(
    gateway: GatewayClient, upstream: FakeUpstream, status: Any, failure: type[GatewayError], cause: Cause
) -> None:
    upstream.status = status
    with pytest.raises(failure):
        await gateway.get("/iserver/secdef/search", symbol="AAPL")
    upstream.paths.clear()
    with pytest.raises(failure, check=because(cause, Outcome.NOT_SENT)):
        await gateway.post("/iserver/account/{allocation}/orders", "DU1234567", body={"orders": []})
    assert upstream.paths == [STATUS]
    upstream.status = OPEN
    assert (await gateway.get("/iserver/secdef/search", symbol="AAPL")).value == [{"ok": 1}]


async def test_a_request_that_needs_no_brokerage_session_is_sent_without_one(
    gateway: GatewayClient, upstream: FakeUpstream
) -> None:
    upstream.status = CLOSED
    with pytest.raises(SessionLost):
        await gateway.get("/iserver/secdef/search", symbol="AAPL")
    assert (await gateway.get("/trsrv/stocks", symbols="AAPL")).value == [{"ok": 1}]


async def test_an_error_that_is_not_about_the_session_causes_no_check(
    gateway: GatewayClient, upstream: FakeUpstream
) -> None:
    gateway.session_monitor.record_failure(RateLimited(request="a", problem="b", hint="c", seconds=1))
    await gateway.get("/trsrv/stocks", symbols="AAPL")
    assert STATUS not in upstream.paths


async def hang() -> Any:
    await asyncio.Event().wait()


def test_a_gateway_that_is_still_silent_fails_requests_within_a_second(upstream: FakeUpstream) -> None:
    async def send() -> None:
        async with open_gateway(upstream) as gateway:
            gateway.session_monitor.record_failure(SILENT)
            gateway.session_monitor._fetch_status = hang
            async with asyncio.timeout(1):
                with pytest.raises(Unreachable, check=because(Cause.IBKR_SILENT, Outcome.NOT_SENT)):
                    await gateway.get("/trsrv/stocks", symbols="AAPL")

    run_in_virtual_time(send())
    assert upstream.paths == ["/"]


def test_a_frozen_gateway_is_reported_as_unreachable(upstream: FakeUpstream) -> None:
    async def send() -> None:
        async with open_gateway(upstream) as gateway:
            gateway.session_monitor.record_failure(SILENT)
            gateway.session_monitor._fetch_status = gateway.session_monitor._probe = hang
            async with asyncio.timeout(1.5):
                with pytest.raises(Unreachable, check=because(Cause.GATEWAY_UNREACHABLE, Outcome.NOT_SENT)):
                    await gateway.get("/trsrv/stocks", symbols="AAPL")

    run_in_virtual_time(send())


async def test_sixty_slow_requests_do_not_delay_a_check(
    gateway: GatewayClient, upstream: FakeUpstream
) -> None:
    upstream.gate = asyncio.Event()
    calls = [
        asyncio.create_task(gateway.get("/trsrv/secdef", conids=str(conid)), name=str(conid))
        for conid in range(1, 61)
    ]
    async with asyncio.timeout(10):
        while len(upstream.paths) < MAX_IN_FLIGHT:  # noqa: ASYNC110 - the upstream has no event for it
            await asyncio.sleep(0)
        began = gateway.session_monitor._now()
        check = await gateway.session_monitor.check_now(timeout=5)
    assert check is not None
    assert check.diagnosis.ready
    assert gateway.session_monitor._now() - began <= 1.2
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
