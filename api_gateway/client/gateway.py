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

from api_gateway.access_policy import READ_ONLY, Policy
from api_gateway.client.cold_start import Warmups
from api_gateway.client.interpretation import (
    ENDINGS,
    AsleepError,
    SilentDenialError,
    UnpreparedError,
    interpret_response,
    missing,
    missing_now,
    paced,
    paced_tickle,
    require_answer,
    retry_after,
    unanswered,
    unknown_account,
)
from api_gateway.client.order_questions import OpenQuestion
from api_gateway.client.paper_guard import PaperGuard
from api_gateway.client.path_aliases import known_by_another_name
from api_gateway.client.paths import QueryValue
from api_gateway.client.prefetch import Ahead
from api_gateway.client.preflight import ACCOUNTS, PORTFOLIO, Accounts, Preflights
from api_gateway.client.rate_limiter import EVERYTHING, PUBLISHED, TICKLE, Limit, Pacing, Patience, Turn
from api_gateway.client.request import Call, make_call
from api_gateway.client.response import Reply
from api_gateway.client.response_cache import Kept
from api_gateway.client.single_flight import Flights
from api_gateway.client.snapshot_polling import SNAPSHOT, Snapshots
from api_gateway.client.tls import Trust
from api_gateway.client.transport import NeverSentError, NoAnswerError, Received, Wire
from api_gateway.errors import Failed, Forbidden, GatewayError, LoginRequired, Paced, Unreachable
from api_gateway.session.diagnosis import tells_a_state
from api_gateway.session.monitor import Looks
from api_gateway.session.states import LACKING, SessionState, needs, read_session
from api_gateway.settings import GatewaySettings

logger = logging.getLogger(__name__)

STATUS = "/iserver/auth/status"
ORDERS = ("GET", "/iserver/account/orders")
TICKLE_DEADLINE = 8.0  # seconds: a minute between tickles, this and a probe is how late a loss is noticed
PROBE_DEADLINE = 2.0  # seconds: the gateway answers this itself, from the same machine or the next
LOOK_DEADLINE = 4.0  # seconds: whoever asks for a look waits no longer, and the next look comes soon
AT_ONCE = 0.5  # seconds for a look before a request, where something was missing a moment ago
COLLISION = 2.0  # seconds after which a tickle that met another one is sent again by whoever needs it
WAKING = (1.0, 1.0, 2.0)  # seconds between questions to notices that are "waiting for reply"
STATUS_LASTS = 5.0  # seconds for which an open session is taken to be open still


async def _by_nobody() -> bool:
    return False


class GatewayClient:
    """IBKR's Web API as the gateway offers it: paced, on time, and with everything asked first that must be.

    A template such as `/portfolio/{account}/positions/{page}` is relative to `/v1/api`; `values` go into it
    in order, each checked against its kind (see `paths.KINDS`). Each method returns IBKR's answer as it is,
    or raises one of `errors.GatewayError`. Nothing that writes is ever sent twice, and nothing is sent that
    `policy` does not list.

    `looks` tells what the session is, `question` whether an order's question is open. `transport`, `now`,
    `wall` and `sleep` are for tests; `limits` and `everything` for measurements without IBKR.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        policy: Policy = READ_ONLY,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        limits: Mapping[tuple[str, str], Limit] = PUBLISHED,
        everything: Limit | None = EVERYTHING,
    ) -> None:
        self.settings = settings
        self.policy = policy
        self.pacing = Pacing(
            penalty=settings.gateway_penalty, now=now, sleep=sleep, limits=limits, everything=everything
        )
        self._now = now
        self._wall = wall
        self._wire = Wire(settings, Trust.from_settings(settings), transport=transport)
        self._flights: Flights[Reply] = Flights()
        self._preflights = Preflights(self._ask, now=now)
        self._warmups = Warmups(now=now, sleep=sleep)
        self._ahead = Ahead(now=now)
        self._kept = Kept(now=now)
        self._paper = PaperGuard(policy, self._ask)
        self._sleep = sleep
        self._snapshots = Snapshots(ask=self._ask, take=self._preflights.take, now=now, sleep=sleep)
        self._established_at = float("-inf")
        self._collided = False
        self.question = OpenQuestion(now=now)
        self.looks = Looks(
            ask=self._look,
            probe=self.probe,
            quiet=lambda: self.question.open,
            region=settings.gateway_region,
            login_url=settings.gateway_login_url,
            now=now,
            wall=wall,
        )
        for part in (self._warmups, self._snapshots, self._ahead):
            self._preflights.when_forgotten(part.forget)
        self._preflights.when_forgotten(self._forget_status)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. Requests after this are `Unreachable`."""
        await self.looks.aclose()
        await self._wire.aclose()

    def moment(self) -> datetime:
        """The time of day by this client's clock."""
        return datetime.fromtimestamp(self._wall(), tz=UTC)

    @property
    def accounts(self) -> Accounts | None:
        """The accounts of the login, once IBKR has listed them in this session."""
        return self._preflights.accounts

    @property
    def market_data_lines(self) -> int:
        """How many contracts this client has opened market data for in this session."""
        return self._snapshots.contracts

    async def get(self, template: str, /, *values: object, **query: QueryValue) -> Reply:
        """Read. The same address asked for twice at a time is sent once."""
        call = make_call("GET", template, values, query, reads=("GET", template) not in ENDINGS)
        self._permit(call)
        return await self._flights.join(call.address.target, lambda: self._read(call))

    async def post(
        self,
        template: str,
        /,
        *values: object,
        body: Mapping[str, Any] | None = None,
        reads: bool = False,
        **query: QueryValue,
    ) -> Reply:
        """Send `body` as JSON, `{}` without one. `reads` says that this POST changes nothing at IBKR."""
        if template == TICKLE:
            return await self.tickle()
        return await self._write(make_call("POST", template, values, query, body, reads=reads))

    async def put(
        self,
        template: str,
        /,
        *values: object,
        body: Mapping[str, Any] | None = None,
        **query: QueryValue,
    ) -> Reply:
        """Send `body` as JSON, `{}` without one."""
        return await self._write(make_call("PUT", template, values, query, body, reads=False))

    async def delete(self, template: str, /, *values: object, **query: QueryValue) -> Reply:
        """Delete or cancel."""
        return await self._write(make_call("DELETE", template, values, query, reads=False))

    async def tickle(self) -> Reply:
        """Keep the session alive, in a lane that no other request and no penalty blocks."""
        return await self._flights.join(TICKLE, self._tickle)

    async def _tickle(self) -> Reply:
        call = make_call("POST", TICKLE, reads=True)
        self._permit(call)
        async with self.pacing.tickle() as turn:
            within = min(TICKLE_DEADLINE, self.settings.gateway_deadline)
            received = await self._exchange(call, turn, within)
        collided = received.status == 429 and not self._collided and not retry_after(received.headers)
        self._collided = received.status == 429
        if collided:
            # Another program that tickled in the same second is no reason for silence; a second 429 is.
            raise paced_tickle(call, COLLISION)
        try:
            return require_answer(call, self._settle(call, received))
        except UnpreparedError as error:
            raise error.failure from None

    async def probe(self) -> int | None:
        """The HTTP status of the gateway's own front page; None if nothing answers there within 2 s.

        IBKR is not asked, so no limit, no mode and no penalty box is in the way. 302, to the login page, is
        a gateway that runs, whether anybody is logged in or not and whether IBKR can be reached or not.
        """
        within = min(PROBE_DEADLINE, self.settings.gateway_deadline)
        try:
            received = await self._wire.exchange("GET", "/", None, within=within, fresh=True)
        except (NeverSentError, NoAnswerError):
            return None
        return received.status

    def forget_session(self) -> None:
        """Another brokerage session has begun: whatever must be asked first is asked anew."""
        self._preflights.forget()

    async def warm_up(self, held: Callable[[], Awaitable[bool]] = _by_nobody) -> None:
        """Ask an open session ahead for what it answers fully only five seconds later: orders, trades, P&L.

        To be called every few seconds: each is asked once, and once more if the answer was thin. It waits
        for no limit, and ends at the first failure without a word; what is left is tried later. Nothing is
        asked while an order or its question is under way, which it would void, nor while `held()` tells so of
        somebody else's.
        """
        due = self._ahead.due()
        if not due or self.question.open:
            return
        self._ahead.begin(due)
        try:
            async with asyncio.timeout(LOOK_DEADLINE):
                # Whoever joins this waits as long as for an own one, so it has the time of any request.
                await self._preflights.take(
                    ACCOUNTS, Patience(0.0, self._now() + self.settings.gateway_deadline)
                )
            patience = Patience(0.0, self._now() + LOOK_DEADLINE)
            for method, template in due:
                if await held() or self.question.open:
                    return
                # Nothing is learnt from a failure: that none has come so soon is no trouble of the session.
                await self._ask_ahead(make_call(method, template, reads=True), patience)
        except (GatewayError, UnpreparedError, AsleepError, TimeoutError) as error:
            logger.debug("What is slow at first was not asked ahead: %s", error)

    async def _ask_ahead(self, call: Call, patience: Patience) -> None:
        again = self._ahead.is_thin(call.key)
        reply = require_answer(call, await self._send(call, patience))
        self._ahead.answered(call.key, thin=self._warmups.take(call, reply, again=again))

    async def _look(self) -> Any:
        """The state of the session, asked for past every queue."""
        call = make_call("POST", STATUS, reads=True)
        self._permit(call)
        async with self.pacing.ahead(call) as turn:
            received = await self._exchange(call, turn, min(LOOK_DEADLINE, self.settings.gateway_deadline))
        try:
            return require_answer(call, self._settle(call, received)).value
        except UnpreparedError as error:
            raise error.failure from None

    async def _read(self, call: Call) -> Reply:
        """The answer to a GET, or at once the failure that a look has just found."""
        if kept := self._kept.find(call):
            return kept
        await self._refuse_what_cannot_work(call)
        with self._telling(call):
            return await self._complete(call)

    async def _complete(self, call: Call) -> Reply:
        """Everything a GET needs: what must be asked first, the request, and fuller answers to thin ones."""
        patience = self._patience()
        try:
            reply = await self._prepared(call, patience)
            if call.key == ORDERS and call.query.get("force"):
                # `force` itself is answered with an empty list; what it has fetched is told without it
                query = {name: value for name, value in call.query.items() if name != "force"}
                call = make_call("GET", call.address.template, (), query, reads=True)
                reply = await self._prepared(call, patience)
            if call.key == SNAPSHOT:
                reply = await self._snapshots.complete(call, reply, patience)
            reply = await self._warmups.complete(call, reply, lambda: self._again(call, patience))
            return self._kept.keep(call, require_answer(call, reply))
        except UnpreparedError as error:
            raise error.failure from None

    async def _prepared(self, call: Call, patience: Patience) -> Reply:
        """The answer; once more if IBKR has forgotten in the meantime what was asked before it."""
        prepared = await self._preflights.prepare(call, patience)
        try:
            return await self._ask(call, patience)
        except SilentDenialError:
            if not prepared:
                self._preflights.forget()
                await self._preflights.take(
                    PORTFOLIO, patience
                )  # raises when it is the login that is missing
        except UnpreparedError:
            self._preflights.forget()
            if prepared:
                raise
        if prepared:
            raise unknown_account(call)
        await self._preflights.prepare(call, patience)
        try:
            return await self._ask(call, patience)
        except SilentDenialError:
            raise unknown_account(call) from None

    async def _again(self, call: Call, patience: Patience) -> Reply:
        """Ask again with everything before it asked again that may have been forgotten."""
        await self._preflights.prepare_again(call, patience)
        return await self._ask(call, patience)

    async def _write(self, call: Call) -> Reply:
        """The answer to a write, or at once the failure that a look has just found."""
        self._permit(call)
        await self._refuse_what_cannot_work(call)
        with self._telling(call):
            return await self._once(call)

    async def _refuse_what_cannot_work(self, call: Call) -> None:
        """Raise what is missing, if it was missing a moment ago and a look that begins now finds it so.

        So nothing is refused by what was true before, and nothing waits for a time-out to hear it again.
        """
        before, lacking = self.looks.trouble, LACKING[needs(call.address.template)]
        missing = before is not None and before.found in lacking
        if self.question.open or not (missing or self.pacing.is_left_behind(call)):
            return
        look = await self.looks.fresh(patience=AT_ONCE)
        if not missing:
            return  # the look's answer has told the pacing that what was left behind has gone out
        if look is not None:
            if look.diagnosis.found in lacking:
                raise missing_now(call, look.diagnosis)
        elif silence := await self.looks.silence(patience=AT_ONCE):
            raise missing_now(call, silence)

    @contextmanager
    def _telling(self, call: Call) -> Iterator[None]:
        """Remember what a request's failure, or its success, tells about the session."""
        try:
            yield
        except GatewayError as error:
            self.looks.met(error)
            raise
        self.looks.met_none(needs(call.address.template))

    async def _once(self, call: Call) -> Reply:
        """What must be asked first, then the request: once, whatever comes."""
        patience = self._patience()
        try:
            prepared = await self._preflights.prepare(call, patience)
            if kept := self._kept.find(call):
                return kept
            await self._paper.require(call, patience)
            try:
                reply = require_answer(call, await self._ask(call, patience))
                self._paper.observe(call, reply)
                return self._kept.keep(call, reply)
            except SilentDenialError:
                if not prepared:
                    self._preflights.forget()
                    await self._preflights.take(PORTFOLIO, patience)
                raise unknown_account(call) from None
        except UnpreparedError as error:
            self._preflights.forget()
            raise error.failure from None

    async def _found_open(self, call: Call, patience: Patience) -> bool:
        """False if the session was known to be open, True if it had to be asked and is.

        While its session opens, IBKR answers with nothing instead of an error; that raises `SessionLost`,
        and `LoginRequired` where there is no login.
        """
        if self._now() - self._established_at < STATUS_LASTS:
            return False
        asked = make_call("POST", STATUS, reads=True)
        reply = require_answer(asked, await self._send(asked, patience))
        if not tells_a_state(reply.value):
            raise Failed(
                asked=call.asked,
                happened="it answered with nothing, and asked for the session's state with something else.",
                hint="Nothing was changed. Call it again; if that does not help, ask `connection_status`.",
            )
        state = read_session(reply.value)
        if state is not SessionState.ESTABLISHED:
            raise missing(call, state, self.settings.gateway_login_url)
        self._established_at = self._now()
        return True

    def _forget_status(self) -> None:
        self._established_at = float("-inf")

    def _patience(self) -> Patience:
        settings = self.settings
        ends_at = self._now() + settings.gateway_max_wait + settings.gateway_deadline
        return Patience(settings.gateway_max_wait, ends_at)

    def _permit(self, call: Call) -> None:
        """Raise `Forbidden` for what is not on the mode's list."""
        if call.key not in self.policy.allowed:
            raise Forbidden(
                asked=call.asked,
                happened=f"{self.policy.name} does not permit {call.method} {call.address.template}.",
                hint="Nothing was sent to IBKR. Only a person can change the mode, in the server's settings.",
            )
        if call.key in self.policy.unfamiliar and (known := known_by_another_name(call)):
            raise Forbidden(
                asked=call.asked,
                happened=f"This is the address of {known}.",
                hint="Nothing was sent to IBKR. Use the tool of that operation.",
            )

    async def _ask(self, call: Call, patience: Patience) -> Reply:
        """One request and what its answer means; once more where IBKR may have been opening the session."""
        reply = await self._awake(call, patience)
        empty = call.reads and not reply.value and call.address.template.startswith("/iserver/")
        if empty and call.address.template != STATUS and await self._found_open(call, patience):
            # It may have opened only after this was answered with nothing.
            try:
                reply = await self._send(call, patience)
            except Paced:
                if reply.value is not None:
                    raise
        return reply

    async def _awake(self, call: Call, patience: Patience) -> Reply:
        """One request; again, a few times, where the service behind it has first to wake up."""
        for pause in WAKING:
            try:
                return await self._send(call, patience)
            except AsleepError:
                await self._sleep(pause)
        try:
            return await self._send(call, patience)
        except AsleepError as error:
            raise error.failure from None

    async def _send(self, call: Call, patience: Patience) -> Reply:
        """One request, when IBKR's limits have room for it."""
        self._permit(call)
        async with self.pacing.turn(call, patience) as turn:
            within = min(self.settings.gateway_deadline, patience.ends_at - self._now())
            if within <= 0:
                turn.give_back()
                raise Failed(
                    asked=call.asked,
                    happened="what must be asked before it took all the time; it was not sent.",
                    hint="Call it again; if that does not help, ask `connection_status`.",
                )
            received = await self._exchange(call, turn, within)
        return self._settle(call, received)

    async def _exchange(self, call: Call, turn: Turn, within: float) -> Received:
        self.question.sending(call)
        body = b""
        try:
            received = await self._received(call, turn, within)
            body = received.body
            return received
        finally:
            self.question.answered(call, body)

    async def _received(self, call: Call, turn: Turn, within: float) -> Received:
        try:
            received = await self._wire.exchange(
                call.method,
                call.address.target,
                call.content,
                within=within,
                fresh=not call.reads,
                on_written=turn.sent,
            )
            self.pacing.answered()
            return received
        except NeverSentError as error:
            turn.give_back()
            raise Unreachable(asked=call.asked, happened=str(error), hint=error.hint) from error
        except NoAnswerError as error:
            self.pacing.leave_behind(call)
            raise unanswered(call, str(error), late=error.late) from error

    def _settle(self, call: Call, received: Received) -> Reply:
        """The reply or its failure, and what either tells about the session."""
        if received.status == 429:
            seconds = self.pacing.penalise(retry_after(received.headers))
            logger.warning("429 to %s: nothing but the tickle is sent for %.0f s", call.asked, seconds)
            raise paced(call, seconds)
        try:
            reply = interpret_response(call, received, login_url=self.settings.gateway_login_url)
        except LoginRequired:
            self._preflights.forget()
            raise
        self._preflights.observe(call, reply)
        self._snapshots.observe(call)
        return reply
