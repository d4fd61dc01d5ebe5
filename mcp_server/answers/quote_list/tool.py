"""get_quotes: current prices, figures and market hours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from mcp_server.answers.answer import Answer
from mcp_server.answers.argument_types import AnswerArguments, AnyText, CursorArgument, Texts
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.quote_list.columns import default_columns, fields_of, parse_columns, with_last
from mcp_server.answers.quote_list.reading import read_table
from mcp_server.answers.quote_list.report import write_head, write_notes, write_table
from mcp_server.answers.quote_list.selection import Selection, Target, select
from mcp_server.rest.parameters import argument_error

MAX_ROWS: Final = 40
_MIN_ROWS: Final = 12
_CELLS: Final = 240
"""How many cells one answer has at most: about 1,200 tokens."""

MAX_TEXTS: Final = 100


def _check_currency(text: str | None) -> str | None:
    if text is not None and not re.fullmatch("[A-Za-z]{3}", text):
        raise argument_error("should be the three letters of a currency, such as EUR")
    return text and text.upper()


class QuotesArguments(AnswerArguments):
    """What to quote, which columns, and in which currency."""

    what: Annotated[
        Texts,
        Field(
            default_factory=list,
            max_length=MAX_TEXTS,
            description="AAPL, VOD@LSE, EUR.USD, ES (front month), ESZ6, SPX, BTC, SPY 15Jan27 600P, an "
            "ISIN, a bond issuer, a conid, a company's name; `watchlist:NAME`; `portfolio`.",
        ),
    ]
    columns: Annotated[
        Texts,
        Field(
            default_factory=list,
            description="Groups quote, range (day, 52 weeks), fundamentals (P/E, market cap, dividends), "
            "volatility (implied, historical), greeks, hours (open? next opening and close, holidays), bond "
            "(yields), or single ones: pe, ex_date, beta, open_interest.",
        ),
    ]
    convert_to: Annotated[
        AnyText | None,
        AfterValidator(_check_currency),
        Field(description="Currency to show prices in: EUR."),
    ] = None
    cursor: CursorArgument = None


_ANY_US_STOCK: Final = ("SPY",)
"""Whose hours are meant by a question about `the market`."""


@dataclass(frozen=True)
class _Rest:
    """The rest of a list, whose quotes are read when it is shown."""

    targets: Sequence[Target]
    columns: Sequence[str]
    convert_to: str | None


async def get_quotes(arguments: QuotesArguments, context: AnswerContext) -> Answer:
    """Get current prices of anything by name, up to 100 at once, or of a watchlist or your holdings: last,
    change, bid, ask, volume. Or 52-week range, P/E, dividends, volatility, Greeks, yield, market hours.
    \f
    Found by: current price, stock price, what is it trading at, how much is a share, real-time quote,
    exchange rate, currency conversion, forex, front month future, index level, crypto, bitcoin, is the market
    open, opening hours, pre-market, holiday, 52 week high, dividend yield, ex-dividend date, market cap,
    earnings per share, implied volatility, IV, delta, theta, how is a stock doing today, my watchlist.
    """
    if arguments.cursor is not None:
        return await _answer(
            Selection(), context.cursors.load(get_quotes.__name__, arguments.cursor), context
        )
    columns = parse_columns(arguments.columns)
    texts = arguments.what or (_ANY_US_STOCK if columns and not fields_of(columns) else ())
    if not texts:
        raise AnswerError(
            "`what` is missing.", "Write at least one instrument, `watchlist:NAME` or `portfolio`."
        )
    selection = await select(texts, context)
    rest = _Rest(selection.targets, columns, arguments.convert_to)
    return await _answer(selection, rest, context)


async def _answer(selection: Selection, rest: _Rest, context: AnswerContext) -> Answer:
    kinds = dict.fromkeys(each.instrument.kind for each in rest.targets)
    columns = with_last(rest.columns) if rest.columns else default_columns(kinds)
    rows = max(_MIN_ROWS, min(MAX_ROWS, _CELLS // (len(columns) + 1)))
    shown, hidden = rest.targets[:rows], rest.targets[rows:]
    table = await read_table(shown, columns, rest.convert_to, context)
    blocks = [write_head(table, columns), *selection.meanings, write_table(table, columns)]
    if hidden:
        cursor = context.cursors.store(get_quotes.__name__, _Rest(hidden, rest.columns, rest.convert_to))
        blocks.append(f"and {len(hidden)} more (cursor {cursor})")
    if selection.also and len(rest.targets) == 1 and not rest.columns:
        others = len(selection.also) - 1
        blocks.append(f"also: {next(iter(selection.also))}" + (f" and {others} more" if others else ""))
    blocks += selection.problems
    return Answer(blocks, write_notes(table, columns, chosen=bool(rest.columns)))
