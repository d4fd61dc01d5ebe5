"""The answer get_performance."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from mcp_server.answers.answer import Answer
from mcp_server.answers.argument_types import (
    AccountArgument,
    AnswerArguments,
    AnyText,
    CursorArgument,
    Texts,
)
from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.paging import continue_listing, show_listing
from mcp_server.answers.performance.benchmarks import read_benchmarks
from mcp_server.answers.performance.notes import (
    benchmark_notes,
    explain_limit,
    freshness_notes,
    value_notes,
)
from mcp_server.answers.performance.periods import Period, first_day, parse_period
from mcp_server.answers.performance.picture import performance_chart
from mcp_server.answers.performance.report import AccountReport, account_reports, totals
from mcp_server.answers.performance.text import (
    account_listing,
    comparison_table,
    describe_age,
    period_line,
    periods_table,
    summary_lines,
)
from mcp_server.answers.portfolio_analyst.account_values import Values
from mcp_server.answers.provenance import head_line
from mcp_server.pictures.picture import Picture
from mcp_server.pictures.renderer import PictureError

TOOL: Final = "get_performance"


class PerformanceArguments(AnswerArguments):
    """The arguments of get_performance."""

    account: AccountArgument = None
    period: Annotated[
        AnyText,
        Field(description="1D, 7D, MTD, 1M, QTD, YTD, 1Y, last month, or DATE to DATE; at most a year back."),
    ] = "YTD"
    against: Annotated[Texts | None, Field(max_length=4, description="Benchmarks, e.g. SPY.")] = None
    chart: Annotated[bool, Field(description="Also return a chart.")] = False
    cursor: CursorArgument = None


async def get_performance(arguments: PerformanceArguments, context: AnswerContext) -> Answer:
    """Get what accounts earned: gain without deposits, time-weighted return, best and worst day, drawdown.

    Always includes the gains of 1D, 7D, MTD, 1M, YTD and 1Y. Several accounts: a row for each and a total.
    \f
    Found by: how did I do this year, profit and loss, return on my portfolio, am I beating the market, S&P
    500 comparison, equity curve, NAV history, made or lost today, TWR, growth, track record, alpha.
    """
    if arguments.cursor is not None:
        return Answer([continue_listing(TOOL, arguments.cursor, context.cursors)])
    period = parse_period(arguments.period, context.clock.today())
    login = await context.accounts.read()
    accounts = login.choose(arguments.account)
    values, benchmarks, market = await asyncio.gather(
        context.portfolio_analyst.values.read(accounts, until=period.days.end),
        read_benchmarks(arguments.against or (), period.days.start, context),
        context.market_hours.state(),
    )
    now, today = context.clock.now(), context.clock.today()
    reports = account_reports(accounts, values.by_account, period)
    if not reports:
        raise _no_values(values, period, context)
    results = totals(reports, today)
    as_of = min(each.values.as_of for each in reports)
    blocks = [head_line(as_of, now, market, describe_age(as_of, now))]
    blocks += _result_blocks(period, reports, context)
    for total in results:
        if len(reports) > 1:
            blocks.append(f"{total.name}: {summary_lines(total.result, total.currency)}")
        if any(not each.problem for each in benchmarks):
            blocks.append(comparison_table(total, benchmarks))
    blocks += [periods_table(total, period) for total in results]
    notes = [
        *freshness_notes(accounts, values, reports, now),
        *value_notes(period, reports, results, today),
        *benchmark_notes(results, benchmarks),
    ]
    pictures: list[Picture] = []
    if arguments.chart and (chart := performance_chart(period, results, benchmarks)) is not None:
        try:
            pictures.append(await context.pictures.draw(chart))
        except PictureError as error:
            notes.append(str(error))
    return Answer(blocks, notes, pictures)


def _result_blocks(period: Period, reports: Sequence[AccountReport], context: AnswerContext) -> list[str]:
    first = reports[0]
    line = period_line(period, first.result, context.clock.today(), moved=first.selection.moved)
    if len(reports) > 1:
        return [line, show_listing(TOOL, account_listing(reports), context.cursors)]
    base = f"base {first.currency}" if first.currency else ""
    return [
        ", ".join(filter(None, (first.account.label, base, line))),
        summary_lines(first.result, first.currency),
    ]


def _no_values(values: Values, period: Period, context: AnswerContext) -> AnswerError:
    begins = min(filter(None, map(first_day, values.by_account.values())), default=None)
    if begins is not None:
        return AnswerError(
            f"IBKR's Web API has values from {begins} on, and none for {period.name}.",
            "Choose a period after that day; statements in Client Portal go further back.",
        )
    why = explain_limit(values, context.clock.now()) or "IBKR returned no values for this account."
    return AnswerError("No performance yet.", why)
