"""Why a text does not identify one instrument, and what to write instead, as text for an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from api_gateway.redaction import sanitize
from mcp_server.instruments.instrument import Choice, Choices, Found, Resolution, choice_of

MAX_ROWS: Final = 12
_MAX_NAME: Final = 40
_HEADINGS: Final = Choice("write", "name", "exchange", "currency", "kind")


def describe_choices(resolution: Resolution) -> str:
    """The reason, and the choices as a table; a company's name is text from outside."""
    match resolution:
        case Found():
            rows: Sequence[Choice] = [choice_of(each) for each in resolution.instruments]
            reason = "It can mean any of these."
        case Choices():
            rows, reason = resolution.rows, resolution.reason
        case _:
            return resolution.reason
    return f"{reason}\n{choices_table(rows)}"


def choices_table(rows: Sequence[Choice]) -> str:
    """The choices as a table, at most twelve."""
    more = len(rows) - MAX_ROWS
    lines = _table([_HEADINGS, *rows[:MAX_ROWS]])
    return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])])


def _table(rows: Sequence[Choice]) -> list[str]:
    cells = [
        (row.write, sanitize(row.name, max_length=_MAX_NAME), row.exchange, row.currency, row.kind)
        for row in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
