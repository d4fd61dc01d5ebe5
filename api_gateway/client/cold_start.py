"""First answers that are thin because IBKR has only begun to collect: asked for again, a few times."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.operations import ColdStart

MAX_REMEMBERED = 1000  # so that endless different questions take no endless memory
EMPTY_RESULT_TTL = 300.0  # seconds for which an answer that stayed empty is taken for the truth


@dataclass(frozen=True)
class ColdStartRule:
    """How a thin answer looks, how often to ask again after how many seconds, and what shares one warm-up."""

    is_incomplete: Callable[[Any], bool]
    key: Callable[[GatewayRequest], Hashable]
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


def _request_target(call: GatewayRequest) -> Hashable:
    return call.path.raw_path


def _first_path_value(call: GatewayRequest) -> Hashable:
    return call.path.template, call.values[0]


COLD_START_RULES: Mapping[ColdStart, ColdStartRule] = {
    ColdStart.NO_ORDERS: ColdStartRule(_no_orders, _request_target),
    ColdStart.NO_ROWS: ColdStartRule(_no_rows, _request_target),
    ColdStart.NO_PNL: ColdStartRule(_no_profit, _request_target),
    ColdStart.NO_NAMES: ColdStartRule(_no_names, _first_path_value, times=3),
    ColdStart.NO_ALGOS: ColdStartRule(_no_algos, _first_path_value, times=2),
    ColdStart.NO_STRIKES: ColdStartRule(_no_strikes, _request_target),
}


def _rule_for(call: GatewayRequest) -> ColdStartRule | None:
    return COLD_START_RULES[call.row.cold_start] if call.row.cold_start else None


class ColdStartRetry:
    """Remembers which empty answers have proved true, so that they do not cost a repetition each time."""

    def __init__(self, *, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._now = now
        self._sleep = sleep
        self._believed: dict[Hashable, float] = {}

    def reset(self) -> None:
        """The session has changed; an empty answer proves nothing any more."""
        self._believed.clear()

    def record(self, call: GatewayRequest, reply: GatewayResponse, *, again: bool) -> bool:
        """Whether this answer is thin; asked `again` and thin once more, it is taken for the truth."""
        warmup = _rule_for(call)
        thin = warmup is not None and warmup.is_incomplete(reply.value)
        if warmup and again:
            self._conclude(warmup.key(call), incomplete=thin)
        return thin

    async def complete(
        self, call: GatewayRequest, reply: GatewayResponse, again: Callable[[], Awaitable[GatewayResponse]]
    ) -> GatewayResponse:
        """The answer, or a fuller one if this one is thin and has not just been found to be all there is."""
        warmup = _rule_for(call)
        if warmup is None:
            return reply
        key = warmup.key(call)
        thin = warmup.is_incomplete(reply.value)
        if thin and self._believed.get(key, float("-inf")) > self._now() - EMPTY_RESULT_TTL:
            return reply
        for _ in range(warmup.times if thin else 0):
            await self._sleep(warmup.after)
            reply = await again()
            if not (thin := warmup.is_incomplete(reply.value)):
                break
        self._conclude(key, incomplete=thin)
        return reply

    def _conclude(self, key: Hashable, *, incomplete: bool) -> None:
        if incomplete:
            if len(self._believed) >= MAX_REMEMBERED:
                self._believed.clear()
            self._believed[key] = self._now()
        else:
            self._believed.pop(key, None)


class ColdStartStep:
    """Retries incomplete responses by `repeat`, as `retry` knows which are and how often it helps."""

    def __init__(self, retry: ColdStartRetry, repeat: Handler) -> None:
        self._retry = retry
        self._repeat = repeat

    def __call__(self, proceed: Handler, request: GatewayRequest, budget: WaitBudget) -> Responding:
        if request.row.cold_start:
            return self._complete(proceed, request, budget)
        return proceed(request, budget)

    async def _complete(
        self, proceed: Handler, request: GatewayRequest, budget: WaitBudget
    ) -> GatewayResponse:
        response = await proceed(request, budget)
        return await self._retry.complete(request, response, lambda: self._repeat(request, budget))
