"""The view `allocation`: net liquidation by asset class, sector and currency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.answer import Answer
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.portfolio.arguments import PortfolioArguments
from mcp_server.answers.portfolio.balances import CurrencyBalance
from mcp_server.answers.portfolio.books import Book, read_library
from mcp_server.answers.portfolio.columns import kind_name
from mcp_server.answers.portfolio.holdings import Holding, sum_known
from mcp_server.answers.portfolio.overview import NO_MATCH, account_names, totals
from mcp_server.answers.portfolio.positions import CURRENCY_PAIRS
from mcp_server.answers.portfolio.selection import describe_choices, sector, understand
from mcp_server.answers.table import Column, format_table
from mcp_server.pictures.charts import AllocationChart, AllocationRow
from mcp_server.pictures.renderer import PictureError

NO_SECTOR: Final = "no sector"
_NOTICEABLE: Final = 1.0


@dataclass(frozen=True)
class Share:
    """A part of net liquidation. Cash has no `positions`; `notional` is not in the value."""

    name: str
    value: float | None
    positions: int | None = None
    notional: float | None = None


async def allocation_view(
    arguments: PortfolioArguments, accounts: Accounts, chosen: Sequence[Account], context: AnswerContext
) -> Answer:
    """A table for each of asset class, sector and currency; with `only`, of the positions that it means."""
    library = await read_library(context, accounts, chosen, day=False, all_ledgers=True)
    blocks = [library.head(context.clock.now())]
    charts = []
    for book in library.books:
        worth = sum_known(each.balances.net_liquidation for each in book.portfolios)
        blocks.append(
            f"{account_names(book)}. Net liquidation {formats.amount(worth) or 'unknown'}; {totals(book)}"
        )
        found = understand(book.holdings, arguments.only or "")
        rows = found.rows if arguments.only else book.holdings
        if arguments.only and not rows:
            blocks.append(NO_MATCH.format(outside_name(arguments.only), describe_choices(book.holdings)))
            continue
        if arguments.only:
            blocks.append(f"only {found.meaning or outside_name(arguments.only)}: positions {len(rows)}")
        whole = book if not arguments.only else None
        charts.append(allocation_chart(book, rows, whole, worth))
        blocks += [
            _table("asset class", class_shares(rows, whole), book.base, worth),
            _table("sector", sector_shares(rows), book.base, worth),
            _table("currency", currency_shares(rows, whole), book.base, worth),
        ]
    notes, pictures = [*library.notes], []
    if arguments.chart:
        try:
            pictures = [await context.pictures.draw(each) for each in charts if each.rows]
        except PictureError as error:
            notes.append(str(error))
    if any(each.position.is_settled_daily for book in library.books for each in book.holdings):
        notes.append("Futures count with their unsettled P&L; their notional is separate.")
    return Answer([each for each in blocks if each], notes, pictures)


def allocation_chart(
    book: Book, rows: Sequence[Holding], whole: Book | None, worth: float | None
) -> AllocationChart:
    """Bars of the sectors, and of the cash that a whole book has, in percent of net liquidation."""
    shares = [*sector_shares(rows), *([Share("cash", _cash(whole))] if whole is not None else [])]
    return AllocationChart(
        title=f"Allocation of {account_names(book)}",
        rows=[AllocationRow(each.name, _percent(each, worth)) for each in shares if each.value],
        note="sectors and cash, in % of net liquidation",
    )


def class_shares(rows: Sequence[Holding], book: Book | None) -> list[Share]:
    """By asset class, the largest first; of a whole book, with its cash and accruals, which makes 100 %."""
    paid = [
        each for each in rows if not each.position.is_settled_daily and not each.position.is_currency_pair
    ]
    shares = _group(paid, lambda each: kind_name(each.position.kind))
    pairs = [each for each in rows if each.position.is_currency_pair]
    if pairs:  # they are part of the cash
        exposure = sum_known(each.exposure for each in pairs)
        shares.append(Share(kind_name(CURRENCY_PAIRS), None, len(pairs), exposure))
    daily = [each for each in rows if each.position.is_settled_daily]
    if daily:
        unsettled = _sum_in_base(book, lambda row: row.futures_pnl) if book is not None else None
        profit = unsettled if unsettled is not None else sum_known(each.value for each in daily)
        names = sorted({kind_name(each.position.kind) for each in daily})
        exposure = sum_known(each.exposure for each in daily)
        shares.append(Share(f"{' and '.join(names)}, P&L", profit, len(daily), exposure))
    if book is not None:
        shares.append(Share("cash", _cash(book)))
        accrued = _sum_in_base(book, lambda row: row.accrued)
        if accrued is not None and abs(accrued) >= _NOTICEABLE:
            shares.append(Share("accrued interest and dividends", accrued))
    return sorted(shares, key=lambda each: -abs(each.value or 0.0))


def sector_shares(rows: Sequence[Holding]) -> list[Share]:
    """By the sector that IBKR counts the company to; without futures, which have no value of their own."""
    paid = [each for each in rows if each.value is not None and not each.position.is_settled_daily]
    return _group(paid, lambda each: outside_name(sector(each)) or NO_SECTOR)


def currency_shares(rows: Sequence[Holding], book: Book | None) -> list[Share]:
    """By currency: what the ledgers say a currency's cash and positions are worth; else the positions."""
    ledgers = (
        [row for each in book.portfolios for row in each.balances.currencies] if book is not None else []
    )
    if not ledgers:
        return _group([each for each in rows if each.value is not None], lambda each: each.position.currency)
    values: dict[str, float] = {}
    for row in ledgers:
        if row.net_liquidation is not None and row.rate is not None:
            values[row.currency] = values.get(row.currency, 0.0) + row.net_liquidation * row.rate
    counts = {name: sum(1 for each in rows if each.position.currency == name) for name in values}
    shares = [
        Share(name, value, counts[name]) for name, value in values.items() if round(value) or counts[name]
    ]
    return sorted(shares, key=lambda each: -abs(each.value or 0.0))


def _group(rows: Sequence[Holding], name_of: Callable[[Holding], str]) -> list[Share]:
    groups: dict[str, list[Holding]] = {}
    for each in rows:
        groups.setdefault(name_of(each), []).append(each)
    shares = [
        Share(name, sum_known(each.value for each in group), len(group)) for name, group in groups.items()
    ]
    return sorted(shares, key=lambda each: -abs(each.value or 0.0))


def _cash(book: Book) -> float | None:
    return sum_known(each.balances.cash for each in book.portfolios)


def _sum_in_base(book: Book, read: Callable[[CurrencyBalance], float | None]) -> float | None:
    """The sum of the ledgers' totals, which are in base currency."""
    totals = (each.balances.total for each in book.portfolios)
    return sum_known(read(each) for each in totals if each is not None)


def _table(heading: str, shares: Sequence[Share], base: str, worth: float | None) -> str:
    columns: list[Column[Share]] = [
        Column(heading, lambda each: each.name),
        Column(f"value {base}".strip(), lambda each: formats.amount(each.value)),
        Column("weight%", lambda each: formats.percent(_percent(each, worth), 1, signed=False)),
        Column("positions", lambda each: "" if each.positions is None else str(each.positions)),
        Column("notional", lambda each: formats.amount(each.notional)),
    ]
    return format_table(columns, shares)


def _percent(share: Share, worth: float | None) -> float | None:
    return share.value / worth * 100 if share.value is not None and worth else None
