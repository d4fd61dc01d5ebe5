"""The part above the rows: the head line, the accounts, and the totals of all positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.paging import Listing, show_listing
from mcp_server.answers.portfolio.account_lines import (
    account_line,
    cash_note,
    margin_line,
    realized_text,
    totals_text,
)
from mcp_server.answers.portfolio.account_table import account_columns, account_rows, sum_row
from mcp_server.answers.portfolio.books import MOST_LEDGERS, Book, Library, read_library
from mcp_server.answers.portfolio.day_changes import MAX_QUOTED, DayChanges, read_day_changes
from mcp_server.answers.portfolio.holdings import sort_holdings
from mcp_server.answers.portfolio.position_list import TOOL
from mcp_server.answers.quotes import Quotes

NO_MATCH: Final = 'No open position matches "{}". {}.'
NO_CHANGES: Final = DayChanges(Quotes({}, {}))


async def read_overview(
    context: AnswerContext, accounts: Accounts, chosen: Sequence[Account], *, day: bool, changes: bool
) -> tuple[Library, DayChanges]:
    """The accounts, and the changes of everything they hold if `changes`, or if a day has to be computed.

    A day is not computed with more positions than one answer quotes, because some would be missing.
    """
    library = await read_library(context, accounts, chosen, day=day)
    held = [each for book in library.books for each in book.holdings]
    lacks_day = day and any(each.day is None for book in library.books for each in book.portfolios)
    if not changes and not (lacks_day and len(held) <= MAX_QUOTED):
        return library, NO_CHANGES
    found = await read_day_changes(sort_holdings(held, "value"), context.quotes, library.selected)
    return library.with_computed_days(found) if lacks_day else library, found


def account_blocks(library: Library, book: Book, context: AnswerContext, limit: int) -> list[str]:
    """The lines about a book's accounts: two for one account, otherwise a table with their sum."""
    if library.single is not None:
        portfolio = library.single
        line = [
            margin_line(portfolio, library.market),
            totals(book),
            realized_text(portfolio, library.market),
        ]
        return [account_line(portfolio), "; ".join(filter(None, line))]
    rows = account_rows(book)
    # The sum comes first, so that it is never cut off and its numbers are in line with those of the accounts.
    shown = [sum_row(rows), *rows] if len(rows) > 1 else rows
    listing = Listing(account_columns(book.base), shown, limit + 1, head="further accounts")
    return [show_listing(TOOL, listing, context.cursors), totals(book, "contracts")]


def totals(book: Book, noun: str = "positions") -> str:
    """The totals of all positions of a book."""
    return totals_text(book.holdings, noun) if book.knows_positions else "positions unknown"


def account_names(book: Book) -> str:
    """`DU1234567 paper, base USD`, or how many accounts it is about."""
    first, number = book.portfolios[0].account.label, len(book.portfolios)
    return f"{first if number == 1 else f'{number} accounts'}{f', base {book.base}' if book.base else ''}"


def cash_notes(library: Library) -> list[str]:
    """Why IBKR's total cash value differs, for a single account."""
    if library.single is None:
        return []
    futures = (
        each.notional for book in library.books for each in book.holdings if each.position.is_settled_daily
    )
    note = cash_note(library.single.balances, sum(abs(each) for each in futures if each))
    return [note] if note else []


def account_notes(library: Library) -> list[str]:
    """Where an amount of the accounts can be misread."""
    portfolios = [each for book in library.books for each in book.portfolios]
    notes = cash_notes(library)
    days = [each.day for each in portfolios]
    own = [each.day for each in portfolios if each.account.id == library.selected]
    if any(day is not None and day.is_computed for day in own):
        notes.append(
            "Day P&L is computed from changes of the current positions, because IBKR's own figure is missing."
        )
    elif any(day is not None and day.is_computed for day in days):
        notes.append(
            f"Day P&L: IBKR reports it only for the selected account{_named(library)}; the others' is "
            "computed from price changes of their current positions, without today's trades."
        )
    without = [each.account.id for each in portfolios if each.day is None]
    if without:
        only = (
            "" if library.selected in without else f"; it reports only the selected account{_named(library)}"
        )
        notes.append(f"Day P&L: IBKR sent none for {len(without)} of {len(portfolios)} accounts{only}.")
    if len(portfolios) > MOST_LEDGERS:
        notes.append(
            f"With more than {MOST_LEDGERS} accounts, cash is IBKR's total cash value, "
            "which includes unsettled futures P&L."
        )
    return notes


def _named(library: Library) -> str:
    return f", {library.selected}" if library.selected else ""
