"""Middleware: the steps that every request passes, chained once, when the client is made.

A step gets the rest of the pipeline as `proceed`. It may inspect the request before it proceeds and the
response after that, proceed again, or not at all. A step that does not concern a request returns
`proceed(...)` itself, without `async`, so that it adds no coroutine.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from api_gateway.client.rate_limiter import Reservation, WaitBudget
from api_gateway.client.request import GatewayRequest
from api_gateway.client.response import GatewayResponse
from api_gateway.client.transport import RawResponse

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

Responding: TypeAlias = Coroutine[Any, Any, GatewayResponse]
Handler: TypeAlias = Callable[[GatewayRequest, WaitBudget], Responding]
"""Returns the response to a request, within a budget of waiting time."""

Step: TypeAlias = Callable[[Handler, GatewayRequest, WaitBudget], Responding]

Exchanging: TypeAlias = Coroutine[Any, Any, RawResponse]
Exchange: TypeAlias = Callable[[GatewayRequest, Reservation, float], Exchanging]
"""Sends a request that has a reservation, and returns the raw response within that many seconds."""

ExchangeStep: TypeAlias = Callable[[Exchange, GatewayRequest, Reservation, float], Exchanging]


def compose(
    steps: Sequence[Callable[Concatenate[Callable[Parameters, Result], Parameters], Result]],
    end: Callable[Parameters, Result],
) -> Callable[Parameters, Result]:
    """Return one handler that passes a request through `steps`, first to last, and then to `end`."""
    for step in reversed(steps):
        end = partial(step, end)
    return end
