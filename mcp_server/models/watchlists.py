"""The rows of a watchlist."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import ConidNumber, Text, like, wrong

MOST_ROWS: Final = 500

WatchlistId = Annotated[str, like("-?[0-9]{1,19}", "a watchlist's id, digits only")]


class WatchlistRow(Arguments):
    """One row."""

    conid: Annotated[ConidNumber | None, Field(serialization_alias="C", description="Contract id.")] = None
    heading: Annotated[
        str | None, Field(serialization_alias="H", description="Instead: a blank line, as empty text.")
    ] = None

    @model_validator(mode="after")
    def _a_contract_or_a_line(self) -> Self:
        if (self.conid is None) is (self.heading is None):
            raise wrong("should have either `conid` or `heading`")
        if self.heading:
            raise wrong("`heading` should be empty text, which is a blank line")
        return self


class Watchlist(Arguments):
    """A whole watchlist."""

    watchlist_id: Annotated[
        WatchlistId, Field(serialization_alias="id", description='Digits, e.g. "1234"; a new one or its own.')
    ]
    name: Annotated[Text, Field(description="Name of the list.")]
    rows: Annotated[list[WatchlistRow], Field(description="All its rows, in order.")]

    @model_validator(mode="after")
    def _some_rows(self) -> Self:
        if not 1 <= len(self.rows) <= MOST_ROWS:
            raise wrong(f"give 1 to {MOST_ROWS} `rows`; `delete_watchlist` takes a list away")
        return self
