"""Session monitor: checks are shared, never stale, and not sent while an order awaits confirmation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
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

OPEN = {"authenticated": True, "established": True, "connected": True, "competing": False}
CLOSED = {"authenticated": False, "established": False, "connected": True, "competing": False}
COMPETING = {**CLOSED, "competing": True}
STATUS = "/v1/api/iserver/auth/status"
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC).timestamp()


class Place:
    """Asked for the state of the session: answers `status`, or an error, once `let` is set."""

    def __init__(self) -> None:
        self.status: Any = OPEN
        self.page: int | None = 302
        self.asked = self.cancelled = 0
        self.let = asyncio.Event()
        self.let.set()
        self.quiet = False
        self.set_back = 0.0
        self.time = FakeTime()
        self.looks = SessionMonitor(
            fetch_status=self.ask,
            probe=self.probe,
            quiet=lambda: self.quiet,
            region=Region.AMERICA,
            login_url="https://login.example",
            now=self.time.now,
            wall=lambda: NOON + self.time.seconds - self.set_back,
        )

    async def ask(self) -> Any:
        self.asked += 1
        try:
            await self.let.wait()
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
async def place() -> AsyncIterator[Place]:
    place = Place()
    yield place
    await place.looks.aclose()


async def test_fifty_concurrent_callers_share_one_check(place: Place) -> None:
    looks = await asyncio.gather(*(place.looks.check_now(timeout=5) for _ in range(50)))
    assert place.asked == 1
    assert {look.diagnosis.state for look in looks if look} == {SessionState.ESTABLISHED}


async def test_a_result_is_reused_only_within_max_age(place: Place) -> None:
    await place.looks.check_now(timeout=5)
    await place.looks.check_now(timeout=5, max_age=1)
    assert place.asked == 1
    place.status = CLOSED
    look = await place.looks.check_now(timeout=5)
    assert look is not None
    assert look.diagnosis.state is SessionState.CLOSED
    place.time.seconds += 1
    await place.looks.check_now(timeout=5, max_age=1)
    assert place.asked == 3


async def test_a_result_is_not_reused_after_a_session_error(place: Place) -> None:
    await place.looks.check_now(timeout=5)
    place.looks.record_failure(SessionLost(request="a", problem="b", hint="c"))
    await place.looks.check_now(timeout=5, max_age=1)
    assert place.asked == 2


async def test_a_clock_that_is_set_back_never_puts_since_in_the_future(place: Place) -> None:
    await place.looks.check_now(timeout=5)
    place.time.seconds += 10
    place.set_back = 3600
    look = await place.looks.check_now(timeout=5)
    assert look is not None
    assert look.since.timestamp() == NOON + place.time.seconds - 3600


async def test_since_is_when_the_state_began(place: Place) -> None:
    first = await place.looks.check_now(timeout=5)
    place.time.seconds += 100
    later = await place.looks.check_now(timeout=5)
    place.status = COMPETING
    other = await place.looks.check_now(timeout=5)
    assert first is not None
    assert later is not None
    assert other is not None
    assert later.since == first.since
    assert (other.since - first.since).total_seconds() == 100


async def test_no_check_is_sent_while_an_order_awaits_confirmation(place: Place) -> None:
    place.quiet = True
    assert await place.looks.check_now(timeout=5) is None
    assert await place.looks.check_within(timeout=5) is None
    place.quiet = False
    known = await place.looks.check_now(timeout=5)
    place.quiet, place.status = True, CLOSED
    assert await place.looks.check_within(timeout=5) is known
    assert place.asked == 1


@pytest.mark.parametrize(
    ("page", "state"), [(302, SessionState.UPSTREAM_SILENT), (None, SessionState.UNREACHABLE)]
)
async def test_without_a_response_the_front_page_decides(
    place: Place, page: int | None, state: SessionState
) -> None:
    place.let.clear()
    place.page = page
    look = await place.looks.check_within(timeout=0.05)
    assert look is not None
    assert look.given_up
    assert look.diagnosis.state is state
    assert place.looks.last is None
    assert (
        await place.looks.confirm_outage(timeout=0.05) is look.diagnosis
    )  # so that the next request looks first


async def test_a_hanging_check_is_not_shared_with_later_callers_and_few_checks_wait(place: Place) -> None:
    place.let.clear()
    for _ in range(MAX_CONCURRENT + 2):
        assert await place.looks.check_now(timeout=0) is None
        await asyncio.sleep(0)
        place.time.seconds += 1
    await asyncio.sleep(0)
    assert place.asked == MAX_CONCURRENT + 2
    assert place.cancelled == 2


async def test_on_opened_is_called_whenever_the_session_opens(place: Place) -> None:
    heard: list[int] = []
    place.looks.on_opened(lambda: heard.append(place.asked))
    for status in (OPEN, OPEN, CLOSED, OPEN):
        place.status = status
        await place.looks.check_now(timeout=5)
    assert heard == [1, 4]


# Through the gateway client


class Far:
    """A gateway: `status` is what its session is, an exception what every request meets."""

    def __init__(self) -> None:
        self.status: Any = OPEN
        self.paths: list[str] = []
        self.held: asyncio.Event | None = None

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.paths.append(path)
        if isinstance(self.status, Exception):
            raise self.status
        if path == STATUS:
            return httpx.Response(200 if self.status else 401, json=self.status or {})
        if self.held is not None:
            await self.held.wait()
        if self.status is None:
            return httpx.Response(401)
        if path.startswith("/v1/api/iserver/") and self.status is not OPEN:
            return httpx.Response(400, json={"error": "Bad Request: no bridge"})
        return httpx.Response(200, json=[{"fine": 1}])


@pytest.fixture
def far() -> Far:
    return Far()


@pytest_asyncio.fixture
async def gateway(far: Far) -> AsyncIterator[GatewayClient]:
    time = FakeTime()
    settings = GatewaySettings(_env_file=None, gateway_login_url="https://login.example")
    transport = httpx.MockTransport(far)
    async with GatewayClient(
        settings,
        policy=ALL_OPERATIONS,
        transport=transport,
        now=time.now,
        sleep=time.sleep,
        wall=lambda: NOON,
    ) as gateway:
        yield gateway


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
    gateway: GatewayClient, far: Far, status: Any, failure: type[GatewayError], cause: Cause
) -> None:
    far.status = status
    with pytest.raises(failure):
        await gateway.get("/iserver/secdef/search", symbol="AAPL")
    far.paths.clear()
    with pytest.raises(failure, check=because(cause, Outcome.NOT_SENT)):
        await gateway.post("/iserver/account/{allocation}/orders", "DU1234567", body={"orders": []})
    assert far.paths == [STATUS]
    far.status = OPEN
    assert (await gateway.get("/iserver/secdef/search", symbol="AAPL")).value == [{"fine": 1}]


async def test_a_request_that_needs_no_brokerage_session_is_sent_without_one(
    gateway: GatewayClient, far: Far
) -> None:
    far.status = CLOSED
    with pytest.raises(SessionLost):
        await gateway.get("/iserver/secdef/search", symbol="AAPL")
    assert (await gateway.get("/trsrv/stocks", symbols="AAPL")).value == [{"fine": 1}]


async def test_an_error_that_is_not_about_the_session_causes_no_check(
    gateway: GatewayClient, far: Far
) -> None:
    gateway.session_monitor.record_failure(RateLimited(request="a", problem="b", hint="c", seconds=1))
    await gateway.get("/trsrv/stocks", symbols="AAPL")
    assert STATUS not in far.paths


async def test_a_gateway_that_is_still_silent_fails_requests_within_a_second(
    gateway: GatewayClient, far: Far
) -> None:
    gateway.session_monitor.record_failure(NoResponse(request="a", problem="b", hint="c", late=True))

    async def hangs() -> Any:
        await asyncio.Event().wait()

    gateway.session_monitor._fetch_status = hangs
    async with asyncio.timeout(1):
        with pytest.raises(Unreachable, check=because(Cause.IBKR_SILENT, Outcome.NOT_SENT)):
            await gateway.get("/trsrv/stocks", symbols="AAPL")
    assert far.paths == ["/"]


async def test_a_frozen_gateway_is_reported_as_unreachable(gateway: GatewayClient) -> None:
    gateway.session_monitor.record_failure(NoResponse(request="a", problem="b", hint="c", late=True))

    async def hangs() -> Any:
        await asyncio.Event().wait()

    gateway.session_monitor._fetch_status = gateway.session_monitor._probe = hangs
    async with asyncio.timeout(1.5):
        with pytest.raises(Unreachable, check=because(Cause.GATEWAY_UNREACHABLE, Outcome.NOT_SENT)):
            await gateway.get("/trsrv/stocks", symbols="AAPL")


async def test_sixty_slow_requests_do_not_delay_a_check(gateway: GatewayClient, far: Far) -> None:
    far.held = asyncio.Event()
    calls = [
        asyncio.create_task(gateway.get("/trsrv/secdef", conids=str(conid)), name=str(conid))
        for conid in range(1, 61)
    ]
    async with asyncio.timeout(10):
        while len(far.paths) < MAX_IN_FLIGHT:  # noqa: ASYNC110 - the far side has no event for it
            await asyncio.sleep(0)
        began = gateway.session_monitor._now()
        look = await gateway.session_monitor.check_now(timeout=5)
    assert look is not None
    assert look.diagnosis.ready
    assert gateway.session_monitor._now() - began <= 1.2
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
