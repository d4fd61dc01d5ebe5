"""A line for each of several accounts, and their sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.portfolio.account_lines import realized_pnl
from mcp_server.answers.portfolio.books import Book
from mcp_server.answers.portfolio.holdings import sum_known
from mcp_server.answers.portfolio.reading import AccountPortfolio
from mcp_server.answers.table import Column

_AMOUNTS: Final[tuple[tuple[str, Callable[[AccountPortfolio], float | None]], ...]] = (
    ("net liquidation", lambda each: each.balances.net_liquidation),
    ("cash", lambda each: each.balances.cash),
    ("buying power", lambda each: each.balances.number("buyingpower")),
    ("excess liquidity", lambda each: each.balances.number("excessliquidity")),
)


@dataclass(frozen=True)
class AccountRow:
    """One account, or the sum of all."""

    name: str
    amounts: tuple[float | None, ...]
    cushion: float | None
    day: float | None
    open_pnl: float | None
    realized: float | None
    positions: int
    losing: int


def account_rows(book: Book) -> list[AccountRow]:
    """The accounts of a book."""
    return [_row(book, each) for each in book.portfolios]


def sum_row(rows: Sequence[AccountRow]) -> AccountRow:
    """The sum of the rows. An amount that one of the accounts lacks is unknown, because it would be wrong."""
    amounts = tuple(_sum_of_all(column) for column in zip(*(each.amounts for each in rows), strict=True))
    worth, excess = amounts[0], amounts[3]
    return AccountRow(
        name=f"total of {len(rows)}",
        amounts=amounts,
        cushion=excess / worth if excess is not None and worth else None,
        day=_sum_of_all([each.day for each in rows]),
        open_pnl=sum_known(each.open_pnl for each in rows),
        realized=sum_known(each.realized for each in rows),
        positions=sum(each.positions for each in rows),
        losing=sum(each.losing for each in rows),
    )


def _sum_of_all(values: Sequence[float | None]) -> float | None:
    return None if None in values else sum_known(values)


def account_columns(base: str) -> list[Column[AccountRow]]:
    """The columns of the table of accounts."""

    def amount(index: int) -> Callable[[AccountRow], str]:
        return lambda row: formats.amount(row.amounts[index])

    money = [Column(name, amount(index)) for index, (name, _) in enumerate(_AMOUNTS)]
    money[0] = replace(money[0], heading=f"{money[0].heading} {base}".strip())
    return [
        Column("account", lambda row: row.name),
        *money,
        Column("cushion%", lambda row: formats.fraction_as_percent(row.cushion, 1, signed=False)),
        Column("day P&L", lambda row: formats.amount(row.day, signed=True)),
        Column("open P&L", lambda row: formats.amount(row.open_pnl, signed=True)),
        Column("realized today", lambda row: formats.amount(row.realized, signed=True)),
        Column("positions", lambda row: str(row.positions)),
        Column("losing", lambda row: str(row.losing)),
    ]


def _row(book: Book, portfolio: AccountPortfolio) -> AccountRow:
    held = book.of(portfolio.account.id)
    return AccountRow(
        name=portfolio.account.label,
        amounts=tuple(read(portfolio) for _, read in _AMOUNTS),
        cushion=portfolio.balances.cushion,
        day=portfolio.day.amount if portfolio.day is not None else None,
        open_pnl=sum_known(each.open_pnl for each in held),
        realized=realized_pnl(portfolio) or None,
        positions=len(held),
        losing=sum(1 for each in held if (each.open_pnl or 0) < 0),
    )
