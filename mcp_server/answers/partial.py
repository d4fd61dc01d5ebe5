"""Concurrent requests, some of which may fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Hashable, Mapping
from typing import Generic, TypeVar

from api_gateway.errors import (
    Forbidden,
    GatewayError,
    Invalid,
    LoginRequired,
    PenaltyBox,
    SessionLost,
    Unreachable,
)

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

# They concern every request, so the others would fail as well.
_CONCERN_ALL = (Unreachable, LoginRequired, SessionLost, PenaltyBox, Forbidden, Invalid)


class Partial(Generic[Key, Value]):
    """What succeeded, and the errors of what failed, by the requests' keys."""

    def __init__(self, values: dict[Key, Value], errors: dict[Key, GatewayError]) -> None:
        self.values = values
        self.errors = errors


async def gather_partial(requests: Mapping[Key, Awaitable[Value]]) -> Partial[Key, Value]:
    """Run all concurrently. Raises an error that concerns every request, or the first if all fail."""
    tasks = {key: asyncio.ensure_future(each) for key, each in requests.items()}
    try:
        results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    finally:
        for task in tasks.values():
            task.cancel()
    values: dict[Key, Value] = {}
    errors: dict[Key, GatewayError] = {}
    for key, result in zip(tasks, results, strict=True):
        if isinstance(result, GatewayError) and not isinstance(result, _CONCERN_ALL):
            errors[key] = result
        elif isinstance(result, BaseException):
            raise result
        else:
            values[key] = result
    if errors and not values:
        raise next(iter(errors.values()))
    return Partial(values, errors)
