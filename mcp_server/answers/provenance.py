"""The head line of an answer: time and zone, market state, and how current the data is."""

from __future__ import annotations

from datetime import datetime

from mcp_server.answers.market_hours import MarketState
from mcp_server.answers.times import clock_time


def head_line(as_of: datetime, now: datetime, market: MarketState | None = None, data: str = "") -> str:
    """`as of 10:45:13 New York, market open; live`."""
    state = f", {market.words}" if market is not None and market.words else ""
    return f"as of {clock_time(as_of, now)}{state}{f'; {data}' if data else ''}"
