"""Portfolio Analyst's transactions of a login, stored by contract with the time of each response."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from mcp_server.answers.ibkr_clock import IbkrClock
from mcp_server.answers.portfolio_analyst.freshness import read_newest
from mcp_server.answers.portfolio_analyst.limited_requests import Received
from mcp_server.answers.portfolio_analyst.transaction_rows import parse_day, profits_by_conid, rows_by_conid
from mcp_server.answers.times import in_new_york
from mcp_server.facts.fact_store import FactStore

KIND: Final = "portfolio analyst transactions"

MAX_CONTRACTS: Final = 2000


@dataclass(frozen=True)
class StoredContract:
    """What one response said about a contract: the rows of `accounts` from `first_day` on."""

    at: datetime
    first_day: date
    accounts: frozenset[str]
    rows: tuple[Mapping[str, Any], ...]
    profits: tuple[Mapping[str, Any], ...]

    def extend(self, earlier: StoredContract | None) -> StoredContract:
        """With the older rows of an earlier response that goes further back."""
        if (
            earlier is None
            or not self.accounts <= earlier.accounts
            or not earlier.first_day < self.first_day <= in_new_york(earlier.at).date()
        ):
            return self
        return replace(
            self,
            first_day=earlier.first_day,
            rows=(*self._older(earlier.rows), *self.rows),
            profits=(*self._older(earlier.profits), *self.profits),
        )

    def _older(self, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [row for row in rows if (day := parse_day(row)) is not None and day < self.first_day]


@dataclass(frozen=True)
class StoredTransactions:
    """All stored contracts by conid, and the currency that the rows' exchange rates convert to."""

    currency: str
    contracts: Mapping[int, StoredContract]

    def merge(
        self, received: Received, conids: Iterable[int], accounts: Collection[str], days: int, currency: str
    ) -> StoredTransactions:
        """With what the response says about the requested contracts instead of what was stored."""
        rows, profits = rows_by_conid(received.value), profits_by_conid(received.value)
        first_day = in_new_york(received.at).date() - timedelta(days=days)
        # Rates to another currency cannot be added to these.
        earlier = self.contracts if self.currency == currency else {}
        contracts = {
            **earlier,
            # A row for a contract that was not requested is one of the underlying or of a successor.
            **{
                conid: StoredContract(
                    received.at,
                    first_day,
                    frozenset(accounts),
                    tuple(rows.get(conid, ())),
                    tuple(profits.get(conid, ())),
                ).extend(earlier.get(conid))
                for conid in {*conids, *rows, *profits}
            },
        }
        newest = sorted(contracts.items(), key=lambda each: each[1].at, reverse=True)[:MAX_CONTRACTS]
        return StoredTransactions(currency, dict(newest))


class TransactionStore:
    """Reads and writes them in the fact store."""

    def __init__(self, facts: FactStore, clock: IbkrClock) -> None:
        self._facts = facts
        self._clock = clock

    async def read(self, scope: str) -> StoredTransactions:
        """What is stored for this login, of any age."""
        fact = await read_newest(self._facts, scope, KIND, "", self._clock.now())
        return _from_json(fact.value) if fact is not None else StoredTransactions("", {})

    async def write(self, scope: str, stored: StoredTransactions) -> None:
        """Replace what is stored for this login."""
        await self._facts.write(scope, KIND, "", _to_json(stored))


def _to_json(stored: StoredTransactions) -> dict[str, Any]:
    return {
        "currency": stored.currency,
        "contracts": {
            str(conid): [
                each.at.timestamp(),
                each.first_day.isoformat(),
                sorted(each.accounts),
                list(each.rows),
                list(each.profits),
            ]
            for conid, each in stored.contracts.items()
        },
    }


def _from_json(value: Any) -> StoredTransactions:
    return StoredTransactions(
        value["currency"],
        {
            int(conid): StoredContract(
                datetime.fromtimestamp(at, UTC),
                date.fromisoformat(first_day),
                frozenset(accounts),
                tuple(rows),
                tuple(profits),
            )
            for conid, (at, first_day, accounts, rows, profits) in value["contracts"].items()
        },
    )
