"""What the gateway answered, as it came."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson


@dataclass(frozen=True)
class GatewayResponse:
    """One good answer: its HTTP status and its JSON text (`null` where IBKR sent no body at all)."""

    status: int
    body: bytes

    @cached_property
    def value(self) -> Any:
        """The body, parsed once."""
        return orjson.loads(self.body)
