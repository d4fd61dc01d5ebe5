"""The instruments that an answer's arguments mean, or an error with the choices."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.outside_text import outside_name
from mcp_server.answers.table import Column, format_table
from mcp_server.instruments.instrument import Choice, Choices, Found, Instrument, Resolution, Unknown

MAX_CHOICES = 12

_COLUMNS = (
    Column[Choice]("write", lambda row: row.write),
    Column[Choice]("name", lambda row: outside_name(row.name)),
    Column[Choice]("exchange", lambda row: row.exchange),
    Column[Choice]("currency", lambda row: row.currency),
    Column[Choice]("kind", lambda row: row.kind),
)


async def resolve_one(context: AnswerContext, text: str) -> Instrument:
    """The one instrument that the text means. Raises AnswerError with choices if it means none or several."""
    resolution = await context.instruments.resolve(text)
    if isinstance(resolution, Found) and resolution.only is not None:
        return resolution.only
    raise unresolved_error([resolution])


def unresolved_error(resolutions: Sequence[Resolution]) -> AnswerError:
    """An error about texts that mean no instrument or several, with what to write instead."""
    problems, tables = [], []
    for each in resolutions:
        match each:
            case Unknown():
                problems.append(each.reason)
            case Choices():
                problems.append(each.reason)
                tables.append(describe_choices(each.rows))
            case Found():
                names = ", ".join(f"{one.text} ({one.currency})" for one in each.instruments)
                problems.append(f"It can mean {names}: write one of them.")
    return AnswerError(" ".join(problems), choices="\n".join(tables))


def describe_choices(rows: Sequence[Choice]) -> str:
    """The choices as a table, at most twelve."""
    more = len(rows) - MAX_CHOICES
    table = format_table(_COLUMNS, rows[:MAX_CHOICES])
    return f"{table}\nand {more} more" if more > 0 else table


def describe_also(found: Found) -> str:
    """`also: AAPL@EBS (CHF)`, or nothing."""
    return (
        "also: " + ", ".join(f"{each.text} ({each.currency})" for each in found.also[:5])
        if found.also
        else ""
    )
