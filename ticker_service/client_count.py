"""Counts the MCP servers that read the state: their rate limiters are separate, so they need the number."""

from __future__ import annotations

import re
from collections.abc import Callable

CLIENT_TTL = 20.0
"""Seconds without a request after which a server no longer counts; a server requests the state every 5 s."""

MAX_CLIENTS = 100
_NAME = re.compile(r"[0-9a-f]{16}")


class ClientCounter:
    """The servers that have requested the state recently. `now` is a monotonic clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._last_request: dict[str, float] = {}

    def record_request(self, name: str) -> None:
        """Record a request from the server of this name; an invalid name is ignored."""
        if _NAME.fullmatch(name) and (name in self._last_request or self.count() < MAX_CLIENTS):
            self._last_request[name] = self._now()

    def count(self) -> int:
        """Return the number of servers."""
        now = self._now()
        self._last_request = {name: at for name, at in self._last_request.items() if now - at < CLIENT_TTL}
        return len(self._last_request)
