"""`get_activity`: what happened, and what is in progress."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from mcp_server.answers.accounts import Accounts, parse_accounts
from mcp_server.answers.activity.alert_section import alert_section
from mcp_server.answers.activity.message_section import message_section
from mcp_server.answers.activity.order_section import order_section
from mcp_server.answers.activity.sections import TOOL, Section, Wanted
from mcp_server.answers.activity.symbol_filter import SymbolFilter
from mcp_server.answers.activity.trade_section import trade_section
from mcp_server.answers.activity.transaction_section import transaction_section
from mcp_server.answers.answer import Answer
from mcp_server.answers.argument_types import (
    AccountArgument,
    AnswerArguments,
    AnyText,
    CursorArgument,
    normalize_choices,
)
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.market_hours import MarketState
from mcp_server.answers.paging import continue_listing
from mcp_server.answers.partial import gather_partial
from mcp_server.answers.provenance import head_line
from mcp_server.answers.times import parse_range

What = Literal["orders", "trades", "transactions", "messages", "alerts"]


@dataclass(frozen=True)
class Kind:
    """One kind of activity: what reads it, its default period, and whether the market's state matters."""

    read: Callable[[Wanted, AnswerContext], Awaitable[Section]]
    period: str = "today"
    shows_market: bool = False


KINDS: Final[Mapping[What, Kind]] = {
    "orders": Kind(order_section, shows_market=True),
    "trades": Kind(trade_section),
    "transactions": Kind(transaction_section, period="YTD"),
    "messages": Kind(message_section),
    "alerts": Kind(alert_section),
}


# Words that people and models use for the kinds.
_SYNONYMS: Final[Mapping[str, What]] = {
    "order": "orders",
    "open_orders": "orders",
    "live_orders": "orders",
    "order_status": "orders",
    "trade": "trades",
    "fill": "trades",
    "fills": "trades",
    "execution": "trades",
    "executions": "trades",
    "commission": "trades",
    "commissions": "trades",
    "transaction": "transactions",
    "dividend": "transactions",
    "dividends": "transactions",
    "interest": "transactions",
    "fee": "transactions",
    "fees": "transactions",
    "tax": "transactions",
    "taxes": "transactions",
    "withholding_tax": "transactions",
    "deposit": "transactions",
    "deposits": "transactions",
    "withdrawal": "transactions",
    "withdrawals": "transactions",
    "realized_pnl": "transactions",
    "realized_p&l": "transactions",
    "cash_flows": "transactions",
    "message": "messages",
    "notification": "messages",
    "notifications": "messages",
    "alert": "alerts",
    "price_alerts": "alerts",
}


def _understand_kinds(value: Any) -> list[Any]:
    """The kinds that words mean, each once."""
    words = normalize_choices(value)
    return list(dict.fromkeys(_SYNONYMS.get(each, each) if isinstance(each, str) else each for each in words))


class ActivityArguments(AnswerArguments):
    """The arguments of `get_activity`."""

    what: Annotated[
        tuple[What, ...], BeforeValidator(_understand_kinds), Field(description="One or more.")
    ] = ("orders",)
    since: Annotated[
        AnyText | None,
        Field(description="7d, YTD, 2025, a date, DATE to DATE (New York); default today, transactions YTD."),
    ] = None
    symbol: Annotated[AnyText | None, Field(description="Only this instrument or order ID.")] = None
    account: AccountArgument = None
    limit: Annotated[int | None, Field(ge=1, le=200, description="Rows per table.")] = None
    cursor: CursorArgument = None


async def get_activity(arguments: ActivityArguments, context: AnswerContext) -> Answer:
    """Get the account's orders, trades, transactions, messages or alerts.

    orders: open or ended today, with state, fills, average price, and why one is waiting or did not fill.
    trades: last 7 days, grouped by order, with commissions. transactions: dividends, interest, taxes, fees,
    deposits and realized P&L, in total and per instrument. messages: unread or recent.
    \f
    Found by: order status, did my order fill, open orders, working orders, executions, fills, what did I buy
    or sell, commissions this week, dividends received, interest earned or paid, realized gains, withholding
    tax, deposits, unread notifications, inbox, price alerts, why was my order rejected or cancelled.
    """
    if arguments.cursor:
        return Answer([continue_listing(TOOL, arguments.cursor, context.cursors)])
    if not arguments.what:
        arguments = arguments.model_copy(update={"what": ("orders",)})
    wanted = await _understand(arguments, context)
    sections = {each: KINDS[each].read(wanted[each], context) for each in arguments.what}
    found, market = await asyncio.gather(gather_partial(sections), _market(arguments, context))
    shown = [found.values[each] for each in arguments.what if each in found.values]
    failed = [f"{each.capitalize()}: not available. {error.sentence}" for each, error in found.errors.items()]
    now = context.clock.now()
    return Answer(
        [
            head_line(now, now, market, "all times New York"),
            *(block for section in shown for block in section.blocks),
            *failed,
        ],
        [note for section in shown for note in section.notes if note],
    )


async def _market(arguments: ActivityArguments, context: AnswerContext) -> MarketState | None:
    if any(KINDS[each].shows_market for each in arguments.what):
        return await context.market_hours.state()
    return None


async def _understand(arguments: ActivityArguments, context: AnswerContext) -> dict[What, Wanted]:
    """What is requested of each kind. Raises AnswerError and GatewayError."""
    accounts = await _read_accounts(arguments, context)
    chosen = accounts.choose(arguments.account)
    parse_range(arguments.since or "today", context.clock.today(), argument="since")  # to raise early
    return {
        each: Wanted(
            accounts=accounts,
            chosen=chosen,
            named=chosen[0] if len(chosen) == 1 and len(accounts.all) > 1 else None,
            what=arguments.what,
            since=arguments.since or KINDS[each].period,
            symbol=SymbolFilter(arguments.symbol or ""),
            limit=arguments.limit,
        )
        for each in arguments.what
    }


async def _read_accounts(arguments: ActivityArguments, context: AnswerContext) -> Accounts:
    """The accounts. Of several, which one is selected is read now, because it can change at any time."""
    accounts = await context.accounts.read()
    if len(accounts.all) > 1 and {"orders", "trades"} & set(arguments.what):
        accounts = parse_accounts((await context.gateway.get("/iserver/accounts")).value)
    return accounts
