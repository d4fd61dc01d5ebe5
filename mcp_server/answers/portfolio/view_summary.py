"""The view `summary`: worth, cash, margin and profit of the accounts, without rows for positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.answer import Answer
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.market_hours import MarketState
from mcp_server.answers.portfolio.account_lines import (
    account_line,
    day_text,
    money,
    realized_text,
)
from mcp_server.answers.portfolio.arguments import PortfolioArguments
from mcp_server.answers.portfolio.balances import Balances
from mcp_server.answers.portfolio.books import Book
from mcp_server.answers.portfolio.overview import (
    account_blocks,
    account_notes,
    read_overview,
    totals,
)
from mcp_server.answers.portfolio.reading import AccountPortfolio

_Amount = tuple[str, Callable[[Balances], float | None]]

_LINES: Final[tuple[tuple[_Amount, ...], ...]] = (
    (
        ("settled cash", lambda each: each.settled_cash),
        ("total cash value", lambda each: each.number("totalcashvalue")),
        ("available to withdraw", lambda each: each.number("availabletowithdraw")),
        ("accrued interest", lambda each: each.number("accruedcash")),
        ("accrued dividends", lambda each: each.number("accrueddividend")),
    ),
    (
        ("excess liquidity", lambda each: each.number("excessliquidity")),
        ("available funds", lambda each: each.number("availablefunds")),
        ("initial margin", lambda each: each.number("initmarginreq")),
        ("maintenance margin", lambda each: each.number("maintmarginreq")),
        ("SMA", lambda each: each.number("sma")),
    ),
    (
        ("gross position value", lambda each: each.number("grosspositionvalue")),
        ("equity with loan", lambda each: each.number("equitywithloanvalue")),
    ),
)


async def summary_view(
    arguments: PortfolioArguments, accounts: Accounts, chosen: Sequence[Account], context: AnswerContext
) -> Answer:
    """Every amount of one account, or a line for each of several and their sum."""
    library, changes = await read_overview(context, accounts, chosen, day=True, changes=False)
    blocks = []
    for book in library.books:
        if library.single is not None:
            blocks += _account_blocks(library.single, book, library.market)
        else:
            blocks += account_blocks(library, book, context, arguments.limit)
    head = library.head(context.clock.now(), f"quotes {changes.data}" if changes.data else "")
    return Answer([head, *blocks], [*library.notes, *account_notes(library)])


def _account_blocks(portfolio: AccountPortfolio, book: Book, market: MarketState) -> list[str]:
    balances = portfolio.balances
    lines = ["; ".join(_named(balances, line)) for line in _LINES]
    cushion = formats.fraction_as_percent(balances.cushion, 1, signed=False)
    lines[1] += f"; cushion {cushion} %" if cushion else ""
    leverage = formats.ratio(balances.number("leverage-s"))
    lines[2] += f"; leverage {leverage}" if leverage else ""
    profit = [day_text(portfolio, market), totals(book), realized_text(portfolio, market)]
    return [account_line(portfolio), *lines, "; ".join(filter(None, profit))]


def _named(balances: Balances, line: Sequence[_Amount]) -> list[str]:
    known = ((name, read(balances)) for name, read in line)
    return [f"{name} {money(value)}" for name, value in known if value is not None]
