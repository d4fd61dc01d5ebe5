"""Venues: which contracts have the same trading hours, so that their schedule is read once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mcp_server.answers.market_hours import US_STOCKS, MarketHours, MarketState, Session, state_at
from mcp_server.instruments.instrument import Instrument

_SHARES = ("STK", "FUND")
_AROUND_THE_CLOCK = ("FUT", "FOP", "CASH", "CRYPTO", "CFD", "EC")


def venue_of(instrument: Instrument) -> str:
    """A name for the contracts with the same trading hours."""
    if instrument.kind in _SHARES and instrument.is_us:
        return "US stocks"
    if instrument.kind in (*_SHARES, "CASH", "CRYPTO", "BOND"):
        return f"{instrument.kind} {instrument.exchange}"
    # Hours of futures, indices and options differ by product, even at one exchange.
    return f"{instrument.kind} {instrument.trading_class or instrument.symbol} {instrument.exchange}"


async def sessions_of(hours: MarketHours, instrument: Instrument) -> tuple[Session, ...]:
    """The sessions of the next days of the instrument's venue."""
    venue = venue_of(instrument)
    return await (
        hours.sessions(US_STOCKS) if venue == "US stocks" else hours.sessions(instrument.conid, venue)
    )


def state_in(instrument: Instrument, sessions: tuple[Session, ...], moment: datetime) -> MarketState:
    """The state of the instrument's market at a time."""
    extended = tuple(each for each in sessions if not each.regular)
    if instrument.kind in _AROUND_THE_CLOCK and extended:
        # Pre-market and after hours apply to shares, not to futures.
        sessions = tuple(replace(each, regular=True) for each in extended)
    return state_at(sessions, moment)


async def state_of(hours: MarketHours, instrument: Instrument, moment: datetime) -> MarketState:
    """The state of the instrument's market at a time in the next days."""
    return state_in(instrument, await sessions_of(hours, instrument), moment)
