"""Market data and history on the WebSocket."""

from __future__ import annotations

import re
from typing import Any

from api_gateway.simulator.calendar.trading_hours import STEP
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.market_data.history import bars_in, envelope, read_period
from api_gateway.simulator.web_api.market_data.snapshots import DELAY, snapshot_row, visible_until
from api_gateway.simulator.websocket.frames import Command, Frame
from api_gateway.simulator.websocket.stream import Cadence, Unending, changed

QUOTES_LAST = 900.0  # seconds after a request for quotes
_ENVELOPE = frozenset({"conid", "conidEx", "server_id", "6119", "_updated"})
_CONIDEX = re.compile(r"(\d{1,18})(@[A-Z0-9]{1,12})?", re.ASCII)
_COLUMNS = frozenset("ohlcv")
_SOURCES = {"midpoint": "Midpoint", "trades": "Trades", "last": "Last", "bid_ask": "Bid_Ask"}
_UNITS = {"hour": "h", "hours": "h", "day": "d", "week": "w", "month": "m"}


def instrument_in(simulation: Simulation, command: Command) -> Instrument | None:
    """The contract that `smd+{conid}[@EXCHANGE]` and `smh+{conid}` are about; None for nothing known."""
    match = _CONIDEX.fullmatch(command.target[0]) if len(command.target) == 1 else None
    return simulation.universe.by_conid(int(match[1])) if match else None


class Quotes:
    """`smd`: a row like a snapshot's, first with every field and then with those that changed.

    It ends a quarter of an hour after it was asked for the last time, and falls silent while its line is
    given back over HTTP.
    """

    def __init__(self, simulation: Simulation, instrument: Instrument, conidex: str) -> None:
        self._simulation = simulation
        self._instrument = instrument
        self._conidex = conidex
        self._fields: list[str] = []
        self._until = 0.0
        self._opened = False
        self._cadence = Cadence(STEP)
        self._sent: dict[str, Any] = {}

    def ask(self, fields: list[str], now: float) -> None:
        """Begin, or go on for another quarter of an hour, perhaps with more fields."""
        self._fields = list(dict.fromkeys([*self._fields, *fields]))
        self._until = now + QUOTES_LAST
        self._opened = False

    def due(self, now: float) -> list[Frame]:
        """At most one frame in 500 ms."""
        if not self._cadence.comes(now):
            return []
        if self._opened and self._instrument.conid not in self._simulation.preflights.subscriptions:
            return []
        self._opened = True
        row = snapshot_row(self._simulation, self._instrument, self._conidex, self._fields)
        news = changed(self._sent, {key: value for key, value in row.items() if key not in _ENVELOPE})
        if not news:
            return []
        self._sent |= news
        standing = {key: value for key, value in row.items() if key in _ENVELOPE}
        return [{"topic": f"smd+{self._conidex}", **standing, **news}]

    def over(self, now: float) -> bool:
        """True after its quarter of an hour."""
        return now >= self._until

    def close(self) -> None:
        """Give the market data line back."""
        self._simulation.preflights.subscriptions.pop(self._instrument.conid, None)


class History(Unending):
    """`smh`: one envelope of bars; it holds one of five places until it is cancelled."""

    def __init__(self, simulation: Simulation, instrument: Instrument, command: Command, number: int) -> None:
        self.server_id = str(number)
        self._simulation = simulation
        self._instrument = instrument
        self._command = command
        self._sent = False

    def due(self, now: float) -> list[Frame]:  # noqa: ARG002 the bars end at what the account may see
        """The envelope, once."""
        if self._sent:
            return []
        self._sent = True
        arguments = self._command.arguments
        period_text = str(arguments.get("period") or "1d")
        period, outside = read_period(period_text), arguments.get("outsideRth") is True
        source = _SOURCES.get(str(arguments.get("source", "last")).lower(), "Last")
        end = visible_until(self._simulation, self._instrument)
        step, bars = bars_in(
            self._simulation,
            self._instrument,
            period,
            _bar(str(arguments.get("bar", ""))),
            end,
            outside=outside,
        )
        if not bars:
            return [{"topic": self._command.name, "error": "Chart data unavailable", "code": 500}]
        delayed = self._simulation.availability.startswith("D")
        whole = envelope(
            self._instrument,
            bars,
            step,
            period=period_text if period else "1d",
            end=end,
            outside=outside,
            source=source,
            delay=DELAY if delayed else 0.0,
        )
        wanted = _COLUMNS & set(re.findall(r"%([a-z])", str(arguments.get("format", "")))) or _COLUMNS
        rows = [{key: row[key] for key in row if key == "t" or key in wanted} for row in whole["data"]]
        return [{"topic": self._command.name, **whole, "serverId": self.server_id, "data": rows}]


def _bar(text: str) -> str:
    """`1hour` as well as `1h`."""
    match = re.fullmatch(r"(\d+)([a-z]+)", text)
    return match[1] + _UNITS.get(match[2], match[2]) if match else text
