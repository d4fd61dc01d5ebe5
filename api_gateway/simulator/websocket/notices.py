"""What IBKR says on the WebSocket without being asked: bulletins and notices about orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.paper_account import Broker
from api_gateway.simulator.instruments.contract_names import full_name, listing
from api_gateway.simulator.instruments.price_format import price_text, quantity_text
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.orders.order_hours import expiry
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.websocket.frames import Frame
from api_gateway.simulator.websocket.stream import Cadence, Unending

_NEW_YORK = ZoneInfo("America/New_York")


class Bulletins(Unending):
    """`blt`: trading in something that is held or watched has stopped. `args` is a list, ids are numbers."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._cadence = Cadence(1.0)
        self._halted: set[int] = set()

    def due(self, now: float) -> list[Frame]:
        """One frame with a bulletin for each halt since the last."""
        if not self._cadence.comes(now):
            return []
        simulation = self._simulation
        halted = {conid for conid in self._watched() if simulation.prices.halted(conid)}
        news, self._halted = halted - self._halted, halted
        args = [
            {
                "id": crc32(f"{conid}:{int(now)}".encode()),
                "exchanges": None,
                "message": f"Trading in {full_name(simulation.broker.instrument(conid))} is halted.",
            }
            for conid in sorted(news)
        ]
        return [{"topic": "blt", "args": args}] if args else []

    def _watched(self) -> Iterable[int]:
        held = (conid for broker in self._simulation.accounts.values() for conid in broker.holdings)
        return {*held, *self._simulation.preflights.subscriptions}


class Notices(Unending):
    """`ntf`: orders that will be cancelled some day, and choices that an order waits for."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._cadence = Cadence(1.0)
        self._numbers = count(101)
        self._told: set[int | tuple[int, str]] = set()

    def due(self, now: float) -> list[Frame]:
        """One frame with all news of the last second; `args` is a list."""
        if not self._cadence.comes(now):
            return []
        broker = self._simulation.broker
        args = [
            self._cancelled_some_day(broker, order)
            for order in broker.orders.values()
            if order.tif == "GTC" and order.status.working and self._is_news(order.order_id)
        ]
        args += [
            {
                "orderId": prompt.order_id,
                "reqId": prompt.request_id,
                "dismissable": [],
                "text": "The order waits for a choice.",
                "options": list(prompt.options),
                "type": "M",
                "messageId": "p12",
                "prompt": True,
            }
            for prompt in self._simulation.preflights.prompts.values()
            if self._is_news((prompt.order_id, prompt.request_id))
        ]
        return [{"topic": "ntf", "args": args}] if args else []

    def _is_news(self, what: int | tuple[int, str]) -> bool:
        if what in self._told:
            return False
        self._told.add(what)
        return True

    def _cancelled_some_day(self, broker: Broker, order: Order) -> dict[str, Any]:
        instrument = broker.instrument(order.conid)
        ends = datetime.fromtimestamp(expiry(order, instrument, order.placed_at), tz=_NEW_YORK)
        terms = f"{order.side} {quantity_text(order.quantity)} {instrument.symbol} {listing(instrument)}"
        if order.limit_price is not None:
            terms += f" Limit {price_text(instrument, order.limit_price)}"
        return {
            "id": str(next(self._numbers)),
            "text": f"Order {terms} will be automatically canceled at {ends:%Y%m%d %H:%M:%S %Z}",
            "title": None,
            "url": None,
        }
