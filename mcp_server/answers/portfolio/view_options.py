"""The view `options`: the Greeks of the options held, the soonest expiry first, and their sums."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from api_gateway.errors import Failed, RateLimited, Refused
from mcp_server.answers import formats
from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.answer import Answer
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.paging import Listing, show_listing
from mcp_server.answers.portfolio.account_lines import money
from mcp_server.answers.portfolio.arguments import PortfolioArguments
from mcp_server.answers.portfolio.books import Book, read_library
from mcp_server.answers.portfolio.columns import short_price
from mcp_server.answers.portfolio.day_changes import MAX_QUOTED
from mcp_server.answers.portfolio.holdings import Holding, sort_holdings, sum_known
from mcp_server.answers.portfolio.option_rows import (
    GREEKS,
    OptionRow,
    by_expiry,
    delta_by_underlying,
    option_row,
)
from mcp_server.answers.portfolio.overview import NO_MATCH, account_names
from mcp_server.answers.portfolio.position_list import TOOL
from mcp_server.answers.portfolio.positions import OPTIONS, QUOTED_IN_HUNDREDTHS
from mcp_server.answers.portfolio.selection import describe_choices, select
from mcp_server.answers.quotes import LAST, Quotes
from mcp_server.answers.table import Column

_MAX_UNDERLYINGS: Final = 10
_NO_QUOTES: Final = Quotes({}, {})


async def options_view(
    arguments: PortfolioArguments, accounts: Accounts, chosen: Sequence[Account], context: AnswerContext
) -> Answer:
    """The options that `only` means or all, the soonest expiry first unless `by` says otherwise."""
    library = await read_library(context, accounts, chosen, day=False)
    data, notes, blocks = "", [*library.notes], []
    for book in library.books:
        options = [each for each in book.holdings if each.position.kind in OPTIONS]
        held = select(options, arguments.only) if arguments.only else options
        if not held:
            blocks.append(_nothing(book, options, arguments.only))
            continue
        rows, book_data, book_notes = await _read_rows(held, book, context)
        ordered = by_expiry(rows)
        if arguments.by != "value":
            order = {id(each): at for at, each in enumerate(sort_holdings(held, arguments.by))}
            ordered = sorted(rows, key=lambda each: order[id(each.holding)])
        listing = Listing(_columns(book.base), ordered, arguments.limit, head=f"options, in {book.base}")
        blocks += [
            f"{account_names(book)}. {_sums(rows, book.base)}",
            show_listing(TOOL, listing, context.cursors),
        ]
        data, notes = data or book_data, [*notes, *book_notes]
    head = library.head(context.clock.now(), f"quotes {data}" if data else "")
    return Answer([head, *blocks], notes)


def _nothing(book: Book, options: Sequence[Holding], only: str | None) -> str:
    if not book.knows_positions:
        return f"{account_names(book)}. positions unknown"
    if only and options:
        return f"{account_names(book)}. " + NO_MATCH.format(outside_name(only), describe_choices(options))
    return f"{account_names(book)}. No options are held."


async def _read_rows(
    held: Sequence[Holding], book: Book, context: AnswerContext
) -> tuple[list[OptionRow], str, list[str]]:
    """The rows of all options, how current their quotes are, and which have no Greeks."""
    today = context.clock.today()
    soonest = by_expiry(option_row(each, today, None, None) for each in held)
    conids = [each.holding.position.conid for each in soonest if each.holding.position.conid is not None]
    # A share that is held has its price in its position, which costs no market-data line.
    prices = {
        each.position.conid: each.position.price for each in book.holdings if each.position.kind == "STK"
    }
    underlyings = {
        each.instrument.underlying_conid
        for each in held
        if each.instrument is not None and each.instrument.underlying_conid not in (None, 0)
    }
    unpriced = [each for each in underlyings if each is not None and prices.get(each) is None]
    minor = {
        each.instrument.underlying_conid
        for each in held
        if each.instrument is not None and each.instrument.currency in QUOTED_IN_HUNDREDTHS
    }
    greeks, others, units = await asyncio.gather(
        _read_quotes(conids[:MAX_QUOTED], GREEKS, context),
        _read_quotes(unpriced[:MAX_QUOTED], (LAST,), context),
        _read_units([each for each in unpriced if each in minor], context),
    )
    prices |= {
        conid: quote.last * factor
        for conid, quote in others.by_conid.items()
        if quote.last is not None and (factor := units.get(conid, 1.0)) is not None
    }
    rows = [
        option_row(
            each,
            today,
            greeks.by_conid.get(each.position.conid or 0),
            prices.get(each.instrument.underlying_conid) if each.instrument is not None else None,
        )
        for each in held
    ]
    kinds = sorted({str(quote.availability) for quote in greeks.by_conid.values()} - {""}, reverse=True)
    return rows, " and ".join(kinds), _missing(rows, greeks)


async def _read_quotes(conids: Sequence[int], fields: Sequence[str], context: AnswerContext) -> Quotes:
    try:
        return await context.quotes.read(conids, fields)
    except (Refused, Failed, RateLimited) as error:
        return Quotes({}, dict.fromkeys(conids, error))


async def _read_units(conids: Sequence[int], context: AnswerContext) -> dict[int, float | None]:
    """What quotes, such as those in pence, are multiplied by to be in their currency; None if unknown."""
    if not conids:
        return {}
    try:
        instruments = await context.instruments.by_conids(conids)
        units = await context.price_units.of_all(instruments.values())
    except (Refused, Failed, RateLimited):
        return dict.fromkeys(conids)
    return dict.fromkeys(conids) | {
        conid: None if unit.is_doubtful else unit.factor for conid, unit in units.items()
    }


def _missing(rows: Sequence[OptionRow], quotes: Quotes) -> list[str]:
    without = [each for each in rows if not each.has_greeks]
    if not without:
        return []
    reasons = {error.problem for error in quotes.errors.values()}
    reasons |= {
        str(each.availability)
        for each in quotes.by_conid.values()
        if each.availability.startswith(("not", "market"))
    }
    why = "; ".join(sorted(reasons)) or "IBKR sent none"
    names = ", ".join(each.holding.name for each in without[:5])
    more = f" and {len(without) - 5} more" if len(without) > 5 else ""
    return [f"No Greeks for {names}{more}, so they are not in the totals: {why}."]


def _sums(rows: Sequence[OptionRow], base: str) -> str:
    deltas = delta_by_underlying(rows)
    shown = [
        f"{name} {formats.amount(value, signed=True)}"
        for name, value in list(deltas.items())[:_MAX_UNDERLYINGS]
    ]
    more = [f"{len(deltas) - len(shown)} more"] if len(deltas) > len(shown) else []
    parts = [
        f"options {len(rows)}",
        f"value {money(sum_known(each.holding.value for each in rows))}",
        f"open P&L {money(sum_known(each.holding.open_pnl for each in rows), signed=True)}",
        f"delta {money(sum_known(each.delta_money for each in rows), signed=True)} {base}".strip(),
        f"theta {money(sum_known(each.theta for each in rows), signed=True)} {base}".strip() + " a day",
        f"vega {money(sum_known(each.vega for each in rows), signed=True)} {base}".strip()
        + " per point of IV",
    ]
    by_underlying = f"; delta in shares: {', '.join([*shown, *more])}" if shown else ""
    return "; ".join(parts) + by_underlying


def _columns(base: str) -> list[Column[OptionRow]]:
    return [
        Column("what", lambda each: each.holding.name),
        Column("quantity", lambda each: formats.quantity(each.holding.position.quantity)),
        Column("days", lambda each: "" if each.days is None else str(each.days)),
        Column("price", lambda each: short_price(each.holding.position.price)),
        Column(f"value {base}".strip(), lambda each: formats.amount(each.holding.value)),
        Column("open P&L", lambda each: formats.amount(each.holding.open_pnl, signed=True)),
        Column("delta shares", lambda each: formats.ratio(each.delta_shares, 1)),
        Column(f"delta {base}".strip(), lambda each: formats.amount(each.delta_money)),
        Column("gamma shares", lambda each: formats.ratio(each.gamma_shares)),
        Column(f"theta {base}/day".replace(" /", "/"), lambda each: formats.amount(each.theta)),
        Column(f"vega {base}/point".replace(" /", "/"), lambda each: formats.amount(each.vega)),
        Column("IV%", lambda each: formats.ratio(each.volatility, 1)),
    ]
