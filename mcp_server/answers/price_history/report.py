"""The text of the answer: head lines, the summary, closes side by side, or bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from mcp_server.answers import formats
from mcp_server.answers.paging import Listing
from mcp_server.answers.price_history.bars import Bar, History, bar_name
from mcp_server.answers.price_history.reading import Series, SeriesList
from mcp_server.answers.price_history.statistics import Summary
from mcp_server.answers.price_history.windows import Window
from mcp_server.answers.provenance import head_line
from mcp_server.answers.table import Column, format_table
from mcp_server.answers.times import in_new_york
from mcp_server.instruments.instrument import Instrument

_PAIR_DECIMALS: Final = 5
_CELLS: Final = 210
"""How many cells a table of closes or bars has at most: about 1,200 tokens."""

_DIVIDENDS_FROM: Final = timedelta(days=28)

_IN_THE_HEAD: Final = ("first on", "last on", "prices in", "market")
"""Columns that are only needed if the rows differ."""

SummaryRow = tuple[Series, Summary]
ClosesRow = tuple[str, Mapping[int, float]]
"""A time, and the closes by conid."""


def write_head(found: SeriesList, window: Window) -> str:
    """As-of time, market state, how current the prices are, and their unit if it is the same for all."""
    states = {each.market for each in found.series}
    units = {each.unit for each in found.series}
    delays = {each.history.delay_seconds for each in found.series}
    market = found.series[0].market if len(states) == 1 else None
    delay = max(delays)
    data = []
    words = [each.market.words for each in found.series]
    if len(set(words)) > 1:
        open_now = [each.instrument.text for each in found.series if each.market.is_open]
        data = [f"market open for {', '.join(open_now)} only" if open_now else "markets closed"]
        data += [f"delayed {delay / 60:.0f} min"] if delay else []
    elif window.end is None and any(each and "closed" not in each for each in words):
        data = [f"delayed {delay / 60:.0f} min" if delay else "live"]
    if len(units) == 1:
        data.append(f"prices in {units.copy().pop()}")
    return head_line(found.now - timedelta(seconds=delay), found.now, market, "; ".join(data))


def write_scope(found: SeriesList, summaries: Sequence[Summary], window: Window, *, returns: bool) -> str:
    """Which bars: `3m: 63 daily bars from 2026-08-18 to 2026-11-18 so far; returns from …`."""
    first = found.series[0].history
    counts = {len(each.history.bars) for each in found.series}
    until = _common(found.series, lambda each: _full_text(each.history.bars[-1], each.history))
    since = {_base_text(series.history, each) for series, each in zip(found.series, summaries, strict=True)}
    count = f"{counts.pop()} " if len(counts) == 1 else ""
    bars = f"{window.name}: {count}{bar_name(first)} bars"
    if begin := _common(found.series, lambda each: _full_text(each.history.bars[0], each.history)):
        bars += f" from {begin}"
    if until:
        unfinished = window.end is None and not first.intraday and found.series[0].market.is_open
        bars += f" to {until}" + (" so far" if unfinished else "")
    zone = ", New York time" if first.intraday else ""
    return bars + zone + (f"; returns from {since.pop()}" if returns and len(since) == 1 else "")


def write_summary(found: SeriesList, summaries: Sequence[Summary]) -> str:
    """One row for each instrument."""
    rows = list(zip(found.series, summaries, strict=True))
    volume = f"avg {bar_name(rows[0][0].history)} volume"
    columns = [
        Column[SummaryRow]("what", lambda row: row[0].instrument.text),
        Column[SummaryRow]("return%", lambda row: formats.percent(row[1].percent)),
        Column[SummaryRow]("first", lambda row: price_text(row[0].instrument, row[1].base)),
        Column[SummaryRow]("first on", lambda row: _full_text(row[1].base_bar, row[0].history)),
        Column[SummaryRow]("last", lambda row: price_text(row[0].instrument, row[1].last.close)),
        Column[SummaryRow]("last on", lambda row: _text_of(row[1].last, row[0].history)),
        Column[SummaryRow]("high", lambda row: price_text(row[0].instrument, row[1].high.high)),
        Column[SummaryRow]("high on", lambda row: _text_of(row[1].high, row[0].history)),
        Column[SummaryRow]("low", lambda row: price_text(row[0].instrument, row[1].low.low)),
        Column[SummaryRow]("low on", lambda row: _text_of(row[1].low, row[0].history)),
        Column[SummaryRow]("max drawdown%", _drawdown),
        Column[SummaryRow](volume, lambda row: formats.count(row[1].average_volume)),
        Column[SummaryRow]("volatility%", lambda row: formats.percent(row[1].volatility, 1, signed=False)),
        Column[SummaryRow]("prices in", lambda row: row[0].unit),
        Column[SummaryRow]("market", lambda row: row[0].market.words.removeprefix("market ")),
    ]
    shown = [
        each
        for each in columns
        if each.heading not in _IN_THE_HEAD or len({each.cell(row) for row in rows}) > 1
    ]
    return format_table(shown, rows)


def list_closes(found: SeriesList, head: str) -> Listing[ClosesRow]:
    """The closes side by side, the newest first."""
    closes: dict[str, dict[int, float]] = {}
    for each in sorted(_timed(found.series), key=lambda timed: timed[1].at, reverse=True):
        series, bar = each
        closes.setdefault(_text_of(bar, series.history), {})[series.instrument.conid] = bar.close
    columns = [Column[ClosesRow]("close of", lambda row: row[0])]
    units = {each.unit for each in found.series}
    columns += [
        Column[ClosesRow](
            each.instrument.text + (f" {each.unit}" if len(units) > 1 else ""), _close_of(each.instrument)
        )
        for each in found.series
    ]
    rows = list(closes.items())
    return Listing(columns, rows, _CELLS // len(columns), lambda rest: f"back to {rest[-1][0]}", head=head)


def list_bars(series: Series, head: str, tables: int) -> Listing[Bar]:
    """The bars of one instrument, the newest first; `tables` is how many such lists the answer has."""

    def price(heading: str, value: Callable[[Bar], float]) -> Column[Bar]:
        return Column[Bar](heading, lambda bar: price_text(series.instrument, value(bar)))

    columns = [
        Column[Bar](series.instrument.text, lambda bar: _text_of(bar, series.history)),
        price("open", lambda bar: bar.open),
        price("high", lambda bar: bar.high),
        price("low", lambda bar: bar.low),
        price("close", lambda bar: bar.close),
        Column[Bar]("volume", lambda bar: formats.count(bar.volume or None)),
    ]
    return Listing(
        columns,
        list(reversed(series.history.bars)),
        _CELLS // len(columns) // tables,
        lambda rest: f"back to {_text_of(rest[-1], series.history)}",
        head=head,
    )


def write_notes(found: SeriesList, window: Window, *, returns: bool) -> list[str]:
    """Notes without which a number could be misread."""
    notes = [window.note] if window.note else []
    notes += [note for each in found.series for note in each.notes]
    for each in found.series:
        bars = each.history.bars
        pays = each.instrument.kind in ("STK", "FUND") and bars[-1].at - bars[0].at >= _DIVIDENDS_FROM
        if returns and pays:
            notes.append("Returns exclude dividends.")
            break
    return notes


def price_text(instrument: Instrument, value: float) -> str:
    """A price; a rate of currencies has five decimals."""
    return formats.ratio(value, _PAIR_DECIMALS) if instrument.kind == "CASH" else formats.price(value)


def _drawdown(row: SummaryRow) -> str:
    series, summary = row
    if summary.drawdown is None:
        return "0"
    peak, trough = (_text_of(bar, series.history) for bar in (summary.drawdown.peak, summary.drawdown.trough))
    return f"{formats.percent(summary.drawdown.percent)} ({peak} to {trough})"


def _timed(series: Sequence[Series]) -> list[tuple[Series, Bar]]:
    return [(each, bar) for each in series for bar in each.history.bars]


def _close_of(instrument: Instrument) -> Callable[[ClosesRow], str]:
    def cell(row: ClosesRow) -> str:
        close = row[1].get(instrument.conid)
        return "" if close is None else price_text(instrument, close)

    return cell


def _text_of(bar: Bar, history: History) -> str:
    """The day of a bar; of a shorter one its time in New York, with the day if there are several."""
    if not history.intraday:
        return str(bar.day)
    return f"{in_new_york(bar.at):{'%H:%M' if history.is_one_day else '%m-%d %H:%M'}}"


def _full_text(bar: Bar, history: History) -> str:
    return f"{in_new_york(bar.at):%Y-%m-%d %H:%M}" if history.intraday else str(bar.day)


def _base_text(history: History, summary: Summary) -> str:
    if history.before is not None:
        return f"the close of {history.before.day}"
    return f"the {'open' if summary.base_is_open else 'close'} of {_full_text(summary.base_bar, history)}"


def _common(series: Sequence[Series], value: Callable[[Series], str]) -> str:
    """The value that all have, or nothing."""
    found = {value(each) for each in series}
    return found.pop() if len(found) == 1 else ""
