"""Portfolio Analyst requests: accounts and period."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from mcp_server.models.arguments import Arguments
from mcp_server.models.moments import CalendarDate, as_days
from mcp_server.rest.date_texts import read_length
from mcp_server.rest.parameters import AccountName, ConidNumber, CurrencyCode, Text

# What people call the periods.
_PERIODS: Final = {
    **dict.fromkeys(("1d", "today"), "1D"),
    **dict.fromkeys(("7d", "1w", "week"), "7D"),
    **dict.fromkeys(("1m", "month"), "1M"),
    **dict.fromkeys(("1y", "12m", "year"), "1Y"),
    **dict.fromkeys(("month to date", "this month"), "MTD"),
    **dict.fromkeys(("year to date", "this year"), "YTD"),
}


def _to_period(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = " ".join(value.lower().split())
    return _PERIODS.get(read_length(text) or text) or _PERIODS.get(text, value)


class AccountsRequest(Arguments):
    """A request about one or more accounts, combined."""

    account_ids: Annotated[
        list[AccountName],
        Field(min_length=1, serialization_alias="acctIds", description='Account IDs, e.g. ["DU1234567"].'),
    ]


class PerformanceRequest(AccountsRequest):
    """Performance over one period."""

    period: Annotated[
        Literal["1D", "7D", "MTD", "1M", "YTD", "1Y"],
        BeforeValidator(_to_period),
        Field(description="MTD, YTD: month to date, year to date."),
    ]


class TransactionsRequest(AccountsRequest):
    """Transactions in a few contracts."""

    conids: Annotated[
        list[ConidNumber],
        Field(min_length=1, max_length=20, description="Contract IDs; several usually work."),
    ]
    currency: Annotated[CurrencyCode, Field(description="Currency of the amounts, e.g. USD.")]
    days: Annotated[int | None, Field(ge=1, le=9999, description="Days back; default 90."), as_days] = None


class AllocationRequest(AccountsRequest):
    """The asset allocation on one day."""

    type: Annotated[
        Literal["FINANCIAL_INSTRUMENT", "ASSET_CLASS", "SECTOR", "REGION", "COUNTRY", "ALL"],
        Field(description="Grouping; ALL returns all five."),
    ]
    currency: Annotated[CurrencyCode | None, Field(description="Default USD.")] = None
    date: Annotated[CalendarDate | None, Field(description="A past date, YYYYMMDD.")] = None
    model: Annotated[Text | None, Field(description="Only this FA model.")] = None
