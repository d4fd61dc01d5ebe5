"""Unsolicited WebSocket messages: bulletins and notices about orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.instruments.contract_names import full_name, listing_exchange_name
from api_gateway.simulator.instruments.price_format import price_text, quantity_text
from api_gateway.simulator.orders.order import Order
from api_gateway.simulator.orders.order_hours import expiry_time
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.order_entry.prompts import prompt_row
from api_gateway.simulator.websocket.frames import Frame
from api_gateway.simulator.websocket.stream import IntervalTimer, OpenEndedStream

_NEW_YORK = ZoneInfo("America/New_York")


class BulletinStream(OpenEndedStream):
    """`blt`: trading halts of held or subscribed contracts. `args` is a list, IDs are numbers."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._timer = IntervalTimer(1.0)
        self._halted: set[int] = set()

    def due_frames(self, now: float) -> list[Frame]:
        """Return one frame with a bulletin for each halt since the last frame."""
        if not self._timer.is_due(now):
            return []
        simulation = self._simulation
        halted = {conid for conid in self._watched_conids() if simulation.prices.is_halted(conid)}
        newly_halted, self._halted = halted - self._halted, halted
        instrument = simulation.selected_account.instrument
        args = [
            {
                "id": crc32(f"{conid}:{int(now)}".encode()),
                "exchanges": None,
                "message": f"Trading in {full_name(instrument(conid))} is halted.",
            }
            for conid in sorted(newly_halted)
        ]
        return [{"topic": "blt", "args": args}] if args else []

    def _watched_conids(self) -> Iterable[int]:
        held = (
            conid for paper_account in self._simulation.accounts.values() for conid in paper_account.positions
        )
        return {*held, *self._simulation.preflights.subscriptions}


class NoticeStream(OpenEndedStream):
    """`ntf`: orders that will be cancelled at a known date, and prompts that an order waits for."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._timer = IntervalTimer(1.0)
        self._numbers = count(101)
        self._reported: set[int | tuple[int, str]] = set()

    def due_frames(self, now: float) -> list[Frame]:
        """Return one frame with all notices of the last second; `args` is a list."""
        if not self._timer.is_due(now):
            return []
        paper_account = self._simulation.selected_account
        args = [
            self._expiry_notice(paper_account, order)
            for order in paper_account.orders.values()
            if order.tif == "GTC" and order.status.is_working and self._is_first_report(order.order_id)
        ]
        args += [
            prompt_row(prompt)
            for prompt in self._simulation.preflights.prompts.values()
            if self._is_first_report((prompt.order_id, prompt.request_id))
        ]
        return [{"topic": "ntf", "args": args}] if args else []

    def _is_first_report(self, key: int | tuple[int, str]) -> bool:
        if key in self._reported:
            return False
        self._reported.add(key)
        return True

    def _expiry_notice(self, paper_account: PaperAccount, order: Order) -> dict[str, Any]:
        instrument = paper_account.instrument_of(order)
        ends = datetime.fromtimestamp(expiry_time(order, instrument, order.placed_at), tz=_NEW_YORK)
        exchange = listing_exchange_name(instrument)
        terms = f"{order.side} {quantity_text(order.quantity)} {instrument.symbol} {exchange}"
        if order.limit_price is not None:
            terms += f" Limit {price_text(instrument, order.limit_price)}"
        return {
            "id": str(next(self._numbers)),
            "text": f"Order {terms} will be automatically canceled at {ends:%Y%m%d %H:%M:%S %Z}",
            "title": None,
            "url": None,
        }
