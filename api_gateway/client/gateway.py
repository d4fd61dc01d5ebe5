"""The gateway's client: its methods, and the pipeline that each kind of request passes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from api_gateway.access_policy import READ_ONLY, AccessPolicy
from api_gateway.client.access_check import AccessCheck
from api_gateway.client.cold_start import ColdStartRetry, ColdStartStep
from api_gateway.client.delivery import Delivery
from api_gateway.client.expired_preflight import ExpiredPreflight
from api_gateway.client.lanes import PriorityLane, RequestLane, TickleLane
from api_gateway.client.live_orders import LiveOrdersRefresh
from api_gateway.client.opening_check import STATUS, OpeningCheck
from api_gateway.client.order_questions import OrderQuestionTracker
from api_gateway.client.paper_guard import PaperGuard
from api_gateway.client.paths import QueryValue
from api_gateway.client.payload_check import PayloadCheck
from api_gateway.client.pipeline import compose
from api_gateway.client.prefetch import Prefetcher, PrefetchSchedule
from api_gateway.client.preflight import Accounts, Preflight
from api_gateway.client.preparation import PrepareAgain, PrepareRead, PrepareWrite
from api_gateway.client.rate_limiter import TICKLE, RateLimiter, WaitBudget
from api_gateway.client.rate_limits import GLOBAL_LIMIT, IBKR_LIMITS
from api_gateway.client.recent_responses import RecentResponses
from api_gateway.client.request import build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.client.response_cache import ResponseCache
from api_gateway.client.response_interpreter import ResponseInterpreter
from api_gateway.client.sender import Sender
from api_gateway.client.session_gate import SessionGate
from api_gateway.client.shared_requests import SharedRequests
from api_gateway.client.snapshot_polling import SnapshotPoller
from api_gateway.client.tickle_collision import TickleCollision
from api_gateway.client.time_limit import TimeLimit
from api_gateway.client.tls import TlsTrust
from api_gateway.client.transport import NoResponseError, NotSentError, Transport
from api_gateway.client.warm_up_retry import WarmUpRetry
from api_gateway.operations import RateLimit
from api_gateway.session.monitor import SessionMonitor
from api_gateway.settings import GatewaySettings

TICKLE_DEADLINE = 8.0  # seconds; a loss is noticed after a minute between tickles, this and a probe
PROBE_DEADLINE = 2.0  # seconds; the gateway responds to this itself, from this machine or a near one
CHECK_DEADLINE = 4.0  # seconds; no caller waits longer for a session check, and the next one comes soon


async def _never_held() -> bool:
    return False


def _no_limit() -> WaitBudget:
    """The budget before `TimeLimit`, and in lanes with their own timeouts."""
    return WaitBudget(0.0, float("inf"))


class GatewayClient:
    """Client for IBKR's Web API through the gateway, with rate limits, timeouts and preflights.

    A template such as `/portfolio/{account}/positions/{page}` is relative to `/v1/api`; `values` go into it
    in order, each validated (see `paths.PATH_PARAMETERS`). Each method returns IBKR's response unchanged, or
    raises one of `errors.GatewayError`. No write is ever sent twice, and nothing is sent unless `policy`
    lists it.

    `session_monitor` knows the state of the session, `order_question` whether an order awaits
    confirmation. `transport`, `now`, `wall` and `sleep` are for tests; `limits` and `global_limit` for
    measurements without IBKR.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        policy: AccessPolicy = READ_ONLY,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limits: Mapping[tuple[str, str], RateLimit] = IBKR_LIMITS,
        global_limit: RateLimit | None = GLOBAL_LIMIT,
    ) -> None:
        self.settings = settings
        self.policy = policy
        self.rate_limiter = RateLimiter(
            penalty=settings.gateway_penalty, now=now, sleep=sleep, limits=limits, global_limit=global_limit
        )
        self.order_question = OrderQuestionTracker(now=now)
        self._wall = wall
        self._transport = Transport(settings, TlsTrust.from_settings(settings), transport=transport)

        login_url = settings.gateway_login_url
        access, payload, expired = AccessCheck(policy), PayloadCheck(), ExpiredPreflight()
        interpret = ResponseInterpreter(self.rate_limiter, login_url=login_url)

        # The transport.
        exchange = compose((self.order_question,), Delivery(self._transport, self.rate_limiter))

        # One request, once.
        request_lane = RequestLane(self.rate_limiter, settings, now=now)
        send = compose((access,), Sender(request_lane, exchange, interpret))

        # One request, with retries while the session opens or the service starts.
        opening_check = OpeningCheck(send, login_url=login_url, now=now)
        send_ready = compose((opening_check, WarmUpRetry(sleep=sleep)), send)

        # The session's status, which depends on nothing but the priority lane.
        status_lane = PriorityLane(self.rate_limiter, settings, deadline=CHECK_DEADLINE)
        self._status = compose((access, expired, payload), Sender(status_lane, exchange, interpret))

        # The tickle, which another program may send in the same second.
        tickle_lane = TickleLane(self.rate_limiter, settings, deadline=TICKLE_DEADLINE)
        tickle_exchange = compose((TickleCollision(),), exchange)
        self._tickle = compose(
            (SharedRequests(), access, expired, payload), Sender(tickle_lane, tickle_exchange, interpret)
        )

        # The same, for what a recent response or a request under way can serve.
        recent = RecentResponses(now=now, has_problem=lambda: self.session_monitor.last_problem is not None)
        send_or_reuse = compose((recent,), send_ready)

        self._preflight = Preflight(send_or_reuse, now=now)
        self._snapshot_poller = SnapshotPoller(
            send=send_ready, ensure=self._preflight.ensure, now=now, sleep=sleep
        )
        self.session_monitor = SessionMonitor(
            fetch_status=self._fetch_status,
            probe=self.probe,
            quiet=lambda: self.order_question.open,
            region=settings.gateway_region,
            login_url=login_url,
            now=now,
            wall=wall,
        )
        cold_start = ColdStartRetry(now=now, sleep=sleep)
        cache = ResponseCache(now=now)
        session_gate = SessionGate(self.session_monitor, self.order_question, self.rate_limiter)
        time_limit = TimeLimit(settings, now=now)
        prepare = PrepareRead(self._preflight)

        # A read.
        self._read = compose(
            (
                access,
                SharedRequests(),
                cache,
                session_gate,
                time_limit,
                expired,
                payload,
                LiveOrdersRefresh(compose((prepare,), send_ready)),
                ColdStartStep(cold_start, compose((PrepareAgain(self._preflight),), send_ready)),
                self._snapshot_poller,
                prepare,
            ),
            send_or_reuse,
        )

        # A write, and a POST that reads: sent once, whatever the response.
        self._write = compose(
            (
                access,
                session_gate,
                time_limit,
                PrepareWrite(self._preflight),
                cache,
                PaperGuard(policy, send_ready),
                payload,
            ),
            send_ready,
        )

        schedule = PrefetchSchedule(now=now)
        self._prefetcher = Prefetcher(
            schedule,
            send=send,
            preflight=self._preflight,
            cold_start=cold_start,
            order_question=self.order_question,
            settings=settings,
            now=now,
        )

        # State learned from responses, and discarded with the session.
        interpret.on_response(self._preflight.observe)
        interpret.on_response(self._snapshot_poller.observe)
        interpret.on_response(recent.observe)
        interpret.on_login_required(self._preflight.reset)
        for memory in (cold_start, self._snapshot_poller, schedule, opening_check, recent):
            self._preflight.on_reset(memory.reset)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. Requests after this are `Unreachable`."""
        await self.session_monitor.aclose()
        await self._transport.aclose()

    def current_time(self) -> datetime:
        """The time of day by this client's clock."""
        return datetime.fromtimestamp(self._wall(), tz=UTC)

    @property
    def accounts(self) -> Accounts | None:
        """The accounts of the login, once IBKR has listed them in this session."""
        return self._preflight.accounts

    @property
    def market_data_lines(self) -> int:
        """How many market-data lines this client has opened in this session."""
        return self._snapshot_poller.contracts

    async def get(self, template: str, /, *values: object, **query: QueryValue) -> GatewayResponse:
        """Send a read. Concurrent identical reads are sent once and share the response."""
        request = build_request("GET", template, values, query, read_only=True)
        return await self._read(request, _no_limit())

    async def post(
        self,
        template: str,
        /,
        *values: object,
        body: Mapping[str, Any] | None = None,
        reads: bool = False,
        **query: QueryValue,
    ) -> GatewayResponse:
        """Send `body` as JSON, `{}` without one. `reads` says that this POST changes nothing at IBKR."""
        if template == TICKLE:
            return await self.tickle()
        request = build_request("POST", template, values, query, body, read_only=reads)
        return await self._write(request, _no_limit())

    async def put(
        self,
        template: str,
        /,
        *values: object,
        body: Mapping[str, Any] | None = None,
        **query: QueryValue,
    ) -> GatewayResponse:
        """Send `body` as JSON, `{}` without one."""
        request = build_request("PUT", template, values, query, body, read_only=False)
        return await self._write(request, _no_limit())

    async def delete(self, template: str, /, *values: object, **query: QueryValue) -> GatewayResponse:
        """Send a DELETE, which deletes or cancels."""
        request = build_request("DELETE", template, values, query, read_only=False)
        return await self._write(request, _no_limit())

    async def tickle(self) -> GatewayResponse:
        """Send a tickle, which keeps the session alive. No other request and no penalty delays it."""
        return await self._tickle(build_request("POST", TICKLE, read_only=True), _no_limit())

    async def probe(self) -> int | None:
        """Return the HTTP status of the gateway's own front page; None without a response within 2 s.

        IBKR gets no request, so rate limits, access policy and penalty do not apply. 302, to the login page,
        means that the gateway is running, whether or not anybody is logged in and IBKR can be reached.
        """
        timeout = min(PROBE_DEADLINE, self.settings.gateway_timeout)
        try:
            received = await self._transport.exchange("GET", "/", None, timeout=timeout, fresh=True)
        except (NotSentError, NoResponseError):
            return None
        return received.status

    def reset_session_state(self) -> None:
        """Discard what was learned in the last brokerage session, because a new one has begun."""
        self._preflight.reset()

    def on_session_end(self, then: Callable[[], None]) -> None:
        """Call `then` whenever the session has ended or a new one has begun, perhaps of another login."""
        self._preflight.on_reset(then)

    async def prefetch(self, is_held: Callable[[], Awaitable[bool]] = _never_held) -> None:
        """Prefetch the account lists and what IBKR needs five seconds to collect: orders, trades, P&L.

        Call it every few seconds: each request is sent once, and once more if its response was incomplete. It
        raises nothing; what fails is retried later. Nothing is sent while an order is in flight or
        unconfirmed, here or, if `is_held`, in another program.
        """
        await self._prefetcher.run(is_held)

    async def _fetch_status(self) -> Any:
        request = build_request("POST", STATUS, read_only=True)
        return (await self._status(request, _no_limit())).value
