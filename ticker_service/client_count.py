"""How many MCP servers listen: each keeps IBKR's limits for itself, so one should know of the others."""

from __future__ import annotations

import re
from collections.abc import Callable

CLIENT_TTL = 20.0
"""Seconds after which one that says nothing more has gone; a server asks every five."""

MAX_CLIENTS = 100
_NAME = re.compile(r"[0-9a-f]{16}")


class ClientCounter:
    """Who has asked for the state lately. `now` counts seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._last_request: dict[str, float] = {}

    def record_request(self, name: str) -> None:
        """A server of this name has asked; what is no such name is left out."""
        if _NAME.fullmatch(name) and (name in self._last_request or self.count() < MAX_CLIENTS):
            self._last_request[name] = self._now()

    def count(self) -> int:
        """How many there are."""
        now = self._now()
        self._last_request = {name: at for name, at in self._last_request.items() if now - at < CLIENT_TTL}
        return len(self._last_request)
