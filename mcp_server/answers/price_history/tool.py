"""get_price_history: how prices moved, their highs and lows, closes and bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field

from mcp_server.answers.answer import Answer
from mcp_server.answers.argument_types import AnswerArguments, AnyText, CursorArgument, Texts, as_choice
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.instruments import describe_meaning, describe_unresolved
from mcp_server.answers.paging import continue_listing, show_listing
from mcp_server.answers.price_history.bars import bar_name
from mcp_server.answers.price_history.pictures import chart_of
from mcp_server.answers.price_history.reading import SeriesList, read_series
from mcp_server.answers.price_history.report import (
    list_bars,
    list_closes,
    write_head,
    write_notes,
    write_scope,
    write_summary,
)
from mcp_server.answers.price_history.statistics import Summary, summarize
from mcp_server.answers.price_history.windows import choose_bar, parse_window
from mcp_server.instruments.instrument import Found, Instrument
from mcp_server.pictures.picture import Picture
from mcp_server.pictures.renderer import PictureError

MAX_INSTRUMENTS: Final = 5


class HistoryArguments(AnswerArguments):
    """Which instruments, how far back, and in which form."""

    what: Annotated[
        Texts,
        Field(
            default_factory=list,
            max_length=MAX_INSTRUMENTS,
            description="Up to 5: AAPL, EUR.USD, ES, SPX.",
        ),
    ]
    period: Annotated[
        AnyText,
        Field(
            description="3m, 1 year, YTD, 2h, today, last month, 2025, since 2026-01-05, "
            "2026-01-05 to 2026-03-31, max."
        ),
    ] = "3m"
    bar: Annotated[
        AnyText | None, Field(description="5min, 1h, 1d, 1w, 1m (month); default: one that fits.")
    ] = None
    view: Annotated[
        Literal["summary", "closes", "bars"],
        as_choice,
        Field(description="Figures, closes side by side, or bars with volume."),
    ] = "summary"
    chart: Annotated[bool, Field(description="Also return a chart.")] = False
    cursor: CursorArgument = None


async def get_price_history(arguments: HistoryArguments, context: AnswerContext) -> Answer:
    """Get how prices moved over a period: return, high and low with dates, drawdown, average volume,
    volatility; or the closes or bars. Compares up to five instruments.
    \f
    Found by: historical prices, past performance, chart, candles, OHLC, price last week, year to date,
    all-time high, how has it moved, trend, best and worst, last two hours, intraday, compare stocks.
    """
    if arguments.cursor is not None:
        return Answer([continue_listing(get_price_history.__name__, arguments.cursor, context.cursors)])
    if not arguments.what:
        raise AnswerError("`what` is missing.", "Write at least one instrument, such as AAPL.")
    window = parse_window(arguments.period, context.clock.today())
    bar = choose_bar(window, arguments.bar)
    instruments, meanings, problems = await _resolve(arguments.what, context)
    found = await read_series(instruments, window, bar, context)
    problems += found.problems
    if not found.series:
        raise AnswerError("\n".join(problems))
    summaries = [
        summary
        for each in found.series
        if (
            summary := summarize(
                each.history,
                today=context.clock.today(),
                open_now=each.market.is_open,
                trades_daily=each.instrument.kind == "CRYPTO",
            )
        )
    ]
    with_returns = arguments.view == "summary"
    head = [write_head(found, window), write_scope(found, summaries, window, returns=with_returns)]
    body = _write_body(arguments.view, found, summaries, head, context)
    notes = write_notes(found, window, returns=with_returns)
    pictures: list[Picture] = []
    if arguments.chart:
        try:
            chart = chart_of(found.series, summaries, window.name, bar_name(found.series[0].history))
            pictures.append(await context.pictures.draw(chart))
        except PictureError as error:
            notes.append(str(error))
    return Answer([*head, *meanings, *body, *problems], notes, pictures)


async def _resolve(
    texts: Sequence[str], context: AnswerContext
) -> tuple[list[Instrument], list[str], list[str]]:
    """The instruments, what was understood, and what was not. Raises AnswerError if there are none."""
    instruments: dict[int, Instrument] = {}
    meanings, problems = [], []
    for text, resolution in zip(texts, await context.instruments.resolve_all(texts), strict=True):
        if isinstance(resolution, Found):
            instruments |= {each.conid: each for each in resolution.instruments}
            meanings.append(describe_meaning(text, resolution))
        else:
            problems.append(describe_unresolved(resolution))
    if not instruments:
        raise AnswerError("\n".join(problems))
    found = list(instruments.values())
    if len(found) > MAX_INSTRUMENTS:
        left_out = ", ".join(each.text for each in found[MAX_INSTRUMENTS:])
        problems.append(f"At most {MAX_INSTRUMENTS} at once; left out: {left_out}.")
    return found[:MAX_INSTRUMENTS], meanings, problems


def _write_body(
    view: str, found: SeriesList, summaries: Sequence[Summary], head: Sequence[str], context: AnswerContext
) -> list[str]:
    tool, title = get_price_history.__name__, "\n".join(head)
    if view == "summary":
        return [write_summary(found, summaries)]
    if view == "closes":
        return [show_listing(tool, list_closes(found, title), context.cursors)]
    return [
        show_listing(tool, list_bars(each, title, len(found.series)), context.cursors)
        for each in found.series
    ]
