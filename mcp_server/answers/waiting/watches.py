"""Watches: conditions that are polled together, with at most one request in five seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from api_gateway.errors import GatewayError
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.waiting.conditions import Condition, MarketCondition, OrderCondition, PriceCondition

POLL_INTERVAL: Final = 5.0
"""Seconds between two requests, for all watches together."""

TTL: Final = 1800.0
"""Seconds for which a watch continues when no call waits for it."""

MAX_WATCHES: Final = 20


@dataclass
class Watch:
    """One condition. `latest` is what was seen last, `met` what fulfilled it; both say when."""

    handle: str
    text: str
    condition: Condition
    conid: int = 0
    unit: str = ""
    baseline: Mapping[str, str] | None = None
    latest: str = ""
    met: str = ""
    waiters: int = 0
    used_at: float = 0.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Readings(Protocol):
    """The three things that can be polled. Each method updates the watches, which need it."""

    async def prices(self, watches: list[Watch]) -> None: ...
    async def orders(self, watches: list[Watch]) -> None: ...
    async def markets(self, watches: list[Watch]) -> None: ...


class WatchHub:
    """Polls for all watches while any caller waits, and for half an hour after that.

    `is_paused` is true while an order awaits confirmation, because any request would void it.
    """

    def __init__(
        self, readings: Readings, *, is_paused: Callable[[], bool], now: Callable[[], float]
    ) -> None:
        self._readings = readings
        self._is_paused = is_paused
        self._now = now
        self._watches: dict[str, Watch] = {}
        self._count = 0
        self._polling: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

    def get(self, handle: str) -> Watch:
        """The watch of a handle. Raises AnswerError if there is none (any more)."""
        self._forget_unused()
        watch = self._watches.get(handle.strip().lower())
        if watch is None:
            raise AnswerError(
                "`handle` is unknown, was reported as met, or has expired: a condition is watched for 30 "
                "minutes after a call.",
                "Call wait_for again with `until`.",
            )
        return watch

    async def begin(self, text: str, condition: Condition, **values: Any) -> Watch:
        """Begin to watch a condition, with a first reading. Raises AnswerError and GatewayError."""
        watch = self._add(text, condition, **values)
        try:
            await self._source(condition)([watch])
        except BaseException:  # also of a call that is cancelled, whose handle nobody knows
            self.drop(watch)
            raise
        return watch

    def drop(self, watch: Watch) -> None:
        """Stop watching."""
        self._watches.pop(watch.handle, None)

    async def wait(self, watch: Watch, seconds: float) -> None:
        """Return when the watch is met or has a new value, or after this time."""
        watch.waiters += 1
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll())
        try:
            watch.changed.clear()
            async with asyncio.timeout(seconds):
                await watch.changed.wait()
        except TimeoutError:
            return
        finally:
            watch.waiters -= 1
            watch.used_at = self._now()

    def interrupt(self) -> None:
        """Stop the poll under way: one poll can be several requests, and an order is about to be sent."""
        if self._reading is not None:
            self._reading.cancel()

    def forget_orders(self) -> None:
        """Forget what nobody waits for about orders: the session has ended, the next login may be another."""
        self._watches = {
            handle: each
            for handle, each in self._watches.items()
            if each.waiters or not isinstance(each.condition, OrderCondition)
        }

    async def aclose(self) -> None:
        """Stop polling."""
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.gather(self._polling, return_exceptions=True)

    def _add(self, text: str, condition: Condition, **values: Any) -> Watch:
        self._forget_unused()
        if len(self._watches) >= MAX_WATCHES:
            unused = [each for each in self._watches.values() if not each.waiters]
            if not unused:
                raise AnswerError(
                    f"{MAX_WATCHES} calls of wait_for are waiting already.", "Wait for one of them."
                )
            self.drop(min(unused, key=lambda each: each.used_at))
        self._count += 1
        watch = Watch(f"w{self._count}", text, condition, used_at=self._now(), **values)
        self._watches[watch.handle] = watch
        return watch

    def _forget_unused(self) -> None:
        since = self._now() - TTL
        self._watches = {
            handle: each for handle, each in self._watches.items() if each.waiters or each.used_at > since
        }

    async def _poll(self) -> None:
        turn = 0
        while self._open_watches():
            await asyncio.sleep(POLL_INTERVAL)
            open_watches = self._open_watches()
            if self._is_paused() or not open_watches:
                continue
            kinds = list(dict.fromkeys(type(each.condition) for each in open_watches))
            kind = kinds[turn % len(kinds)]
            watches = [each for each in open_watches if isinstance(each.condition, kind)]
            turn += 1
            try:
                await self._read(watches)
            except GatewayError as error:
                for each in watches:
                    each.latest = f"{error.problem} {error.hint}".strip()
            for each in watches:
                each.changed.set()

    async def _read(self, watches: list[Watch]) -> None:
        """One reading, unless `interrupt` stops it."""

        async def read() -> None:
            await self._source(watches[0].condition)(watches)

        reading = self._reading = asyncio.create_task(read())
        try:
            await asyncio.wait([reading])
            if not reading.cancelled():
                reading.result()
        finally:
            reading.cancel()
            self._reading = None

    def _source(self, condition: Condition) -> Callable[[list[Watch]], Awaitable[None]]:
        match condition:
            case PriceCondition():
                return self._readings.prices
            case OrderCondition():
                return self._readings.orders
            case MarketCondition():
                return self._readings.markets

    def _open_watches(self) -> list[Watch]:
        self._forget_unused()
        return [each for each in self._watches.values() if not each.met]
