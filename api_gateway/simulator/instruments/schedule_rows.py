"""Rows of the two trading schedule endpoints."""

from __future__ import annotations

from datetime import date, timedelta
from types import MappingProxyType
from typing import Any
from zlib import crc32

from api_gateway.simulator.calendar.trading_hours import (
    HOURS,
    Hours,
    TradingSession,
    session_at,
    session_on,
    sessions_from,
)
from api_gateway.simulator.instruments.universe import Instrument

_DAYS_AHEAD = 6
_SATURDAY = date(2000, 1, 1)  # IBKR dates its regular week from this Saturday
_IANA_ZONES = MappingProxyType({"US/Eastern": "America/New_York", "US/Central": "America/Chicago"})
_EXCHANGE_NAMES = MappingProxyType(
    {
        "NYSE": "New York Stock Exchange",
        "NASDAQ": "NASDAQ",
        "ARCA": "Archipelago",
        "LSE": "London Stock Exchange",
        "IBIS": "XETRA",
        "MEXI": "Mexican Stock Exchange",
        "TSE": "Toronto Stock Exchange",
        "CME": "Chicago Mercantile Exchange",
        "NYMEX": "New York Mercantile Exchange",
    }
)


def upcoming_schedule(instrument: Instrument, now: float) -> dict[str, Any]:
    """Today's session and the following ones, in seconds since 1970."""
    hours = HOURS[instrument.hours]
    days = sessions_from(hours, session_at(hours, now).start, _DAYS_AHEAD)
    return {
        "exchange_time_zone": hours.zone,
        "schedules": {f"{session.day:%Y%m%d}": _day_row(session) for session in days},
    }


def venue_schedule(instrument: Instrument, today: date) -> dict[str, Any]:
    """A regular week and the exceptions of the coming month, in the exchange's time zone."""
    hours = HOURS[instrument.hours]
    number = crc32(instrument.exchange.encode())
    week = [_SATURDAY + timedelta(days=offset) for offset in range(7)]
    month = [today + timedelta(days=offset) for offset in range(31)]
    ordinary = {day.weekday(): _session_times(hours, _regular_session(hours, day)) for day in week}
    days = [(day, ordinary[day.weekday()]) for day in week]
    days += [
        (day, times)
        for day in month
        if (times := _session_times(hours, session_on(hours, day))) != ordinary[day.weekday()]
    ]
    return {
        "id": f"p{100_000 + number % 10_000}",
        "tradeVenueId": f"v{10_000 + number % 9_000}",
        "exchange": instrument.exchange,
        "description": _EXCHANGE_NAMES.get(instrument.exchange, instrument.exchange),
        "timezone": _IANA_ZONES.get(hours.zone, hours.zone),
        "schedules": [_schedule_row(day, times) for day, times in days],
    }


def _day_row(session: TradingSession) -> dict[str, Any]:
    liquid = {"opening": int(session.liquid_opens), "closing": int(session.liquid_closes)}
    whole = {"opening": int(session.start), "closing": int(session.end), "cancel_daily_orders": True}
    return {"liquid_hours": [liquid], "extended_hours": [whole]}


def _regular_session(hours: Hours, day: date) -> TradingSession | None:
    """The session of that day in a week without holidays."""
    while session_on(hours, day) is None and (day.weekday() < 5 or hours.weekend):
        day += timedelta(days=7)
    return session_on(hours, day)


def _session_times(hours: Hours, session: TradingSession | None) -> tuple[str, str, str, str] | None:
    """Start, end, and start and end of liquid hours as HHmm; None on a day without trading."""
    if session is None:
        return None
    moments = (session.start, session.end, session.liquid_opens, session.liquid_closes)
    first, last, opens, closes = (hours.local(moment).strftime("%H%M") for moment in moments)
    return first, last, opens, closes


def _schedule_row(day: date, times: tuple[str, str, str, str] | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "clearingCycleEndTime": times[3] if times else "0000",
        "tradingScheduleDate": f"{day:%Y%m%d}",
        "sessions": [],
        "tradingtimes": [],
    }
    if times:
        first, last, opens, closes = times
        row["sessions"] = [{"openingTime": opens, "closingTime": closes, "prop": "LIQUID"}]
        row["tradingtimes"] = [
            {"openingTime": first, "closingTime": last, "prop": "LIQUID", "cancelDayOrders": "Y"}
        ]
    return row
