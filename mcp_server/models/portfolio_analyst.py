"""Portfolio Analyst requests: accounts and period."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import AccountName, ConidNumber, CurrencyCode, Text, argument_error, matches


def _check_date(text: str) -> str:
    try:
        datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007  # a calendar date, without a time zone
    except ValueError:
        raise argument_error("should be a date such as 20270131") from None
    return text


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
        Field(description="MTD, YTD: month to date, year to date."),
    ]


class TransactionsRequest(AccountsRequest):
    """Transactions in a few contracts."""

    conids: Annotated[
        list[ConidNumber],
        Field(min_length=1, max_length=20, description="Contract IDs; several usually work."),
    ]
    currency: Annotated[CurrencyCode, Field(description="Currency of the amounts, e.g. USD.")]
    days: Annotated[int | None, Field(ge=1, le=9999, description="Days back; default 90.")] = None


class AllocationRequest(AccountsRequest):
    """The asset allocation on one day."""

    type: Annotated[
        Literal["FINANCIAL_INSTRUMENT", "ASSET_CLASS", "SECTOR", "REGION", "COUNTRY", "ALL"],
        Field(description="Grouping; ALL returns all five."),
    ]
    currency: Annotated[CurrencyCode | None, Field(description="Default USD.")] = None
    date: Annotated[
        Annotated[
            str, matches("[0-9]{8}", "a date as YYYYMMDD, such as 20270131"), AfterValidator(_check_date)
        ]
        | None,
        Field(description="A past date, YYYYMMDD."),
    ] = None
    model: Annotated[Text | None, Field(description="Only this FA model.")] = None
