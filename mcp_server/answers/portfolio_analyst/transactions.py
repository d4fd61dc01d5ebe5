"""Transactions from one wide request: all accounts, every contract that is known to matter, two years."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from api_gateway.client.gateway import GatewayClient
from api_gateway.errors import Failed, NoResponse, RateLimited, Refused, SessionLost
from mcp_server.answers.accounts import Account, AccountBook, Accounts
from mcp_server.answers.base_currency import read_base_currency
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.portfolio_analyst.freshness import is_final
from mcp_server.answers.portfolio_analyst.limited_requests import LimitedRequests, LimitReached
from mcp_server.answers.portfolio_analyst.transaction_rows import (
    NO_CONTRACT,
    RealizedProfit,
    Transaction,
    parse_profit,
    parse_transaction,
)
from mcp_server.answers.portfolio_analyst.transaction_store import StoredTransactions, TransactionStore
from mcp_server.answers.quotes import parse_number
from mcp_server.facts.fact_store import FactStore

PATH: Final = "/pa/transactions"
FORM_KIND: Final = "portfolio analyst request form"

_TRADE_DAYS: Final = 7
_MAX_TRADES_WAIT: Final = 6.0
"""Seconds. The first list of trades of a session takes five, and longer if it is empty."""

_MAX_ACCOUNTS: Final = 50
_FORM_MAX_AGE: Final = timedelta(days=1)


@dataclass(frozen=True)
class RequestForm:
    """How much one request covers."""

    contracts: int
    days: int
    all_accounts: bool
    no_contract: bool


FORMS: Final = (
    # This year and the whole last one. IBKR documents one contract and no maximum of days, and its clients
    # report that several contracts work; so the widest form is a guess, and IBKR may refuse it.
    RequestForm(contracts=500, days=731, all_accounts=True, no_contract=True),
    RequestForm(contracts=19, days=731, all_accounts=False, no_contract=False),
    # What IBKR documents.
    RequestForm(contracts=1, days=90, all_accounts=False, no_contract=False),
)
"""After a refusal, the following request has the next form, for a day."""


@dataclass(frozen=True)
class Transactions:
    """The rows of some accounts and contracts, in the order of their days.

    `fx_rate` of the rows converts to `currency`. `covered` are the contracts that the rows are complete for,
    from `first_day` on; `as_of` is the time of the oldest response among them. `missing` are the requested
    contracts that IBKR has not been able to answer for. If IBKR accepts no newer request yet, it does from
    `next_at` on at the latest; `refusal` is why it refused the last one.
    """

    rows: tuple[Transaction, ...]
    profits: tuple[RealizedProfit, ...]
    currency: str
    covered: frozenset[int]
    first_day: date | None
    as_of: datetime | None
    missing: frozenset[int]
    next_at: datetime | None
    refusal: str


class TransactionReader:
    """Answers from the stored responses; sends a new request if they lack something and IBKR accepts one."""

    def __init__(
        self,
        gateway: GatewayClient,
        facts: FactStore,
        accounts: AccountBook,
        clock: IbkrClock,
        requests: LimitedRequests,
    ) -> None:
        self._gateway = gateway
        self._facts = facts
        self._accounts = accounts
        self._clock = clock
        self._requests = requests
        self._store = TransactionStore(facts, clock)

    async def read(
        self,
        accounts: Sequence[Account],
        conids: Collection[int] | None = None,
        *,
        until: date | None = None,
        seen: Collection[int] | None = None,
    ) -> Transactions:
        """The transactions of the accounts in these contracts, or in all that are known.

        IBKR lists transactions only of contracts that the request names: known are those held now, those of
        the last trades, those requested before, and NO_CONTRACT. `until` is the last day that matters, by
        default today: an older response has the days that were over. `seen` are contracts of recent trades,
        if the caller has just read them; otherwise they are read. Never waits for the limit. Raises
        GatewayError for what concerns every request.
        """
        login = await self._accounts.read()
        wanted = frozenset(each.id for each in accounts)
        until = until or self._clock.today()
        stored = await self._store.read(login.scope)
        next_at, refusal = None, ""
        if self._lacks(stored, wanted, conids, until):

            async def update() -> None:
                await self._update(login, wanted, conids or (), seen)

            try:
                await self._requests.run_once(login.scope, PATH, update)
            except LimitReached as limit:
                next_at = limit.until
            except RateLimited as error:
                next_at = self._clock.now() + timedelta(seconds=error.seconds)
            except (Refused, Failed) as error:
                refusal = error.sentence
            stored = await self._store.read(login.scope)
        return _select(stored, wanted, conids, next_at, refusal)

    def _lacks(
        self,
        stored: StoredTransactions,
        accounts: frozenset[str],
        conids: Collection[int] | None,
        until: date,
    ) -> bool:
        """Whether a new request would add something."""
        contracts = stored.contracts
        needed = conids if conids is not None else (contracts or [NO_CONTRACT])
        return any(
            conid not in contracts
            or not accounts <= contracts[conid].accounts
            or not is_final(until, contracts[conid].at, self._clock.now())
            for conid in needed
        )

    async def _update(
        self, login: Accounts, wanted: frozenset[str], conids: Collection[int], seen: Collection[int] | None
    ) -> None:
        await self._requests.check(login.scope, PATH)
        number = await self._form_number(login.scope)
        form = FORMS[number]
        chosen = sorted(wanted)
        if form.all_accounts:
            chosen = [*chosen, *(each.id for each in login.all if each.id not in wanted)][:_MAX_ACCOUNTS]
        stored = await self._store.read(login.scope)
        known = await self._known_contracts(chosen, seen) if form.contracts > len(conids) else ()
        oldest_first = sorted(stored.contracts, key=lambda each: stored.contracts[each].at)
        ordered = dict.fromkeys([*conids, *([NO_CONTRACT] * form.no_contract), *known, *oldest_first])
        named = [each for each in ordered if each != NO_CONTRACT or form.no_contract][: form.contracts]
        if not named:
            return
        account = login.selected or chosen[0]
        currency = await read_base_currency(self._gateway, self._facts, login.scope, account) or "USD"
        body = {"acctIds": chosen, "conids": named, "currency": currency, "days": form.days}
        try:
            received = await self._requests.post(login.scope, PATH, body)
        except (Refused, Failed) as error:
            if not isinstance(error, NoResponse):
                await self._facts.write(login.scope, FORM_KIND, PATH, min(number + 1, len(FORMS) - 1))
            raise
        # Read again: another process may have stored something meanwhile.
        stored = await self._store.read(login.scope)
        await self._store.write(login.scope, stored.merge(received, named, chosen, form.days, currency))

    async def _form_number(self, scope: str) -> int:
        fact = await self._facts.read(scope, FORM_KIND, PATH, _FORM_MAX_AGE)
        return fact.value if fact is not None and fact.value in range(len(FORMS)) else 0

    async def _known_contracts(self, accounts: Iterable[str], seen: Collection[int] | None) -> list[int]:
        """The contracts held now and traded lately, as far as IBKR reports them now."""
        requests = {account: self._positions(account) for account in accounts}
        if seen is None:
            requests["trades"] = self._trades()
        try:
            found = await gather_partial(requests)
        except (Refused, Failed):
            return list(seen or ())
        return [*(seen or ()), *(conid for rows in found.values.values() for conid in _conids(rows))]

    async def _positions(self, account: str) -> Any:
        return (await self._gateway.get("/portfolio2/{account}/positions", account)).value

    async def _trades(self) -> Any:
        try:
            async with asyncio.timeout(_MAX_TRADES_WAIT):
                return (await self._gateway.get("/iserver/account/trades", days=_TRADE_DAYS)).value
        except (TimeoutError, SessionLost):
            # Portfolio Analyst needs no brokerage session; trades do.
            return []


def _conids(rows: Any) -> list[int]:
    numbers = (
        parse_number(row.get("conid"))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict)
    )
    return [int(each) for each in numbers if each is not None and each > 0]


def _select(
    stored: StoredTransactions,
    accounts: frozenset[str],
    conids: Collection[int] | None,
    next_at: datetime | None,
    refusal: str,
) -> Transactions:
    wanted = frozenset(conids if conids is not None else stored.contracts)
    used = {
        conid: each
        for conid, each in stored.contracts.items()
        if conid in wanted and accounts <= each.accounts
    }
    rows = [parse_transaction(row) for each in used.values() for row in each.rows]
    profits = [parse_profit(row) for each in used.values() for row in each.profits]
    # A response for one account need not repeat its name in each row.
    mine = accounts | (
        {""} if len(accounts) == 1 and all(len(each.accounts) == 1 for each in used.values()) else set()
    )
    return Transactions(
        rows=tuple(
            sorted((each for each in rows if each and each.account in mine), key=lambda each: each.day)
        ),
        profits=tuple(
            sorted((each for each in profits if each and each.account in mine), key=lambda each: each.day)
        ),
        currency=stored.currency,
        covered=frozenset(used),
        first_day=max((each.first_day for each in used.values()), default=None),
        as_of=min((each.at for each in used.values()), default=None),
        missing=wanted - used.keys(),
        next_at=next_at,
        refusal=refusal,
    )
