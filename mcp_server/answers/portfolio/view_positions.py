"""The view `positions`: what the accounts hold, with value and P&L."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.answer import Answer
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.portfolio.account_lines import UNKNOWN, account_line, money, realized_pnl
from mcp_server.answers.portfolio.arguments import PortfolioArguments
from mcp_server.answers.portfolio.books import Book, Library
from mcp_server.answers.portfolio.columns import needs_quotes, parse_columns
from mcp_server.answers.portfolio.day_changes import read_day_changes
from mcp_server.answers.portfolio.descriptions import contract_name
from mcp_server.answers.portfolio.holdings import Holding, sort_holdings, sum_known
from mcp_server.answers.portfolio.overview import (
    NO_CHANGES,
    NO_MATCH,
    account_blocks,
    account_notes,
    read_overview,
)
from mcp_server.answers.portfolio.position_list import PositionList, show_positions
from mcp_server.answers.portfolio.selection import describe_choices, select, understand

_NOTICEABLE_PART: Final = 0.0003
_MAX_NAMED: Final = 5


async def positions_view(
    arguments: PortfolioArguments, accounts: Accounts, chosen: Sequence[Account], context: AnswerContext
) -> Answer:
    """The accounts' lines, and the positions that `only` means, in the order of `by`."""
    columns = parse_columns(arguments.columns)
    whole, by_day = not arguments.only, arguments.by == "day"
    library, changes = await read_overview(context, accounts, chosen, day=whole, changes=by_day and whole)
    if by_day and arguments.only:
        held = [each for book in library.books for each in select(book.by_account, arguments.only)]
        changes = await read_day_changes(held, context.quotes, library.selected)
    data, notes, blocks = changes.data, list(library.notes), []
    for book in library.books:
        rows = changes.apply(select(book.by_account, arguments.only) if arguments.only else book.holdings)
        if arguments.only:
            blocks += _selection_blocks(library, book, rows, arguments.only)
        else:
            blocks += account_blocks(library, book, context, arguments.limit)
        if not rows:
            continue
        if by_day:
            blocks += unranked(rows)
            notes += day_sum_notes(library, rows) if whole else []
        shown = await show_positions(
            PositionList(
                rows=sort_holdings(rows, arguments.by),
                columns=columns,
                limit=arguments.limit,
                base=book.base,
                by_account=library.single is None and bool(arguments.only),
                with_day=by_day or not whole,
                has_changes=changes is not NO_CHANGES,
                selected=library.selected,
                settled=book.settled_futures_pnl,
            ),
            context,
        )
        blocks.append(shown.text)
        notes += shown.notes + (changes.notes(rows) if needs_quotes(columns) else [])
        data = data or shown.data
    if whole:
        notes += account_notes(library)
    return Answer([library.head(context.clock.now(), f"quotes {data}" if data else ""), *blocks], notes)


def unranked(rows: Sequence[Holding]) -> list[str]:
    """How many positions have no place in the order of the day's changes, where the largest may be one."""
    unknown = sum(1 for each in rows if each.day.amount is None)
    if not unknown:
        return []
    return [f"day P&L known for {len(rows) - unknown} of {len(rows)}: the order may miss the largest"]


def day_sum_notes(library: Library, rows: Sequence[Holding]) -> list[str]:
    """Why the rows' day P&L is not that of the account, where it is not."""
    portfolio = library.single
    total = sum_known(each.day.amount for each in rows)
    if portfolio is None or portfolio.day is None or portfolio.day.is_computed or total is None:
        return []
    if any(each.day.amount is None for each in rows):
        return []
    difference = portfolio.day.amount - total
    closed = [contract_name(each.description) for each in portfolio.positions or () if not each.quantity]
    # The two figures are a few seconds apart.
    usual = max(20.0, _NOTICEABLE_PART * sum(abs(each.exposure or 0.0) for each in rows))
    if not closed and not realized_pnl(portfolio) and abs(difference) < usual:
        return []
    parts = [f"positions closed today ({', '.join(closed[:_MAX_NAMED])})" if closed else ""]
    if not all(each.day.is_reported for each in rows):
        parts.append("today's trades, which the rows' price changes do not")
    why = " and ".join(filter(None, parts)) or "positions closed today"
    return [
        f"The rows' day P&L adds up to {money(total, signed=True)}; the account's "
        f"{money(portfolio.day.amount, signed=True)} also includes {why}, and can be some seconds older."
    ]


def _selection_blocks(library: Library, book: Book, rows: Sequence[Holding], only: str) -> list[str]:
    """The lines above the positions that `only` means: their sums, or what there is instead."""
    blocks = [account_line(library.single)] if library.single is not None else []
    name = outside_name(only)
    if rows:
        meaning = understand(book.by_account, only).meaning
        return [*blocks, selection_text(meaning or f'"{name}"', rows)]
    if not book.knows_positions:
        return [*blocks, "positions unknown"]
    return [*blocks, NO_MATCH.format(name, describe_choices(book.holdings))]


def selection_text(only: str, rows: Sequence[Holding]) -> str:
    """`AAPL: positions 2, value 73490 (7.2 % of net liquidation), open P&L +3430`."""
    value, weight = sum_known(each.value for each in rows), sum_known(each.weight for each in rows)
    profit = money(sum_known(each.open_pnl for each in rows), signed=True)
    notional = sum_known(each.notional for each in rows)
    share = formats.percent(weight, 1, signed=False) or UNKNOWN
    parts = [
        f"{only}: positions {len(rows)}",
        f"value {money(value)} ({share} % of net liquidation)",
        *([f"notional {money(notional)}"] if notional is not None else []),
        f"open P&L {profit}",
    ]
    return ", ".join(parts)
