"""What a call does to the account or the session: the mark on a route, and how it is read.

A GET without a mark reads; everything else without a mark changes something. So a forgotten mark makes
a tool look more dangerous than it is, never less.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final

EFFECT_EXTENSION: Final = "x-effect"
REPEATABLE_EXTENSION: Final = "x-repeatable"
TRADES_EXTENSION: Final = "x-trades"


class Effect(StrEnum):
    """How much a call can do."""

    READS = "reads"
    CHANGES = "changes"
    DESTROYS = "destroys"


# For `openapi_extra` in a route's decorator.
READS: Final[dict[str, Any]] = {EFFECT_EXTENSION: Effect.READS.value}
CHANGES: Final[dict[str, Any]] = {EFFECT_EXTENSION: Effect.CHANGES.value}
DESTROYS: Final[dict[str, Any]] = {EFFECT_EXTENSION: Effect.DESTROYS.value}
# Beside one of them (`CHANGES | REPEATABLE`): doing it twice is doing it once.
REPEATABLE: Final[dict[str, Any]] = {REPEATABLE_EXTENSION: True}
# It leads to a trade, or takes away what stands before one.
TRADES: Final[dict[str, Any]] = {TRADES_EXTENSION: True}


def effect(methods: Collection[str], extensions: Mapping[str, Any] | None) -> Effect:
    """The effect of a route, from its HTTP methods and its OpenAPI extensions."""
    mark = (extensions or {}).get(EFFECT_EXTENSION)
    if mark is not None:
        return Effect(mark)
    return Effect.READS if set(methods) <= {"GET", "HEAD"} else Effect.CHANGES


def can_trade(extensions: Mapping[str, Any] | None) -> bool:
    """Whether a route is marked as leading to a trade."""
    return bool((extensions or {}).get(TRADES_EXTENSION))


def is_repeatable(methods: Collection[str], extensions: Mapping[str, Any] | None) -> bool:
    """Whether the same call once more does nothing more: a read, a PUT, a DELETE, or marked so."""
    if (extensions or {}).get(REPEATABLE_EXTENSION):
        return True
    return effect(methods, extensions) is Effect.READS or set(methods) <= {"PUT", "DELETE"}
