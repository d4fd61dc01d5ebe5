"""What IBKR wants to have been asked before, once in each brokerage session, and what has been."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api_gateway.client.paths import QueryValue
from api_gateway.client.rate_limiter import TICKLE, Patience
from api_gateway.client.request import Call, make_call
from api_gateway.client.response import Reply
from api_gateway.client.single_flight import Flights
from api_gateway.errors import Invalid, Refused
from api_gateway.redaction import mask
from api_gateway.session.states import SessionState, read_session

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One thing to be asked first; `of` is the contract or the account it is about."""

    name: str
    of: str = ""


@dataclass(frozen=True)
class Accounts:
    """The accounts of the login as IBKR lists them in this session, and whether it reports them as paper."""

    ids: tuple[str, ...]
    paper: bool | None


QUIET = 300.0  # seconds without a word from the brokerage session, after which it may well be another one

ACCOUNTS = Step("brokerage accounts")
PORTFOLIO = Step("portfolio accounts")


def underlying(conid: str) -> Step:
    """A search for the symbol of this contract, which opens its chain of derivatives."""
    return Step("underlying", conid)


def quoted(conid: str) -> Step:
    """A snapshot of this contract, without which IBKR warns of an order without market data."""
    return Step("quoted", conid)


def positions(account: str) -> Step:
    """The first page of the positions, which loads them."""
    return Step("positions", account)


_PORTFOLIO_LISTS = ("/portfolio/accounts", "/portfolio/subaccounts", "/portfolio/subaccounts2")
_NEED_ACCOUNTS = ("/iserver/marketdata/snapshot", "/iserver/marketdata/history", "/iserver/account")
# These are allowed once in five seconds. One that is refused, as the session is a new one, would cost that.
_RARE = ("/iserver/account/orders", "/iserver/account/trades", "/iserver/account/pnl/partitioned")
_ORDERS = (
    "/iserver/account/{allocation}/orders",
    "/iserver/account/{allocation}/orders/whatif",
    "/iserver/account/{account}/order/{order}",
)
_CHAINS = ("/iserver/secdef/strikes", "/iserver/secdef/info")
_ENDS_THE_SESSION = ("/iserver/auth/ssodh/init", "/iserver/reauthenticate", "/logout")
_STATUS = ("/iserver/auth/status", TICKLE)


def steps_before(call: Call) -> tuple[Step, ...]:
    """What has to be asked before this request, in order."""
    template = call.address.template
    if template in _ORDERS:
        return (ACCOUNTS, *(quoted(conid) for conid in _conids(call.body)))
    if template.startswith("/iserver/account/") or template in _NEED_ACCOUNTS:
        return (ACCOUNTS,)
    if template == "/portfolio/allocation":
        return (PORTFOLIO, *(positions(account) for account in _texts(call.body.get("acctIds"))))
    if template.startswith(("/portfolio/", "/portfolio2/", "/acesws/", "/pa/")) and (
        template not in _PORTFOLIO_LISTS
    ):
        return (PORTFOLIO,)
    if template in _CHAINS and call.query.get("conid") and call.query.get("sectype") != "BOND":
        return (ACCOUNTS, underlying(str(call.query["conid"])))
    return ()


def _conids(body: Mapping[str, Any]) -> list[str]:
    """The contracts of an order's tickets, each once."""
    orders = body.get("orders")
    tickets = [body, *(orders if isinstance(orders, list) else ())]
    return list(dict.fromkeys(str(ticket["conid"]) for ticket in tickets if _has(ticket, "conid")))


def _texts(value: object) -> Iterable[str]:
    return (item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()


def _accounts_in(call: Call) -> Iterable[str]:
    """Every account that the request names, in its path, its query or its body."""
    named = (call.address.account, call.query.get("accountId"), call.body.get("acctId"))
    return [*_texts(named), *_texts(call.body.get("acctIds"))]


class Preflights:
    """Asks first what must be asked first, once for all callers, and forgets it when the session changes."""

    def __init__(
        self, ask: Callable[[Call, Patience], Awaitable[Reply]], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._now = now
        self._heard_at = float("-inf")
        self._running: Flights[None] = Flights()
        self._done: set[Step] = set()
        self._session = 0
        self._tokens: dict[str, object] = {}
        self._accounts: dict[Step, frozenset[str]] = {}
        self._forgotten: list[Callable[[], None]] = []
        self.accounts: Accounts | None = None

    def when_forgotten(self, then: Callable[[], None]) -> None:
        """Have `then` called whenever the session has changed."""
        self._forgotten.append(then)

    async def prepare(self, call: Call, patience: Patience) -> bool:
        """Ask what must be asked before `call`; True if anything had to be.

        An account that the login does not have raises `Invalid`, so that nothing is asked about it.
        """
        asked = False
        if call.address.template in _RARE and self._now() - self._heard_at > QUIET:
            self._done.discard(ACCOUNTS)
        for step in steps_before(call):
            asked = await self.take(step, patience) or asked
            for account in _accounts_in(call):
                self._refuse_an_unknown_account(call, account)
        return asked

    async def prepare_again(self, call: Call, patience: Patience) -> None:
        """Search the underlying once more: an empty chain is what IBKR answers without that."""
        for step in steps_before(call):
            if step.name == "underlying":
                self._done.discard(step)
        await self.prepare(call, patience)

    async def take(self, step: Step, patience: Patience) -> bool:
        """Ask one thing unless it was asked in this session; True if it had to be."""
        if step in self._done:
            return False
        session = self._session
        await self._running.join((session, step), lambda: self._run(step, session, patience))
        return True

    def forget(self) -> None:
        """The session has changed: everything must be asked again."""
        self._session += 1
        self._done.clear()
        self._accounts.clear()
        self.accounts = None
        for then in self._forgotten:
            then()

    def observe(self, call: Call, reply: Reply) -> None:
        """Learn from any answer what it tells about the session, and what need not be asked again."""
        template = call.address.template
        if template in _STATUS:  # which is answered all the same in a new session, and asked by health checks
            self._observe_status(template, reply.value)
            return
        if template.startswith("/iserver/"):
            self._heard_at = self._now()
        if template in _ENDS_THE_SESSION:
            self.forget()
        elif template == "/iserver/accounts" and isinstance(reply.value, Mapping):
            self._recognise(template, reply.value.get("sessionId"))
            self._learn_brokerage_accounts(reply.value)
        elif template in _PORTFOLIO_LISTS:
            self._learn_portfolio_accounts(template, reply.value)
        elif template.startswith("/iserver/marketdata/unsubscribe"):
            self._done = {step for step in self._done if step.name != "quoted"}
        elif template == "/iserver/secdef/search":
            self._observe_search(call, reply.value)

    def _observe_status(self, template: str, status: Any) -> None:
        if not isinstance(status, Mapping) or read_session(status) is not SessionState.ESTABLISHED:
            self.forget()
        elif template == TICKLE:
            self._recognise(template, status.get("session"))

    def _recognise(self, source: str, token: object) -> None:
        """Another session id than the same source gave before means another session."""
        if token:
            if self._tokens.get(source, token) != token:
                self.forget()
            self._tokens[source] = token

    def _observe_search(self, call: Call, found: Any) -> None:
        by_name = call.query.get("name") or call.body.get("name")
        if isinstance(found, list) and not by_name:  # a search by company name opens no chain
            self._done.update(underlying(str(row["conid"])) for row in found if _has(row, "conid"))

    def _learn_brokerage_accounts(self, value: Mapping[str, Any]) -> None:
        advisor = bool(value.get("groups")) or "All" in _texts(value.get("accounts"))
        accounts = frozenset(_texts(value.get("accounts")))
        if accounts:
            self._done.add(ACCOUNTS)
            paper = value.get("isPaper")
            ids = tuple(_texts(value.get("accounts")))
            self.accounts = Accounts(ids, paper if isinstance(paper, bool) else None)
        self._accounts[ACCOUNTS] = frozenset() if advisor else accounts

    def _learn_portfolio_accounts(self, template: str, value: Any) -> None:
        rows = [row for row in value if _has(row, "accountId")] if isinstance(value, list) else []
        self._done.add(PORTFOLIO)
        if template == "/portfolio/accounts" and not any(row.get("faclient") for row in rows):
            self._accounts[PORTFOLIO] = frozenset(str(row["accountId"]) for row in rows)
        else:
            self._accounts.pop(PORTFOLIO, None)  # an advisor's list need not be complete

    def _refuse_an_unknown_account(self, call: Call, account: str) -> None:
        lists = [self._accounts.get(step) for step in (ACCOUNTS, PORTFOLIO) if step in self._done]
        known = frozenset().union(*(each for each in lists if each))
        if not (lists and all(lists)) or account in known or account[:-1] in known:
            return
        shown = ", ".join(mask(each) for each in sorted(known))
        raise Invalid(
            asked=call.asked,
            happened=f"{mask(account)} is not an account of this login; it has {shown}.",
            hint="Use an id from `list_portfolio_accounts`; nothing was asked about this one.",
        )

    async def _run(self, step: Step, session: int, patience: Patience) -> None:
        if step == ACCOUNTS:
            await self._get("/iserver/accounts", patience)
        elif step == PORTFOLIO:
            await self._get("/portfolio/accounts", patience)
        elif step.name == "positions":
            await self._get("/portfolio/{account}/positions/{page}", patience, step.of, 0)
        elif step.name == "quoted":
            await self._quote(step.of, patience)
        else:
            await self._search(step.of, patience)
        if session == self._session:
            self._done.add(step)

    async def _search(self, conid: str, patience: Patience) -> None:
        """Search the contract's symbol; an index or a future's underlying is not always found as a share."""
        symbol = await self._symbol(conid, patience)
        if not symbol:
            return
        for kind in (None, "IND"):
            reply = await self._get("/iserver/secdef/search", patience, symbol=symbol, secType=kind)
            found = reply.value if isinstance(reply.value, list) else []
            if any(_has(row, "conid") and str(row["conid"]) == conid for row in found):
                return

    async def _quote(self, conid: str, patience: Patience) -> None:
        """Ask for a quote. Where there is none, IBKR warns, and the order is still the user's to give."""
        try:
            await self._get("/iserver/marketdata/snapshot", patience, conids=conid, fields="31,84,86")
        except Refused as refusal:
            logger.info("There is no quote before an order: %s", refusal)

    async def _symbol(self, conid: str, patience: Patience) -> str | None:
        reply = await self._get("/trsrv/secdef", patience, conids=conid)
        rows = reply.value.get("secdef") if isinstance(reply.value, Mapping) else None
        for row in rows if isinstance(rows, list) else ():
            if _has(row, "ticker"):
                return str(row["ticker"])
        reply = await self._get("/iserver/contract/{conid}/info", patience, conid)
        return str(reply.value["symbol"]) if _has(reply.value, "symbol") else None

    async def _get(self, template: str, patience: Patience, *values: object, **query: QueryValue) -> Reply:
        return await self._ask(make_call("GET", template, values, query, reads=True), patience)


def _has(row: Any, name: str) -> bool:
    return isinstance(row, Mapping) and bool(row.get(name))
