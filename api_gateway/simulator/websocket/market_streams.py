"""WebSocket streams of market data and price history."""

from __future__ import annotations

import re
from typing import Any

from api_gateway.simulator.calendar.trading_hours import PRICE_STEP
from api_gateway.simulator.instruments.combinations import line_key
from api_gateway.simulator.instruments.universe import Instrument
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.market_data.conidex import find_quoted
from api_gateway.simulator.web_api.market_data.history import bars_for_period, history_response, parse_period
from api_gateway.simulator.web_api.market_data.snapshots import DELAY_SECONDS, snapshot_row, visible_until
from api_gateway.simulator.websocket.frames import Command, Frame
from api_gateway.simulator.websocket.stream import IntervalTimer, OpenEndedStream, changed_entries

_IDENTIFYING_KEYS = frozenset({"conid", "conidEx", "server_id", "6119", "_updated"})
_COLUMNS = frozenset("ohlcv")
_SOURCES = {"midpoint": "Midpoint", "trades": "Trades", "last": "Last", "bid_ask": "Bid_Ask"}
_UNITS = {"hour": "h", "hours": "h", "day": "d", "week": "w", "month": "m"}


def find_instrument(simulation: Simulation, command: Command) -> Instrument | None:
    """Return the contract of `smd+{conid}[@EXCHANGE]` or `smh+{conid}`; None if it is unknown.

    The target may be a combination; its ratios can contain plus signs, at which targets are split.
    """
    return find_quoted(simulation.universe, "+".join(command.target))


class QuoteStream:
    """`smd`: a row like a snapshot's: only its identity, then every field, then only the changed ones.

    It expires 15 minutes after the last subscription (10 by a variant), and is silent once its market data
    line has been released over HTTP.
    """

    def __init__(self, simulation: Simulation, instrument: Instrument, conidex: str) -> None:
        self._simulation = simulation
        self._instrument = instrument
        self._conidex = conidex
        self._fields: list[str] = []
        self._expires_at = 0.0
        self._opened = False
        self._timer = IntervalTimer(PRICE_STEP)
        self._confirmed = False
        self._sent: dict[str, Any] = {}

    def subscribe(self, fields: list[str], now: float) -> None:
        """Start the stream, or extend it as if it were new, possibly with more fields."""
        self._fields = list(dict.fromkeys([*self._fields, *fields]))
        self._expires_at = now + 60.0 * self._simulation.variants.quote_minutes
        self._opened = False

    def due_frames(self, now: float) -> list[Frame]:
        """Return at most one frame every 500 ms."""
        if not self._timer.is_due(now):
            return []
        lines = self._simulation.preflights.subscriptions
        if self._opened and line_key(self._instrument) not in lines:
            return []
        self._opened = True
        row = snapshot_row(self._simulation, self._instrument, self._conidex, self._fields)
        changes = changed_entries(
            self._sent, {key: value for key, value in row.items() if key not in _IDENTIFYING_KEYS}
        )
        if not changes and (self._confirmed or line_key(self._instrument) not in lines):
            return []
        self._confirmed = True
        self._sent |= changes
        identifying = {key: value for key, value in row.items() if key in _IDENTIFYING_KEYS}
        identifying.setdefault("_updated", self._simulation.clock.now_ms())
        return [{"topic": f"smd+{self._conidex}", **identifying, **changes}]

    def has_ended(self, now: float) -> bool:
        """True once the subscription has expired."""
        return now >= self._expires_at

    def close(self) -> None:
        """Release the market data line."""
        self._simulation.preflights.subscriptions.pop(line_key(self._instrument), None)


class HistoryStream(OpenEndedStream):
    """`smh`: one frame of bars; it occupies one of five slots until it is cancelled."""

    def __init__(self, simulation: Simulation, instrument: Instrument, command: Command, number: int) -> None:
        self.server_id = str(number)
        self._simulation = simulation
        self._instrument = instrument
        self._command = command
        self._sent = False

    def due_frames(self, now: float) -> list[Frame]:  # noqa: ARG002 visible_until decides
        """Return the frame, once."""
        if self._sent:
            return []
        self._sent = True
        arguments = self._command.arguments
        period_text = str(arguments.get("period") or "1d")
        period, outside = parse_period(period_text), arguments.get("outsideRth") is True
        source = _SOURCES.get(str(arguments.get("source", "last")).lower(), "Last")
        end = visible_until(self._simulation, self._instrument)
        step, bars = bars_for_period(
            self._simulation,
            self._instrument,
            period,
            _normalize_bar(str(arguments.get("bar", ""))),
            end,
            outside_rth=outside,
        )
        if not bars:
            return [{"topic": self._command.name, "error": "Chart data unavailable", "code": 500}]
        delayed = self._simulation.availability.startswith("D")
        response = history_response(
            self._instrument,
            bars,
            step,
            period=period_text if period else "1d",
            end=end,
            outside_rth=outside,
            source=source,
            delay=DELAY_SECONDS if delayed else 0.0,
        )
        columns = _COLUMNS & set(re.findall(r"%([a-z])", str(arguments.get("format", "")))) or _COLUMNS
        rows = [{key: row[key] for key in row if key == "t" or key in columns} for row in response["data"]]
        return [{"topic": self._command.name, **response, "serverId": self.server_id, "data": rows}]


def _normalize_bar(text: str) -> str:
    """Return a bar size in its short form: `1h` for `1hour`."""
    match = re.fullmatch(r"(\d+)([a-z]+)", text)
    return match[1] + _UNITS.get(match[2], match[2]) if match else text
