"""First answers that are thin because IBKR has only begun to collect: asked for again, a few times."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from api_gateway.client.request import Call
from api_gateway.client.response import Reply

MOST_BELIEVED = 1000  # so that endless different questions take no endless memory
BELIEVED = 300.0  # seconds for which an answer that stayed empty is taken for the truth


@dataclass(frozen=True)
class Warmup:
    """How a thin answer looks, how often to ask again after how many seconds, and what shares one warm-up."""

    thin: Callable[[Any], bool]
    key: Callable[[Call], Hashable]
    times: int = 1
    after: float = 0.5


def _no_orders(value: Any) -> bool:
    return isinstance(value, Mapping) and not value.get("orders") and value.get("snapshot") is not True


def _no_rows(value: Any) -> bool:
    return value is None or value == []


def _no_profit(value: Any) -> bool:
    return isinstance(value, Mapping) and not value.get("upnl")


def _no_names(value: Any) -> bool:
    """Positions without the contracts' details; a page past the end has no rows at all and is complete."""
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    return bool(rows) and not any("ticker" in row or "name" in row for row in rows)


def _no_algos(value: Any) -> bool:
    return not (isinstance(value, Mapping) and value.get("algos"))


def _no_strikes(value: Any) -> bool:
    return isinstance(value, Mapping) and not value.get("call") and not value.get("put")


def _whole(call: Call) -> Hashable:
    return call.address.target


def _first_value(call: Call) -> Hashable:
    return call.address.template, call.values[0]


WARMUPS: Mapping[tuple[str, str], Warmup] = {
    ("GET", "/iserver/account/orders"): Warmup(_no_orders, _whole),
    ("GET", "/iserver/account/trades"): Warmup(_no_rows, _whole),
    ("GET", "/iserver/account/pnl/partitioned"): Warmup(_no_profit, _whole),
    ("GET", "/portfolio/{account}/positions/{page}"): Warmup(_no_names, _first_value, times=3),
    ("GET", "/iserver/contract/{conid}/algos"): Warmup(_no_algos, _first_value, times=2),
    ("GET", "/iserver/secdef/strikes"): Warmup(_no_strikes, _whole),
    ("GET", "/iserver/secdef/info"): Warmup(_no_rows, _whole),
}


class Warmups:
    """Remembers which empty answers have proved true, so that they do not cost a repetition each time."""

    def __init__(self, *, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._now = now
        self._sleep = sleep
        self._believed: dict[Hashable, float] = {}

    def forget(self) -> None:
        """The session has changed; an empty answer proves nothing any more."""
        self._believed.clear()

    def take(self, call: Call, reply: Reply, *, again: bool) -> bool:
        """Whether this answer is thin; asked `again` and thin once more, it is taken for the truth."""
        warmup = WARMUPS[call.key]
        thin = warmup.thin(reply.value)
        if again:
            self._conclude(warmup.key(call), thin=thin)
        return thin

    async def complete(self, call: Call, reply: Reply, again: Callable[[], Awaitable[Reply]]) -> Reply:
        """The answer, or a fuller one if this one is thin and has not just been found to be all there is."""
        warmup = WARMUPS.get(call.key)
        if warmup is None:
            return reply
        key = warmup.key(call)
        thin = warmup.thin(reply.value)
        if thin and self._believed.get(key, float("-inf")) > self._now() - BELIEVED:
            return reply
        for _ in range(warmup.times if thin else 0):
            await self._sleep(warmup.after)
            reply = await again()
            if not (thin := warmup.thin(reply.value)):
                break
        self._conclude(key, thin=thin)
        return reply

    def _conclude(self, key: Hashable, *, thin: bool) -> None:
        if thin:
            if len(self._believed) >= MOST_BELIEVED:
                self._believed.clear()
            self._believed[key] = self._now()
        else:
            self._believed.pop(key, None)
