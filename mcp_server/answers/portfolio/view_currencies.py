"""The view `currencies`: cash and positions by currency, and the exposure to other currencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcp_server.answers import formats
from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.answer import Answer
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.portfolio.arguments import PortfolioArguments
from mcp_server.answers.portfolio.balances import CurrencyBalance
from mcp_server.answers.portfolio.books import Book, read_library
from mcp_server.answers.portfolio.holdings import sum_known
from mcp_server.answers.portfolio.overview import account_names, cash_notes
from mcp_server.answers.table import Column, format_table


@dataclass(frozen=True)
class CurrencyRow:
    """One currency: amounts in that currency, the rate to base currency, and the sum in base currency."""

    currency: str
    cash: float | None
    settled: float | None
    positions: float | None
    notional: float | None
    rate: float | None
    base_value: float | None

    @property
    def base_positions(self) -> float | None:
        """The positions in base currency."""
        return self.positions * self.rate if self.positions is not None and self.rate is not None else None


async def currencies_view(
    arguments: PortfolioArguments, accounts: Accounts, chosen: Sequence[Account], context: AnswerContext
) -> Answer:
    """A row for each currency, or the one that `only` means."""
    library = await read_library(context, accounts, chosen, day=False, all_ledgers=True)
    blocks = [library.head(context.clock.now())]
    for book in library.books:
        worth = sum_known(each.balances.net_liquidation for each in book.portfolios)
        cash = sum_known(each.balances.cash for each in book.portfolios)
        rows = currency_rows(book)
        foreign = [each for each in rows if each.currency != book.base]
        net = sum_known(each.base_value for each in foreign) or 0.0
        held = sum_known(each.base_positions for each in foreign) or 0.0
        blocks.append(
            f"{account_names(book)}. Net liquidation {formats.amount(worth) or 'unknown'}; "
            f"cash {formats.amount(cash) or 'unknown'}; "
            f"in currencies other than {book.base or 'base'}: net {_with_percent(net, worth)}, "
            f"positions {_with_percent(held, worth)}"
        )
        wanted = (arguments.only or "").upper()
        shown = [each for each in rows if wanted in ("", each.currency)]
        if wanted and not shown:
            there = ", ".join(each.currency for each in rows)
            blocks.append(f'Nothing is held in "{outside_name(arguments.only)}". Currencies: {there}.')
        blocks.append(format_table(_columns(book.base, worth), shown))
    return Answer([each for each in blocks if each], [*library.notes, *cash_notes(library)])


def currency_rows(book: Book) -> list[CurrencyRow]:
    """The currencies of a book, added up over its accounts, the largest first."""
    ledgers: dict[str, list[CurrencyBalance]] = {}
    for portfolio in book.portfolios:
        for ledger in portfolio.balances.currencies:
            ledgers.setdefault(ledger.currency, []).append(ledger)
    names = dict.fromkeys([*ledgers, *(each.position.currency for each in book.holdings)])
    rows = [_row(book, name, ledgers.get(name, ())) for name in names]
    rows = [each for each in rows if any((each.cash, each.positions, each.notional, each.base_value))]
    return sorted(rows, key=lambda each: -abs(each.base_value or 0.0))


def _row(book: Book, currency: str, ledgers: Sequence[CurrencyBalance]) -> CurrencyRow:
    held = [each for each in book.holdings if each.position.currency == currency]
    paid = [each for each in held if each.value is not None and not each.position.is_settled_daily]
    rates = [*(each.rate for each in ledgers), *(each.rate for each in held)]
    rate = next((each for each in rates if each), None)
    value = sum_known(each.position.market_value for each in paid)
    cash = sum_known(each.cash for each in ledgers)
    worth = sum_known(each.net_liquidation for each in ledgers)
    total = worth if worth is not None else sum_known((cash, value))
    return CurrencyRow(
        currency=currency,
        cash=cash,
        settled=sum_known(each.settled_cash for each in ledgers),
        positions=value,
        notional=sum_known(each.position.market_value for each in held if each.notional is not None),
        rate=rate,
        base_value=total * rate if total is not None and rate is not None else None,
    )


def _columns(base: str, worth: float | None) -> list[Column[CurrencyRow]]:
    return [
        Column("currency", lambda each: each.currency),
        Column("cash", lambda each: formats.amount(each.cash)),
        Column("settled", lambda each: formats.amount(each.settled)),
        Column("positions", lambda each: formats.amount(each.positions)),
        Column("notional", lambda each: formats.amount(each.notional)),
        Column(f"rate {base}".strip(), lambda each: formats.price(each.rate)),
        Column(f"total {base}".strip(), lambda each: formats.amount(each.base_value)),
        Column("weight%", lambda each: formats.percent(_percent(each.base_value, worth), 1, signed=False)),
    ]


def _with_percent(value: float, worth: float | None) -> str:
    percent = formats.percent(_percent(value, worth), 1, signed=False)
    return f"{formats.amount(value)}{f' ({percent} %)' if percent else ''}"


def _percent(value: float | None, worth: float | None) -> float | None:
    return value / worth * 100 if value is not None and worth else None
