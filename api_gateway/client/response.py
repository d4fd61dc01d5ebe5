"""The gateway's response, unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson


@dataclass(frozen=True)
class GatewayResponse:
    """One successful response: its HTTP status and its JSON text (`null` if IBKR sent no body).

    `attempts` is how many times the request was sent for it, because earlier responses were empty.
    """

    status: int
    body: bytes
    attempts: int = 1

    @cached_property
    def value(self) -> Any:
        """The body, parsed once."""
        return orjson.loads(self.body)
