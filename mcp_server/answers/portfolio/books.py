"""Books: accounts with the same base currency, read together, with their holdings in that currency."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers.account_pnl import DayPnl
from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.market_hours import MarketState
from mcp_server.answers.portfolio.day_changes import DayChanges
from mcp_server.answers.portfolio.holdings import Holding, build_holdings, sum_known
from mcp_server.answers.portfolio.positions import FUTURES
from mcp_server.answers.portfolio.reading import AccountPortfolio, Parts, PortfolioReader
from mcp_server.answers.provenance import head_line
from mcp_server.instruments.instrument import Instrument

MOST_LEDGERS: Final = 10
"""Accounts of which the ledger is read as well; of more, the cash is IBKR's total cash value."""


_MAX_NAMED: Final = 5


@dataclass(frozen=True)
class Book:
    """Accounts in one base currency; `holdings` are merged over the accounts, `by_account` are not."""

    base: str
    portfolios: Sequence[AccountPortfolio]
    holdings: Sequence[Holding]
    by_account: Sequence[Holding]

    @property
    def knows_positions(self) -> bool:
        """Whether the positions of any of its accounts could be read."""
        return any(each.positions is not None for each in self.portfolios)

    @property
    def settled_futures_pnl(self) -> float | None:
        """The open profit of the futures that daily settlement has added to the cash already.

        None if a ledger does not say how much is unsettled.
        """
        totals = [each.balances.total for each in self.portfolios]
        unsettled = [each.futures_pnl for each in totals if each is not None and each.futures_pnl is not None]
        profit = sum_known(each.open_pnl for each in self.holdings if each.position.kind == FUTURES)
        return None if profit is None or len(unsettled) < len(totals) else profit - sum(unsettled)

    def with_computed_days(self, changes: DayChanges) -> Book:
        """The same, with the days that the changes of all positions of an account add up to."""
        return replace(self, portfolios=[self._with_day(each, changes) for each in self.portfolios])

    def _with_day(self, portfolio: AccountPortfolio, changes: DayChanges) -> AccountPortfolio:
        if portfolio.day is not None or portfolio.positions is None:
            return portfolio
        # A currency pair is cash: what its change adds is not a position's.
        held = [each for each in self.of(portfolio.account.id) if not each.position.is_currency_pair]
        amounts = [each.day.amount for each in changes.apply(held)]
        known = [each for each in amounts if each is not None]
        if len(known) < len(amounts):
            return portfolio
        day = DayPnl(sum(known), portfolio.balances.net_liquidation, is_computed=True)
        return replace(portfolio, day=day)

    def of(self, account: str) -> list[Holding]:
        """The holdings of one of the accounts."""
        return [each for each in self.by_account if each.account == account]


@dataclass(frozen=True)
class Library:
    """Everything that was read for one answer."""

    books: Sequence[Book]
    market: MarketState
    read_at: datetime
    selected: str
    notes: list[str] = field(default_factory=list)

    def head(self, now: datetime, data: str = "") -> str:
        """The head line; `data` says how current the quotes are."""
        return head_line(self.read_at, now, self.market, data)

    def with_computed_days(self, changes: DayChanges) -> Library:
        """The same, with the day's profit of accounts without one, if all their changes are known."""
        return replace(self, books=[book.with_computed_days(changes) for book in self.books])

    @property
    def single(self) -> AccountPortfolio | None:
        """The account, if there is only one."""
        accounts = [each for book in self.books for each in book.portfolios]
        return accounts[0] if len(accounts) == 1 else None


async def read_library(
    context: AnswerContext,
    accounts: Accounts,
    chosen: Sequence[Account],
    *,
    day: bool,
    all_ledgers: bool = False,
) -> Library:
    """Read the chosen accounts; `day`: with the day's profit. Raises GatewayError.

    Without `all_ledgers`, only a few accounts' ledgers are read.
    """
    reader = PortfolioReader(context.gateway)
    parts = Parts(ledger=all_ledgers or len(chosen) <= MOST_LEDGERS, day=day)
    portfolios, market = await asyncio.gather(reader.read_all(chosen, parts), context.market_hours.state())
    groups: dict[str, list[AccountPortfolio]] = {}
    for portfolio in portfolios:
        groups.setdefault(portfolio.balances.base_currency, []).append(portfolio)
    instruments = await _read_instruments(context, portfolios)
    notes = [problem for portfolio in portfolios for problem in portfolio.problems]
    notes += accounts.omissions(chosen)
    books = [await _build_book(context, base, group, instruments, notes) for base, group in groups.items()]
    return Library(books, market, context.clock.now(), accounts.selected, notes)


async def _read_instruments(
    context: AnswerContext, portfolios: Sequence[AccountPortfolio]
) -> dict[int, Instrument]:
    """The instruments that are held, as far as IBKR says; the others are named by their descriptions."""
    held = (position for portfolio in portfolios for position in portfolio.open_positions)
    try:
        return await context.instruments.by_conids({each.conid for each in held if each.conid is not None})
    except (Refused, Failed, RateLimited):
        return {}


async def _build_book(
    context: AnswerContext,
    base: str,
    portfolios: Sequence[AccountPortfolio],
    instruments: Mapping[int, Instrument],
    notes: list[str],
) -> Book:
    currencies = {each.currency for portfolio in portfolios for each in portfolio.open_positions}
    rates: dict[str, float | None] = {}
    for currency in sorted(currencies):
        known = (each.balances.rate(currency) for each in portfolios)
        rate = next((each for each in known if each), None)
        if rate is None and base:
            rate = await context.exchange_rates.rate(currency, base)
        if rate is None:
            notes.append(
                f"IBKR has no exchange rate from {currency or 'an unknown currency'} to {base or 'base'}: "
                "such positions have no value and are not in the totals."
            )
        rates[currency] = rate
    holdings = build_holdings(portfolios, instruments, rates.get, merged=True)
    notes += _unknown_amounts(holdings)
    return Book(
        base,
        portfolios,
        holdings,
        build_holdings(portfolios, instruments, rates.get, merged=False),
    )


def _unknown_amounts(holdings: Sequence[Holding]) -> list[str]:
    """Which amounts IBKR did not send, of several accounts or models perhaps only one's."""
    amounts = {
        "value": [each.name for each in holdings if each.position.market_value is None],
        "open P&L": [each.name for each in holdings if each.position.open_pnl is None],
    }
    notes = []
    for amount, without in amounts.items():
        if without:
            more = f" and {len(without) - _MAX_NAMED} more" if len(without) > _MAX_NAMED else ""
            names = ", ".join(without[:_MAX_NAMED]) + more
            notes.append(
                f"IBKR did not send the whole {amount} of {names}, so the totals of positions are without it."
            )
    return notes
