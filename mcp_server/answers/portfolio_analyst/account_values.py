"""Daily values and returns of accounts from one wide request: all accounts, all periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.accounts import Account, AccountBook, Accounts
from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.answers.portfolio_analyst.freshness import is_final, read_newest
from mcp_server.answers.portfolio_analyst.limited_requests import LimitedRequests, LimitReached, Received
from mcp_server.answers.portfolio_analyst.value_series import (
    PERIODS,
    ValueSeries,
    account_rows,
    parse_series,
    performance_rows,
)
from mcp_server.facts.fact_store import FactStore

KIND: Final = "portfolio analyst values"

ALL_PERIODS: Final = "/pa/allperiods"
ONE_PERIOD: Final = "/pa/performance"
"""Has a limit of its own: used for accounts that the response to ALL_PERIODS lacks, or if that fails."""

_LONGEST: Final = "1Y"
_MAX_ACCOUNTS: Final = 50


@dataclass(frozen=True)
class AccountValues:
    """The periods that IBKR returned for an account, and when. `ONE_PERIOD` has only the longest."""

    account: str
    currency: str
    series: Mapping[str, ValueSeries]
    as_of: datetime


@dataclass(frozen=True)
class Values:
    """What is known of the requested accounts.

    `missing` are those that IBKR has not answered for. If IBKR accepts no newer request yet, it does from
    `next_at` on at the latest; `refusal` is why it refused the last one.
    """

    by_account: Mapping[str, AccountValues]
    missing: tuple[str, ...]
    next_at: datetime | None
    refusal: str


class ValueReader:
    """Answers from the stored responses; sends a new request if they lack something and IBKR accepts one."""

    def __init__(
        self,
        facts: FactStore,
        accounts: AccountBook,
        clock: IbkrClock,
        requests: LimitedRequests,
    ) -> None:
        self._facts = facts
        self._accounts = accounts
        self._clock = clock
        self._requests = requests

    async def read(self, accounts: Sequence[Account], *, until: date | None = None) -> Values:
        """The values of these accounts. `until` is the last day that matters, by default today.

        Never waits for the limit. Raises GatewayError for what concerns every request.
        """
        login = await self._accounts.read()
        wanted = [each.id for each in accounts]
        until = until or self._clock.today()
        found = await self._stored(login.scope, wanted)
        limits: list[datetime] = []
        refusal = ""
        for path in (ALL_PERIODS, ONE_PERIOD):
            lacking = self._lacking(found, wanted, until)
            if not lacking:
                break

            async def update(path: str = path, lacking: list[str] = lacking) -> None:
                await self._update(login, path, lacking)

            try:
                await self._requests.run_once(login.scope, path, update)
            except LimitReached as limit:
                limits.append(limit.until)
            except RateLimited as error:
                limits.append(self._clock.now() + timedelta(seconds=error.seconds))
            except (Refused, Failed) as error:
                refusal = refusal or error.sentence
            found = await self._stored(login.scope, wanted)
        lacking = self._lacking(found, wanted, until)
        return Values(
            by_account=found,
            missing=tuple(each for each in wanted if each not in found),
            next_at=min(limits, default=None) if lacking else None,
            refusal=refusal if lacking else "",
        )

    def _lacking(self, found: Mapping[str, AccountValues], wanted: Sequence[str], until: date) -> list[str]:
        now = self._clock.now()
        return [each for each in wanted if each not in found or not is_final(until, found[each].as_of, now)]

    async def _update(self, login: Accounts, path: str, lacking: Sequence[str]) -> None:
        if path == ALL_PERIODS:
            others = [each.id for each in login.all if each.id not in lacking]
            body: dict[str, Any] = {"acctIds": [*lacking, *others][:_MAX_ACCOUNTS]}
            received = await self._requests.post(login.scope, path, body)
            rows = account_rows(received.value)
        else:
            body = {"acctIds": list(lacking[:_MAX_ACCOUNTS]), "period": _LONGEST}
            received = await self._requests.post(login.scope, path, body)
            rows = performance_rows(received.value, _LONGEST)
        ids = {each.id for each in login.all}
        for account, row in rows.items():
            if account in ids and _parse(account, row, received.at).series:
                await self._store(login.scope, account, row, received)

    async def _store(self, scope: str, account: str, row: Mapping[str, Any], received: Received) -> None:
        await self._facts.write(scope, KIND, account, {"at": received.at.timestamp(), "row": row})

    async def _stored(self, scope: str, wanted: Sequence[str]) -> dict[str, AccountValues]:
        found = {}
        for account in wanted:
            fact = await read_newest(self._facts, scope, KIND, account, self._clock.now())
            if fact is not None:
                at = datetime.fromtimestamp(fact.value["at"], UTC)
                found[account] = _parse(account, fact.value["row"], at)
        return found


def _parse(account: str, row: Mapping[str, Any], at: datetime) -> AccountValues:
    series = {period: parsed for period in PERIODS if (parsed := parse_series(row.get(period))) is not None}
    return AccountValues(account, str(row.get("baseCurrency") or ""), series, at)
