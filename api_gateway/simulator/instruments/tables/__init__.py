"""Tables of instruments: CSV files with comments, one line per instrument."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FOLDER = Path(__file__).parent


@cache
def read_table(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a table by column, without the spaces that align it; an empty cell is an empty string."""
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return tuple(
            MappingProxyType({column.strip(): cell.strip() for column, cell in row.items()})
            for row in csv.DictReader(lines, skipinitialspace=True, strict=True)
        )
