"""The effect of a call, from the operation's row or from the marks on a generated route.

Without a mark, a GET reads and everything else changes something, so a forgotten mark never makes a POST, PUT
or DELETE look read-only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from fastapi.routing import APIRoute

from api_gateway.operations import Effect, Operation, match_operation

EFFECT_EXTENSION: Final = "x-effect"
REPEATABLE_EXTENSION: Final = "x-repeatable"
TRADES_EXTENSION: Final = "x-trades"

# For `openapi_extra` in the decorator of a generated route; hand-written routes have a row in `operations`.
READS: Final[dict[str, Any]] = {EFFECT_EXTENSION: Effect.READS.value}
CHANGES: Final[dict[str, Any]] = {EFFECT_EXTENSION: Effect.CHANGES.value}
DESTROYS: Final[dict[str, Any]] = {EFFECT_EXTENSION: Effect.DESTROYS.value}
# With one of them (`CHANGES | REPEATABLE`): repeating the call has no further effect.
REPEATABLE: Final[dict[str, Any]] = {REPEATABLE_EXTENSION: True}
# It can lead to a trade, or removes a safeguard before one.
TRADES: Final[dict[str, Any]] = {TRADES_EXTENSION: True}


def route_effect(route: APIRoute) -> Effect:
    """The effect of a route."""
    return effect(route.methods or (), route.path, route.openapi_extra)


def effect(methods: Collection[str], path: str, extensions: Mapping[str, Any] | None) -> Effect:
    """The effect of an operation, from its row, or from its HTTP methods and OpenAPI extensions."""
    if row := _row(methods, path):
        return row.effect
    marks = extensions or {}
    mark = marks.get(EFFECT_EXTENSION)
    if marks.get(TRADES_EXTENSION):
        return Effect.TRADES
    if mark is not None:
        return Effect(mark)
    return Effect.READS if set(methods) <= {"GET", "HEAD"} else Effect.CHANGES


def is_repeatable(methods: Collection[str], path: str, extensions: Mapping[str, Any] | None) -> bool:
    """Whether repeating the call has no further effect: a read, a PUT, a DELETE, or marked so."""
    row = _row(methods, path)
    if row.repeatable if row else (extensions or {}).get(REPEATABLE_EXTENSION):
        return True
    return effect(methods, path, extensions) is Effect.READS or set(methods) <= {"PUT", "DELETE"}


def _row(methods: Collection[str], path: str) -> Operation | None:
    return match_operation(next(iter(methods)), path) if len(methods) == 1 else None
