"""The operations that have hand-written routes: tool name, section and effects of each.

The packages do not import each other, so this is read from a file that `make known` writes from the routes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from routers_generator.document.names import normalize_path

FILE: Final = "known_operations.json"


@dataclass(frozen=True)
class KnownOperation:
    """An operation that has a hand-written route; `template` is its path in the gateway client's syntax."""

    method: str
    template: str
    name: str
    section: str
    module: str
    marks: tuple[
        str, ...
    ]  # constants of mcp_server.rest.effects: READS, CHANGES, DESTROYS, REPEATABLE, TRADES


def known_operations() -> Mapping[tuple[str, str], KnownOperation]:
    """Every hand-written operation by method and normalized path."""
    rows = json.loads(files(__package__).joinpath(FILE).read_bytes())
    found = [KnownOperation(**{**row, "marks": tuple(row["marks"])}) for row in rows]
    return {(each.method, normalize_path(each.template)): each for each in found}
