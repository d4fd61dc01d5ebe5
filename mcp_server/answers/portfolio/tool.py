"""The answer get_portfolio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from mcp_server.answers.accounts import Account, Accounts
from mcp_server.answers.answer import Answer
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.paging import continue_listing
from mcp_server.answers.portfolio.arguments import PortfolioArguments
from mcp_server.answers.portfolio.position_list import TOOL, PositionList, show_positions
from mcp_server.answers.portfolio.view_allocation import allocation_view
from mcp_server.answers.portfolio.view_currencies import currencies_view
from mcp_server.answers.portfolio.view_options import options_view
from mcp_server.answers.portfolio.view_positions import positions_view
from mcp_server.answers.portfolio.view_summary import summary_view
from mcp_server.answers.provenance import head_line

View = Callable[[PortfolioArguments, Accounts, Sequence[Account], AnswerContext], Awaitable[Answer]]

_VIEWS: Final[Mapping[str, View]] = {
    "positions": positions_view,
    "summary": summary_view,
    "allocation": allocation_view,
    "currencies": currencies_view,
    "options": options_view,
}


async def get_portfolio(arguments: PortfolioArguments, context: AnswerContext) -> Answer:
    """Get what you own and how it is doing: net liquidation, cash by currency, buying power, margin
    cushion, day and open P&L, then positions with weight and P&L. Totals cover every position, shown
    or not. Several accounts: a row for each and a total.
    \f
    Found by: holdings, stocks I have, how much money do I have, am I rich, account balance, settled cash,
    biggest winners and losers, worst position, concentration, diversification, sector exposure, currency
    risk, Greeks, margin call, borrowed, clients, average cost.
    """
    if arguments.cursor is not None:
        return await _continue(arguments.cursor, context)
    accounts = await context.accounts.read()
    chosen = accounts.choose(arguments.account)
    return await _VIEWS[arguments.view](arguments, accounts, chosen, context)


async def _continue(cursor: str, context: AnswerContext) -> Answer:
    stored = context.cursors.load(TOOL, cursor)
    if not isinstance(stored, PositionList):
        return Answer([continue_listing(TOOL, cursor, context.cursors)])
    shown = await show_positions(stored, context)
    now = context.clock.now()
    return Answer(
        [head_line(now, now, None, f"quotes {shown.data}" if shown.data else ""), shown.text], shown.notes
    )
