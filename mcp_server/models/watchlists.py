"""The rows of a watchlist."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import ConidNumber, Text, argument_error, matches

MAX_ROWS: Final = 500

WatchlistId = Annotated[str, matches("-?[0-9]{1,19}", "the ID of a watchlist, digits only")]


class WatchlistRow(Arguments):
    """One row of a watchlist."""

    conid: Annotated[ConidNumber | None, Field(serialization_alias="C", description="Contract ID.")] = None
    heading: Annotated[
        str | None,
        Field(serialization_alias="H", description="Instead of a conid: empty text, for a blank line."),
    ] = None

    @model_validator(mode="after")
    def _check_row(self) -> Self:
        if (self.conid is None) is (self.heading is None):
            raise argument_error("should have either `conid` or `heading`")
        if self.heading:
            raise argument_error("`heading` should be empty text, for a blank line")
        return self


class Watchlist(Arguments):
    """A complete watchlist."""

    watchlist_id: Annotated[
        WatchlistId,
        Field(serialization_alias="id", description='Digits, e.g. "1234"; new, or of an existing list.'),
    ]
    name: Annotated[Text, Field(description="Name of the list.")]
    rows: Annotated[list[WatchlistRow], Field(description="All rows of the list, in order.")]
    replace: Annotated[bool, Field(exclude=True, description="true: replace an existing list.")] = False

    @model_validator(mode="after")
    def _check_row_count(self) -> Self:
        if not 1 <= len(self.rows) <= MAX_ROWS:
            raise argument_error(f"pass 1 to {MAX_ROWS} `rows`; `delete_watchlist` removes a list")
        return self
