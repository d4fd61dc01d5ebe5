"""Reads the histories of several instruments at the same time, one request each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from api_gateway.errors import Failed, Refused
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.market_hours import MarketState
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.price_history.bars import MAX_BARS, History, bar_name, parse_history
from mcp_server.answers.price_history.windows import Window
from mcp_server.answers.times import NEW_YORK
from mcp_server.answers.venues import state_of
from mcp_server.instruments.instrument import Instrument
from mcp_server.models.market_data import MINUTES_PER_UNIT, Bar

_EXTENDED: Final = ("pre-market", "after hours")
_MISSING_PART: Final = 0.1
"""The part of a period that may be missing at its beginning before it is said: weekends and holidays."""


@dataclass(frozen=True)
class Series:
    """The history of one instrument, the state of its market, and what has to be said about the history."""

    instrument: Instrument
    history: History
    unit: str
    market: MarketState
    notes: Sequence[str]


@dataclass(frozen=True)
class SeriesList:
    """The series that IBKR has, the reasons for the others, and the time at IBKR."""

    series: Sequence[Series]
    problems: Sequence[str]
    now: datetime


async def read_series(
    instruments: Sequence[Instrument], window: Window, bar: Bar, context: AnswerContext
) -> SeriesList:
    """The histories. Raises GatewayError if there is none."""
    units, states = await asyncio.gather(
        context.price_units.of_all(instruments),
        asyncio.gather(*(_state(each, context) for each in instruments)),
    )
    by_conid = dict(zip((each.conid for each in instruments), states, strict=True))
    found = await gather_partial(
        {each: _request(each, window, bar, by_conid[each.conid], context) for each in instruments}
    )
    now = context.clock.now()
    series, problems = [], [f"{each.text}: {error.problem}" for each, error in found.errors.items()]
    for each, value in found.values.items():
        bars, base = value
        whole = parse_history(bars, never_closes=each.kind == "CRYPTO")
        history, notes = _cut(whole, window, bar, each.text)
        if (
            window.needs_base(bar)
            and window.first_day
            and history.bars
            and history.bars[0].day >= window.first_day
        ):
            # The bar before may be a week, which ends within the window.
            history = replace(history, before=parse_history(base).between(window.first_day, None).before)
        if history.bars:
            series.append(Series(each, history, units[each.conid].label, by_conid[each.conid], notes))
        else:
            problems.append(f"IBKR has no price history for {each.text} in this period.")
    return SeriesList(series, problems, now)


async def _state(instrument: Instrument, context: AnswerContext) -> MarketState:
    try:
        return await state_of(context.market_hours, instrument, context.clock.now())
    except (Refused, Failed):
        return MarketState("", False)


async def _request(
    instrument: Instrument, window: Window, bar: Bar, market: MarketState, context: AnswerContext
) -> tuple[Any, Any]:
    """IBKR's responses: the bars, and days before them if only these have the close before."""
    bars = _history(
        instrument,
        context,
        period=window.period_for(bar),
        bar=bar,
        end=window.end,
        # The last hours include extended hours while these are on; days never do.
        extended=window.within_a_day and market.words in _EXTENDED,
    )
    if not window.needs_base(bar) or window.first_day is None:
        return await bars, None
    before = datetime.combine(window.first_day - timedelta(days=1), time(23, 59, 59), NEW_YORK)
    base = _history(instrument, context, period="2w", bar="1d", end=before)
    found = await asyncio.gather(bars, _or_nothing(base))
    return found[0], found[1]


async def _or_nothing(response: Awaitable[Any]) -> Any:
    try:
        return await response
    except (Refused, Failed):
        return None


async def _history(
    instrument: Instrument,
    context: AnswerContext,
    *,
    period: str,
    bar: Bar,
    end: datetime | None,
    extended: bool = False,
) -> Any:
    response = await context.gateway.get(
        "/iserver/marketdata/history",
        conid=instrument.conid,
        period=period,
        bar=bar,
        outsideRth=True if extended else None,
        startTime=f"{end.astimezone(UTC):%Y%m%d-%H:%M:%S}" if end else None,
    )
    return response.value


def _cut(history: History, window: Window, bar: Bar, name: str) -> tuple[History, list[str]]:
    """The bars of the window, and what has to be said about them."""
    if not history.bars:
        return history, []
    if window.latest_session:
        newest = history.bars[-1].day
        return history.between(newest, newest), []
    notes = []
    if history.bar_seconds and history.bar_seconds != _seconds(bar):
        notes.append(f"{name}: IBKR returned {bar_name(history)} bars instead of {bar}.")
    first, full = history.bars[0], len(history.bars) >= MAX_BARS
    if full:
        notes.append(
            f"{name}: IBKR returns at most {MAX_BARS} bars, here back to {first.day}; for earlier ones, a "
            "`period` such as 2020-01-01 to 2020-12-31 or a larger `bar`."
        )
    inside = history.between(window.first_day, window.last_day)
    if not inside.bars:
        last = history.bars[-1].day
        notes.append(
            f"{name} has no session from {window.first_day} to {window.last_day or 'today'}; "
            f"this is the last one before, {last}."
        )
        return history.between(last, last), notes
    if not full and _begins_late(history, window, bar):
        notes.append(f"IBKR's price history for {name} begins on {first.day}.")
    return inside, notes


def _begins_late(history: History, window: Window, bar: Bar) -> bool:
    if window.within_a_day:
        return False
    minutes = window.minutes_for(bar)
    begins, ends = history.bars[0].at, history.bars[-1].at
    missing = timedelta(minutes=minutes) - (ends - begins)
    spare = timedelta(days=6)
    # IBKR may count trading days, of which a week has five.
    return missing > max(spare, timedelta(minutes=minutes) * _MISSING_PART)


def _seconds(bar: Bar) -> int:
    count, unit = int(bar.rstrip("minhdw")), bar.lstrip("0123456789")
    return count * MINUTES_PER_UNIT[unit] * 60
