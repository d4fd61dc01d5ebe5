"""The arguments of get_portfolio."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mcp_server.answers.argument_types import (
    AccountArgument,
    AnswerArguments,
    AnyText,
    CursorArgument,
    Texts,
    as_choice,
)
from mcp_server.answers.portfolio.holdings import Order


class PortfolioArguments(AnswerArguments):
    """Which accounts, which view of them, and which rows."""

    view: Annotated[
        Literal["positions", "summary", "allocation", "currencies", "options"],
        as_choice,
        Field(
            description="`summary`: account values and margin only; `allocation`: by asset class, sector "
            "and currency; `currencies`: cash and exposure; `options`: delta, theta, days to expiry."
        ),
    ] = "positions"
    by: Annotated[
        Order, as_choice, Field(description="Sort order; `loss`: worst first, `day`: today's largest moves.")
    ] = "value"
    only: Annotated[
        AnyText | None, Field(description="Symbol, asset class or currency: AAPL, options, EUR.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=200, description="Rows per table.")] = 25
    columns: Annotated[
        Texts | None,
        Field(description="Instead of the defaults: cost, avg price, P&L%, day P&L, class, conid."),
    ] = None
    account: AccountArgument = None
    chart: Annotated[bool, Field(description="With `allocation`: also return a chart.")] = False
    cursor: CursorArgument = None
