"""The rows of a watchlist."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import ConidNumber, Text, argument_error, matches

MAX_ROWS: Final = 500

WatchlistId = Annotated[str, matches("-?[0-9]{1,19}", "a watchlist's id, digits only")]


class WatchlistRow(Arguments):
    """One row."""

    conid: Annotated[ConidNumber | None, Field(serialization_alias="C", description="Contract id.")] = None
    heading: Annotated[
        str | None,
        Field(serialization_alias="H", description="Instead of a conid: empty text, for a blank line."),
    ] = None

    @model_validator(mode="after")
    def _check_row(self) -> Self:
        if (self.conid is None) is (self.heading is None):
            raise argument_error("should have either `conid` or `heading`")
        if self.heading:
            raise argument_error("`heading` should be empty text, which is a blank line")
        return self


class Watchlist(Arguments):
    """A whole watchlist."""

    watchlist_id: Annotated[
        WatchlistId, Field(serialization_alias="id", description='Digits, e.g. "1234"; a new one or its own.')
    ]
    name: Annotated[Text, Field(description="Name of the list.")]
    rows: Annotated[list[WatchlistRow], Field(description="All rows of the list, in order.")]

    @model_validator(mode="after")
    def _check_row_count(self) -> Self:
        if not 1 <= len(self.rows) <= MAX_ROWS:
            raise argument_error(f"pass 1 to {MAX_ROWS} `rows`; `delete_watchlist` removes a list")
        return self
