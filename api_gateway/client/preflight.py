"""Preflight: the requests that IBKR requires once per brokerage session before certain others."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api_gateway.causes import Cause, explain
from api_gateway.client.paths import QueryValue
from api_gateway.client.rate_limiter import TICKLE, WaitBudget
from api_gateway.client.request import GatewayRequest, build_request
from api_gateway.client.response import GatewayResponse
from api_gateway.client.single_flight import SingleFlight
from api_gateway.errors import Invalid, Refused
from api_gateway.operations import Preflight as Kind
from api_gateway.redaction import redact
from api_gateway.session.states import SessionState, parse_session

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreflightStep:
    """One required request; `subject` is the contract or the account it is about."""

    name: str
    subject: str = ""


@dataclass(frozen=True)
class Accounts:
    """The accounts of the login as IBKR lists them in this session, and whether it reports them as paper."""

    ids: tuple[str, ...]
    paper: bool | None


IDLE_LIMIT = 300.0  # seconds without a response from the brokerage session, after which it may be a new one

ACCOUNTS = PreflightStep("brokerage accounts")
PORTFOLIO = PreflightStep("portfolio accounts")


def underlying_step(conid: str) -> PreflightStep:
    """A search for the symbol of this contract, which opens its derivatives chain."""
    return PreflightStep("underlying", conid)


def quote_step(conid: str) -> PreflightStep:
    """A snapshot of this contract, without which IBKR warns of an order without market data."""
    return PreflightStep("quoted", conid)


def positions_step(account: str) -> PreflightStep:
    """The first page of the positions, which loads them."""
    return PreflightStep("positions", account)


_PORTFOLIO_LISTS = ("/portfolio/accounts", "/portfolio/subaccounts", "/portfolio/subaccounts2")
_ENDS_THE_SESSION = ("/iserver/auth/ssodh/init", "/iserver/reauthenticate", "/logout")
_STATUS = ("/iserver/auth/status", TICKLE)


def required_steps(request: GatewayRequest) -> tuple[PreflightStep, ...]:
    """The steps that this request requires, in order."""
    match request.row.preflight:
        case Kind.ACCOUNTS:
            return (ACCOUNTS,)
        case Kind.PORTFOLIO:
            return (PORTFOLIO,)
        case Kind.ORDER:
            return (ACCOUNTS, *(quote_step(conid) for conid in _conids(request.body)))
        case Kind.ALLOCATION:
            return (
                PORTFOLIO,
                *(positions_step(account) for account in _strings(request.body.get("acctIds"))),
            )
        case Kind.CHAIN if request.query.get("conid") and request.query.get("sectype") != "BOND":
            return (ACCOUNTS, underlying_step(str(request.query["conid"])))
    return ()


def _conids(body: Mapping[str, Any]) -> list[str]:
    """The contracts of an order's tickets, without duplicates."""
    orders = body.get("orders")
    tickets = [body, *(orders if isinstance(orders, list) else ())]
    return list(dict.fromkeys(str(ticket["conid"]) for ticket in tickets if _has(ticket, "conid")))


def _strings(value: object) -> Iterable[str]:
    return (item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()


def _accounts_in(request: GatewayRequest) -> Iterable[str]:
    """Every account that the request names, in its path, its query or its body."""
    named = (request.path.account, request.query.get("accountId"), request.body.get("acctId"))
    return [*_strings(named), *_strings(request.body.get("acctIds"))]


class Preflight:
    """Sends required requests before others: once per session, shared by concurrent callers."""

    def __init__(
        self,
        send: Callable[[GatewayRequest, WaitBudget], Awaitable[GatewayResponse]],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._now = now
        self._last_response_at = float("-inf")
        self._running: SingleFlight[None] = SingleFlight()
        self._done: set[PreflightStep] = set()
        self._session = 0
        self._tokens: dict[str, object] = {}
        self._accounts: dict[PreflightStep, frozenset[str]] = {}
        self._reset_callbacks: list[Callable[[], None]] = []
        self.accounts: Accounts | None = None

    def on_reset(self, then: Callable[[], None]) -> None:
        """Register `then`, which is called whenever the session has changed."""
        self._reset_callbacks.append(then)

    async def prepare(self, request: GatewayRequest, budget: WaitBudget) -> bool:
        """Send what `request` requires; returns True if anything had to be sent.

        Raises `Invalid` for an account that the login does not have, so that no request names it.
        """
        sent = False
        if request.row.prefetch and self._now() - self._last_response_at > IDLE_LIMIT:
            # Allowed once every five seconds: a request that a new session refuses would use that up.
            self._done.discard(ACCOUNTS)
        for step in required_steps(request):
            sent = await self.ensure(step, budget) or sent
            for account in _accounts_in(request):
                self._require_known_account(request, account)
        return sent

    async def prepare_again(self, request: GatewayRequest, budget: WaitBudget) -> None:
        """Like `prepare`, with a new search for the underlying, without which IBKR returns no chain."""
        for step in required_steps(request):
            if step.name == "underlying":
                self._done.discard(step)
        await self.prepare(request, budget)

    async def ensure(self, step: PreflightStep, budget: WaitBudget) -> bool:
        """Send one required request unless it was sent in this session; returns True if it had to be sent."""
        if step in self._done:
            return False
        session = self._session
        await self._running.run((session, step), lambda: self._run(step, session, budget))
        return True

    def reset(self) -> None:
        """Require everything again, because the session has changed."""
        self._session += 1
        self._done.clear()
        self._accounts.clear()
        self.accounts = None
        for then in self._reset_callbacks:
            then()

    def observe(self, request: GatewayRequest, response: GatewayResponse) -> None:
        """Learn from any response whether the session has changed, and which steps it makes unnecessary."""
        template = request.path.template
        if template in _STATUS:  # it succeeds in a new session too, and health checks send it
            self._observe_status(template, response.value)
            return
        if template.startswith("/iserver/"):
            self._last_response_at = self._now()
        if template in _ENDS_THE_SESSION:
            self.reset()
        elif template == "/iserver/accounts" and isinstance(response.value, Mapping):
            self._note_session_id(template, response.value.get("sessionId"))
            self._learn_brokerage_accounts(response.value)
        elif template in _PORTFOLIO_LISTS:
            self._learn_portfolio_accounts(template, response.value)
        elif template.startswith("/iserver/marketdata/unsubscribe"):
            self._done = {step for step in self._done if step.name != "quoted"}
        elif template == "/iserver/secdef/search":
            self._observe_search(request, response.value)

    def _observe_status(self, template: str, status: Any) -> None:
        if not isinstance(status, Mapping) or parse_session(status) is not SessionState.ESTABLISHED:
            self.reset()
        elif template == TICKLE:
            self._note_session_id(template, status.get("session"))

    def _note_session_id(self, source: str, token: object) -> None:
        """A session ID that differs from the last one of the same source means a new session."""
        if token:
            if self._tokens.get(source, token) != token:
                self.reset()
            self._tokens[source] = token

    def _observe_search(self, request: GatewayRequest, found: Any) -> None:
        by_company = request.query.get("name") or request.body.get("name")
        if isinstance(found, list) and not by_company:  # a search by company name opens no chain
            self._done.update(underlying_step(str(row["conid"])) for row in found if _has(row, "conid"))

    def _learn_brokerage_accounts(self, value: Mapping[str, Any]) -> None:
        advisor = bool(value.get("groups")) or "All" in _strings(value.get("accounts"))
        accounts = frozenset(_strings(value.get("accounts")))
        if self.accounts is not None and accounts and accounts != frozenset(self.accounts.ids):
            self.reset()  # another login, although no request failed in between
        if accounts:
            self._done.add(ACCOUNTS)
            paper = value.get("isPaper")
            ids = tuple(_strings(value.get("accounts")))
            self.accounts = Accounts(ids, paper if isinstance(paper, bool) else None)
        self._accounts[ACCOUNTS] = frozenset() if advisor else accounts

    def _learn_portfolio_accounts(self, template: str, value: Any) -> None:
        rows = [row for row in value if _has(row, "accountId")] if isinstance(value, list) else []
        self._done.add(PORTFOLIO)
        if template == "/portfolio/accounts" and not any(row.get("faclient") for row in rows):
            self._accounts[PORTFOLIO] = frozenset(str(row["accountId"]) for row in rows)
        else:
            self._accounts.pop(PORTFOLIO, None)  # an advisor's list may be incomplete

    def _require_known_account(self, request: GatewayRequest, account: str) -> None:
        lists = [self._accounts.get(step) for step in (ACCOUNTS, PORTFOLIO) if step in self._done]
        known = frozenset().union(*(each for each in lists if each))
        if not (lists and all(lists)) or account in known or account[:-1] in known:
            return
        unknown = explain(Cause.UNKNOWN_ACCOUNT, account=redact(account))
        raise Invalid(request=request.description, **unknown.error_text)

    async def _run(self, step: PreflightStep, session: int, budget: WaitBudget) -> None:
        if step == ACCOUNTS:
            await self._get("/iserver/accounts", budget)
        elif step == PORTFOLIO:
            await self._get("/portfolio/accounts", budget)
        elif step.name == "positions":
            await self._get("/portfolio/{account}/positions/{page}", budget, step.subject, 0)
        elif step.name == "quoted":
            await self._open_quote(step.subject, budget)
        else:
            await self._search_underlying(step.subject, budget)
        if session == self._session:
            self._done.add(step)

    async def _search_underlying(self, conid: str, budget: WaitBudget) -> None:
        """Search for the contract's symbol, then among indices: not every underlying is found as a share."""
        symbol = await self._find_symbol(conid, budget)
        if not symbol:
            return
        for kind in (None, "IND"):
            response = await self._get("/iserver/secdef/search", budget, symbol=symbol, secType=kind)
            found = response.value if isinstance(response.value, list) else []
            if any(_has(row, "conid") and str(row["conid"]) == conid for row in found):
                return

    async def _open_quote(self, conid: str, budget: WaitBudget) -> None:
        """Request a quote. If IBKR refuses, it warns about the order, and the user decides about it."""
        try:
            await self._get("/iserver/marketdata/snapshot", budget, conids=conid, fields="31,84,86")
        except Refused as refusal:
            logger.info("No quote before an order: %s", refusal)

    async def _find_symbol(self, conid: str, budget: WaitBudget) -> str | None:
        response = await self._get("/trsrv/secdef", budget, conids=conid)
        rows = response.value.get("secdef") if isinstance(response.value, Mapping) else None
        for row in rows if isinstance(rows, list) else ():
            if _has(row, "ticker"):
                return str(row["ticker"])
        response = await self._get("/iserver/contract/{conid}/info", budget, conid)
        return str(response.value["symbol"]) if _has(response.value, "symbol") else None

    async def _get(
        self, template: str, budget: WaitBudget, *values: object, **query: QueryValue
    ) -> GatewayResponse:
        return await self._send(build_request("GET", template, values, query, read_only=True), budget)


def _has(row: Any, name: str) -> bool:
    return isinstance(row, Mapping) and bool(row.get(name))
