"""Cursors: the rest of a list that was cut, so that the next call continues the same list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from mcp_server.answers.errors import AnswerError

TTL: Final = 900.0
"""Seconds for which the rest of a list is available."""

MAX_LISTS: Final = 50


@dataclass(frozen=True)
class _Rest:
    tool: str
    value: Any
    stored_at: float


class CursorStore:
    """Stores the rest of lists in memory, at most `MAX_LISTS`; a cursor can be used more than once.

    `clear` when the session ends: the next one may be of another login.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._rests: dict[str, _Rest] = {}
        self._count = 0

    def store(self, tool: str, value: Any) -> str:
        """The cursor of this value, for later calls of the same tool."""
        self._count += 1
        cursor = f"c{self._count}"
        self._rests[cursor] = _Rest(tool, value, self._now())
        if len(self._rests) > MAX_LISTS:
            del self._rests[next(iter(self._rests))]
        return cursor

    def clear(self) -> None:
        """Forget all lists."""
        self._rests.clear()

    def load(self, tool: str, cursor: str) -> Any:
        """The value of a cursor. Raises AnswerError if the tool has no such cursor (any more)."""
        rest = self._rests.get(cursor.strip().lower())
        if rest is None or rest.tool != tool or self._now() - rest.stored_at > TTL:
            raise AnswerError(
                "`cursor` is unknown or has expired; a list can be continued for 15 minutes.",
                f"Call {tool} again without a cursor.",
            )
        return rest.value
