"""Middleware: the steps that every request passes, chained once, when the client is made.

A step gets the rest of the pipeline as `proceed`. It may look at the request before it proceeds, at the
response after that, proceed again, or not at all. A step that has nothing to do with a request returns
`proceed(...)` itself, without `async`, so that it adds nothing to what is awaited.
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
"""Gets a request its response, within a budget of time to wait."""

Step: TypeAlias = Callable[[Handler, GatewayRequest, WaitBudget], Responding]

Exchanging: TypeAlias = Coroutine[Any, Any, RawResponse]
Exchange: TypeAlias = Callable[[GatewayRequest, Reservation, float], Exchanging]
"""Sends a request for which the rate limits have room, and returns what comes back within some seconds."""

ExchangeStep: TypeAlias = Callable[[Exchange, GatewayRequest, Reservation, float], Exchanging]


def compose(
    steps: Sequence[Callable[Concatenate[Callable[Parameters, Result], Parameters], Result]],
    end: Callable[Parameters, Result],
) -> Callable[Parameters, Result]:
    """One handler that passes a request through `steps`, first to last, and then to `end`."""
    for step in reversed(steps):
        end = partial(step, end)
    return end
