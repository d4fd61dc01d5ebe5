"""Text tables: aligned while they are short, because runs of spaces cost few tokens, else with tabs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")

_NUMERIC = re.compile(r"[+-]?[0-9.]+ ?%?|-|")
_GAP = "  "
MAX_ALIGNED = 30
"""Lines of a table that is aligned. Longer ones are separated by tabs, which costs a seventh less tokens."""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its heading, and the text of its cell in a row; an empty text means unknown."""

    heading: str
    cell: Callable[[Row], str]


def format_table(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    """The table with a heading line. Numbers are right-aligned; columns without any value are left out."""
    cells = [[column.cell(row) for column in columns] for row in rows]
    used = [index for index in range(len(columns)) if any(line[index] for line in cells)]
    return format_lines(
        [[columns[index].heading for index in used]], [[line[i] for i in used] for line in cells]
    )


def format_lines(headings: Sequence[Sequence[str]], lines: Sequence[Sequence[str]]) -> str:
    """The lines below the headings: in aligned columns, numbers to the right, or separated by tabs."""
    if len(lines) > MAX_ALIGNED:
        return "\n".join("\t".join(line).rstrip() for line in (*headings, *lines))
    numeric = [all(_NUMERIC.fullmatch(cell) for cell in cells) for cells in zip(*lines, strict=True)]
    everything = [*headings, *lines]
    widths = [max(map(len, cells)) for cells in zip(*everything, strict=True)]
    return "\n".join(
        _GAP.join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in everything
    )
