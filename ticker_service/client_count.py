"""How many MCP servers listen: each keeps IBKR's limits for itself, so one should know of the others."""

from __future__ import annotations

import re
from collections.abc import Callable

LATELY = 20.0
"""Seconds after which one that says nothing more has gone; a server asks every five."""

MOST = 100
_NAME = re.compile(r"[0-9a-f]{16}")


class Listeners:
    """Who has asked for the state lately. `now` counts seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._heard: dict[str, float] = {}

    def heard(self, name: str) -> None:
        """A server of this name has asked; what is no such name is left out."""
        if _NAME.fullmatch(name) and (name in self._heard or self.count() < MOST):
            self._heard[name] = self._now()

    def count(self) -> int:
        """How many there are."""
        now = self._now()
        self._heard = {name: at for name, at in self._heard.items() if now - at < LATELY}
        return len(self._heard)
