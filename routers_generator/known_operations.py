"""What the hand-written routers know of an operation: its name as a tool, its section, what it does.

The services do not import each other, so it is read from a file that a test compares with the routes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

FILE: Final = "known_operations.json"


@dataclass(frozen=True)
class KnownOperation:
    """One operation that has a hand-written route; `template` is the gateway client's."""

    method: str
    template: str
    name: str
    section: str
    module: str
    marks: tuple[str, ...]  # names in mcp_server.rest.effects: READS, CHANGES, DESTROYS, REPEATABLE, TRADES


def normalize_path(path: str) -> str:
    """The path whatever its variables are called."""
    return re.sub(r"\{[^{}]*\}", "{}", path)


def known_operations() -> Mapping[tuple[str, str], KnownOperation]:
    """Every hand-written operation, by its method and plain path."""
    rows = json.loads(files(__package__).joinpath(FILE).read_bytes())
    found = [KnownOperation(**{**row, "marks": tuple(row["marks"])}) for row in rows]
    return {(each.method, normalize_path(each.template)): each for each in found}
