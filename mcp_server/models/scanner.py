"""A scan: instruments, location, ranking and filters."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictFloat, StrictInt, WithJsonSchema

from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import Text, check_finite, matches

# Such as STK.EU.IBIS-ETF.
ScannerCode = Annotated[str, matches("[A-Za-z][A-Za-z0-9_.-]{0,63}", "a code from `get_scanner_parameters`")]


# Strict, so that text is not converted: it is a valid value itself.
FilterNumber = Annotated[
    StrictInt | StrictFloat, AfterValidator(check_finite), WithJsonSchema({"type": "number"})
]


class ScanFilter(Arguments):
    """One condition that a contract must meet."""

    code: Annotated[ScannerCode, Field(description="Filter, e.g. priceAbove.")]
    value: Annotated[FilterNumber | Text, Field(description="Usually a number, e.g. 10.")]


class ScanRequest(Arguments):
    """A scan."""

    instrument: Annotated[ScannerCode, Field(description="Type, e.g. STK (US), STOCK.EU, ETF.EQ.US.")]
    type: Annotated[ScannerCode, Field(description="Ranking, e.g. TOP_PERC_GAIN.")]
    location: Annotated[ScannerCode, Field(description="Market, e.g. STK.US.MAJOR, STK.NASDAQ.")]
    filter: Annotated[list[ScanFilter] | None, Field(description="All filters must match.")] = None
