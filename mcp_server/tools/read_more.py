"""The built-in tool that continues a truncated result, and the store of what was left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastmcp.tools.base import ToolResult
from mcp_types import TextContent

from mcp_server.tools.builtin_tool import BuiltinTool
from mcp_server.tools.truncation import READ_MORE, truncate

TTL: Final = 900.0
"""Seconds for which the rest of a result is available."""

MAX_BYTES: Final = 32_000_000


class RestStore:
    """Stores in memory what truncated results left out, the newest up to `MAX_BYTES` together.

    A cursor can be used more than once. `clear` when the session ends: the next one may be of another login.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._rests: dict[str, tuple[bytes, float]] = {}
        self._count = 0

    def store(self, rest: bytes) -> str | None:
        """The cursor of this rest; None if there is no rest or it is too large to store."""
        if not rest or len(rest) > MAX_BYTES:
            return None
        self._count += 1
        cursor = f"r{self._count}"
        self._rests[cursor] = rest, self._now()
        while sum(len(body) for body, _ in self._rests.values()) > MAX_BYTES:
            del self._rests[next(iter(self._rests))]
        return cursor

    def clear(self) -> None:
        """Forget all rests."""
        self._rests.clear()

    def load(self, cursor: str) -> bytes | None:
        """The rest, or None if it is unknown or has expired."""
        body, stored_at = self._rests.get(cursor.strip().strip("\"'`").lower(), (None, 0.0))
        return body if body is not None and self._now() - stored_at <= TTL else None


class ReadMoreTool(BuiltinTool):
    """Returns the next part of a truncated result, from memory."""

    def __init__(self, rests: RestStore, max_result_bytes: int) -> None:
        super().__init__(
            READ_MORE,
            "Get the next part of a truncated result, without another request to IBKR.\n\n"
            "Omitted parts are keyed by their path in the result.",
            {"cursor": {"type": "string", "description": 'Cursor of the truncated result, e.g. "r1".'}},
            search_terms="next part, continue, more rows, rest of the list, older bars, truncated, cursor",
        )
        self._rests = rests
        self._max_result_bytes = max_result_bytes

    async def execute(self, arguments: Mapping[str, Any]) -> ToolResult:
        cursor = arguments.get("cursor")
        rest = self._rests.load(cursor) if isinstance(cursor, str) else None
        if rest is None:
            return self.error_result(
                f"{self.name}: `cursor` is unknown or has expired; a result can be continued for 15 minutes. "
                "Call the operation again."
            )
        if len(rest) <= self._max_result_bytes:
            texts: tuple[str, ...] = (rest.decode(errors="replace"),)
        else:
            texts = truncate(rest, self._max_result_bytes, "", self._rests.store)
        return ToolResult(content=[TextContent(type="text", text=text) for text in texts])
