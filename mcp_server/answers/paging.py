"""A table that shows the first rows, summarizes the others, and can be continued."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from mcp_server.answers.cursors import CursorStore
from mcp_server.answers.table import Column, format_table

Row = TypeVar("Row")


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """All rows of a table, in order. `head` precedes its later parts; `summarize` describes hidden rows."""

    columns: Sequence[Column[Row]]
    rows: Sequence[Row]
    limit: int
    summarize: Callable[[Sequence[Row]], str] | None = None
    head: str = ""
    start: int = 0


def show_listing(tool: str, listing: Listing[Row], cursors: CursorStore) -> str:
    """The next `limit` rows as a table, and a line about the rest with its cursor, if there is any."""
    end = listing.start + listing.limit
    shown, rest = listing.rows[listing.start : end], listing.rows[end:]
    text = format_table(listing.columns, shown)
    if rest:
        summary = f": {listing.summarize(rest)}" if listing.summarize else ""
        cursor = cursors.store(tool, replace(listing, start=end))
        text += f"\nand {len(rest)} more{summary} (cursor {cursor})"
    return text


def continue_listing(tool: str, cursor: str, cursors: CursorStore) -> str:
    """The next part of a cursor's list, below the list's head."""
    listing: Listing[object] = cursors.load(tool, cursor)
    body = show_listing(tool, listing, cursors)
    return f"{listing.head}\n{body}" if listing.head else body
