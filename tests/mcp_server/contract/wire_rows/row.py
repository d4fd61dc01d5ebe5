"""One row of the wire table, and the types that the tables of the sections share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from fastmcp import FastMCP


@dataclass(frozen=True)
class Row:
    """A call of a tool with these arguments sends this request."""

    tool: str
    arguments: Mapping[str, Any]
    sent: str
    body: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.tool}-{self.sent}"


# Creates on a server the state that a tool needs, and returns the arguments to call it with.
Prepare: TypeAlias = Callable[[FastMCP[Any]], Awaitable[dict[str, Any]]]

# Path values that would reach another path.
PATH_ESCAPES = [
    "../order/-1",
    "U1/orders?x=",
    "DU1234567%2F..",
    "DU1234567#",
    "DU1234567\r\nX: y",
    "DU1234567\n2",
]
