"""The text of the answer: a head line, the table, and notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from mcp_server.answers.availability import Availability
from mcp_server.answers.provenance import head_line
from mcp_server.answers.quote_list.columns import COLUMNS
from mcp_server.answers.quote_list.hours import special_days
from mcp_server.answers.quote_list.quote_row import NO_LINE, NO_VALUES, QuoteRow
from mcp_server.answers.quote_list.reading import QuoteTable
from mcp_server.answers.table import Column, format_table
from mcp_server.answers.times import in_new_york

_WHY: Final[dict[str, str]] = {
    str(Availability.NOT_SUBSCRIBED): (
        "not subscribed: this login has no market data subscription for it, so IBKR sends no prices. "
        "Subscriptions are managed in Client Portal."
    ),
    str(Availability.NOT_SIGNED): (
        "market data agreement not signed: sign the Market Data API Acknowledgement in Client Portal "
        "(Settings)."
    ),
    NO_VALUES: "no values: IBKR sent nothing for it within the time limit; it may have no quotes at all.",
    NO_LINE: (
        "no market data line: IBKR sent nothing for it, because this login has about 100 lines and all are "
        "in use. Call again with fewer instruments, or close quotes in other programs."
    ),
}

_WITHOUT_PRICES: Final = (str(Availability.NOT_SUBSCRIBED), NO_VALUES, NO_LINE)


def write_head(table: QuoteTable, columns: Sequence[str]) -> str:
    """The head line, with what is the same in every row."""
    if not _needs_quotes(columns):
        return f"as of {in_new_york(table.now):%a %Y-%m-%d %H:%M} New York; all times New York"
    words = _common(table.rows, _market)
    status = _common(table.rows, _status)
    unit = _common(table.rows, _unit)
    state = next((row.market for row in table.rows), None) if words else None
    if state is not None and not state.is_open and status:
        status = status.removeprefix("closed: ")  # which the state says
    if status in _WITHOUT_PRICES:
        status = unit = ""  # the rows say why they have no prices
    parts = [status or "", f"prices in {unit}" if unit else "", *table.rates]
    return head_line(table.as_of, table.now, state, "; ".join(filter(None, parts)))


def write_table(table: QuoteTable, columns: Sequence[str]) -> str:
    """The table, with columns for what differs from row to row."""
    shown = [Column[QuoteRow]("what", lambda row: row.text)]
    shown += [Column[QuoteRow](COLUMNS[name].heading, COLUMNS[name].cell) for name in columns]
    if _needs_quotes(columns):
        shown += [
            Column[QuoteRow](heading, cell)
            for heading, cell in (("prices in", _unit), ("market", _market), ("data", _status))
            if _common(table.rows, cell) is None
        ]
        if all(row.status in _WITHOUT_PRICES for row in table.rows):
            shown.append(Column[QuoteRow]("data", _status))
    return format_table(shown, table.rows)


def write_notes(table: QuoteTable, columns: Sequence[str], *, chosen: bool) -> list[str]:
    """What has to be said: why a row has no prices, what IBKR did not send, holidays."""
    rows = table.rows
    notes = []
    if _needs_quotes(columns):
        notes += [_WHY[each] for each in dict.fromkeys(map(_status, rows)) if each in _WHY]
        with_prices = [row for row in rows if row.status not in _WHY]
        missing = [name for name in columns if not any(COLUMNS[name].cell(row) for row in with_prices)]
        if chosen and missing and with_prices:
            names = ", ".join(COLUMNS[name].heading for name in missing)
            notes.append(f"IBKR sent no {names} for {_names(with_prices)}.")
        notes += [f"{row.text} is computed from IBKR's {row.instrument.text}." for row in rows if row.inverse]
    if any(COLUMNS[name].in_hours for name in columns):
        notes += _hours_notes(rows)
    return notes


def _hours_notes(rows: Sequence[QuoteRow]) -> list[str]:
    by_days: dict[str, list[QuoteRow]] = {}
    for row in rows:
        by_days.setdefault(special_days(row.sessions), []).append(row)
    without = by_days.pop("", [])
    notes = [
        f"{text[0].upper()}{text[1:]}." if len(by_days) == 1 and not without else f"{_names(same)}: {text}."
        for text, same in by_days.items()
    ]
    return notes + ([f"IBKR has no trading schedule for {_names(without)}."] if without else [])


def _names(rows: Sequence[QuoteRow]) -> str:
    shown = ", ".join(row.text for row in rows[:5])
    return shown + (f" and {len(rows) - 5} more" if len(rows) > 5 else "")


def _needs_quotes(columns: Sequence[str]) -> bool:
    return any(COLUMNS[name].fields for name in columns)


def _market(row: QuoteRow) -> str:
    return row.market.words.removeprefix("market ") if row.market else ""


def _status(row: QuoteRow) -> str:
    return row.status


def _unit(row: QuoteRow) -> str:
    return row.currency


def _common(rows: Sequence[QuoteRow], value: Callable[[QuoteRow], str]) -> str | None:
    """The value that all rows have; None if they differ."""
    found = {value(row) for row in rows}
    return found.pop() if len(found) == 1 else None
