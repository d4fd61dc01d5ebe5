"""The view `positions`: what the accounts hold and how it is doing."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_server.answers import formats
from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.answer import Answer
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.portfolio.account_lines import UNKNOWN, account_line, money
from mcp_server.answers.portfolio.arguments import PortfolioArguments
from mcp_server.answers.portfolio.books import Book, Library
from mcp_server.answers.portfolio.columns import needs_quotes, parse_columns
from mcp_server.answers.portfolio.holdings import Holding, sort_holdings, sum_known
from mcp_server.answers.portfolio.overview import (
    NO_CHANGES,
    NO_MATCH,
    account_blocks,
    account_notes,
    read_overview,
)
from mcp_server.answers.portfolio.position_list import PositionList, show_positions
from mcp_server.answers.portfolio.selection import describe_choices, select


async def positions_view(
    arguments: PortfolioArguments, accounts: Accounts, chosen: Sequence[Account], context: AnswerContext
) -> Answer:
    """The accounts' lines, and the positions that `only` means, in the order of `by`."""
    columns = parse_columns(arguments.columns)
    whole, by_day = not arguments.only, arguments.by == "day"
    library, changes = await read_overview(context, accounts, chosen, day=whole, changes=by_day)
    data, notes, blocks = changes.data, list(library.notes), []
    for book in library.books:
        rows = changes.apply(select(book.by_account, arguments.only) if arguments.only else book.holdings)
        if arguments.only:
            blocks += _selection_blocks(library, book, rows, arguments.only)
        else:
            blocks += account_blocks(library, book, context, arguments.limit)
        if not rows:
            continue
        shown = await show_positions(
            PositionList(
                rows=sort_holdings(rows, arguments.by),
                columns=columns,
                limit=arguments.limit,
                base=book.base,
                by_account=library.single is None and bool(arguments.only),
                with_day=by_day or not whole,
                has_changes=changes is not NO_CHANGES,
            ),
            context,
        )
        blocks.append(shown.text)
        notes += shown.notes + (changes.notes(rows) if needs_quotes(columns) else [])
        data = data or shown.data
    if whole:
        notes += account_notes(library)
    return Answer([library.head(context.clock.now(), f"quotes {data}" if data else ""), *blocks], notes)


def _selection_blocks(library: Library, book: Book, rows: Sequence[Holding], only: str) -> list[str]:
    """The lines above the positions that `only` means: their sums, or what there is instead."""
    blocks = [account_line(library.single)] if library.single is not None else []
    name = outside_name(only)
    if rows:
        return [*blocks, selection_text(name, rows)]
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
        f'"{only}": positions {len(rows)}',
        f"value {money(value)} ({share} % of net liquidation)",
        *([f"notional {money(notional)}"] if notional is not None else []),
        f"open P&L {profit}",
    ]
    return ", ".join(parts)
