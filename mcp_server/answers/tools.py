"""The list of answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from fastmcp.tools.base import Tool

from mcp_server.answers.activity.tool import get_activity
from mcp_server.answers.answer_tool import AnswerFunction, AnswerTool
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.option_chain.tool import get_option_chain
from mcp_server.answers.performance.tool import get_performance
from mcp_server.answers.portfolio.tool import get_portfolio
from mcp_server.answers.price_history.tool import get_price_history
from mcp_server.answers.quote_list.tool import get_quotes
from mcp_server.answers.waiting.tool import wait_for


@dataclass(frozen=True)
class AnswerEntry:
    """One answer. It is offered if all of the sections that it needs are.

    `operation` is the IBKR operation that had the name before: a call with its arguments is passed on.
    """

    function: AnswerFunction
    sections: Collection[str]
    operation: str = ""
    reports_progress: bool = False
    """Whether the function reports its own progress."""


ANSWERS: Final[tuple[AnswerEntry, ...]] = (
    AnswerEntry(get_portfolio, {"Accounts", "Portfolio"}),
    AnswerEntry(get_performance, {"Portfolio Analyst"}, operation="get_performance_series"),
    AnswerEntry(get_activity, {"Order Monitoring"}),
    AnswerEntry(get_quotes, {"Market Data", "Contracts"}),
    AnswerEntry(get_price_history, {"Market Data", "Contracts"}, operation="get_price_bars"),
    AnswerEntry(get_option_chain, {"Contracts", "Market Data"}),
    AnswerEntry(wait_for, {"Market Data"}, reports_progress=True),
)


def answer_tools(
    context: AnswerContext, sections: Collection[str], operations: Mapping[str, Tool]
) -> list[AnswerTool]:
    """The answers whose sections are offered, in the order they are listed."""
    return [
        AnswerTool(
            entry.function,
            context,
            operations.get(entry.operation),
            reports_progress=entry.reports_progress,
        )
        for entry in ANSWERS
        if set(entry.sections) <= set(sections)
    ]
