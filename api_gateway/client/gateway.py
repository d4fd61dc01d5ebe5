"""The one place that speaks HTTP to the gateway."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from api_gateway.access_policy import READ_ONLY, AccessPolicy
from api_gateway.client.cold_start import ColdStartRetry
from api_gateway.client.interpretation import (
    BareUnauthorized,
    PreflightExpired,
    ServiceWarmingUp,
    interpret_response,
    no_response_error,
    rate_limited_error,
    require_payload,
    retry_after,
    session_error,
    tickle_collision_error,
    unavailable_error,
    unknown_account_error,
)
from api_gateway.client.order_questions import OrderQuestionTracker
from api_gateway.client.paper_guard import PaperGuard
from api_gateway.client.path_aliases import find_aliased_operation
from api_gateway.client.paths import QueryValue
from api_gateway.client.prefetch import Prefetcher
from api_gateway.client.preflight import ACCOUNTS, PORTFOLIO, Accounts, Preflight
from api_gateway.client.rate_limiter import (
    TICKLE,
    RateLimiter,
    Reservation,
    WaitBudget,
)
from api_gateway.client.rate_limits import GLOBAL_LIMIT, IBKR_LIMITS
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.client.response_cache import ResponseCache
from api_gateway.client.single_flight import SingleFlight
from api_gateway.client.snapshot_polling import SNAPSHOT, SnapshotPoller
from api_gateway.client.tls import TlsTrust
from api_gateway.client.transport import NoResponseError, NotSentError, RawResponse, Transport
from api_gateway.errors import Failed, Forbidden, GatewayError, LoginRequired, RateLimited, Unreachable
from api_gateway.operations import RateLimit
from api_gateway.session.diagnosis import is_session_status
from api_gateway.session.monitor import SessionMonitor
from api_gateway.session.states import BLOCKING_STATES, SessionState, parse_session
from api_gateway.settings import GatewaySettings

logger = logging.getLogger(__name__)

STATUS = "/iserver/auth/status"
ORDERS = ("GET", "/iserver/account/orders")
TICKLE_DEADLINE = 8.0  # seconds: a minute between tickles, this and a probe is how late a loss is noticed
PROBE_DEADLINE = 2.0  # seconds: the gateway answers this itself, from the same machine or the next
CHECK_DEADLINE = 4.0  # seconds: whoever asks for a look waits no longer, and the next look comes soon
QUICK_TIMEOUT = 0.5  # seconds for a look before a request, where something was missing a moment ago
TICKLE_COLLISION_RETRY = (
    2.0  # seconds after which a tickle that met another one is sent again by whoever needs it
)
WAKE_UP_PAUSES = (1.0, 1.0, 2.0)  # seconds between questions to notices that are "waiting for reply"
STATUS_TTL = 5.0  # seconds for which an open session is taken to be open still


async def _never_held() -> bool:
    return False


class GatewayClient:
    """IBKR's Web API as the gateway offers it: paced, on time, and with everything asked first that must be.

    A template such as `/portfolio/{account}/positions/{page}` is relative to `/v1/api`; `values` go into it
    in order, each validated (see `paths.PATH_PARAMETERS`). Each method returns IBKR's response unchanged, or
    raises one of `errors.GatewayError`. No write is ever sent twice, and nothing is sent unless `policy`
    lists it.

    `looks` tells what the session is, `question` whether an order's question is open. `transport`, `now`,
    `wall` and `sleep` are for tests; `limits` and `everything` for measurements without IBKR.
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
        self._now = now
        self._wall = wall
        self._transport = Transport(settings, TlsTrust.from_settings(settings), transport=transport)
        self._single_flight: SingleFlight[GatewayResponse] = SingleFlight()
        self._preflight = Preflight(self._send_checking_empty, now=now)
        self._cold_start = ColdStartRetry(now=now, sleep=sleep)
        self._prefetcher = Prefetcher(now=now)
        self._response_cache = ResponseCache(now=now)
        self._paper_guard = PaperGuard(policy, self._send_checking_empty)
        self._sleep = sleep
        self._snapshot_poller = SnapshotPoller(
            ask=self._send_checking_empty, take=self._preflight.ensure, now=now, sleep=sleep
        )
        self._established_at = float("-inf")
        self._tickle_collided = False
        self.order_question = OrderQuestionTracker(now=now)
        self.session_monitor = SessionMonitor(
            fetch_status=self._fetch_status,
            probe=self.probe,
            quiet=lambda: self.order_question.open,
            region=settings.gateway_region,
            login_url=settings.gateway_login_url,
            now=now,
            wall=wall,
        )
        for part in (self._cold_start, self._snapshot_poller, self._prefetcher):
            self._preflight.on_reset(part.reset)
        self._preflight.on_reset(self._reset_status)

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
        """How many contracts this client has opened market data for in this session."""
        return self._snapshot_poller.contracts

    async def get(self, template: str, /, *values: object, **query: QueryValue) -> GatewayResponse:
        """Read. The same address asked for twice at a time is sent once."""
        call = build_request("GET", template, values, query, read_only=True)
        self._check_access(call)
        return await self._single_flight.run(call.path.raw_path, lambda: self._read(call))

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
        return await self._write(build_request("POST", template, values, query, body, read_only=reads))

    async def put(
        self,
        template: str,
        /,
        *values: object,
        body: Mapping[str, Any] | None = None,
        **query: QueryValue,
    ) -> GatewayResponse:
        """Send `body` as JSON, `{}` without one."""
        return await self._write(build_request("PUT", template, values, query, body, read_only=False))

    async def delete(self, template: str, /, *values: object, **query: QueryValue) -> GatewayResponse:
        """Delete or cancel."""
        return await self._write(build_request("DELETE", template, values, query, read_only=False))

    async def tickle(self) -> GatewayResponse:
        """Keep the session alive, in a lane that no other request and no penalty blocks."""
        return await self._single_flight.run(TICKLE, self._tickle)

    async def _tickle(self) -> GatewayResponse:
        call = build_request("POST", TICKLE, read_only=True)
        self._check_access(call)
        async with self.rate_limiter.acquire_tickle() as turn:
            within = min(TICKLE_DEADLINE, self.settings.gateway_timeout)
            received = await self._exchange(call, turn, within)
        collided = received.status == 429 and not self._tickle_collided and not retry_after(received.headers)
        self._tickle_collided = received.status == 429
        if collided:
            # Another program that tickled in the same second is no reason for silence; a second 429 is.
            raise tickle_collision_error(call, TICKLE_COLLISION_RETRY)
        try:
            return require_payload(call, self._interpret(call, received))
        except PreflightExpired as error:
            raise error.failure from None

    async def probe(self) -> int | None:
        """The HTTP status of the gateway's own front page; None if nothing answers there within 2 s.

        IBKR is not asked, so no limit, no mode and no penalty box is in the way. 302, to the login page, is
        a gateway that runs, whether anybody is logged in or not and whether IBKR can be reached or not.
        """
        within = min(PROBE_DEADLINE, self.settings.gateway_timeout)
        try:
            received = await self._transport.exchange("GET", "/", None, timeout=within, fresh=True)
        except (NotSentError, NoResponseError):
            return None
        return received.status

    def reset_session_state(self) -> None:
        """Another brokerage session has begun: whatever must be asked first is asked anew."""
        self._preflight.reset()

    async def prefetch(self, is_held: Callable[[], Awaitable[bool]] = _never_held) -> None:
        """Ask an open session ahead for what it answers fully only five seconds later: orders, trades, P&L.

        To be called every few seconds: each is asked once, and once more if the answer was thin. It waits
        for no limit, and ends at the first failure without a word; what is left is tried later. Nothing is
        asked while an order or its question is under way, which it would void, nor while `held()` tells so of
        somebody else's.
        """
        due = self._prefetcher.due()
        if not due or self.order_question.open:
            return
        self._prefetcher.start(due)
        try:
            async with asyncio.timeout(CHECK_DEADLINE):
                # Whoever joins this waits as long as for an own one, so it has the time of any request.
                await self._preflight.ensure(
                    ACCOUNTS, WaitBudget(0.0, self._now() + self.settings.gateway_timeout)
                )
            patience = WaitBudget(0.0, self._now() + CHECK_DEADLINE)
            for method, template in due:
                if await is_held() or self.order_question.open:
                    return
                # Nothing is learnt from a failure: that none has come so soon is no trouble of the session.
                await self._prefetch_one(build_request(method, template, read_only=True), patience)
        except (GatewayError, PreflightExpired, ServiceWarmingUp, TimeoutError) as error:
            logger.debug("What is slow at first was not asked ahead: %s", error)

    async def _prefetch_one(self, call: GatewayRequest, patience: WaitBudget) -> None:
        again = self._prefetcher.was_incomplete(call.operation)
        reply = require_payload(call, await self._send(call, patience))
        self._prefetcher.record_response(
            call.operation, incomplete=self._cold_start.record(call, reply, again=again)
        )

    async def _fetch_status(self) -> Any:
        """The state of the session, asked for past every queue."""
        call = build_request("POST", STATUS, read_only=True)
        self._check_access(call)
        async with self.rate_limiter.acquire_priority(call) as turn:
            received = await self._exchange(call, turn, min(CHECK_DEADLINE, self.settings.gateway_timeout))
        try:
            return require_payload(call, self._interpret(call, received)).value
        except PreflightExpired as error:
            raise error.failure from None

    async def _read(self, call: GatewayRequest) -> GatewayResponse:
        """The answer to a GET, or at once the failure that a look has just found."""
        if kept := self._response_cache.get(call):
            return kept
        await self._check_session(call)
        with self._report_outcome(call):
            return await self._complete(call)

    async def _complete(self, call: GatewayRequest) -> GatewayResponse:
        """Everything a GET needs: what must be asked first, the request, and fuller answers to thin ones."""
        patience = self._wait_budget()
        try:
            reply = await self._send_prepared(call, patience)
            if call.operation == ORDERS and call.query.get("force"):
                # `force` itself is answered with an empty list; what it has fetched is told without it
                query = {name: value for name, value in call.query.items() if name != "force"}
                call = build_request("GET", call.path.template, (), query, read_only=True)
                reply = await self._send_prepared(call, patience)
            if call.operation == SNAPSHOT:
                reply = await self._snapshot_poller.complete(call, reply, patience)
            reply = await self._cold_start.complete(call, reply, lambda: self._repeat(call, patience))
            return self._response_cache.store(call, require_payload(call, reply))
        except PreflightExpired as error:
            raise error.failure from None

    async def _send_prepared(self, call: GatewayRequest, patience: WaitBudget) -> GatewayResponse:
        """The answer; once more if IBKR has forgotten in the meantime what was asked before it."""
        prepared = await self._preflight.prepare(call, patience)
        try:
            return await self._send_checking_empty(call, patience)
        except BareUnauthorized:
            if not prepared:
                self._preflight.reset()
                await self._preflight.ensure(
                    PORTFOLIO, patience
                )  # raises when it is the login that is missing
        except PreflightExpired:
            self._preflight.reset()
            if prepared:
                raise
        if prepared:
            raise unknown_account_error(call)
        await self._preflight.prepare(call, patience)
        try:
            return await self._send_checking_empty(call, patience)
        except BareUnauthorized:
            raise unknown_account_error(call) from None

    async def _repeat(self, call: GatewayRequest, patience: WaitBudget) -> GatewayResponse:
        """Ask again with everything before it asked again that may have been forgotten."""
        await self._preflight.prepare_again(call, patience)
        return await self._send_checking_empty(call, patience)

    async def _write(self, call: GatewayRequest) -> GatewayResponse:
        """The answer to a write, or at once the failure that a look has just found."""
        self._check_access(call)
        await self._check_session(call)
        with self._report_outcome(call):
            return await self._once(call)

    async def _check_session(self, call: GatewayRequest) -> None:
        """Raise what is missing, if it was missing a moment ago and a look that begins now finds it so.

        So nothing is refused by what was true before, and nothing waits for a time-out to hear it again.
        """
        before, lacking = (
            self.session_monitor.last_problem,
            BLOCKING_STATES[call.row.required_session],
        )
        missing = before is not None and before.found in lacking
        if self.order_question.open or not (missing or self.rate_limiter.is_in_doubt(call)):
            return
        look = await self.session_monitor.check_now(timeout=QUICK_TIMEOUT)
        if not missing:
            return  # the look's answer has told the pacing that what was left behind has gone out
        if look is not None:
            if look.diagnosis.found in lacking:
                raise unavailable_error(call, look.diagnosis)
        elif silence := await self.session_monitor.confirm_outage(timeout=QUICK_TIMEOUT):
            raise unavailable_error(call, silence)

    @contextmanager
    def _report_outcome(self, call: GatewayRequest) -> Iterator[None]:
        """Remember what a request's failure, or its success, tells about the session."""
        try:
            yield
        except GatewayError as error:
            self.session_monitor.record_failure(error)
            raise
        self.session_monitor.record_success(call.row.required_session)

    async def _once(self, call: GatewayRequest) -> GatewayResponse:
        """What must be asked first, then the request: once, whatever comes."""
        patience = self._wait_budget()
        try:
            prepared = await self._preflight.prepare(call, patience)
            if kept := self._response_cache.get(call):
                return kept
            await self._paper_guard.require(call, patience)
            try:
                reply = require_payload(call, await self._send_checking_empty(call, patience))
                self._paper_guard.observe(call, reply)
                return self._response_cache.store(call, reply)
            except BareUnauthorized:
                if not prepared:
                    self._preflight.reset()
                    await self._preflight.ensure(PORTFOLIO, patience)
                raise unknown_account_error(call) from None
        except PreflightExpired as error:
            self._preflight.reset()
            raise error.failure from None

    async def _confirm_open(self, call: GatewayRequest, patience: WaitBudget) -> bool:
        """False if the session was known to be open, True if it had to be asked and is.

        While its session opens, IBKR answers with nothing instead of an error; that raises `SessionLost`,
        and `LoginRequired` where there is no login.
        """
        if self._now() - self._established_at < STATUS_TTL:
            return False
        asked = build_request("POST", STATUS, read_only=True)
        reply = require_payload(asked, await self._send(asked, patience))
        if not is_session_status(reply.value):
            raise Failed(
                request=call.description,
                problem="it answered with nothing, and asked for the session's state with something else.",
                hint="Nothing was changed. Call it again; if that does not help, ask `connection_status`.",
            )
        state = parse_session(reply.value)
        if state is not SessionState.ESTABLISHED:
            raise session_error(call, state, self.settings.gateway_login_url)
        self._established_at = self._now()
        return True

    def _reset_status(self) -> None:
        self._established_at = float("-inf")

    def _wait_budget(self) -> WaitBudget:
        settings = self.settings
        ends_at = self._now() + settings.gateway_max_wait + settings.gateway_timeout
        return WaitBudget(settings.gateway_max_wait, ends_at)

    def _check_access(self, call: GatewayRequest) -> None:
        """Raise `Forbidden` for what is not on the mode's list."""
        if call.operation not in self.policy.allowed:
            raise Forbidden(
                request=call.description,
                problem=f"{self.policy.name} does not permit {call.method} {call.path.template}.",
                hint="Nothing was sent to IBKR. Only a person can change the mode, in the server's settings.",
            )
        if call.operation in self.policy.unverified and (known := find_aliased_operation(call)):
            raise Forbidden(
                request=call.description,
                problem=f"This is the address of {known}.",
                hint="Nothing was sent to IBKR. Use the tool of that operation.",
            )

    async def _send_checking_empty(self, call: GatewayRequest, patience: WaitBudget) -> GatewayResponse:
        """One request and what its answer means; once more where IBKR may have been opening the session."""
        reply = await self._send_until_awake(call, patience)
        empty = call.read_only and not reply.value and call.path.template.startswith("/iserver/")
        if empty and call.path.template != STATUS and await self._confirm_open(call, patience):
            # It may have opened only after this was answered with nothing.
            try:
                reply = await self._send(call, patience)
            except RateLimited:
                if reply.value is not None:
                    raise
        return reply

    async def _send_until_awake(self, call: GatewayRequest, patience: WaitBudget) -> GatewayResponse:
        """One request; again, a few times, where the service behind it has first to wake up."""
        for pause in WAKE_UP_PAUSES:
            try:
                return await self._send(call, patience)
            except ServiceWarmingUp:
                await self._sleep(pause)
        try:
            return await self._send(call, patience)
        except ServiceWarmingUp as error:
            raise error.failure from None

    async def _send(self, call: GatewayRequest, patience: WaitBudget) -> GatewayResponse:
        """One request, when IBKR's limits have room for it."""
        self._check_access(call)
        async with self.rate_limiter.acquire(call, patience) as turn:
            within = min(self.settings.gateway_timeout, patience.ends_at - self._now())
            if within <= 0:
                turn.release()
                raise Failed(
                    request=call.description,
                    problem="what must be asked before it took all the time; it was not sent.",
                    hint="Call it again; if that does not help, ask `connection_status`.",
                )
            received = await self._exchange(call, turn, within)
        return self._interpret(call, received)

    async def _exchange(self, call: GatewayRequest, turn: Reservation, within: float) -> RawResponse:
        self.order_question.on_send(call)
        body = b""
        try:
            received = await self._transfer(call, turn, within)
            body = received.body
            return received
        finally:
            self.order_question.on_response(call, body)

    async def _transfer(self, call: GatewayRequest, turn: Reservation, within: float) -> RawResponse:
        try:
            received = await self._transport.exchange(
                call.method,
                call.path.raw_path,
                call.body_bytes,
                timeout=within,
                fresh=not call.read_only,
                on_written=turn.mark_sent,
            )
            self.rate_limiter.settle_in_doubt()
            return received
        except NotSentError as error:
            turn.release()
            raise Unreachable(request=call.description, problem=str(error), hint=error.hint) from error
        except NoResponseError as error:
            self.rate_limiter.mark_in_doubt(call)
            raise no_response_error(call, str(error), timed_out=error.late) from error

    def _interpret(self, call: GatewayRequest, received: RawResponse) -> GatewayResponse:
        """The reply or its failure, and what either tells about the session."""
        if received.status == 429:
            seconds = self.rate_limiter.enter_penalty_box(retry_after(received.headers))
            logger.warning("429 to %s: nothing but the tickle is sent for %.0f s", call.description, seconds)
            raise rate_limited_error(call, seconds)
        try:
            reply = interpret_response(call, received, login_url=self.settings.gateway_login_url)
        except LoginRequired:
            self._preflight.reset()
            raise
        self._preflight.observe(call, reply)
        self._snapshot_poller.observe(call)
        return reply
