"""WebSocket stream of a price ladder: the prices around the last trade, with the sizes bid and asked.

The row of the last trade has the focus. Which rows a ladder has, and that later frames have only the changed
ones, is assumed: no ladder was recorded.
"""

from __future__ import annotations

from typing import Any

from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.instruments.price_format import price_text
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.prices.quotes import Quote
from api_gateway.simulator.prices.seeded_noise import hash_keys
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.websocket.frames import Frame
from api_gateway.simulator.websocket.stream import IntervalTimer, OpenEndedStream

LEVELS = 10
"""The rows above and below the last trade."""

_TRADED_IN_HUNDREDS = frozenset({"STK", "CFD"})


class PriceLadderStream(OpenEndedStream):
    """`sbd`: every row first, then at most every 500 ms the rows that have changed."""

    def __init__(self, simulation: Simulation, instrument: Instrument, topic: str) -> None:
        self._simulation = simulation
        self._instrument = instrument
        self._topic = topic
        self._timer = IntervalTimer(PRICE_STEP)
        self._sent: dict[int, dict[str, Any]] = {}

    def due_frames(self, now: float) -> list[Frame]:
        """Return at most one frame every 500 ms."""
        if not self._timer.is_due(now):
            return []
        quote = self._simulation.prices.quote(self._instrument)
        rows = {row["row"]: row for row in ladder_rows(self._instrument, quote)}
        changed = [row for number, row in rows.items() if self._sent.get(number) != row]
        self._sent = rows
        return [{"topic": self._topic, "data": changed}] if changed else []


def ladder_rows(instrument: Instrument, quote: Quote) -> list[dict[str, Any]]:
    """Return the rows from the highest price to the lowest; the last trade's names its size, too."""
    rows = []
    for number in range(2 * LEVELS + 1):
        price = round(quote.last + (LEVELS - number) * instrument.tick, instrument.decimals)
        text = price_text(instrument, price)
        focus = number == LEVELS
        row: dict[str, Any] = {
            "row": number,
            "focus": int(focus),
            "price": f"{quote.last_size} @ {text}" if focus and quote.last_size else text,
        }
        if price <= quote.bid and quote.bid_size:
            row["bid"] = str(_size(instrument, price, quote.bid, quote.bid_size))
        if price >= quote.ask and quote.ask_size:
            row["ask"] = str(_size(instrument, price, quote.ask, quote.ask_size))
        if price > 0:
            rows.append(row)
    return rows


def _size(instrument: Instrument, price: float, best: float, best_size: int) -> int:
    """The size at a price: the quoted size at the best price, a constant size behind it."""
    if price == best:
        return best_size
    lots = 1 + hash_keys(instrument.conid, round(price / instrument.tick)) % 50
    return lots * (100 if instrument.sec_type in _TRADED_IN_HUNDREDS else 1)
