"""The instruments that an answer's arguments mean, or an error with the choices."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_server.answers.context import AnswerContext
from mcp_server.answers.errors import AnswerError
from mcp_server.answers.outside_text import outside_name
from mcp_server.instruments.choice_text import choices_table
from mcp_server.instruments.instrument import Choices, Found, Instrument, Resolution, Unknown


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
                tables.append(choices_table(each.rows))
            case Found():
                names = ", ".join(f"{one.text} ({one.currency})" for one in each.instruments)
                problems.append(f"It can mean {names}: write one of them.")
    return AnswerError(" ".join(problems), choices="\n".join(tables))


def describe_unresolved(resolution: Choices | Unknown) -> str:
    """Why a text means no instrument, with the table of what it can mean if there are choices."""
    line = f'"{outside_name(resolution.query)}": {resolution.reason}'
    if not isinstance(resolution, Choices):
        return line
    return f"{line.rstrip('.')}; write one of:\n{choices_table(resolution.rows)}"


def describe_meaning(text: str, found: Found) -> str:
    """`apple: AAPL (APPLE INC)`, or nothing if what was written shows which instrument is meant."""
    if any(_shows(text, each) for each in found.instruments):
        return ""
    names = ", ".join(f"{each.text} ({outside_name(each.name)})" for each in found.instruments)
    return f"{outside_name(text)}: {names}"


def _shows(text: str, instrument: Instrument) -> bool:
    """Whether the text shows it: AAPL, es for ESZ6, EUR/USD for EUR.USD, a conid for anything."""
    written, shown = (re.sub("[^A-Z0-9]", "", each.upper()) for each in (text, instrument.text))
    symbols = re.split("[^A-Z0-9]+", text.upper())
    return written.isdigit() or written == shown or instrument.symbol.upper().split()[0] in symbols
