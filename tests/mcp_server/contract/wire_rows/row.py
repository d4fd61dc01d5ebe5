"""What one row of the wire table says, and what a section's rows may bring with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from fastmcp import FastMCP


@dataclass(frozen=True)
class Row:
    """A tool called with these arguments sends this."""

    tool: str
    arguments: Mapping[str, Any]
    sent: str
    body: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.tool}-{self.sent}"


# Does on a server what has to come before a tool, and gives the arguments to call it with.
Prepare: TypeAlias = Callable[[FastMCP[Any]], Awaitable[dict[str, Any]]]

# Values of a path that would lead to another path.
PATH_ESCAPES = [
    "../order/-1",
    "U1/orders?x=",
    "DU1234567%2F..",
    "DU1234567#",
    "DU1234567\r\nX: y",
    "DU1234567\n",
]
