"""Cold-start retry: repeats a request whose first response is incomplete because IBKR is still collecting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from api_gateway.client.pipeline import Handler, Responding
from api_gateway.client.rate_limiter import WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.operations import ColdStart

MAX_REMEMBERED = 1000  # a bound on memory, however many different requests there are
EMPTY_RESULT_TTL = 300.0  # seconds for which a response that stayed empty is taken to be complete


@dataclass(frozen=True)
class ColdStartRule:
    """What an incomplete response to an operation looks like, and how to retry it.

    `times` is the number of retries, `after` the seconds before each. Requests with the same `key` share what
    is remembered about empty responses.
    """

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


def _request_target(request: GatewayRequest) -> Hashable:
    return request.path.raw_path


def _first_path_value(request: GatewayRequest) -> Hashable:
    return request.path.template, request.values[0]


COLD_START_RULES: Mapping[ColdStart, ColdStartRule] = {
    ColdStart.NO_ORDERS: ColdStartRule(_no_orders, _request_target),
    ColdStart.NO_ROWS: ColdStartRule(_no_rows, _request_target),
    ColdStart.NO_PNL: ColdStartRule(_no_profit, _request_target),
    ColdStart.NO_NAMES: ColdStartRule(_no_names, _first_path_value, times=3),
    ColdStart.NO_ALGOS: ColdStartRule(_no_algos, _first_path_value, times=2),
    ColdStart.NO_STRIKES: ColdStartRule(_no_strikes, _request_target),
}


def _rule_for(request: GatewayRequest) -> ColdStartRule | None:
    return COLD_START_RULES[request.row.cold_start] if request.row.cold_start else None


def is_incomplete(request: GatewayRequest, response: GatewayResponse) -> bool:
    """Whether IBKR may still be collecting what is missing in this response."""
    rule = _rule_for(request)
    return rule is not None and rule.is_incomplete(response.value)


class ColdStartRetry:
    """Retries incomplete responses, and remembers which stayed empty so as not to retry them each time."""

    def __init__(self, *, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._now = now
        self._sleep = sleep
        self._empty_since: dict[Hashable, float] = {}

    def reset(self) -> None:
        """Forget everything: in a new session, earlier empty responses prove nothing."""
        self._empty_since.clear()

    def record(self, request: GatewayRequest, response: GatewayResponse, *, is_retry: bool) -> bool:
        """Return whether this response is incomplete; a retry's response is final even if it is."""
        rule, incomplete = _rule_for(request), is_incomplete(request, response)
        if rule and is_retry:
            self._record_final(rule.key(request), incomplete=incomplete)
        return incomplete

    async def complete(
        self,
        request: GatewayRequest,
        response: GatewayResponse,
        repeat: Callable[[], Awaitable[GatewayResponse]],
    ) -> GatewayResponse:
        """Return the response; if it is incomplete, retry, unless retries recently changed nothing."""
        rule = _rule_for(request)
        if rule is None:
            return response
        key = rule.key(request)
        incomplete = rule.is_incomplete(response.value)
        if incomplete and self._empty_since.get(key, float("-inf")) > self._now() - EMPTY_RESULT_TTL:
            return response
        # A request that was sent again because the session was opening has been retried already.
        for _ in range(rule.times + 1 - response.attempts if incomplete else 0):
            await self._sleep(rule.after)
            response = await repeat()
            if not (incomplete := rule.is_incomplete(response.value)):
                break
        self._record_final(key, incomplete=incomplete)
        return response

    def _record_final(self, key: Hashable, *, incomplete: bool) -> None:
        if incomplete:
            if len(self._empty_since) >= MAX_REMEMBERED:
                self._empty_since.clear()
            self._empty_since[key] = self._now()
        else:
            self._empty_since.pop(key, None)


class ColdStartStep:
    """Retries incomplete responses with `repeat`; `retry` decides which, and how often."""

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
