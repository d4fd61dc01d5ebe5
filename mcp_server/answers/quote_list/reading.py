"""Reads everything that the rows need, in as few requests as possible and at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api_gateway.errors import Failed, Refused
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.market_hours import Session
from mcp_server.answers.price_units import PriceUnit
from mcp_server.answers.quote_list.columns import fields_of
from mcp_server.answers.quote_list.quote_row import QuoteRow
from mcp_server.answers.quote_list.selection import Target
from mcp_server.answers.quotes import Quotes
from mcp_server.answers.venues import sessions_of, state_in, venue_of
from mcp_server.instruments.instrument import Instrument


@dataclass(frozen=True)
class QuoteTable:
    """The rows, the time of the newest quote, the time now, and the rates that prices were converted at."""

    rows: Sequence[QuoteRow]
    as_of: datetime
    now: datetime
    rates: Sequence[str]


async def read_table(
    targets: Sequence[Target], columns: Collection[str], convert_to: str | None, context: AnswerContext
) -> QuoteTable:
    """The rows of these instruments. Raises GatewayError; AnswerError for an unknown currency."""
    fields = fields_of(columns)
    instruments = [each.instrument for each in targets]
    quotes, units, schedules = await asyncio.gather(
        context.quotes.read([each.conid for each in instruments], fields) if fields else _no_quotes(),
        context.price_units.of_all(instruments),
        _read_schedules(targets, context),
    )
    rates = await _read_rates(units.values(), convert_to, context)
    now = context.clock.now()
    rows = []
    for target in targets:
        instrument = target.instrument
        unit = units[instrument.conid]
        sessions = schedules[venue_of(instrument)]
        label, rate = _converted(instrument, unit, rates, convert_to)
        rows.append(
            QuoteRow(
                instrument=instrument,
                text=target.text,
                quote=quotes.by_conid.get(instrument.conid),
                currency=instrument.symbol if target.inverse else label,
                now=now,
                rate=rate,
                inverse=target.inverse,
                market=state_in(instrument, sessions, now),
                sessions=sessions,
                enough_lines=quotes.enough_lines,
            )
        )
    stated = [
        f"{source} 1 = {convert_to} {rate:.6g}" for source, rate in rates.items() if source != convert_to
    ]
    return QuoteTable(rows, quotes.updated or now, now, stated)


async def _no_quotes() -> Quotes:
    return Quotes({}, {})


async def _read_schedules(
    targets: Sequence[Target], context: AnswerContext
) -> dict[str, tuple[Session, ...]]:
    """The sessions by venue; none where IBKR has no schedule, because quotes are worth showing without."""
    venues = {venue_of(each.instrument): each.instrument for each in targets}

    async def read(instrument: Instrument) -> tuple[Session, ...]:
        try:
            return await sessions_of(context.market_hours, instrument)
        except (Refused, Failed):
            return ()

    found = await asyncio.gather(*map(read, venues.values()))
    return dict(zip(venues, found, strict=True))


async def _read_rates(
    units: Iterable[PriceUnit], convert_to: str | None, context: AnswerContext
) -> dict[str, float]:
    """What one unit of each currency is in `convert_to`; those without a rate are absent."""
    if convert_to is None:
        return {}
    sources = sorted({each.currency for each in units if each.currency})
    rates = await asyncio.gather(*(context.exchange_rates.rate(each, convert_to) for each in sources))
    found = {source: rate for source, rate in zip(sources, rates, strict=True) if rate is not None}
    if sources and not found:
        raise AnswerError(
            f"IBKR has no exchange rate from {', '.join(sources)} to `convert_to` {convert_to}.",
            "Write the three letters of a currency, such as EUR.",
        )
    return found


def _converted(
    instrument: Instrument, unit: PriceUnit, rates: Mapping[str, float], convert_to: str | None
) -> tuple[str, float]:
    """The name of the unit that a row is shown in, and what its prices are multiplied by."""
    rate = rates.get(unit.currency)
    # The price of a currency pair is a rate itself.
    if convert_to is None or rate is None or instrument.kind == "CASH":
        return unit.label, 1.0
    return convert_to, unit.factor * rate
