"""Executions that are newer than Portfolio Analyst's transactions, and the sentence about their age."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from api_gateway.errors import Failed, RateLimited, Refused, SessionLost
from mcp_server.answers.activity.sections import Wanted
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.orders.trades import MAX_DAYS, Execution, read_executions
from mcp_server.answers.portfolio_analyst.transactions import Transactions
from mcp_server.answers.times import DateRange, clock_time, in_new_york

_MAX_WAIT: Final = 6.0
"""Seconds. The first list of trades of a session takes five, and longer if it is empty."""


async def read_recent(wanted: Wanted, days: DateRange, context: AnswerContext) -> list[Execution] | None:
    """The executions of the period's last days; None if they do not matter or cannot be read now."""
    if days.end < context.clock.today() - timedelta(days=MAX_DAYS):
        return None
    try:
        async with asyncio.timeout(_MAX_WAIT):
            found = await read_executions(context.gateway, wanted.account_id)
    except (TimeoutError, SessionLost, Failed, Refused, RateLimited):
        # Portfolio Analyst needs no brokerage session; trades do.
        return None
    return [each for each in found if each.day is None or days.start <= each.day <= days.end]


def newer_trades(executions: Iterable[Execution], found: Transactions) -> list[Execution]:
    """The executions that the transactions do not contain; of combinations, those of the legs.

    Also those before the response, if it has no row for the contract on that day: when IBKR adds a trade to
    Portfolio Analyst is not documented.
    """
    contained: set[tuple[date, int | None]] = {(each.day, each.conid) for each in found.rows}
    return [
        each
        for each in executions
        if not each.is_combination
        and (
            (each.day, each.conid) not in contained
            or (each.moment is not None and found.as_of is not None and each.moment > found.as_of)
        )
    ]


def describe_newer(
    newer: Sequence[Execution], as_of: datetime | None, days: DateRange, is_known: bool, now: datetime
) -> str:
    """When Portfolio Analyst's response is from, and which trades it lacks; empty if nothing is lacking."""
    if as_of is None:
        return ""
    sentence = f"Portfolio Analyst as of {clock_time(as_of, now)}"
    if newer:
        contracts = list(dict.fromkeys(each.symbol or each.contract for each in newer))
        orders = len({(each.account, each.order_id, each.conid) for each in newer})
        more = f" and {len(contracts) - 3} more" if len(contracts) > 3 else ""
        return (
            f"{sentence}; {orders} trade{'s' * (orders != 1)} ({', '.join(contracts[:3])}{more}) and "
            "the P&L they realized are not included. Their fills and commissions: what=trades."
        )
    if not is_known and days.end >= in_new_york(as_of).date():
        return f"{sentence}; newer trades are not included."
    return f"{sentence}."
